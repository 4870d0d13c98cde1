/** Blocks set aside in a file, while it is not known yet whether they are wanted. */

import { randomUUID } from 'node:crypto';
import { type FileHandle, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { assert, assertPresent } from '../core/assert.ts';
import type { Block } from '../core/block.ts';
import { encodeHeader, HEADER_BYTES, parseHeader } from '../core/header.ts';
import type { NetworkParams } from '../core/params.ts';
import { hashedHeader, validateBody } from '../core/validation.ts';

export class BlockSpool {
  readonly #file: FileHandle;
  readonly #path: string;
  /** In the file. */
  #sizeBytes = 0;
  /** What is to be written next, and how much that is. */
  #unwritten: Uint8Array[] = [];
  #unwrittenBytes = 0;

  private constructor(file: FileHandle, path: string) {
    this.#file = file;
    this.#path = path;
  }

  /** An empty spool in `folder`. */
  static async create(folder: string): Promise<BlockSpool> {
    const path = join(folder, `candidate-${randomUUID()}.spool`);
    return new BlockSpool(await open(path, 'wx+', 0o600), path);
  }

  /** Deletes what a process that was killed has left in `folder`. No other process may be using the folder. */
  static async removeLeftovers(folder: string): Promise<void> {
    for (const name of await readdir(folder)) {
      if (SPOOL_NAME.test(name)) await rm(join(folder, name), { force: true });
    }
  }

  /** Keeps `block`. It is written together with others. */
  async append(block: Block): Promise<void> {
    const prefix = Buffer.alloc(PREFIX_BYTES);
    prefix.writeUInt32BE(block.body.bytes.length, 0);
    prefix.set(encodeHeader(block.header), 4);
    this.#unwritten.push(prefix, block.body.bytes);
    this.#unwrittenBytes += PREFIX_BYTES + block.body.bytes.length;
    if (this.#unwrittenBytes >= PIECE_BYTES) await this.#write();
  }

  /** The blocks in order, in batches that are full with so many blocks, or with so many bytes. */
  async *batches(
    params: NetworkParams,
    limits: { readonly blocksMax: number; readonly bytesMax: number },
  ): AsyncGenerator<readonly Block[], void, undefined> {
    await this.#write();
    let batch: Block[] = [];
    let filledBytes = 0;
    let rest: Buffer = Buffer.alloc(0);
    for (let offset = 0; offset < this.#sizeBytes; ) {
      const piece = await this.#read(offset, Math.min(PIECE_BYTES, this.#sizeBytes - offset));
      offset += piece.length;
      const bytes = Buffer.concat([rest, piece]);
      let start = 0;
      for (let end = recordEnd(bytes, start); end <= bytes.length; end = recordEnd(bytes, start)) {
        batch.push(parseRecord(bytes.subarray(start, end), params));
        filledBytes += end - start;
        start = end;
        if (batch.length < limits.blocksMax && filledBytes < limits.bytesMax) continue;
        yield batch;
        batch = [];
        filledBytes = 0;
      }
      rest = bytes.subarray(start);
    }
    assert(rest.length === 0, 'a spool ends with a whole block');
    if (batch.length > 0) yield batch;
  }

  /** Closes and deletes the file. */
  async discard(): Promise<void> {
    await this.#file.close();
    await rm(this.#path, { force: true });
  }

  async #write(): Promise<void> {
    const bytes = Buffer.concat(this.#unwritten);
    this.#unwritten = [];
    this.#unwrittenBytes = 0;
    // The system may take less than it is given.
    for (let written = 0; written < bytes.length; ) {
      const rest = bytes.length - written;
      written += (await this.#file.write(bytes, written, rest, this.#sizeBytes + written)).bytesWritten;
    }
    this.#sizeBytes += bytes.length;
  }

  async #read(offset: number, sizeBytes: number): Promise<Buffer> {
    const bytes = Buffer.alloc(sizeBytes);
    const { bytesRead } = await this.#file.read(bytes, 0, sizeBytes, offset);
    if (bytesRead !== sizeBytes) throw new Error(`${this.#path} is shorter than what was written to it`);
    return bytes;
  }
}

/** Where the record that begins at `start` ends; beyond all bytes where its size is not among them. */
function recordEnd(bytes: Buffer, start: number): number {
  return start + PREFIX_BYTES <= bytes.length
    ? start + PREFIX_BYTES + bytes.readUInt32BE(start)
    : Number.POSITIVE_INFINITY;
}

/** The block has memory of its own: one that stays would keep the whole piece. */
function parseRecord(record: Buffer, params: NetworkParams): Block {
  const header = parseHeader(record.subarray(4, PREFIX_BYTES));
  const bodyBytes = new Uint8Array(record.subarray(PREFIX_BYTES));
  const block = header.ok ? validateBody(hashedHeader(header.value), bodyBytes, params) : undefined;
  return assertPresent(block?.ok === true ? block.value : undefined, 'a spool holds what was put into it');
}

/** The size of the body, then the header. */
const PREFIX_BYTES = 4 + HEADER_BYTES;
const SPOOL_NAME = /^candidate-[0-9a-f-]+\.spool$/;
/** Written and read at once: about so much. */
const PIECE_BYTES = 256 * 1024;
