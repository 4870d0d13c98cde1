/**
 * Choices that are made by the bytes of an input, so that whatever can be described by choices is fuzzed as bytes are:
 * kept, mutated, spliced and shrunk.
 */

export class ByteChoices {
  readonly #bytes: Uint8Array;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Whether every further choice is the first one there is. */
  get isOver(): boolean {
    return this.#position >= this.#bytes.length;
  }

  /** A whole number from 0 to `max`, both included. Takes as many bytes as `max` needs. */
  integer(max: number): number {
    let value = 0;
    for (let range = max; range > 0; range = Math.floor(range / 256)) value = value * 256 + this.#byte();
    return value % (max + 1);
  }

  flag(): boolean {
    return this.integer(1) === 1;
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.integer(items.length - 1)];
    if (item === undefined) throw new Error('there is nothing to choose from');
    return item;
  }

  /** At most `sizeMax` of the bytes that follow, as many as a choice says. */
  bytes(sizeMax: number): Uint8Array {
    const sizeBytes = this.integer(sizeMax);
    const bytes = this.#bytes.slice(this.#position, this.#position + sizeBytes);
    this.#position += bytes.length;
    return bytes;
  }

  /** All that has not been chosen by. */
  rest(): Uint8Array {
    const rest = this.#bytes.subarray(this.#position);
    this.#position = this.#bytes.length;
    return rest;
  }

  #byte(): number {
    return this.#bytes[this.#position++] ?? 0;
  }
}
