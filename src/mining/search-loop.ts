/**
 * The loop in each worker: take some nonces, try them, rest if told to, until the search is over.
 *
 * A kernel cannot be interrupted, so a slice of the nonces is sized to take about 2 ms: a search that was ended is left
 * well within 50 ms, unless other processes have the cores. To begin a slice costs a kernel 10 to 30 us, at most 1.5 %.
 */
import type { SearchKernel } from './kernel.ts';
import type { SearchControl } from './search-control.ts';

/** How a search was ended by the worker that this comes from. */
export type SearchOutcome =
  | { readonly type: 'found'; readonly nonce: number }
  /** No nonce fits. */
  | { readonly type: 'exhausted' };

/** Takes part in a search until it is over; undefined if it was ended elsewhere. */
export function runSearch(options: {
  readonly kernel: SearchKernel;
  readonly headerBytes: Uint8Array;
  readonly targetBytes: Uint8Array;
  readonly control: SearchControl;
  /** How much of the time to search, above 0 and at most 1. */
  readonly dutyCycle: number;
  /** Is fitted to the kernel, and stays fitted from one search to the next. */
  readonly slice: SliceSize;
  readonly nowMs: () => number;
}): SearchOutcome | undefined {
  const { kernel, headerBytes, targetBytes, control, dutyCycle, slice, nowMs } = options;
  for (let run = control.take(slice.count); run !== undefined; run = control.take(slice.count)) {
    const startedMs = nowMs();
    const nonce = kernel.search({ headerBytes, targetBytes, ...run });
    if (nonce !== undefined) {
      // Ends first, counts then: a search with a hit in its last nonce must not look exhausted to another worker.
      const isFirst = control.end();
      control.addTried(nonce - run.firstNonce + 1);
      return isFirst ? { type: 'found', nonce } : undefined;
    }
    control.addTried(run.count);
    if (control.isExhausted) return control.end() ? { type: 'exhausted' } : undefined;
    const busyMs = nowMs() - startedMs;
    // A run that was cut short says little about the time that a whole one takes.
    if (run.count === slice.count) slice.fit(busyMs);
    if (dutyCycle < 1) control.rest((busyMs * (1 - dutyCycle)) / dutyCycle);
  }
  return undefined;
}

/** How many nonces a slice has, for one kernel on one thread. */
export class SliceSize {
  #count = SLICE_MIN;

  get count(): number {
    return this.#count;
  }

  /**
   * Takes note that a slice kept its thread for `busyMs`. The next has as many nonces as should take the time aimed at: up
   * to twice as many, and not much fewer, because a slice takes long mostly when another process had the core
   * meanwhile, which says nothing about the next.
   */
  fit(busyMs: number): void {
    const factor = Math.min(SLICE_GROWTH_MAX, Math.max(SLICE_SHRINKAGE_MAX, SLICE_MS / busyMs));
    const count = Math.round((this.#count * factor) / SLICE_MIN) * SLICE_MIN;
    this.#count = Math.min(SLICE_MAX, Math.max(SLICE_MIN, count));
  }
}

const SLICE_MS = 2;
const SLICE_GROWTH_MAX = 2;
const SLICE_SHRINKAGE_MAX = 0.875;
/** At 3 MH/s, a twelfth of a millisecond. A multiple of every kernel's lanes. */
const SLICE_MIN = 256;
/** At 8,000 MH/s, 2 ms: bounds what a clock that stands still can do. */
const SLICE_MAX = 2 ** 24;
