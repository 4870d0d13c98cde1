/**
 * The loop in each worker: search slice after slice, and look up between two of them.
 *
 * A kernel cannot be interrupted, so slices are sized to take about 2 ms: a search that was ended is left well within
 * 50 ms on a busy machine, and looking up costs nothing that can be measured.
 */
import type { SearchKernel } from './kernel.ts';
import { SearchControl } from './search-control.ts';
import type { SearchReply, SearchRequest } from './search-message.ts';

/** Searches `kernel`'s way until there is an answer; undefined if the search was ended elsewhere. */
export function runSearch(options: {
  readonly kernel: SearchKernel;
  readonly request: SearchRequest;
  readonly nowMs: () => number;
}): SearchReply | undefined {
  const { kernel, request, nowMs } = options;
  const { search, headerBytes, targetBytes } = request;
  const control = new SearchControl(request.control);
  let firstNonce = request.firstNonce;
  let remaining = request.count;
  let slice = SLICE_MIN;
  while (control.isOpen) {
    if (remaining === 0) return { type: 'exhausted', search };
    const count = Math.min(slice, remaining);
    const startedMs = nowMs();
    const nonce = kernel.search({ headerBytes, targetBytes, firstNonce, count });
    if (nonce !== undefined) {
      control.addHashes(nonce - firstNonce + 1);
      return control.end() ? { type: 'found', search, nonce } : undefined;
    }
    control.addHashes(count);
    firstNonce += count;
    remaining -= count;
    slice = nextSlice(slice, nowMs() - startedMs);
  }
  return undefined;
}

/** Half as many nonces, as many or twice as many, by how far `elapsedMs` for `slice` of them is from the aim. */
function nextSlice(slice: number, elapsedMs: number): number {
  if (elapsedMs > SLICE_MS * 1.5) return Math.max(SLICE_MIN, slice / 2);
  return elapsedMs < SLICE_MS * 0.75 ? Math.min(SLICE_MAX, slice * 2) : slice;
}

const SLICE_MS = 2;
/** At 0.7 MH/s a third of a millisecond. */
const SLICE_MIN = 256;
/** At 8,000 MH/s, 2 ms: bounds what a clock that stands still can do. */
const SLICE_MAX = 2 ** 24;
