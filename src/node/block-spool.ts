/** Blocks set aside in a file, while it is not known yet whether they are wanted. */
import { randomUUID } from 'node:crypto';
import { type FileHandle, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { assert } from '../core/assert.ts';
import { HEADER_BYTES } from '../core/header.ts';
import { StoreError } from '../storage/store-error.ts';

/** Some blocks that follow each other, as they were put in. */
export interface SpooledBlocks {
  /** 118 bytes each, in one piece. */
  readonly headers: Uint8Array;
  readonly bodies: readonly Uint8Array[];
}

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
    return new BlockSpool(await withRoom(path, () => open(path, 'wx+', 0o600)), path);
  }

  /** Deletes what a process that was killed has left in `folder`. No other process may be using the folder. */
  static async removeLeftovers(folder: string): Promise<void> {
    for (const name of await readdir(folder)) {
      if (SPOOL_NAME.test(name)) await rm(join(folder, name), { force: true });
    }
  }

  /** Keeps a block: the 118 bytes of its header, and its body. It is written together with others. */
  async append(header: Uint8Array, body: Uint8Array): Promise<void> {
    assert(header.length === HEADER_BYTES, 'a header has 118 bytes');
    const size = Buffer.alloc(SIZE_BYTES);
    size.writeUInt32BE(body.length, 0);
    this.#unwritten.push(size, header, body);
    this.#unwrittenBytes += PREFIX_BYTES + body.length;
    if (this.#unwrittenBytes >= PIECE_BYTES) await this.#write();
  }

  /** The blocks in order, in batches that are full with so many blocks, or with so many bytes. */
  async *batches(limits: {
    readonly blocksMax: number;
    readonly bytesMax: number;
  }): AsyncGenerator<SpooledBlocks, void, undefined> {
    await this.#write();
    let headers: Uint8Array[] = [];
    let bodies: Uint8Array[] = [];
    let filledBytes = 0;
    let rest: Buffer = Buffer.alloc(0);
    for (let offset = 0; offset < this.#sizeBytes; ) {
      const piece = await this.#read(offset, Math.min(PIECE_BYTES, this.#sizeBytes - offset));
      offset += piece.length;
      const bytes = Buffer.concat([rest, piece]);
      let start = 0;
      for (let end = recordEnd(bytes, start); end <= bytes.length; end = recordEnd(bytes, start)) {
        headers.push(bytes.subarray(start + SIZE_BYTES, start + PREFIX_BYTES));
        // Memory of its own: a block that stays would keep the whole piece.
        bodies.push(new Uint8Array(bytes.subarray(start + PREFIX_BYTES, end)));
        filledBytes += end - start;
        start = end;
        if (bodies.length < limits.blocksMax && filledBytes < limits.bytesMax) continue;
        yield { headers: Buffer.concat(headers), bodies };
        headers = [];
        bodies = [];
        filledBytes = 0;
      }
      rest = bytes.subarray(start);
    }
    assert(rest.length === 0, 'a spool ends with a whole block');
    if (bodies.length > 0) yield { headers: Buffer.concat(headers), bodies };
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
      const position = this.#sizeBytes + written;
      const { bytesWritten } = await withRoom(this.#path, () => this.#file.write(bytes, written, rest, position));
      written += bytesWritten;
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

/** What `work` answers. That the disk is full, or the user's share of it, is thrown as `store-full`. */
async function withRoom<Value>(path: string, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (cause) {
    const isFull = cause instanceof Error && 'code' in cause && (cause.code === 'ENOSPC' || cause.code === 'EDQUOT');
    throw isFull ? new StoreError('store-full', `There is no room for ${path}.`, { cause }) : cause;
  }
}

/** Where the record that begins at `start` ends; beyond all bytes where its size is not among them. */
function recordEnd(bytes: Buffer, start: number): number {
  return start + PREFIX_BYTES <= bytes.length
    ? start + PREFIX_BYTES + bytes.readUInt32BE(start)
    : Number.POSITIVE_INFINITY;
}

const SIZE_BYTES = 4;
/** The size of the body, then the header. */
const PREFIX_BYTES = SIZE_BYTES + HEADER_BYTES;
const SPOOL_NAME = /^candidate-[0-9a-f-]+\.spool$/;
/** Written and read at once: about so much. */
const PIECE_BYTES = 256 * 1024;
