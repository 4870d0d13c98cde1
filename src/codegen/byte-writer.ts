/** Bytes that are written one after the other: little-endian numbers, texts and machine code. */
import { assert } from '../core/assert.ts';

/** Grows as it is written to. Every method that writes answers the writer, so that what belongs together is one line. */
export class ByteWriter {
  #memory = new Uint8Array(4096);
  #length = 0;

  /** How many bytes there are, which is where the next one goes. */
  get length(): number {
    return this.#length;
  }

  bytes(...bytes: readonly number[]): this {
    return this.block(bytes);
  }

  block(bytes: ArrayLike<number>): this {
    this.#reserve(bytes.length);
    this.#memory.set(bytes, this.#length);
    this.#length += bytes.length;
    return this;
  }

  uint16(value: number): this {
    return this.#number(value, 2);
  }

  uint32(value: number): this {
    return this.#number(value, 4);
  }

  /** `value` is a safe integer. */
  uint64(value: number): this {
    return this.#number(value, 8);
  }

  int32(value: number): this {
    assert(Number.isInteger(value) && Math.abs(value) < 2 ** 31, 'the number fits into 32 bits with its sign');
    return this.uint32(value >>> 0);
  }

  /** `text`, which is ASCII, and a zero byte. */
  terminated(text: string): this {
    for (const character of text) this.bytes(character.charCodeAt(0));
    return this.bytes(0);
  }

  /** Writes `filler` until the length is a multiple of `alignment`. */
  alignTo(alignment: number, filler = 0): this {
    return this.block(new Uint8Array((alignment - (this.#length % alignment)) % alignment).fill(filler));
  }

  toBytes(): Uint8Array {
    return this.#memory.slice(0, this.#length);
  }

  #number(value: number, size: number): this {
    assert(Number.isSafeInteger(value) && value >= 0 && value < 256 ** size, `the number fits into ${size} bytes`);
    this.#reserve(size);
    let rest = value;
    for (let i = 0; i < size; i++) {
      this.#memory[this.#length++] = rest % 256;
      rest = Math.floor(rest / 256);
    }
    return this;
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#memory.length) return;
    const grown = new Uint8Array(Math.max(2 * this.#memory.length, this.#length + count));
    grown.set(this.#memory);
    this.#memory = grown;
  }
}
