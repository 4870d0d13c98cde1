/** Which headers of a chain its proof opens, and how many bytes that takes (docs/spec/chain-proof.md#bytes). */
import { OPENED_BYTES, RUN_START_BYTES } from './chain-proof-bytes.ts';
import { HASH_BYTES } from './hash.ts';
import { subtreesBetween } from './history-proof.ts';

/** Headers one after the other, by their heights, both ends included. */
export interface HeaderRun {
  readonly first: number;
  readonly last: number;
}

/** Whether a proof of a chain with its tip at `height` has all headers. */
export function hasAllHeaders(height: number): boolean {
  return height <= ALL_HEADERS_MAX;
}

/** The height of the last header before the tail, all of whose headers are opened. */
export function tailParent(height: number): number {
  return height - TAIL_HEADERS;
}

/** The runs of headers that are opened for `judged`, ascending and 0 first: each, and the two before it by which it is judged. */
export function openedRuns(judged: readonly number[]): HeaderRun[] {
  const runs: HeaderRun[] = [];
  let first = 0;
  let last = 0;
  for (const height of judged) {
    if (height - 2 > last + 1) {
      runs.push({ first, last });
      first = height - 2;
    }
    last = height;
  }
  return [...runs, { first, last }];
}

/** The size of a proof that opens all headers up to `height`. */
export function allHeadersBytes(height: number): number {
  return CLAIM_BYTES + OPENED_BYTES * height;
}

/** The size of a proof that lists `drawn` headers, and opens these runs and the tail. */
export function sampledBytes(drawn: number, runs: readonly HeaderRun[]): number {
  let total = SAMPLED_START_BYTES + HEIGHT_BYTES * drawn + OPENED_BYTES * TAIL_HEADERS;
  let end = 0;
  for (const { first, last } of runs) {
    // The genesis is opened by its network.
    if (first === 0) total += OPENED_BYTES * last;
    else total += HASH_BYTES * subtreesBetween(end, first).length + RUN_START_BYTES + OPENED_BYTES * (last - first + 1);
    end = last + 1;
  }
  return total;
}

/** Up to this height a proof has all headers: 90 kB, where less would hardly be left out. */
const ALL_HEADERS_MAX = 2048;

/** The format, the hash of the tip, its height, and the work of the chain. */
export const CLAIM_BYTES = 69;

/** With the work up to the tail, and the number of drawn headers. */
export const SAMPLED_START_BYTES = CLAIM_BYTES + 34;

export const HEIGHT_BYTES = 4;

/** What is at the end is opened whole: more would be opened twice by the draws, with less the draws become many. */
const TAIL_HEADERS = 512;
