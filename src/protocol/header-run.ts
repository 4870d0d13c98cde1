/** A run of headers as it travels: 118 bytes for each, lowest first, every one the parent of the next. */
import { bytesToHex } from '#host';
import { assert } from '../core/assert.ts';
import type { Hash } from '../core/hash.ts';
import { HEADER_BYTES, hashHeader } from '../core/header.ts';

/** How many headers the run has. */
export function headerCount(run: Uint8Array): number {
  return run.length / HEADER_BYTES;
}

/** The headers from `from` up to, but without, `to`; a view of the same bytes. */
export function headerSlice(run: Uint8Array, from: number, to = headerCount(run)): Uint8Array {
  return run.subarray(from * HEADER_BYTES, to * HEADER_BYTES);
}

/** What the header at `index` says is its parent. */
export function previousHashAt(run: Uint8Array, index: number): Hash {
  const start = index * HEADER_BYTES + PREVIOUS_HASH_OFFSET;
  return bytesToHex(run.subarray(start, start + 32)) as Hash;
}

/** The hash of the header at `index`: the next one names it, and only the last has to be hashed. Not judged. */
export function hashAt(run: Uint8Array, index: number): Hash {
  assert(index < headerCount(run), 'the run has such a header');
  return index + 1 < headerCount(run) ? previousHashAt(run, index + 1) : hashHeader(headerSlice(run, index, index + 1));
}

/** How many headers there are before the first whose timestamp, Unix seconds, is later than `latest`. */
export function countUntil(run: Uint8Array, latest: number): number {
  const view = new DataView(run.buffer, run.byteOffset, run.byteLength);
  const count = headerCount(run);
  for (let i = 0; i < count; i++) if (view.getUint32(i * HEADER_BYTES + TIMESTAMP_OFFSET) > latest) return i;
  return count;
}

const PREVIOUS_HASH_OFFSET = 6;
const TIMESTAMP_OFFSET = 102;
