/** The bytes of a chain proof, field after field (docs/spec/chain-proof.md#bytes). */
import { bytesToHex, hexInto } from '#host';
import { assert } from './assert.ts';
import { HASH_BYTES, type Hash } from './hash.ts';
import { HEADER_BYTES, NONCE_OFFSET } from './header.ts';

/** What of a header does not follow from the headers before it. */
export interface OpenedFields {
  readonly dataRoot: Hash;
  /** Unix seconds. */
  readonly timestamp: number;
  /** Not yet checked against `NONCE_MAX`. */
  readonly nonce: bigint;
}

/** The data root, the timestamp and the nonce. */
export const OPENED_BYTES = 44;

/** Of the first header of a run: the previous hash, the work up to it, its bits and those of the header after it. */
export const RUN_START_BYTES = 72;

/** Takes fields off bytes whose number was checked before. */
export class ProofReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u16(): number {
    return this.#view.getUint16(this.#advance(2));
  }

  u32(): number {
    return this.#view.getUint32(this.#advance(4));
  }

  u256(): bigint {
    return BigInt(`0x${this.hash()}`);
  }

  hash(): Hash {
    const at = this.#advance(HASH_BYTES);
    return bytesToHex(this.#bytes.subarray(at, at + HASH_BYTES)) as Hash;
  }

  opened(): OpenedFields {
    return { dataRoot: this.hash(), timestamp: this.u32(), nonce: this.#view.getBigUint64(this.#advance(8)) };
  }

  #advance(sizeBytes: number): number {
    const at = this.#at;
    this.#at += sizeBytes;
    return at;
  }
}

/** Puts fields behind each other. */
export class ProofWriter {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(sizeBytes: number) {
    this.#bytes = new Uint8Array(sizeBytes);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** The bytes, when all of them are written. */
  finished(): Uint8Array {
    assert(this.#at === this.#bytes.length, 'a proof has the size that follows from what it opens');
    return this.#bytes;
  }

  u8(value: number): void {
    this.#view.setUint8(this.#advance(1), value);
  }

  u16(value: number): void {
    this.#view.setUint16(this.#advance(2), value);
  }

  u32(value: number): void {
    this.#view.setUint32(this.#advance(4), value);
  }

  u256(value: bigint): void {
    hexInto(value.toString(16).padStart(2 * HASH_BYTES, '0'), this.#bytes, this.#advance(HASH_BYTES));
  }

  hash(value: Hash): void {
    hexInto(value, this.#bytes, this.#advance(HASH_BYTES));
  }

  /** What does not follow of the 118 bytes of a header. */
  opened(header: Uint8Array): void {
    this.#put(header.subarray(DATA_ROOT_OFFSET, TIMESTAMP_OFFSET + 4));
    this.#put(header.subarray(NONCE_OFFSET, HEADER_BYTES));
  }

  /** What begins a run, from the first two headers of it. `work` is that up to and including the first. */
  runStart(first: Uint8Array, second: Uint8Array, work: bigint): void {
    this.#put(first.subarray(PREVIOUS_HASH_OFFSET, PREVIOUS_HASH_OFFSET + HASH_BYTES));
    this.u256(work);
    for (const header of [first, second]) this.#put(header.subarray(BITS_OFFSET, BITS_OFFSET + 4));
  }

  #put(bytes: Uint8Array): void {
    this.#bytes.set(bytes, this.#advance(bytes.length));
  }

  #advance(sizeBytes: number): number {
    const at = this.#at;
    this.#at += sizeBytes;
    return at;
  }
}

// Where the fields of a header begin (docs/spec/header.md).
const PREVIOUS_HASH_OFFSET = 6;
const DATA_ROOT_OFFSET = 70;
const TIMESTAMP_OFFSET = 102;
const BITS_OFFSET = 106;
