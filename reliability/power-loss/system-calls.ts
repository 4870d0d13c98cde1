/** Reads what `strace` has written down, as operations on the disk under one folder. */
import { dirname, relative, resolve } from 'node:path';
import { assert, assertPresent } from '../../src/core/assert.ts';
import type { DiskImage, DiskOperation, FileNumber } from './disk-operation.ts';

/** The system calls that are to be written down, and how, for `readSystemCalls`. */
export const STRACE_FLAGS: readonly string[] = [
  '-f',
  '-qq',
  '-xx',
  '-s',
  '4194304',
  '-e',
  'trace=openat,open,creat,close,write,writev,pwrite64,pwritev,pwritev2,ftruncate,truncate,fallocate,fsync,fdatasync,' +
    'unlink,unlinkat,rename,renameat,renameat2,link,linkat',
];

/** The operations under `folder`, which held `image` at the beginning: its files have the numbers from 0 up, in order. */
export function readSystemCalls(trace: string, folder: string, image: DiskImage): DiskOperation[] {
  const reader = new CallReader(folder, [...image.keys()]);
  for (const call of joinCalls(trace)) reader.take(call);
  return reader.operations;
}

interface SystemCall {
  readonly name: string;
  readonly args: string;
  readonly result: number;
}

/** Whole calls, in the order in which they ended: one that another thread has interrupted stands on two lines. */
function* joinCalls(trace: string): Generator<SystemCall> {
  const begun = new Map<string, string>();
  for (const line of trace.split('\n')) {
    const [, thread = '', rest = ''] = /^(\d+) +(.*)$/.exec(line) ?? [];
    const unfinished = / <unfinished \.\.\.>$/.exec(rest);
    if (unfinished !== null) {
      begun.set(thread, rest.slice(0, unfinished.index));
      continue;
    }
    const resumed = /^<\.\.\. \w+ resumed>/.exec(rest);
    const whole = resumed === null ? rest : `${begun.get(thread) ?? ''}${rest.slice(resumed[0].length)}`;
    const open = whole.indexOf('(');
    const close = whole.lastIndexOf(') ');
    const result = /= (-?\d+)/.exec(whole.slice(close));
    if (open <= 0 || close < open || result === null) continue;
    yield { name: whole.slice(0, open), args: whole.slice(open + 1, close), result: Number(result[1]) };
  }
}

class CallReader {
  readonly operations: DiskOperation[] = [];
  readonly #folder: string;
  readonly #numbers = new Map<string, FileNumber>();
  /** What the process has open under the folder: files, and folders, which have no number. */
  readonly #open = new Map<
    number,
    { readonly path: string; readonly file: FileNumber | undefined; position: number }
  >();
  #count: number;

  constructor(folder: string, paths: readonly string[]) {
    this.#folder = folder;
    for (const [number, path] of paths.entries()) this.#numbers.set(path, number);
    this.#count = paths.length;
  }

  take({ name, args, result }: SystemCall): void {
    if (result < 0) return;
    const descriptor = Number.parseInt(args, 10);
    const opened = this.#open.get(descriptor);
    switch (name) {
      case 'openat':
        return this.#opened(args, result);
      case 'close':
        this.#open.delete(descriptor);
        return;
      case 'pwrite64': {
        if (opened === undefined) return;
        const [, offset] = /, \d+, (\d+)$/.exec(args) ?? [];
        return this.#wrote(opened, Number(offset), bytesIn(args).subarray(0, result));
      }
      case 'write':
        if (descriptor === 1) this.operations.push({ type: 'say', text: Buffer.from(bytesIn(args)).toString() });
        if (opened === undefined) return;
        this.#wrote(opened, opened.position, bytesIn(args).subarray(0, result));
        opened.position += result;
        return;
      case 'ftruncate':
        if (opened?.file === undefined) return;
        this.operations.push({ type: 'truncate', file: opened.file, sizeBytes: Number(args.split(', ')[1]) });
        return;
      case 'fsync':
      case 'fdatasync':
        if (opened === undefined) return;
        if (opened.file === undefined) this.operations.push({ type: 'sync-names', folder: opened.path });
        else this.operations.push({ type: 'sync', file: opened.file });
        return;
      case 'unlink':
      case 'unlinkat': {
        const [path] = this.#pathsIn(args);
        if (path === undefined) return;
        this.#numbers.delete(path);
        this.operations.push({ type: 'remove', path });
        return;
      }
      case 'rename':
      case 'renameat':
      case 'renameat2': {
        const [from, to] = this.#pathsIn(args);
        if (from === undefined || to === undefined) return;
        this.#numbers.set(to, assertPresent(this.#numbers.get(from), 'what is renamed is known'));
        this.#numbers.delete(from);
        this.operations.push({ type: 'rename', from, to });
        return;
      }
      default:
        assert(
          opened === undefined && this.#pathsIn(args).length === 0,
          `${name} is none of the calls that are understood`,
        );
    }
  }

  #opened(args: string, descriptor: number): void {
    const [path] = this.#pathsIn(args);
    if (path === undefined) return;
    assert(!args.includes('O_APPEND'), 'files are written to at places that are named');
    let file = this.#numbers.get(path);
    if (file === undefined && args.includes('O_CREAT')) {
      file = this.#count++;
      this.#numbers.set(path, file);
      this.operations.push({ type: 'create', path, file });
    } else if (file !== undefined && args.includes('O_TRUNC')) {
      this.operations.push({ type: 'truncate', file, sizeBytes: 0 });
    }
    this.#open.set(descriptor, { path, file, position: 0 });
  }

  #wrote(opened: { readonly file: FileNumber | undefined }, offset: number, bytes: Uint8Array): void {
    const file = assertPresent(opened.file, 'nobody writes to a folder');
    this.operations.push({ type: 'write', file, offset, bytes });
  }

  /** The paths under the folder that a call names, relative to it. */
  #pathsIn(args: string): string[] {
    const paths = [...args.matchAll(STRING)].map(([text]) => relative(this.#folder, resolve(decode(text).toString())));
    return paths.filter((path) => !path.startsWith('..') && dirname(path) !== path);
  }
}

/** The bytes of the only string among a call's arguments. */
function bytesIn(args: string): Uint8Array {
  const [text] = STRING.exec(args) ?? [];
  STRING.lastIndex = 0;
  return decode(text ?? '""');
}

function decode(text: string): Buffer {
  return Buffer.from(text.slice(1, -1).replaceAll('\\x', ''), 'hex');
}

const STRING = /"(?:\\x[0-9a-f]{2})*"/g;
