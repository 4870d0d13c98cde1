import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import type { Hash } from './hash.ts';
import {
  appendLeaf,
  EMPTY_FRONTIER,
  type Frontier,
  frontierFromPeaks,
  historyLeaf,
  historyNodeCount,
  historyRoot,
  peakPositions,
} from './history.ts';
import { hashLeaf, merkleRoot } from './merkle.ts';

const LEAVES_MAX = 200;
const leaves = Array.from({ length: LEAVES_MAX }, (_, i) => hashLeaf(Buffer.from(`header ${i}`)));

test('the root of the frontier is that of the whole tree, with the count bound in', () => {
  for (const [count, { frontier }] of growth().entries()) {
    assert.equal(frontier.count, count);
    assert.equal(historyRoot(frontier), rootByDefinition(leaves.slice(0, count)), `${count} leaves`);
  }
});

test('a frontier loaded from its peaks goes on as if it had never been stored', () => {
  for (const [count, { frontier, nodes }] of growth().entries()) {
    const loaded = frontierFromPeaks(count, peaksAmong(nodes, count));
    assert.deepEqual(loaded, frontier, `${count} leaves`);
    const next = leaves[count];
    if (next === undefined) continue;
    assert.deepEqual(appendLeaf(loaded, next), appendLeaf(frontier, next));
  }
});

test('the nodes so far are as many as historyNodeCount says', () => {
  for (const [count, { nodes }] of growth().entries()) assert.equal(historyNodeCount(count), nodes.length);
});

test('the peaks over 7 leaves stand at 6, 9 and 10, as in the mountain range drawn in the definition', () => {
  //       6
  //    2     5     9
  //   0 1   3 4   7 8   10
  assert.deepEqual(peakPositions(7), [6, 9, 10]);
  assert.deepEqual(peakPositions(0), []);
  assert.deepEqual(peakPositions(1), [0]);
});

test('positions are exact for as many leaves as there are heights', () => {
  assert.deepEqual(peakPositions(2 ** 31), [2 ** 32 - 2]);
  const all = peakPositions(2 ** 32 - 1);
  assert.equal(all.length, 32);
  assert.equal(all[0], 2 ** 32 - 2);
  // n leaves with k one bits make 2n - k nodes.
  assert.equal(historyNodeCount(2 ** 32 - 1), 2 * (2 ** 32 - 1) - 32);
});

test('appending leaves the frontier it began with as it was', () => {
  const [first, second] = leaves;
  assert.ok(first !== undefined && second !== undefined);
  const before = appendLeaf(EMPTY_FRONTIER, first).frontier;
  const root = historyRoot(before);
  appendLeaf(before, second);
  assert.equal(historyRoot(before), root);
  assert.equal(EMPTY_FRONTIER.count, 0);
});

test('a leaf is the header followed by the work as 32 bytes', () => {
  const header = Uint8Array.from({ length: 118 }, (_, i) => i);
  const content = Buffer.concat([header, Buffer.alloc(30), Buffer.from([0x01, 0x02])]);
  assert.equal(historyLeaf(header, 0x102n), hashLeaf(content));
  const most = Buffer.concat([header, Buffer.alloc(32, 0xff)]);
  assert.equal(historyLeaf(header, 2n ** 256n - 1n), hashLeaf(most));
});

test('the same headers with other work, or fewer of them, have another root', () => {
  const header = new Uint8Array(118);
  assert.notEqual(historyLeaf(header, 1n), historyLeaf(header, 2n));
  // The root over one leaf is the leaf, whichever count is said to be under it.
  const [only] = leaves;
  assert.ok(only !== undefined);
  const one = appendLeaf(EMPTY_FRONTIER, only).frontier;
  assert.notEqual(historyRoot(one), historyRoot({ ...one, count: 2 }));
});

/** The frontier and all nodes in order, after 0, 1, … leaves. */
function growth(): { readonly frontier: Frontier; readonly nodes: readonly Hash[] }[] {
  const steps: { readonly frontier: Frontier; readonly nodes: readonly Hash[] }[] = [
    { frontier: EMPTY_FRONTIER, nodes: [] },
  ];
  let frontier = EMPTY_FRONTIER;
  let nodes: readonly Hash[] = [];
  for (const leaf of leaves) {
    const appended = appendLeaf(frontier, leaf);
    frontier = appended.frontier;
    nodes = [...nodes, ...appended.completed];
    steps.push({ frontier, nodes });
  }
  return steps;
}

function peaksAmong(nodes: readonly Hash[], count: number): Hash[] {
  return peakPositions(count).map((position) => {
    const peak = nodes[position];
    assert.ok(peak !== undefined);
    return peak;
  });
}

/** SHA-256(04 ‖ u64 count ‖ root), over the whole tree. */
function rootByDefinition(all: readonly Hash[]): string {
  const count = Buffer.alloc(8);
  count.writeBigUInt64BE(BigInt(all.length));
  const input = Buffer.concat([Buffer.from([4]), count, Buffer.from(merkleRoot(all), 'hex')]);
  return createHash('sha256').update(input).digest('hex');
}
