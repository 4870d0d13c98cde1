/** Blocks set aside in a file, while it is not known yet whether they are wanted. */

import { randomUUID } from 'node:crypto';
import { type FileHandle, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { assertPresent } from '../core/assert.ts';
import type { Block } from '../core/block.ts';
import { encodeHeader, HEADER_BYTES, parseHeader } from '../core/header.ts';
import type { NetworkParams } from '../core/params.ts';
import { hashedHeader, validateBody } from '../core/validation.ts';

export class BlockSpool {
  readonly #file: FileHandle;
  readonly #path: string;
  #sizeBytes = 0;

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

  async append(block: Block): Promise<void> {
    const record = Buffer.alloc(PREFIX_BYTES + block.body.bytes.length);
    record.writeUInt32BE(block.body.bytes.length, 0);
    record.set(encodeHeader(block.header), 4);
    record.set(block.body.bytes, PREFIX_BYTES);
    // The system may take less than it is given.
    for (let written = 0; written < record.length; ) {
      const rest = record.length - written;
      written += (await this.#file.write(record, written, rest, this.#sizeBytes + written)).bytesWritten;
    }
    this.#sizeBytes += record.length;
  }

  /** The blocks in order, in batches of about `batchBytes`. */
  async *batches(params: NetworkParams, batchBytes: number): AsyncGenerator<readonly Block[], void, undefined> {
    let batch: Block[] = [];
    let filledBytes = 0;
    for (let offset = 0; offset < this.#sizeBytes; ) {
      const prefix = await this.#read(offset, PREFIX_BYTES);
      const bodyBytes = await this.#read(offset + PREFIX_BYTES, prefix.readUInt32BE(0));
      offset += PREFIX_BYTES + bodyBytes.length;
      const header = parseHeader(prefix.subarray(4));
      const block = header.ok ? validateBody(hashedHeader(header.value), bodyBytes, params) : undefined;
      batch.push(assertPresent(block?.ok === true ? block.value : undefined, 'a spool holds what was put into it'));
      filledBytes += PREFIX_BYTES + bodyBytes.length;
      if (filledBytes < batchBytes) continue;
      yield batch;
      batch = [];
      filledBytes = 0;
    }
    if (batch.length > 0) yield batch;
  }

  /** Closes and deletes the file. */
  async discard(): Promise<void> {
    await this.#file.close();
    await rm(this.#path, { force: true });
  }

  async #read(offset: number, sizeBytes: number): Promise<Buffer> {
    const bytes = Buffer.alloc(sizeBytes);
    const { bytesRead } = await this.#file.read(bytes, 0, sizeBytes, offset);
    if (bytesRead !== sizeBytes) throw new Error(`${this.#path} is shorter than what was written to it`);
    return bytes;
  }
}

/** The size of the body, then the header. */
const PREFIX_BYTES = 4 + HEADER_BYTES;
const SPOOL_NAME = /^candidate-[0-9a-f-]+\.spool$/;
