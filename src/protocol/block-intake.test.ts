import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bodyOf, buildChain, TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import type { Block } from '../core/block.ts';
import { genesisPoint, hashedHeader } from '../core/validation.ts';
import { BlockIntake, type IntakePlan } from './block-intake.ts';
import { BlockTree, type TreeNode } from './block-tree.ts';
import { COMMIT_BLOCKS_MAX } from './limits.ts';

const GENESIS = genesisPoint(TEST_PARAMS);
const TRUNK = buildChain(TEST_PARAMS, GENESIS, 8, (height) => bodyOf(`"t${height}"`));
const FORK = TRUNK.points[2];
assert.ok(FORK);
const BRANCH = buildChain(TEST_PARAMS, FORK, 7, (height) => bodyOf(`"b${height}"`));
const BLOCKS = [...TRUNK.blocks, ...BRANCH.blocks];

test('bodies in any order leave in plans that put parents first, and lead to the best tip', () => {
  fc.assert(
    fc.property(
      fc.shuffledSubarray(BLOCKS, { minLength: BLOCKS.length }),
      fc.array(fc.boolean(), { minLength: BLOCKS.length, maxLength: BLOCKS.length }),
      (arrivals, commits) => {
        const { tree, nodeOf } = treeOf(BLOCKS);
        const intake = new BlockIntake();
        const stored = new Set([GENESIS.hash]);
        const store = (plan: IntakePlan) => {
          for (const { block } of plan.blocks) {
            assert.ok(stored.has(block.header.previousHash), 'a parent is stored before its child');
            assert.ok(!stored.has(block.hash), 'nothing is stored twice');
            stored.add(block.hash);
          }
          intake.complete(plan);
          tree.activate(plan.tip);
        };
        let plan: IntakePlan | undefined;
        for (const [i, block] of arrivals.entries()) {
          intake.hold(nodeOf(block), block);
          // A commit may still be on its way while more bodies arrive.
          if (plan !== undefined && commits[i] === true) {
            store(plan);
            plan = undefined;
          }
          if (plan === undefined && intake.hasReady) plan = intake.plan(tree.tip);
        }
        if (plan !== undefined) store(plan);
        while (intake.hasReady) store(intake.plan(tree.tip));
        assert.equal(stored.size, BLOCKS.length + 1);
        assert.deepEqual([intake.heldCount, intake.heldBytes], [0, 0]);
        assert.equal(tree.tip, tree.bestHeader);
      },
    ),
    { seed: 20261122, numRuns: 300 },
  );
});

test('a plan takes no more blocks than one transaction, and the rest stays ready', () => {
  const { blocks } = buildChain(TEST_PARAMS, GENESIS, COMMIT_BLOCKS_MAX + 3, () => bodyOf('1'));
  const { tree, nodeOf } = treeOf(blocks);
  const intake = new BlockIntake();
  for (const block of blocks) intake.hold(nodeOf(block), block);
  const first = intake.plan(tree.tip);
  assert.equal(first.blocks.length, COMMIT_BLOCKS_MAX);
  intake.complete(first);
  tree.activate(first.tip);
  const second = intake.plan(tree.tip);
  assert.deepEqual(
    second.blocks.map(({ block }) => block.hash),
    blocks.slice(COMMIT_BLOCKS_MAX).map(({ hash }) => hash),
  );
});

test('a plan of a worse branch keeps the tip', () => {
  const { tree, nodeOf } = treeOf(BLOCKS);
  const intake = new BlockIntake();
  for (const block of TRUNK.blocks) intake.hold(nodeOf(block), block);
  commit(intake, tree);
  const [worse] = BRANCH.blocks;
  assert.ok(worse);
  intake.hold(nodeOf(worse), worse);
  assert.equal(intake.plan(tree.tip).tip, tree.tip);
});

test('a better branch that no longer stands on the active chain is stored and not followed', () => {
  const { tree, nodeOf } = treeOf(BLOCKS);
  const intake = new BlockIntake();
  const [block] = TRUNK.blocks;
  assert.ok(block);
  intake.hold(nodeOf(block), block);
  nodeOf(block).parent = { ...tree.tip, isActive: false, parent: undefined };
  const plan = intake.plan(tree.tip);
  assert.deepEqual([plan.blocks.length, plan.tip], [1, tree.tip]);
});

test('bodies that wait for their parent can be let go of, and those that are ready stay', () => {
  const { tree, nodeOf } = treeOf(BLOCKS);
  const intake = new BlockIntake();
  const [ready, , ...waiting] = TRUNK.blocks;
  assert.ok(ready);
  for (const block of [ready, ...waiting]) intake.hold(nodeOf(block), block);
  intake.dropWaiting();
  assert.deepEqual([intake.heldCount, intake.heldBytes], [1, ready.body.bytes.length]);
  for (const block of waiting) assert.equal(nodeOf(block).body, 'missing');
  for (const block of TRUNK.blocks.slice(1)) intake.hold(nodeOf(block), block);
  commit(intake, tree);
  assert.equal(tree.tip.point.hash, TRUNK.points.at(-1)?.hash, 'they can come again');
});

function commit(intake: BlockIntake, tree: BlockTree): void {
  const plan = intake.plan(tree.tip);
  intake.complete(plan);
  tree.activate(plan.tip);
}

function treeOf(blocks: readonly Block[]): { tree: BlockTree; nodeOf: (block: Block) => TreeNode } {
  const tree = new BlockTree({ params: TEST_PARAMS, window: [GENESIS], milestones: [GENESIS.hash] });
  for (const { header } of blocks) assert.ok(tree.add(hashedHeader(header)).ok);
  return {
    tree,
    nodeOf: ({ hash }) => {
      const node = tree.find(hash);
      assert.ok(node);
      return node;
    },
  };
}
