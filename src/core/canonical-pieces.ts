/**
 * The pieces of an input that make up its canonical form, in their order.
 *
 * A piece is a span of the input that stands in the output as it is, or something spelt anew. Sorting moves pieces,
 * not bytes: each byte is copied once, at the end.
 */
import { encodeUtf8 } from '#host';
import { assertPresent } from './assert.ts';

/** A run of pieces: from the one place in the order, to before the other. */
export interface PieceRange {
  readonly pieceStart: number;
  readonly pieceEnd: number;
}

export class CanonicalPieces {
  /** For each piece its start and end in the input; or `~i`, and the size of `#respelled[i]`. */
  readonly #spans: number[] = [];
  readonly #respelled: Uint8Array[] = [];

  /** The place of the piece that comes next. Places are even numbers. */
  get end(): number {
    return this.#spans.length;
  }

  /** How many pieces have been spelt anew. */
  get respelledCount(): number {
    return this.#respelled.length;
  }

  /** Adds the span of the input from `start` to before `end`. */
  add(start: number, end: number): void {
    this.#spans.push(start, end);
  }

  /** Adds `text`, which stands nowhere in the input. */
  respell(text: string): void {
    const bytes = encodeUtf8(text);
    this.#spans.push(~this.#respelled.length, bytes.length);
    this.#respelled.push(bytes);
  }

  /**
   * Puts `ranges`, the last ones there are, in this order. `first` is the one that comes first now; behind it stands
   * one piece, a comma, as between any two of them.
   */
  reorder(first: PieceRange, ranges: readonly PieceRange[]): void {
    const spans = this.#spans;
    const start = first.pieceStart;
    const unsorted = spans.slice(start);
    const comma = first.pieceEnd - start;
    let end = start;
    for (const range of ranges) {
      if (end > start) {
        spans[end++] = unsorted[comma] ?? 0;
        spans[end++] = unsorted[comma + 1] ?? 0;
      }
      for (let i = range.pieceStart - start; i < range.pieceEnd - start; i++) spans[end++] = unsorted[i] ?? 0;
    }
  }

  /** All pieces in their order, where `input` is what the spans are of. */
  join(input: Uint8Array): Uint8Array {
    const spans = this.#spans;
    let sizeBytes = 0;
    for (let i = 0; i < spans.length; i += 2) sizeBytes += (spans[i + 1] ?? 0) - Math.max(spans[i] ?? 0, 0);
    const joined = allocate(sizeBytes);
    let written = 0;
    for (let i = 0; i < spans.length; i += 2) {
      const start = spans[i] ?? 0;
      const end = spans[i + 1] ?? 0;
      if (start < 0) joined.set(assertPresent(this.#respelled[~start], 'a respelt piece is kept'), written);
      else copyBytes(input, start, end, joined, written);
      written += end - Math.max(start, 0);
    }
    return joined;
  }
}

/**
 * Memory for a result. Small ones are cut from a slab, as Node's Buffer does it: to allocate each by itself takes five
 * times as long, and a fifth of all the time for a record of 200 bytes.
 */
function allocate(sizeBytes: number): Uint8Array {
  if (sizeBytes > SLAB_BYTES / 8) return new Uint8Array(sizeBytes);
  if (slabUsedBytes + sizeBytes > SLAB_BYTES) {
    slab = new Uint8Array(SLAB_BYTES);
    slabUsedBytes = 0;
  }
  const start = slabUsedBytes;
  slabUsedBytes += sizeBytes;
  return slab.subarray(start, slabUsedBytes);
}

function copyBytes(from: Uint8Array, start: number, end: number, to: Uint8Array, at: number): void {
  if (end - start > LOOP_BYTES_MAX) {
    to.set(from.subarray(start, end), at);
    return;
  }
  const shift = at - start;
  for (let i = start; i < end; i++) to[i + shift] = from[i] ?? 0;
}

const SLAB_BYTES = 8192;
let slab = new Uint8Array(SLAB_BYTES);
let slabUsedBytes = 0;

/** Up to here a loop beats `set`. */
const LOOP_BYTES_MAX = 64;
