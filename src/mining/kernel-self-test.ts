/** Whether a kernel finds what it has to find: asked on the machine on which it is to be used, before it is used. */
import { assertPresent } from '../core/assert.ts';
import { type Hash, hashToBytes, hashToNumber } from '../core/hash.ts';
import { HEADER_BYTES, hashHeader, NONCE_MAX, NONCE_OFFSET } from '../core/header.ts';
import type { NonceRange, SearchKernel } from './kernel.ts';

/** Searches of which every answer is known, from hashing each header by itself. */
export class KernelSelfTest {
  readonly #searches: readonly KnownSearch[];

  /** `randomBytes` makes the header: another one at each start, so that what is seldom wrong is found out in the end. */
  constructor(randomBytes: (length: number) => Uint8Array) {
    const header = randomBytes(HEADER_BYTES);
    this.#searches = RANGES.flatMap((range) => knownSearches(header, range));
  }

  /** What `kernel` does not find as it has to; undefined where it passes. */
  findFault(kernel: SearchKernel): string | undefined {
    for (const { range, hits } of this.#searches) {
      let { firstNonce } = range;
      const end = firstNonce + range.count;
      for (const hit of [...hits, undefined]) {
        if (firstNonce === end) break;
        const found = kernel.search({ ...range, firstNonce, count: end - firstNonce });
        if (found !== hit) {
          const target = Buffer.from(range.targetBytes).toString('hex');
          return `from nonce ${firstNonce} on it found ${found ?? 'none'}, where ${hit ?? 'none'} is right for the target ${target}`;
        }
        firstNonce = (hit ?? end) + 1;
      }
    }
    return undefined;
  }
}

/** A search, and every nonce of its range that fits, in order. */
interface KnownSearch {
  readonly range: NonceRange;
  readonly hits: readonly number[];
}

/** Searches for targets that some of `count` nonces meet, or one, or none, or all. */
function knownSearches(
  header: Uint8Array,
  { firstNonce, count }: { readonly firstNonce: number; readonly count: number },
): KnownSearch[] {
  const headerBytes = Uint8Array.from(header);
  const view = new DataView(headerBytes.buffer);
  const hashes = Array.from({ length: count }, (_, i) => {
    view.setBigUint64(NONCE_OFFSET, BigInt(firstNonce + i));
    return hashHeader(headerBytes);
  });
  const sorted = hashes.toSorted();
  const nth = (n: number) => assertPresent(sorted[Math.floor(n)], 'a range has so many hashes');
  const lowest = nth(0);
  const tooLow = (hashToNumber(lowest) - 1n).toString(16).padStart(64, '0') as Hash;
  const searchFor = (target: Hash, tried: number): KnownSearch => ({
    range: { headerBytes, targetBytes: hashToBytes(target), firstNonce, count: tried },
    hits: hashes.slice(0, tried).flatMap((hash, i) => (hash <= target ? [firstNonce + i] : [])),
  });
  return [
    searchFor(nth(count / 32), count),
    searchFor(lowest, count),
    // The last nonce of a range counts.
    searchFor(lowest, hashes.indexOf(lowest) + 1),
    searchFor(tooLow, count),
    // What compares words with their sign takes the first word of this target for a negative number.
    searchFor(nth(count - 1), FEW),
  ];
}

/** The nonce carries out of its lowest 16 bits, which alone differ between lanes, and out of its lower half. */
const RANGES = [
  { firstNonce: 0, count: 2 ** 10 },
  { firstNonce: 2 ** 32 - 515, count: 2 ** 11 },
  { firstNonce: 77 * 2 ** 16 - 513, count: 2 ** 11 },
  { firstNonce: NONCE_MAX - 2 ** 8, count: 2 ** 8 + 1 },
] as const;

/** Of searches in which every nonce is a hit: one for each lane of the widest kernel, and some more. */
const FEW = 40;
