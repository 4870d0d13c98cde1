/** The two clocks of a simulated node: one that nobody sets but that may run fast or slow, and one on the wall. */
import type { Now } from '../protocol/now.ts';

export class SimulatedClock {
  /** When the steady clock was last looked at anew, and what it showed. */
  #anchorMs: number;
  #steadyMs: number;
  #rate = 1;
  #wallAheadMs = 0;

  constructor(nowMs: number) {
    this.#anchorMs = nowMs;
    this.#steadyMs = nowMs;
  }

  /** How far the clock on the wall is ahead of the time of the world. */
  get wallAheadMs(): number {
    return this.#wallAheadMs;
  }

  /** Both clocks, when the time of the world is `nowMs`. */
  read(nowMs: number): Now {
    return { steadyMs: this.#steadyAt(nowMs), unixMs: nowMs + this.#wallAheadMs };
  }

  /** A process starts: its steady clock counts from where the clock on the wall stands. */
  boot(nowMs: number): void {
    this.#anchorMs = nowMs;
    this.#steadyMs = nowMs + this.#wallAheadMs;
  }

  /** Sets the clock on the wall: so far ahead of the time of the world, or behind it. */
  set(wallAheadMs: number): void {
    this.#wallAheadMs = wallAheadMs;
  }

  /** From now on the steady clock counts `rate` seconds in a second. */
  drift(nowMs: number, rate: number): void {
    this.#steadyMs = this.#steadyAt(nowMs);
    this.#anchorMs = nowMs;
    this.#rate = rate;
  }

  #steadyAt(nowMs: number): number {
    return this.#steadyMs + (nowMs - this.#anchorMs) * this.#rate;
  }
}
