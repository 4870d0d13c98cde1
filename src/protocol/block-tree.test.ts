import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BuiltChain, bodyOf, buildChain, TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { type ChainPoint, genesisPoint, hashedHeader } from '../core/validation.ts';
import { BlockTree, pathFromActive, type TreeNode } from './block-tree.ts';
import { LOCATOR_HASHES_MAX, MILESTONE_INTERVAL_BLOCKS } from './limits.ts';

const GENESIS = genesisPoint(TEST_PARAMS);
const LONG = chainOn(GENESIS, 40, 'a');

test('a header is let in after its parent, and a known one is given back as it is', () => {
  const tree = treeOf([GENESIS]);
  const [first, second] = LONG.points;
  assert.ok(first && second);
  assert.deepEqual(tree.add(hashedHeader(second.header)), {
    ok: false,
    fault: { code: 'parent-unknown', parent: first.hash },
  });
  const node = added(tree, first);
  assert.equal(added(tree, first), node);
  assert.deepEqual([node.body, node.isActive, node.parent], ['missing', false, tree.tip]);
  assert.equal(tree.bestHeader, node);
  assert.equal(tree.tip.point.hash, GENESIS.hash, 'a header alone moves nothing');
});

/** Heights of the fork and of the tip of each branch, in the order in which they become active. */
const MOVES: readonly (readonly [name: string, branches: readonly (readonly [fork: number, tip: number])[]])[] = [
  [
    'a chain that grows',
    [
      [0, 3],
      [3, 7],
    ],
  ],
  [
    'a branch that replaces the last block',
    [
      [0, 5],
      [4, 6],
    ],
  ],
  [
    'a branch from the genesis',
    [
      [0, 5],
      [0, 6],
    ],
  ],
  [
    'branches on branches',
    [
      [0, 8],
      [3, 9],
      [6, 10],
      [2, 11],
    ],
  ],
  [
    'a branch from below the window',
    [
      [0, 20],
      [3, 21],
    ],
  ],
  [
    'branches from below the window, each lower than the last',
    [
      [0, 20],
      [9, 21],
      [5, 22],
      [1, 23],
    ],
  ],
];
for (const [name, branches] of MOVES) {
  test(`${name}: the active chain is the one that was made so, with any window`, () => {
    for (const windowBlocks of [2, 8, 4_096]) {
      const tree = treeOf([GENESIS], { windowBlocks });
      let active: ChainPoint[] = [GENESIS];
      for (const [i, [fork, tip]] of branches.entries()) {
        const base = active[fork];
        assert.ok(base);
        if (tree.find(base.hash) === undefined) assert.ok(tree.addAnchor(base));
        const branch = chainOn(base, tip - fork, `${name} ${i}`);
        const nodes = branch.points.map((point) => stored(added(tree, point)));
        const top = nodes.at(-1);
        assert.ok(top);
        const removedCount = active.length - 1 - fork;
        assert.deepEqual(tree.activate(top), { forkHeight: fork, added: nodes, removedCount });
        active = [...active.slice(0, fork + 1), ...branch.points];
        assertActive(tree, active, windowBlocks);
      }
    }
  });
}

test('a place below the window that a branch is about to be let in on is not forgotten to make room', () => {
  const tree = treeOf(LONG.points.slice(20));
  const [low] = LONG.points;
  assert.ok(low);
  const anchor = tree.addAnchor(low);
  assert.ok(anchor);
  tree.forgetBranches([], anchor);
  assert.equal(tree.find(low.hash), anchor);
  tree.forgetBranches([]);
  assert.equal(tree.find(low.hash), undefined);
});

test('a tip that is active already moves nothing', () => {
  const tree = treeOf([GENESIS, ...LONG.points.slice(0, 3)]);
  assert.deepEqual(tree.activate(tree.tip), { forkHeight: 3, added: [], removedCount: 0 });
});

test('a locator is dense at the tip, then ever sparser, and ends in the genesis', () => {
  const { points } = LONG;
  const tree = treeOf([GENESIS, ...points]);
  const locator = tree.locator(tree.tip);
  const heights = locator.map((hash) => [GENESIS, ...points].findIndex((point) => point.hash === hash));
  assert.deepEqual(heights, [40, 39, 38, 37, 36, 35, 34, 33, 32, 31, 30, 28, 24, 16, 0]);
});

test('a locator goes on below the window from milestone to milestone', () => {
  const milestones = [GENESIS.hash];
  for (let i = 1; i <= 700; i++) milestones.push(i.toString(16).padStart(64, '0') as typeof GENESIS.hash);
  const height = 700 * MILESTONE_INTERVAL_BLOCKS + 5;
  const tip: ChainPoint = { ...GENESIS, header: { ...GENESIS.header, height } };
  const tree = new BlockTree({ params: TEST_PARAMS, window: [tip], milestones });
  const locator = tree.locator(tree.tip);
  const known = locator.slice(1).map((hash) => milestones.indexOf(hash));
  assert.deepEqual(known.slice(0, 10), [700, 699, 698, 697, 696, 695, 694, 693, 692, 691]);
  assert.equal(known.at(-1), 0);
  assert.deepEqual(
    known,
    [...new Set(known)].sort((a, b) => b - a),
    'ever lower, and none twice',
  );
  assert.ok(locator.length <= 30);
});

test('a locator of a branch leads down the branch and on from where it forks', () => {
  const tree = treeOf([GENESIS, ...LONG.points]);
  const fork = LONG.points[19];
  assert.ok(fork);
  const branch = chainOn(fork, 30, 'b');
  const nodes = branch.points.map((point) => added(tree, point));
  const top = nodes.at(-1);
  assert.ok(top);
  const locator = tree.locator(top);
  const onBranch = locator.filter((hash) => branch.points.some((point) => point.hash === hash));
  assert.deepEqual(
    onBranch.slice(0, 10),
    branch.points
      .slice(-10)
      .toReversed()
      .map(({ hash }) => hash),
  );
  assert.ok(onBranch.length < 16, 'sparser further down');
  const firstShared = locator.find((hash) => LONG.points.some((point) => point.hash === hash));
  assert.equal(firstShared, fork.hash);
  assert.equal(locator.at(-1), GENESIS.hash);
});

test('every locator is short, without repetition, and ends in the genesis, from wherever it is asked', () => {
  for (const windowBlocks of [1, 5, 64]) {
    const tree = treeOf([GENESIS], { windowBlocks });
    for (const point of LONG.points) tree.activate(stored(added(tree, point)));
    const base = LONG.points[38];
    assert.ok(base);
    if (tree.find(base.hash) === undefined) tree.addAnchor(base);
    const branch = chainOn(base, 25, 'c').points.map((point) => added(tree, point));
    for (const from of [tree.tip, ...branch]) {
      const locator = tree.locator(from);
      assert.equal(locator[0], from.point.hash);
      assert.equal(locator.at(-1), GENESIS.hash);
      assert.equal(new Set(locator).size, locator.length);
      assert.ok(locator.length <= LOCATOR_HASHES_MAX);
    }
  }
});

test('a branch from below the window is followed from its anchor; a place within the window is no anchor unless known', () => {
  const tree = treeOf(LONG.points.slice(30));
  const [low, high] = [LONG.points[10], LONG.points[35]];
  assert.ok(low && high);
  assert.equal(tree.addAnchor(high), tree.find(high.hash));
  const elsewhere = chainOn(GENESIS, 36, 'x').points[35];
  assert.ok(elsewhere);
  assert.equal(tree.addAnchor(elsewhere), undefined);
  const anchor = tree.addAnchor(low);
  assert.ok(anchor?.isActive);
  const branch = chainOn(low, 3, 'b').points.map((point) => added(tree, point));
  assert.deepEqual(pathFromActive(branch[2] ?? anchor), branch);
});

test('an anchor that a deeper reorganisation has undone carries no branch any more', () => {
  const tree = treeOf(LONG.points.slice(30));
  const [deep, shallow] = [LONG.points[5], LONG.points[20]];
  assert.ok(deep && shallow);
  assert.ok(tree.addAnchor(deep) && tree.addAnchor(shallow));
  const [kept] = chainOn(shallow, 60, 'kept')
    .points.map((point) => added(tree, point))
    .slice(-1);
  assert.equal(tree.bestHeader, kept);
  assert.ok(kept);
  const winner = chainOn(deep, 40, 'winner').points.map((point) => stored(added(tree, point)));
  tree.activate(winner[39] ?? kept);
  assert.equal(pathFromActive(kept), undefined);
  assert.equal(tree.find(kept.point.hash), undefined);
  assert.equal(tree.find(shallow.hash), undefined);
  assert.equal(tree.bestHeader, tree.tip);
});

test('a branch is followed also when its anchor was forgotten, and other branches may grow from there again', () => {
  const tree = treeOf([GENESIS, ...LONG.points.slice(0, 30)], { windowBlocks: 2 });
  for (const point of LONG.points.slice(30, 35)) tree.activate(stored(added(tree, point)));
  const fork = LONG.points[10];
  assert.ok(fork && tree.addAnchor(fork));
  const branch = chainOn(fork, 60, 'b').points.map((point) => added(tree, point));
  for (const point of LONG.points.slice(35)) tree.activate(stored(added(tree, point)));
  assert.equal(tree.find(fork.hash), undefined);
  tree.activate(stored(branch[0] ?? tree.tip));
  assert.equal(tree.tip, branch[0]);
  assert.equal(added(tree, chainOn(fork, 1, 'sibling').points[0] ?? fork).parent?.point.hash, fork.hash);
});

test('what falls out of the window is forgotten, old branches with it, and the best header’s branch is kept', () => {
  const tree = treeOf([GENESIS], { windowBlocks: 4 });
  const [best, old] = [chainOn(GENESIS, 60, 'best'), chainOn(GENESIS, 9, 'old')];
  for (const { points } of [best, old]) for (const point of points) added(tree, point);
  for (const point of LONG.points) tree.activate(stored(added(tree, point)));
  assert.equal(tree.find(old.points[8]?.hash ?? GENESIS.hash), undefined);
  assert.equal(tree.bestHeader.point.hash, best.points.at(-1)?.hash);
  assert.equal(tree.size, 60 + 4);
  assert.equal(pathFromActive(tree.bestHeader)?.length, 60);
});

test('a full tree lets nothing more in until branches that nobody wants are forgotten', () => {
  const tree = treeOf([GENESIS], { headersMax: 50 });
  const [wanted, flood, other] = [
    chainOn(GENESIS, 12, 'wanted'),
    chainOn(GENESIS, 30, 'flood'),
    chainOn(GENESIS, 7, 'other'),
  ];
  const nodes = [wanted, flood, other].map(({ points }) => points.map((point) => added(tree, point)));
  const held = nodes[2]?.[4];
  const tip = nodes[0]?.[11];
  assert.ok(held && tip);
  held.body = 'held';
  const next = chainOn(wanted.points[11] ?? GENESIS, 1, 'next').points[0];
  assert.ok(next);
  assert.equal(tree.size, 50);
  assert.deepEqual(tree.add(hashedHeader(next.header)), { ok: false, fault: { code: 'header-tree-full', limit: 50 } });
  tree.forgetBranches([tip]);
  assert.equal(tree.size, 1 + 12 + 5, 'the genesis, what is wanted, and what is on its way into the store');
  assert.equal(tree.bestHeader, tip);
  assert.equal(added(tree, next).parent, tip);
});

function treeOf(
  window: readonly ChainPoint[],
  options: { readonly windowBlocks?: number; readonly headersMax?: number } = {},
): BlockTree {
  return new BlockTree({ params: TEST_PARAMS, window, milestones: [GENESIS.hash], ...options });
}

function chainOn(parent: ChainPoint, count: number, label: string): BuiltChain {
  return buildChain(TEST_PARAMS, parent, count, (height) => bodyOf(JSON.stringify(`${label} ${height}`)));
}

function added(tree: BlockTree, point: ChainPoint): TreeNode {
  const node = tree.add(hashedHeader(point.header));
  assert.ok(node.ok, 'the header follows the rules');
  return node.value;
}

function stored(node: TreeNode): TreeNode {
  node.body = 'stored';
  return node;
}

function assertActive(tree: BlockTree, active: readonly ChainPoint[], windowBlocks: number): void {
  assert.equal(tree.tip.point.hash, active.at(-1)?.hash);
  assert.equal(tree.activeAt(active.length), undefined);
  const depth = Array.from({ length: active.length }, (_, i) => i).find((i) => {
    return tree.activeAt(active.length - 1 - i) === undefined;
  });
  assert.ok((depth ?? active.length) <= windowBlocks, 'no more than the window is in memory');
  for (const { hash, header } of active) {
    const node = tree.activeAt(header.height);
    if (node === undefined) continue;
    assert.equal(node.point.hash, hash);
    assert.ok(node.isActive);
    assert.equal(tree.find(hash), node);
  }
  assert.deepEqual(pathFromActive(tree.tip), []);
}
