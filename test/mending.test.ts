/** Damage in the middle of a chain: found when it is read, never served, and mended from a peer. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import type { NodeStatus, Validation } from '../src/api/shapes.ts';
import { RpcCallError } from '../src/probe/probe-client.ts';
import { makeHome, TestNode } from './support/test-node.ts';

const isTogether = ({ peers }: NodeStatus) => peers === 1;

test('a block that is damaged on disk is not served, and comes back from a peer', async (t) => {
  const home = await makeHome(t);
  const whole = await TestNode.start(t, { home, name: 'whole' });
  const before = await TestNode.start(t, { home, name: 'damaged' });
  await before.statusWhen(isTogether);
  const blocks = [await whole.mine('{"n":1}'), await whole.mine('{"n":2}'), await whole.mine('{"n":3}')];
  const { tip } = await before.statusWhen((status) => status.tip.height === blocks.length);
  await before.stop();
  const database = new DatabaseSync(join(home.root, 'damaged', 'chain.sqlite'));
  database.exec(`UPDATE blocks SET body = CAST('{"n":9}' AS BLOB) WHERE id = 3`);
  database.close();

  const node = await TestNode.start(t, { home, name: 'damaged' });
  await node.statusWhen(isTogether);
  const hash = blocks[1]?.hash ?? '';
  await assert.rejects(node.call('block', { hash }), (error: unknown) => {
    assert.ok(error instanceof RpcCallError);
    assert.equal(error.rpc.data.code, 'block-damaged');
    return true;
  });
  // The body is on its way from the other node; each question reads the whole chain from the disk again.
  while (!((await node.call('validate')) as Validation).valid);
  const view = (await node.call('block', { hash })) as { block: { data: unknown } };
  assert.deepEqual(view.block.data, { n: 2 });
  assert.deepEqual((await node.status()).tip, tip);
});
