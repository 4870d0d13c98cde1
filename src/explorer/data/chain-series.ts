/** How the chain went, as numbers to be drawn: from summaries of blocks, all of them or every so many. */
import type { BlockSummary } from '../../api/shapes.ts';

/** Lowest first; all of one length. */
export interface ChainSeries {
  readonly heights: readonly number[];
  /** ISO 8601. */
  readonly times: readonly string[];
  /** Tries that a block took on average since the one before in the series; null at the first. */
  readonly tries: readonly (number | null)[];
  /** Seconds from block to block since the one before in the series; null at the first. May be negative: clocks differ. */
  readonly intervals: readonly (number | null)[];
  /** Bytes of data, of each block itself. */
  readonly sizes: readonly number[];
  readonly entries: readonly number[];
}

/** The series of `blocks`, which are in order of height, highest first, as lists of blocks are. */
export function seriesOf(blocks: readonly BlockSummary[]): ChainSeries {
  const ascending = [...blocks].reverse();
  return {
    heights: ascending.map(({ height }) => height),
    times: ascending.map(({ time }) => time),
    tries: ascending.map((block, i) => {
      const before = ascending[i - 1];
      return before === undefined
        ? null
        : Number(BigInt(block.work) - BigInt(before.work)) / (block.height - before.height);
    }),
    intervals: ascending.map((block, i) => {
      const before = ascending[i - 1];
      return before === undefined
        ? null
        : (Date.parse(block.time) - Date.parse(before.time)) / 1_000 / (block.height - before.height);
    }),
    sizes: ascending.map(({ size_bytes }) => size_bytes),
    entries: ascending.map(({ entries }) => entries),
  };
}

/** Every how many blocks one is asked for, so that the last `range` of `length` blocks give `pointsMax` points, about. */
export function stepFor(options: {
  readonly length: number;
  readonly range: number;
  readonly pointsMax: number;
}): number {
  return Math.max(1, Math.ceil(Math.min(options.length, options.range) / options.pointsMax));
}
