/** Where a command writes many bytes: to stdout, or into a file that is there whole or not at all. */
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CommandError, codeOf, EXIT_CODES } from './command-error.ts';
import type { Terminal } from './terminal.ts';

export interface ByteSink {
  /** Resolves when the bytes are taken; false where nobody reads any further. */
  write(bytes: Uint8Array): Promise<boolean>;
  /** All was written. Resolves when it is durable and in its place. */
  finish(): Promise<void>;
  /** Gives up: what was written of a file is removed. */
  discard(): Promise<void>;
}

/** `-` is stdout. A file that is there is replaced when all is written. Throws a `CommandError`. */
export async function openSink(terminal: Terminal, path: string): Promise<ByteSink> {
  if (path === '-') {
    return { write: (bytes) => terminal.write(bytes), finish: async () => undefined, discard: async () => undefined };
  }
  await checkPlace(path);
  const partPath = partPathOf(path);
  try {
    return new FileSink(await open(partPath, 'wx'), partPath, path);
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

/** Writes all of what stands at `path`, durably: what is there is replaced at once, or not at all. `-` is stdout. Throws a `CommandError`. */
export async function writeWhole(terminal: Terminal, path: string, content: Uint8Array): Promise<void> {
  const sink = await openSink(terminal, path);
  try {
    await sink.write(content);
    await sink.finish();
  } catch (error) {
    await sink.discard().catch(() => undefined);
    throw error;
  }
}

/** Throws a `CommandError` where no file can come to stand at `path`: before the work that it takes to fill one. */
export async function checkPlace(path: string): Promise<void> {
  if (!(await isFolder(dirname(path)))) throw misplaced(path, NO_FOLDER);
  if (await isFolder(path)) throw misplaced(path, 'it is a folder, and not a file');
  try {
    await access(dirname(path), constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

/** Where what is to stand at `path` is written until it is whole: beside it. */
export function partPathOf(path: string): string {
  // Not by the process: in a container that is started again it has the number of one that was killed.
  return `${path}.part-${randomUUID()}`;
}

/** Has what somebody else wrote to `partPath` take its place at `path`, durably. Throws a `CommandError`. */
export async function putInPlace(partPath: string, path: string): Promise<void> {
  try {
    await new FileSink(await open(partPath, 'r+'), partPath, path).finish();
  } catch (cause) {
    throw cause instanceof CommandError ? cause : unwritable(path, cause);
  }
}

class FileSink implements ByteSink {
  readonly #file: FileHandle;
  readonly #partPath: string;
  readonly #path: string;

  constructor(file: FileHandle, partPath: string, path: string) {
    this.#file = file;
    this.#partPath = partPath;
    this.#path = path;
  }

  async write(bytes: Uint8Array): Promise<boolean> {
    try {
      for (let written = 0; written < bytes.length; ) {
        written += (await this.#file.write(bytes, written)).bytesWritten;
      }
    } catch (cause) {
      throw unwritable(this.#path, cause);
    }
    return true;
  }

  async finish(): Promise<void> {
    try {
      await this.#file.sync();
      await this.#file.close();
      await rename(this.#partPath, this.#path);
      await syncFolder(dirname(this.#path));
    } catch (cause) {
      throw unwritable(this.#path, cause);
    }
  }

  async discard(): Promise<void> {
    await this.#file.close();
    await rm(this.#partPath, { force: true });
  }
}

/** So that a new name in the folder outlives a power cut, too. */
export async function syncFolder(path: string): Promise<void> {
  // Windows cannot open a folder, and needs no sync of it.
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}

function unwritable(path: string, cause: unknown): CommandError {
  const mistake = MISTAKES.get(codeOf(cause) ?? '');
  if (mistake !== undefined) return misplaced(path, mistake, cause);
  const reason = cause instanceof Error ? cause.message : String(cause);
  const message = `${path}: it cannot be written (${reason}). Nothing is left of it.`;
  return new CommandError(EXIT_CODES.failed, 'output-failed', message, cause);
}

function misplaced(path: string, mistake: string, cause?: unknown): CommandError {
  return new CommandError(EXIT_CODES.usage, 'file-unwritable', `${path}: ${mistake}.`, cause);
}

const NO_FOLDER = 'there is no such folder to write into';
/** What whoever named the file can see to. */
const MISTAKES: ReadonlyMap<string, string> = new Map([
  ['ENOENT', NO_FOLDER],
  ['ENOTDIR', NO_FOLDER],
  ['EACCES', 'you may not write there'],
  ['EPERM', 'you may not write there'],
  ['EROFS', 'you may not write there'],
]);
