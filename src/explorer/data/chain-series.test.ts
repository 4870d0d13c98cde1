import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BlockSummary } from '../../api/shapes.ts';
import { seriesOf, stepFor } from './chain-series.ts';

describe('the series of a chain', () => {
  it('tells tries and time for each block on average, from the lowest up', () => {
    const series = seriesOf([block(20, 1_100, 40), block(10, 100, 0), block(9, 60, 3)]);
    assert.deepEqual(series.heights, [9, 10, 20]);
    assert.deepEqual(series.tries, [null, 40, 100]);
    assert.deepEqual(series.intervals, [null, -3, 4]);
    assert.deepEqual(series.sizes, [90, 100, 200]);
    assert.deepEqual(series.entries, [1, 1, 1]);
  });

  it('keeps the difference of works beyond 2^53', () => {
    const [, tries] = seriesOf([
      { ...block(2, 0, 0), work: '90071992547409935' },
      { ...block(1, 0, 0), work: '90071992547409930' },
    ]).tries;
    assert.equal(tries, 5);
  });

  it('counts nothing from the genesis, whose time was chosen long ago', () => {
    const series = seriesOf([block(2, 20, 1_000), block(1, 10, 990), block(0, 1, 0)]);
    assert.deepEqual(series.intervals, [null, null, 10]);
    assert.deepEqual(series.tries, [null, null, 10]);
  });

  it('of no blocks is empty', () => {
    assert.deepEqual(seriesOf([]).heights, []);
  });

  const steps: [number, number, number][] = [
    [50, 100, 1],
    [1_000, 1_000, 5],
    [1_000_000, Number.POSITIVE_INFINITY, 5_000],
    [1_000_000, 200, 1],
    [201, 1_000, 2],
  ];
  for (const [length, range, step] of steps) {
    it(`takes every ${step}th of the last ${range} of ${length} blocks`, () => {
      assert.equal(stepFor({ length, range, pointsMax: 200 }), step);
    });
  }
});

function block(height: number, work: number, seconds: number): BlockSummary {
  const time = new Date(1_800_000_000_000 + 1_000 * seconds).toISOString();
  return {
    height,
    hash: '',
    prev_hash: '',
    time,
    bits: '1f00ffff',
    entries: 1,
    size_bytes: 10 * height,
    work: String(work),
  };
}
