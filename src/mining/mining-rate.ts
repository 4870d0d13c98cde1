/** How fast nonces are tried, and how long a block takes at that speed. */

/**
 * A moving average of hashes a second: a sample fades to a third in 2 s. Only time spent searching counts, so it goes
 * on from one job to the next, however short they are.
 */
export class MiningRate {
  #hashesPerSecond: number | undefined;
  #lastHashes = 0;
  #lastMs = 0;

  /** A search begins at `nowMs`, with no hashes yet. */
  begin(nowMs: number): void {
    this.#lastHashes = 0;
    this.#lastMs = nowMs;
  }

  /** Takes note that the search has tried `hashes` up to `nowMs`; answers the rate. */
  sample(hashes: number, nowMs: number): number {
    const elapsedMs = nowMs - this.#lastMs;
    if (elapsedMs > 0) {
      const sample = (1000 * (hashes - this.#lastHashes)) / elapsedMs;
      const before = this.#hashesPerSecond ?? sample;
      this.#hashesPerSecond = sample + (before - sample) * Math.exp(-elapsedMs / FADE_MS);
      this.#lastHashes = hashes;
      this.#lastMs = nowMs;
    }
    return this.#hashesPerSecond ?? 0;
  }
}

/**
 * The mean time that it takes to find a hash at or below `target`, in seconds; infinite at no hashes a second. The
 * time itself is exponentially distributed: one search in twenty takes more than three times as long.
 */
export function expectedSeconds(target: bigint, hashesPerSecond: number): number {
  return 2 ** 256 / (Number(target) + 1) / hashesPerSecond;
}

const FADE_MS = 2000;
