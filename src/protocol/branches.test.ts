import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BuiltChain, bodyOf, buildChain, TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { type ChainPoint, genesisPoint, hashedHeader } from '../core/validation.ts';
import { BlockTree, type TreeNode } from './block-tree.ts';
import { type Branch, findBranches } from './branches.ts';

const GENESIS = genesisPoint(TEST_PARAMS);
const ALL = { branchesMax: 100, blocksMax: 100 };

test('a chain without forks has no branches', () => {
  const { tree } = activeChain(5);
  assert.deepEqual(findBranches(tree.nodes(), ALL), { branches: [], total: 0 });
});

test('each end beside the active chain is a branch from where it forks, the best first', () => {
  const { tree, points } = activeChain(8);
  const low = addAll(tree, chainOn(at(points, 2), 3, 'low'));
  const high = addAll(tree, chainOn(at(points, 6), 1, 'high'));
  const twig = addAll(tree, chainOn(at(low, 0).point, 4, 'twig'));
  const { branches, total } = findBranches(tree.nodes(), ALL);
  assert.equal(total, 3);
  assert.deepEqual(branches.map(shape), [
    { fork: 2, length: 5, tip: at(twig, 3).point.hash, blocks: [3, 4, 5, 6, 7] },
    { fork: 6, length: 1, tip: at(high, 0).point.hash, blocks: [7] },
    { fork: 2, length: 3, tip: at(low, 2).point.hash, blocks: [3, 4, 5] },
  ]);
  assert.equal(at(branches, 0).blocks[0], at(branches, 2).blocks[0], 'what they share is one block');
});

test('a branch is whole where no body is missing, the bodies under it included', () => {
  const { tree, points } = activeChain(6);
  const [bottom, ...rest] = addAll(tree, chainOn(at(points, 1), 3, 'a'));
  const isWhole = () => at(findBranches(tree.nodes(), ALL).branches, 0).isWhole;
  for (const node of rest) node.body = 'stored';
  assert.equal(isWhole(), false);
  assert.ok(bottom);
  bottom.body = 'held';
  assert.equal(isWhole(), true);
});

test('the chain that was left is a branch that was active, and so is what grows on it', () => {
  const { tree, points } = activeChain(4);
  const better = addAll(tree, chainOn(at(points, 2), 3, 'better'));
  for (const node of better) node.body = 'stored';
  assert.equal(at(findBranches(tree.nodes(), ALL).branches, 0).wasActive, false);
  tree.activate(at(better, 2));
  const [left] = findBranches(tree.nodes(), ALL).branches;
  assert.deepEqual([left?.wasActive, left?.isWhole, left?.length], [true, true, 2]);
  addAll(tree, chainOn(at(points, 4), 2, 'late'));
  const [grown] = findBranches(tree.nodes(), ALL).branches;
  assert.deepEqual([grown?.wasActive, grown?.isWhole, grown?.length], [true, false, 4]);
});

test('a branch whose root was forgotten is none', () => {
  const { tree, points } = activeChain(4);
  const [bottom] = addAll(tree, chainOn(at(points, 1), 3, 'a'));
  assert.ok(bottom);
  bottom.parent = undefined;
  assert.deepEqual(findBranches(tree.nodes(), ALL), { branches: [], total: 0 });
});

test('of many branches the best are told, and of a long one its end', () => {
  const { tree, points } = activeChain(3);
  for (let i = 0; i < 10; i++) addAll(tree, chainOn(at(points, 0), 1 + i, `${i}`));
  const { branches, total } = findBranches(tree.nodes(), { branchesMax: 2, blocksMax: 3 });
  assert.equal(total, 10);
  assert.deepEqual(
    branches.map(({ length, blocks }) => [length, blocks.map(({ point }) => point.header.height)]),
    [
      [10, [8, 9, 10]],
      [9, [7, 8, 9]],
    ],
  );
});

function shape({ fork, tip, length, blocks }: Branch) {
  const heights = blocks.map(({ point }) => point.header.height);
  return { fork: fork.point.header.height, length, tip: tip.point.hash, blocks: heights };
}

function activeChain(length: number): { tree: BlockTree; points: readonly ChainPoint[] } {
  const points = [GENESIS, ...chainOn(GENESIS, length, 'active').points];
  return { tree: new BlockTree({ params: TEST_PARAMS, window: points, milestones: [GENESIS.hash] }), points };
}

function chainOn(parent: ChainPoint, count: number, label: string): BuiltChain {
  return buildChain(TEST_PARAMS, parent, count, (height) => bodyOf(JSON.stringify(`${label} ${height}`)));
}

function addAll(tree: BlockTree, { points }: BuiltChain): TreeNode[] {
  return points.map((point) => {
    const node = tree.add(hashedHeader(point.header));
    assert.ok(node.ok, 'the header follows the rules');
    return node.value;
  });
}

function at<Item>(items: readonly Item[], index: number): Item {
  const item = items[index];
  assert.ok(item !== undefined);
  return item;
}
