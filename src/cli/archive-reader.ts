/** Reads an archive from a file or a pipe while it is judged: in memory for some blocks, however long it is. */
import { isUtf8 } from 'node:buffer';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ARCHIVE_START, type ArchiveHead } from '../core/archive.ts';
import { describeArchiveFault } from '../core/archive-account.ts';
import { ArchiveCheck, type ArchiveFault, type VerifiedArchive } from '../core/archive-check.ts';
import { genesisHash } from '../core/genesis.ts';
import type { Hash } from '../core/hash.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { ELEMENT_BYTES_MAX } from '../probe/probe-limits.ts';
import { type LineFault, LineSplitter } from './line-splitter.ts';

export type ArchiveReadFault =
  | ArchiveFault
  | { readonly code: 'archive-network-other'; readonly network: string; readonly genesis: Hash }
  | { readonly code: 'archive-line-unreadable'; readonly line: number };

/** Who wants to hear what is in it. None of it is proven before the end. */
export interface ArchiveListener {
  /** Called once, before any block. */
  readonly onHead?: (head: ArchiveHead) => Promise<void>;
  /** Some blocks that follow the rules, and how much of the input has been read. */
  readonly onBlocks: (blocks: readonly string[], readBytes: number) => Promise<void>;
}

export interface ReadArchive {
  readonly head: ArchiveHead;
  readonly verified: VerifiedArchive;
}

/** Whether a file that begins with these bytes says that it is an archive. */
export function beginsArchive(first: Uint8Array): boolean {
  return Buffer.from(first.subarray(0, ARCHIVE_START.length)).toString('latin1') === ARCHIVE_START;
}

/** What the archive proves, if it is of the network with this genesis. */
export async function readArchive(
  chunks: AsyncIterable<Uint8Array>,
  genesis: Hash,
  listener: ArchiveListener,
): Promise<Result<ReadArchive, ArchiveReadFault>> {
  const reader = new ArchiveReader(genesis, listener);
  for await (const chunk of chunks) {
    const fault = await reader.push(chunk);
    if (fault !== undefined) return fail(fault);
  }
  return reader.end();
}

/** Why an archive proves nothing, in a sentence. What to do about another network, who asked knows. */
export function describeArchiveReadFault(
  fault: Exclude<ArchiveReadFault, { readonly code: 'archive-network-other' }>,
): string {
  if (fault.code !== 'archive-line-unreadable') return describeArchiveFault(fault);
  return `Its line ${fault.line} is over ${ELEMENT_BYTES_MAX} bytes, or no text in UTF-8.`;
}

class ArchiveReader {
  readonly #genesis: Hash;
  readonly #listener: ArchiveListener;
  readonly #splitter = new LineSplitter(ELEMENT_BYTES_MAX);
  #check: ArchiveCheck | undefined;
  /** Blocks that are not judged yet. */
  #blocks: string[] = [];
  #blockCharacters = 0;
  #readBytes = 0;
  #verified: VerifiedArchive | undefined;

  constructor(genesis: Hash, listener: ArchiveListener) {
    this.#genesis = genesis;
    this.#listener = listener;
  }

  async push(chunk: Uint8Array): Promise<ArchiveReadFault | undefined> {
    this.#readBytes += chunk.length;
    return this.#takeLines(this.#splitter.push(chunk));
  }

  async end(): Promise<Result<ReadArchive, ArchiveReadFault>> {
    const fault = (await this.#takeLines(this.#splitter.end())) ?? (await this.#judgeBlocks());
    if (fault !== undefined) return fail(fault);
    const check = this.#check;
    if (check === undefined) return fail({ code: 'archive-member-invalid', member: 'format' });
    if (this.#verified !== undefined) return ok({ head: check.head, verified: this.#verified });
    // It ends before its foot: what is missing is said by who judges it.
    const cut = check.end('');
    return cut.ok ? ok({ head: check.head, verified: cut.value }) : cut;
  }

  async #takeLines(lines: ReturnType<LineSplitter['push']>): Promise<ArchiveReadFault | undefined> {
    for (const line of lines) {
      const fault = await this.#takeLine(line);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  async #takeLine(
    line: Result<{ readonly number: number; readonly bytes: Uint8Array }, LineFault>,
  ): Promise<ArchiveReadFault | undefined> {
    if (!line.ok) return { code: 'archive-line-unreadable', line: line.fault.line };
    const { number, bytes } = line.value;
    if (!isUtf8(bytes)) return { code: 'archive-line-unreadable', line: number };
    const text = Buffer.from(bytes).toString('utf8');
    if (this.#check === undefined) return this.#begin(text);
    if (this.#check.blocksLeft > this.#blocks.length) {
      this.#blocks.push(text);
      this.#blockCharacters += text.length;
      const isFull = this.#blocks.length >= BLOCKS_AT_ONCE || this.#blockCharacters >= CHARACTERS_AT_ONCE;
      return isFull ? this.#judgeBlocks() : undefined;
    }
    return (await this.#judgeBlocks()) ?? this.#takeFoot(text);
  }

  async #begin(text: string): Promise<ArchiveReadFault | undefined> {
    const check = ArchiveCheck.begin(text);
    if (!check.ok) return check.fault;
    const { head } = check.value;
    const genesis = genesisHash(head.params);
    if (genesis !== this.#genesis) return { code: 'archive-network-other', network: head.params.name, genesis };
    this.#check = check.value;
    await this.#listener.onHead?.(head);
    return undefined;
  }

  async #judgeBlocks(): Promise<ArchiveReadFault | undefined> {
    const blocks = this.#blocks;
    if (blocks.length === 0) return undefined;
    this.#blocks = [];
    this.#blockCharacters = 0;
    const fault = this.#check?.takeBlocks(blocks);
    if (fault !== undefined) return fault;
    await this.#listener.onBlocks(blocks, this.#readBytes);
    // Ctrl-C is heard between.
    await nextTurn();
    return undefined;
  }

  #takeFoot(text: string): ArchiveReadFault | undefined {
    const check = this.#check;
    if (check === undefined) return undefined;
    if (this.#verified !== undefined) {
      const expected = check.head.to + 1 - check.head.from;
      return { code: 'archive-length-wrong', expected, blocks: expected + 1 };
    }
    const verified = check.end(text);
    if (!verified.ok) return verified.fault;
    this.#verified = verified.value;
    return undefined;
  }
}

/** What is judged without a pause, and held: some milliseconds, and a few megabytes. */
const BLOCKS_AT_ONCE = 512;
const CHARACTERS_AT_ONCE = 1_048_576;
