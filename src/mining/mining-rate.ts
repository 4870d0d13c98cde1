/** How fast nonces are tried, and how long a block takes at that speed. */

import type { KernelChoice } from './miner.ts';

/**
 * A moving average of hashes a second: what is 2 s old counts a third of what is new. Only time spent searching counts,
 * so it goes on from one job to the next, however short they are.
 */
export class MiningRate {
  /** Hashes and the time they took, both fading alike. */
  #hashes = 0;
  #elapsedMs = 0;
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
    const fade = Math.exp(-elapsedMs / FADE_MS);
    this.#hashes = this.#hashes * fade + (hashes - this.#lastHashes);
    this.#elapsedMs = this.#elapsedMs * fade + elapsedMs;
    this.#lastHashes = hashes;
    this.#lastMs = nowMs;
    return this.#elapsedMs === 0 ? 0 : (1000 * this.#hashes) / this.#elapsedMs;
  }
}

/** What a miner is to do, in hashes a second, by the trial of the kernel that it has chosen. */
export function promisedRate({ kernel, threads, dutyCycle, trials }: KernelChoice): number {
  const trial = trials.find((candidate) => candidate.kernel === kernel);
  return trial?.outcome === 'passed' ? trial.hashesPerSecond * threads * dutyCycle : 0;
}

/**
 * The mean time that it takes to find a hash at or below `target`, in seconds; infinite at no hashes a second. The
 * time itself is exponentially distributed: one search in twenty takes more than three times as long.
 */
export function expectedSeconds(target: bigint, hashesPerSecond: number): number {
  return 2 ** 256 / (Number(target) + 1) / hashesPerSecond;
}

const FADE_MS = 2000;
