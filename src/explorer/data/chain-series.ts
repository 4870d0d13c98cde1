/** How the chain went, as numbers to be drawn: from summaries of blocks, all of them or every so many. */
import type { BlockSummary } from '../../api/shapes.ts';

/**
 * Lowest first; all of one length. What is counted from block to block is null at the first, and where the one before is
 * the genesis: nobody mined that, and its time was chosen.
 */
export interface ChainSeries {
  readonly heights: readonly number[];
  /** ISO 8601. */
  readonly times: readonly string[];
  /** Tries that a block takes on average, over those since the one before in the series. */
  readonly tries: readonly (number | null)[];
  /** Seconds from block to block on average, since the one before in the series. May be negative: clocks differ. */
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
      const before = minedBefore(ascending, i);
      return before === undefined
        ? null
        : Number(BigInt(block.work) - BigInt(before.work)) / (block.height - before.height);
    }),
    intervals: ascending.map((block, i) => {
      const before = minedBefore(ascending, i);
      return before === undefined
        ? null
        : (Date.parse(block.time) - Date.parse(before.time)) / 1_000 / (block.height - before.height);
    }),
    sizes: ascending.map(({ size_bytes }) => size_bytes),
    entries: ascending.map(({ entries }) => entries),
  };
}

function minedBefore(blocks: readonly BlockSummary[], index: number): BlockSummary | undefined {
  const before = blocks[index - 1];
  return before?.height === 0 ? undefined : before;
}

/** Every how many blocks one is asked for, so that the last `range` of `length` blocks give `pointsMax` points, about. */
export function stepFor(options: {
  readonly length: number;
  readonly range: number;
  readonly pointsMax: number;
}): number {
  return Math.max(1, Math.ceil(Math.min(options.length, options.range) / options.pointsMax));
}
