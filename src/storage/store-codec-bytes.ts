/**
 * Values as one run of bytes, which crosses between threads without being copied again.
 *
 * Both ends are this process, so the bytes have the order of the machine, and a reader that comes out anywhere but at
 * the end has met a mistake of ours.
 */
import { assert } from '../core/assert.ts';
import { HASH_BYTES, type Hash } from '../core/hash.ts';
import { encodeHeader, HEADER_BYTES, type Header } from '../core/header.ts';

/** Takes values one after the other; `ByteReader` gives them back in the same order. */
export interface ByteSink {
  /** A number, exactly. */
  number(value: number): void;
  flag(value: boolean): void;
  text(value: string): void;
  hash(value: Hash): void;
  /** A number of up to 256 bits. */
  work(value: bigint): void;
  /** The 118 bytes of the header. */
  header(value: Header): void;
  /** Bytes, with their length. */
  bytes(value: Uint8Array): void;
  /** Whole numbers below 2^32, with their count. */
  integers(value: Uint32Array): void;
}

/** What `write` gives to the sink, as bytes of their own. `write` is called twice: to measure, and to write. */
export function pack(write: (sink: ByteSink) => void): ArrayBuffer {
  const size = new ByteCounter();
  write(size);
  const writer = new ByteWriter(size.total);
  write(writer);
  return writer.finish();
}

/** Reads `packed` with `read`, which has to come out at its end. The bytes that are read are views. */
export function unpack<Value>(packed: ArrayBuffer, read: (source: ByteReader) => Value): Value {
  const reader = new ByteReader(packed);
  const value = read(reader);
  reader.finish();
  return value;
}

class ByteCounter implements ByteSink {
  total = 0;

  number(): void {
    this.total += NUMBER_SIZE;
  }

  flag(): void {
    this.total += NUMBER_SIZE;
  }

  text(value: string): void {
    this.bytes(Buffer.from(value));
  }

  hash(): void {
    this.total += HASH_BYTES;
  }

  work(): void {
    this.total += HASH_BYTES;
  }

  header(): void {
    this.total += aligned(HEADER_BYTES);
  }

  bytes(value: Uint8Array): void {
    this.total += NUMBER_SIZE + aligned(value.length);
  }

  integers(value: Uint32Array): void {
    this.total += NUMBER_SIZE + aligned(value.byteLength);
  }
}

class ByteWriter implements ByteSink {
  readonly #buffer: Buffer<ArrayBuffer>;
  readonly #view: DataView;
  #offset = 0;

  constructor(sizeBytes: number) {
    const memory = new ArrayBuffer(sizeBytes);
    this.#buffer = Buffer.from(memory);
    this.#view = new DataView(memory);
  }

  number(value: number): void {
    this.#view.setFloat64(this.#offset, value, true);
    this.#offset += NUMBER_SIZE;
  }

  flag(value: boolean): void {
    this.number(value ? 1 : 0);
  }

  text(value: string): void {
    this.bytes(Buffer.from(value));
  }

  hash(value: Hash): void {
    const written = this.#buffer.write(value, this.#offset, HASH_BYTES, 'hex');
    assert(written === HASH_BYTES, 'a hash has 32 bytes');
    this.#offset += HASH_BYTES;
  }

  work(value: bigint): void {
    this.hash(value.toString(16).padStart(2 * HASH_BYTES, '0') as Hash);
  }

  header(value: Header): void {
    this.#put(encodeHeader(value));
  }

  bytes(value: Uint8Array): void {
    this.number(value.length);
    this.#put(value);
  }

  integers(value: Uint32Array): void {
    this.number(value.length);
    this.#put(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  }

  /** All of it, filled to the last byte. */
  finish(): ArrayBuffer {
    assert(this.#offset === this.#buffer.length, 'what was measured is what is written');
    return this.#buffer.buffer;
  }

  #put(bytes: Uint8Array): void {
    this.#buffer.set(bytes, this.#offset);
    this.#offset += aligned(bytes.length);
  }
}

export class ByteReader {
  readonly #buffer: Buffer<ArrayBuffer>;
  readonly #view: DataView;
  #offset = 0;

  constructor(packed: ArrayBuffer) {
    this.#buffer = Buffer.from(packed);
    this.#view = new DataView(packed);
  }

  number(): number {
    return this.#view.getFloat64(this.#take(NUMBER_SIZE), true);
  }

  flag(): boolean {
    const value = this.number();
    assert(value === 0 || value === 1, 'a flag is set or not');
    return value === 1;
  }

  text(): string {
    return Buffer.from(this.bytes()).toString();
  }

  hash(): Hash {
    const offset = this.#take(HASH_BYTES);
    return this.#buffer.toString('hex', offset, offset + HASH_BYTES) as Hash;
  }

  work(): bigint {
    return BigInt(`0x${this.hash()}`);
  }

  /** The 118 bytes of a header. */
  header(): Uint8Array {
    return this.#view8(HEADER_BYTES);
  }

  bytes(): Uint8Array {
    return this.#view8(this.length());
  }

  integers(): Uint32Array {
    const length = this.length();
    const { byteOffset } = this.#view8(length * Uint32Array.BYTES_PER_ELEMENT);
    return new Uint32Array(this.#buffer.buffer, byteOffset, length);
  }

  /** A number that counts what follows. */
  length(): number {
    const value = this.number();
    assert(Number.isInteger(value) && value >= 0 && value <= this.#buffer.length, 'a length fits what it counts');
    return value;
  }

  finish(): void {
    assert(this.#offset === this.#buffer.length, 'packed bytes are read to their end');
  }

  #view8(sizeBytes: number): Uint8Array {
    return new Uint8Array(this.#buffer.buffer, this.#take(aligned(sizeBytes)), sizeBytes);
  }

  #take(sizeBytes: number): number {
    const offset = this.#offset;
    this.#offset += sizeBytes;
    assert(this.#offset <= this.#buffer.length, 'packed bytes hold what is read from them');
    return offset;
  }
}

/** Everything begins at a multiple of eight, so that numbers are read where they stand. */
function aligned(sizeBytes: number): number {
  return Math.ceil(sizeBytes / NUMBER_SIZE) * NUMBER_SIZE;
}

const NUMBER_SIZE = 8;
