/**
 * The memory that the threads of one search share: whether it still goes on, and how much was tried.
 *
 * Every search has its own, so that a worker which has not yet seen the end of an old search can neither stop a new
 * one nor count for it.
 */

export class SearchControl {
  /** What is sent to a worker, to make a control of the same search there. */
  readonly memory: SharedArrayBuffer;
  readonly #state: Int32Array;
  readonly #hashes: BigInt64Array;

  constructor(memory = new SharedArrayBuffer(MEMORY_BYTES)) {
    this.memory = memory;
    this.#hashes = new BigInt64Array(memory, 0, 1);
    this.#state = new Int32Array(memory, HASHES_BYTES, 1);
  }

  /** Whether to go on searching. Once false, false for ever. */
  get isOpen(): boolean {
    return Atomics.load(this.#state, 0) === OPEN;
  }

  /** Ends the search in every thread. True for the one call that ended it: of several hits, one is reported. */
  end(): boolean {
    return Atomics.compareExchange(this.#state, 0, OPEN, ENDED) === OPEN;
  }

  /** How many nonces all threads have tried. */
  get hashes(): number {
    return Number(Atomics.load(this.#hashes, 0));
  }

  addHashes(count: number): void {
    Atomics.add(this.#hashes, 0, BigInt(count));
  }
}

const HASHES_BYTES = 8;
const MEMORY_BYTES = HASHES_BYTES + 4;
const OPEN = 0;
const ENDED = 1;
