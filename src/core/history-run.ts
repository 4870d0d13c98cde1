/**
 * The history tree over a run of headers: what `history.ts` does leaf by leaf, for thousands of leaves at once.
 *
 * Hashes stay bytes, and what does not wait for each other is hashed in one call: the tree grows level by level, and so
 * do the roots before each of the headers.
 */
import { bytesToHex, hexInto, sha256Each } from '#host';
import { assertPresent } from './assert.ts';
import { HASH_BYTES, type Hash, hashesIn } from './hash.ts';
import { type Frontier, HISTORY_ROOT_TAG, type Subtree } from './history.ts';
import { EMPTY_ROOT, NODE_TAG } from './merkle.ts';

/** The complete subtrees of one size: those that are completed by the run, and before them the one of the frontier. */
interface Level {
  /** The place of the first one, counted from the beginning of the chain in subtrees of this size. It is even. */
  readonly first: number;
  /** Their roots, one after the other. */
  readonly roots: BigUint64Array<ArrayBuffer>;
}

/** A history that goes on with a run of leaves. */
export class HistoryRun {
  readonly #before: Frontier;
  readonly #leafCount: number;
  /** By the binary logarithm of the number of their leaves. */
  readonly #levels: readonly Level[];

  /** `leaves` are leaf hashes, one after the other. */
  constructor(before: Frontier, leaves: Uint8Array) {
    this.#before = before;
    this.#leafCount = leaves.length / HASH_BYTES;
    this.#levels = growLevels(before, leaves);
  }

  /** The history roots over all leaves before each leaf of the run, one after the other: what their headers must carry. */
  rootsBefore(): Uint8Array {
    const folded = new BigUint64Array(HASH_WORDS * this.#leafCount);
    const pairs = new BigUint64Array(2 * HASH_WORDS * this.#leafCount);
    if (this.#before.count === 0 && this.#leafCount > 0) hexInto(EMPTY_ROOT, bytesOf(folded), 0);
    // Heights have 32 bits: a subtree that is larger is complete only after the last header that there can be.
    for (const height of this.#levels.keys()) if (height < HEIGHT_BITS) this.#fold(height, folded, pairs);
    const counted = new BigUint64Array(COUNTED_WORDS * this.#leafCount);
    const view = new DataView(counted.buffer);
    for (let i = 0; i < this.#leafCount; i++) {
      const at = COUNTED_WORDS * i;
      view.setUint32(WORD_BYTES * at + 4, this.#before.count + i);
      copyHash(folded, HASH_WORDS * i, counted, at + 1);
    }
    const roots = bytesOf(folded);
    sha256Each(bytesOf(counted), WORD_BYTES * COUNTED_WORDS, HISTORY_ROOT_TAG, roots);
    return roots;
  }

  /** The frontier after the first `count` leaves. */
  frontierAfter(count: number): Frontier {
    const leaves = this.#before.count + count;
    let last: Subtree | undefined;
    for (let height = this.#levels.length - 1; height >= 0; height--) {
      const place = Math.floor(leaves / 2 ** height);
      if (place % 2 === 0) continue;
      const root = bytesToHex(bytesOf(this.#rootOf(height, place - 1))) as Hash;
      last = { leafCount: 2 ** height, root, previous: last };
    }
    return { count: leaves, last };
  }

  /** The frontier after each of the first `count` leaves. They share their older subtrees. */
  frontiersAfter(count: number): Frontier[] {
    const roots = hashesIn(this.#lastRoots(count));
    let { last } = this.#before;
    return roots.map((root, i) => {
      let leafCount = 1;
      for (; last?.leafCount === leafCount; leafCount *= 2) last = last.previous;
      last = { leafCount, root, previous: last };
      return { count: this.#before.count + i + 1, last };
    });
  }

  /** The roots of the smallest subtrees of these frontiers, one after the other. */
  #lastRoots(count: number): Uint8Array {
    const lastRoots = new BigUint64Array(HASH_WORDS * count);
    for (let i = 0; i < count; i++) {
      const leaves = this.#before.count + i + 1;
      const height = leaves === 2 ** HEIGHT_BITS ? HEIGHT_BITS : 31 - Math.clz32(leaves & -leaves);
      lastRoots.set(this.#rootOf(height, leaves / 2 ** height - 1), HASH_WORDS * i);
    }
    return bytesOf(lastRoots);
  }

  #rootOf(height: number, place: number): BigUint64Array<ArrayBuffer> {
    const { first, roots } = assertPresent(this.#levels[height], 'what is complete after the run is in its levels');
    const at = HASH_WORDS * (place - first);
    return roots.subarray(at, at + HASH_WORDS);
  }

  /**
   * In each history that has a subtree of this height in its frontier, joins it with what is right of it in there: from
   * nothing to all that is smaller, which is in `folded`, a hash for each history. `pairs` is room to work in.
   */
  #fold(height: number, folded: BigUint64Array, pairs: BigUint64Array<ArrayBuffer>): void {
    const { first, roots } = assertPresent(this.#levels[height], 'there is such a level');
    const { count } = this.#before;
    const joined: number[] = [];
    for (let i = 0; i < this.#leafCount; i++) {
      const leaves = count + i;
      const place = leaves >>> height;
      if (place % 2 === 0) continue;
      const root = HASH_WORDS * (place - 1 - first);
      if (place * 2 ** height === leaves) {
        copyHash(roots, root, folded, HASH_WORDS * i);
      } else {
        const pair = 2 * HASH_WORDS * joined.length;
        copyHash(roots, root, pairs, pair);
        copyHash(folded, HASH_WORDS * i, pairs, pair + HASH_WORDS);
        joined.push(i);
      }
    }
    const bytes = bytesOf(pairs).subarray(0, 2 * HASH_BYTES * joined.length);
    sha256Each(bytes, 2 * HASH_BYTES, NODE_TAG, bytes);
    for (const [k, i] of joined.entries()) copyHash(pairs, HASH_WORDS * k, folded, HASH_WORDS * i);
  }
}

function growLevels(before: Frontier, leaves: Uint8Array): Level[] {
  const levels: Level[] = [];
  let subtree = before.last;
  let completed = leaves;
  let place = before.count;
  while (completed.length > 0 || subtree !== undefined) {
    const isInFrontier = subtree?.leafCount === 2 ** levels.length;
    const offset = isInFrontier ? HASH_BYTES : 0;
    const roots = new Uint8Array(offset + completed.length);
    roots.set(completed, offset);
    if (subtree !== undefined && isInFrontier) {
      hexInto(subtree.root, roots, 0);
      subtree = subtree.previous;
    }
    const first = isInFrontier ? place - 1 : place;
    levels.push({ first, roots: new BigUint64Array(roots.buffer) });
    const pairBytes = 2 * HASH_BYTES;
    const pairs = Math.floor(roots.length / pairBytes);
    completed = new Uint8Array(HASH_BYTES * pairs);
    sha256Each(roots.subarray(0, pairBytes * pairs), pairBytes, NODE_TAG, completed);
    place = Math.floor(place / 2);
  }
  return levels;
}

/** By a loop: to make views for 32 bytes takes longer than to copy them. */
function copyHash(from: BigUint64Array, at: number, to: BigUint64Array, toAt: number): void {
  for (let word = 0; word < HASH_WORDS; word++) to[toAt + word] = from[at + word] as bigint;
}

function bytesOf(words: BigUint64Array<ArrayBuffer>): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
}

/** V8 copies words of 64 bits from one array to another as they are, with no bigint in between. */
const WORD_BYTES = 8;
const HASH_WORDS = HASH_BYTES / WORD_BYTES;
/** Those of a block's height: a history has 2^32 leaves at most. */
const HEIGHT_BITS = 32;
/** A count of 64 bits, and a hash. */
const COUNTED_WORDS = 1 + HASH_WORDS;
