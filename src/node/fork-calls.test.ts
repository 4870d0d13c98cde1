import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeHome, TestNode } from '../../test/support/test-node.ts';
import type { Forks } from '../api/fork-shapes.ts';
import { paramsHash, parseParams } from '../core/params.ts';

const forksOf = async (node: TestNode) => (await node.call('forks')) as Forks;

test('a node tells of the branch that it left, and of how it came to that', async (t) => {
  const [left, right] = await Promise.all([startApart(t), startApart(t)]);
  const lost = await left.mine('"lost"');
  assert.deepEqual(await forksOf(left), { branches: [], branches_total: 0, reorganisations: [] });
  const kept = [await right.mine('"a"'), await right.mine('"b"'), await right.mine('"c"')];
  assert.equal(await left.client.send(await right.client.send('GET CHAIN')), 'BLOCKCHAIN ACCEPTED');
  await left.mine('"later"');
  const { branches, branches_total, reorganisations } = await forksOf(left);
  assert.equal(branches_total, 1);
  const branch = branches[0] ?? assert.fail('there is one');
  assert.deepEqual(
    [branch.status, branch.fork_height, branch.fork_hash, branch.length, branch.tip.hash],
    ['abandoned', 0, (await left.status()).network.genesis, 1, lost.hash],
  );
  assert.deepEqual(
    branch.blocks.map(({ hash, prev_hash, stored }) => [hash, prev_hash, stored]),
    [[lost.hash, branch.fork_hash, true]],
  );
  const [reorganisation, ...others] = reorganisations;
  assert.deepEqual(others, []);
  const { removed, added, removed_count, added_count, fork_height } = reorganisation ?? assert.fail('there is one');
  assert.deepEqual([removed, added], [[lost.hash], kept.map(({ hash }) => hash)]);
  assert.deepEqual([removed_count, added_count, fork_height], [1, 3, 0]);
});

test('the parameters that a node tells are those whose hash is in its genesis', async (t) => {
  const node = await startApart(t);
  const text = await node.client.call('params');
  const params = parseParams(text);
  assert.ok(params.ok);
  const { block } = (await node.call('block', { height: 0 })) as { block: { history_root: string } };
  assert.equal(paramsHash(params.value), block.history_root);
  assert.equal(text, await node.client.call('params'));
});

/** A node that finds no other: each has a home of its own. */
async function startApart(t: Parameters<typeof makeHome>[0]): Promise<TestNode> {
  return TestNode.start(t, { home: await makeHome(t) });
}
