/**
 * Chance from a seed: equal seeds, equal draws. Not for secrets.
 *
 * Each concern of a world has a stream of its own, so that one draw more in the one leaves the others as they were.
 */
import { sha256Hex } from '#host';

export class Random {
  readonly #seed: string;
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number | string) {
    this.#seed = String(seed);
    // From a hash, so that seeds that are close lead to draws that have nothing in common.
    const digest = sha256Hex(new TextEncoder().encode(this.#seed));
    const word = (i: number) => Number.parseInt(digest.slice(8 * i, 8 * i + 8), 16) | 0;
    this.#a = word(0);
    this.#b = word(1);
    this.#c = word(2);
  }

  /** Draws that depend on this seed and `name` alone, not on what was drawn before. */
  stream(name: string): Random {
    return new Random(`${this.#seed}/${name}`);
  }

  /** At least 0 and below 1. */
  fraction(): number {
    // sfc32: passes the usual batteries of tests, and is a handful of instructions.
    const mixed = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + mixed) | 0;
    return (mixed >>> 0) / 2 ** 32;
  }

  /** A whole number from `min` to `max`, both included. */
  integer(min: number, max: number): number {
    return min + Math.floor(this.fraction() * (max - min + 1));
  }

  /** Any number from `min` to `max`, both above 0, by its logarithm: as many from 1 to 10 as from 10 to 100. */
  between(min: number, max: number): number {
    return min * (max / min) ** this.fraction();
  }

  /** Whether something of this probability happens. */
  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.integer(0, items.length - 1)];
    if (item === undefined) throw new RangeError('nothing to pick from');
    return item;
  }

  /** `count` different ones of `items`, or all of them. */
  sample<Item>(items: readonly Item[], count: number): Item[] {
    const left = [...items];
    const taken: Item[] = [];
    while (taken.length < count && left.length > 0) taken.push(...left.splice(this.integer(0, left.length - 1), 1));
    return taken;
  }

  /** A time until something happens that happens once in `mean` on average, whatever went before. */
  waiting(mean: number): number {
    return -Math.log(1 - this.fraction()) * mean;
  }
}
