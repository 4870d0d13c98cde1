/** A node that is killed while blocks arrive: what it had said is there when it comes back, and it catches up. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type JsonText, jsonValue } from '../src/core/json-text.ts';
import { connectProbe, type ProbeClient } from '../src/probe/probe-client.ts';
import { CairnProcess, freePort, makeWorld, type World } from './support/cairn-process.ts';
import { statusWhen } from './support/test-node.ts';

const KILLS = 3;
const BLOCKS_BEFORE_KILL = 15;

test('kill -9 while blocks arrive loses nothing that was acknowledged, and the node catches up', async (t) => {
  const world = await makeWorld(t);
  const miner = await startNode(t, world, await freePort());
  const victimPort = await freePort();
  const acknowledged = { hashes: new Set<string>(), ids: new Set<string>() };
  for (let kill = 0; kill < KILLS; kill++) {
    const victim = await startNode(t, world, victimPort);
    await checkKept(victim.client, acknowledged);
    const { tip } = await statusWhen(miner.client, () => true);
    await statusWhen(victim.client, (status) => status.tip.height >= tip.height && status.peers === 1);
    const stopMining = mineForEver(miner.client);
    const appending = appendForEver(victim.client, kill, acknowledged.ids);
    let seen = 0;
    try {
      for await (const params of victim.client.events()) {
        const { event } = JSON.parse(params);
        if (event.type !== 'block-added') continue;
        acknowledged.hashes.add(event.hash);
        seen++;
        if (seen === BLOCKS_BEFORE_KILL) victim.process.process.kill('SIGKILL');
      }
    } catch (error) {
      assert.equal((error as { code?: string }).code, 'node-closed');
    }
    assert.equal(await victim.process.exited, null);
    await appending;
    await stopMining();
  }
  const victim = await startNode(t, world, victimPort);
  await checkKept(victim.client, acknowledged);
  const { tip } = await statusWhen(miner.client, () => true);
  const caughtUp = await statusWhen(victim.client, (status) => status.tip.height >= tip.height);
  assert.deepEqual(caughtUp.tip, tip);
  assert.ok(acknowledged.hashes.size >= KILLS * BLOCKS_BEFORE_KILL && acknowledged.ids.size > 0);
  assert.equal(JSON.parse(await victim.client.call('validate')).valid, true);
});

async function startNode(
  t: Parameters<typeof makeWorld>[0],
  world: World,
  port: number,
): Promise<{ readonly process: CairnProcess; readonly client: ProbeClient }> {
  const flags = ['--network', world.networkFile, '--mining-kernel', 'node-crypto', '--mine', 'demand'];
  const process = await CairnProcess.start(t, world, ['node', String(port), ...flags]);
  const client = await connectProbe({ host: '127.0.0.1', port });
  t.after(() => client.close());
  return { process, client };
}

/** Mines one block after the other until the returned function is called. */
function mineForEver(client: ProbeClient): () => Promise<void> {
  let isWanted = true;
  const mining = (async () => {
    for (let i = 0; isWanted; i++)
      await client.call('mine', `{"data":{"block":${i}}}` as JsonText, { timeoutMs: 60_000 });
  })();
  return async () => {
    isWanted = false;
    await mining;
  };
}

/** Appends entries until the node is gone; the ids of those it has answered for go into `acknowledged`. */
async function appendForEver(client: ProbeClient, run: number, acknowledged: Set<string>): Promise<void> {
  for (let i = 0; ; i++) {
    try {
      const answer = await client.call('append', jsonValue({ entries: [{ run, i, text: 'x'.repeat(200) }] }));
      for (const { id } of JSON.parse(answer).entries) acknowledged.add(id);
    } catch (error) {
      assert.equal((error as { code?: string }).code, 'node-closed');
      return;
    }
  }
}

async function checkKept(
  client: ProbeClient,
  acknowledged: { readonly hashes: ReadonlySet<string>; readonly ids: ReadonlySet<string> },
): Promise<void> {
  for (const hash of acknowledged.hashes) {
    const view = JSON.parse(await client.call('block', jsonValue({ hash })));
    assert.ok(view.active, `block ${hash} was acknowledged and is not on the chain`);
  }
  for (const id of acknowledged.ids) await client.call('entry', jsonValue({ id }));
}
