import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Hash, hashBytes, hashesIn, hashToBytes } from './hash.ts';
import { appendLeaf, EMPTY_FRONTIER, type Frontier, frontierFromPeaks, historyRoot } from './history.ts';
import { HistoryRun } from './history-run.ts';

/** Leaf by leaf: the root before each, and the frontier after it. */
function plainRun(before: Frontier, leaves: readonly Hash[]): { roots: Hash[]; frontiers: Frontier[] } {
  const roots: Hash[] = [];
  const frontiers: Frontier[] = [];
  let frontier = before;
  for (const leaf of leaves) {
    roots.push(historyRoot(frontier));
    frontier = appendLeaf(frontier, leaf).frontier;
    frontiers.push(frontier);
  }
  return { roots, frontiers };
}

/** A history of `count` leaves that nobody has seen: its peaks are as good as any. */
function madeUpHistory(count: number): Frontier {
  const peaks: Hash[] = [];
  for (let rest = count; rest > 0; rest -= 2 ** Math.floor(Math.log2(rest)))
    peaks.push(hashBytes(Buffer.of(peaks.length)));
  return frontierFromPeaks(count, peaks);
}

function leavesFrom(seed: number, count: number): Hash[] {
  return Array.from({ length: count }, (_, i) => hashBytes(Buffer.from(`${seed} ${i}`)));
}

function bytesOf(hashes: readonly Hash[]): Uint8Array {
  return Buffer.concat(hashes.map(hashToBytes));
}

test('a run on any history has the roots and the frontiers that it has leaf by leaf', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.nat({ max: 40 }), fc.nat({ max: 2 ** 20 }), fc.integer({ min: 2 ** 31, max: 2 ** 32 - 100 })),
      fc.nat({ max: 70 }),
      fc.nat(),
      (countBefore, count, seed) => {
        const before = madeUpHistory(countBefore);
        const leaves = leavesFrom(seed, count);
        const expected = plainRun(before, leaves);
        const run = new HistoryRun(before, bytesOf(leaves));
        assert.deepEqual(hashesIn(run.rootsBefore()), expected.roots);
        assert.deepEqual(run.frontiersAfter(count), expected.frontiers);
        for (const [i, frontier] of expected.frontiers.entries()) assert.deepEqual(run.frontierAfter(i + 1), frontier);
      },
    ),
    { seed: 20261122, numRuns: 60 },
  );
});

test('runs of every length across the edges of subtrees go on where the one before ended', () => {
  const leaves = leavesFrom(1, 600);
  const { roots, frontiers } = plainRun(EMPTY_FRONTIER, leaves);
  for (const [start, end] of [
    [0, 600],
    [255, 258],
    [256, 512],
    [511, 513],
    [1, 2],
    [127, 385],
  ] as const) {
    const before = frontiers[start - 1] ?? EMPTY_FRONTIER;
    const run = new HistoryRun(before, bytesOf(leaves.slice(start, end)));
    assert.deepEqual(hashesIn(run.rootsBefore()), roots.slice(start, end));
    assert.deepEqual(run.frontierAfter(end - start), frontiers[end - 1]);
    assert.deepEqual(run.frontiersAfter(1), [frontiers[start]]);
  }
});

test('frontiers of a run share their older subtrees with each other and with the one before', () => {
  const before = madeUpHistory(1024);
  const [first, second, third] = new HistoryRun(before, bytesOf(leavesFrom(2, 3))).frontiersAfter(3);
  assert.equal(first?.last?.previous, before.last);
  assert.equal(second?.last?.previous, before.last);
  assert.equal(third?.last?.previous, second?.last);
});

test('after no leaves a history is as it was', () => {
  const before = madeUpHistory(77);
  const run = new HistoryRun(before, new Uint8Array(0));
  assert.deepEqual(run.frontierAfter(0), before);
  assert.deepEqual(run.frontiersAfter(0), []);
  assert.equal(run.rootsBefore().length, 0);
});

test('a run that ends at the last height that there can be has the roots and the frontiers that it has leaf by leaf', () => {
  const before = madeUpHistory(2 ** 32 - 5);
  const leaves = leavesFrom(3, 5);
  const { roots, frontiers } = plainRun(before, leaves);
  const run = new HistoryRun(before, bytesOf(leaves));
  assert.deepEqual(hashesIn(run.rootsBefore()), roots);
  assert.deepEqual(run.frontiersAfter(5), frontiers);
  for (const [i, frontier] of frontiers.entries()) assert.deepEqual(run.frontierAfter(i + 1), frontier);
});
