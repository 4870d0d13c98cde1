/** How much of the pool each of many owners has: the peers that bring entries, or the authors who sign them. */
import { assertPresent } from '../core/assert.ts';

/** An entry that may come in: whose it is, and how large. */
export interface SharedEntry<Owner> {
  readonly owners: readonly Owner[];
  readonly sizeBytes: number;
}

interface Share {
  entries: number;
  bytes: number;
}

/** An entry of several owners counts for each of them. Nobody who has nothing takes any room here. */
export class PoolShares<Owner extends string> {
  readonly #entriesMax: number;
  readonly #bytesMax: number;
  readonly #shares = new Map<Owner, Share>();

  constructor(entriesMax: number, bytesMax: number) {
    this.#entriesMax = entriesMax;
    this.#bytesMax = bytesMax;
  }

  /** An owner whose share all of `entries` together would exceed; undefined: there is none. */
  exceededBy(entries: readonly SharedEntry<Owner>[]): Owner | undefined {
    const sums = new Map<Owner, Share>();
    for (const { owners, sizeBytes } of entries) {
      for (const owner of owners) {
        const sum = sums.get(owner) ?? { ...(this.#shares.get(owner) ?? NOTHING) };
        sum.entries++;
        sum.bytes += sizeBytes;
        if (sum.entries > this.#entriesMax || sum.bytes > this.#bytesMax) return owner;
        sums.set(owner, sum);
      }
    }
    return undefined;
  }

  /** An entry has come in, whether or not there was a share left for it. */
  take(owners: readonly Owner[], sizeBytes: number): void {
    for (const owner of owners) {
      const share = this.#shares.get(owner);
      if (share === undefined) this.#shares.set(owner, { entries: 1, bytes: sizeBytes });
      else {
        share.entries++;
        share.bytes += sizeBytes;
      }
    }
  }

  /** An entry has left the pool. */
  giveBack(owners: readonly Owner[], sizeBytes: number): void {
    for (const owner of owners) {
      const share = assertPresent(this.#shares.get(owner), 'what leaves the pool is in the share of its owner');
      share.entries--;
      share.bytes -= sizeBytes;
      if (share.entries === 0) this.#shares.delete(owner);
    }
  }
}

const NOTHING: Share = { entries: 0, bytes: 0 };
