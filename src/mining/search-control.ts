/**
 * What the threads of one search share: how many nonces are taken, how many were tried, and whether it still goes on.
 *
 * Every search has its own, so that a worker which has not yet seen the end of an old search can neither stop a new
 * one nor count for it.
 */
import { type NonceRing, type NonceRun, nextRun, ringFrom } from './nonce-ring.ts';

export class SearchControl {
  /** What is sent to a worker, to make a control of the same search there. */
  readonly memory: SharedArrayBuffer;
  readonly #ring: NonceRing;
  /**
   * How many nonces of the ring are taken; its complement, which is negative, once the search has ended. One word says
   * both, so that nothing is taken after the end, and the count at the end is final.
   */
  readonly #taken: BigInt64Array;
  readonly #tried: BigInt64Array;
  /** 1 soon after the search has ended: a word that changes once, to sleep on. */
  readonly #ended: Int32Array;

  constructor(ring: NonceRing, memory = new SharedArrayBuffer(MEMORY_BYTES)) {
    this.memory = memory;
    this.#ring = ring;
    this.#taken = new BigInt64Array(memory, 0, 1);
    this.#tried = new BigInt64Array(memory, 8, 1);
    this.#ended = new Int32Array(memory, 16, 1);
  }

  /** Takes the next nonces, at most `countMax`: nobody else gets them. None if all are taken or the search has ended. */
  take(countMax: number): NonceRun | undefined {
    // Goes round only if another thread has just taken some.
    for (;;) {
      const taken = Atomics.load(this.#taken, 0);
      const run = taken < 0n ? undefined : nextRun(this.#ring, Number(taken), countMax);
      if (run === undefined) return undefined;
      if (Atomics.compareExchange(this.#taken, 0, taken, taken + BigInt(run.count)) === taken) return run;
    }
  }

  /** Ends the search in every thread. True for the one call that ended it: of several hits, one is reported. */
  end(): boolean {
    for (;;) {
      const taken = Atomics.load(this.#taken, 0);
      if (taken < 0n) return false;
      if (Atomics.compareExchange(this.#taken, 0, taken, ~taken) === taken) break;
    }
    Atomics.store(this.#ended, 0, 1);
    Atomics.notify(this.#ended, 0);
    return true;
  }

  /** Sleeps for `restMs`, or until the search ends. */
  rest(restMs: number): void {
    Atomics.wait(this.#ended, 0, 0, restMs);
  }

  /** Takes note that `count` nonces more were tried. */
  addTried(count: number): void {
    Atomics.add(this.#tried, 0, BigInt(count));
  }

  /** How many nonces all threads have tried. It may still grow for a moment after the end. */
  get tried(): number {
    return Number(Atomics.load(this.#tried, 0));
  }

  /** Whether every nonce was tried. */
  get isExhausted(): boolean {
    return this.tried === this.#ring.nonceCount;
  }

  /** The ring for the search after this one. To be asked for once this one has ended: it does not take more then. */
  get nextRing(): NonceRing {
    const taken = Atomics.load(this.#taken, 0);
    return ringFrom(this.#ring, Number(taken < 0n ? ~taken : taken));
  }
}

const MEMORY_BYTES = 20;
