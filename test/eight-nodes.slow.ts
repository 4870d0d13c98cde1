/** Eight nodes of one machine, each a process: they find each other, settle on one chain, and leave nothing behind. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type JsonText, jsonValue } from '../src/core/json-text.ts';
import { connectProbe } from '../src/probe/probe-client.ts';
import { makeWorld, startNodeProcess } from './support/cairn-process.ts';
import { atEnd } from './support/lifetime.ts';
import { statusWhen } from './support/test-node.ts';

const NODES = 8;

test('eight processes find each other, settle on one chain with what was appended at each, and stop in order', async (t) => {
  const world = await makeWorld(t);
  const nodes = await Promise.all(
    Array.from({ length: NODES }, async () => {
      const { port, node } = await startNodeProcess(t, world, ['--mine', 'demand']);
      const client = await connectProbe({ host: '127.0.0.1', port });
      atEnd(t, () => client.close());
      return { port, node, client };
    }),
  );
  const clients = nodes.map(({ client }) => client);
  await Promise.all(clients.map((client) => statusWhen(client, ({ peers }) => peers === NODES - 1)));
  const ids = await Promise.all(
    nodes.map(async ({ client, port }) => {
      const answer: { entries: { id: string }[] } = JSON.parse(
        await client.call('append', jsonValue({ entries: [{ appended_at: port }] })),
      );
      return answer.entries[0]?.id ?? assert.fail();
    }),
  );
  // Who mines takes along what has come from the others by then.
  await Promise.all(clients.map((client) => statusWhen(client, ({ pending }) => pending.count === NODES)));
  const [miner] = clients;
  assert.ok(miner);
  await miner.call('mine', '{"data":{"closing":true}}' as JsonText, { timeoutMs: 60_000 });
  const { tip } = await statusWhen(miner, (status) => status.tip.height > 0);
  const settled = await Promise.all(
    clients.map((client) => statusWhen(client, (status) => status.tip.hash === tip.hash)),
  );
  assert.deepEqual(new Set(settled.map((status) => status.tip.hash)), new Set([tip.hash]));
  for (const client of clients) {
    // Each of them knows of every entry, whether it is in a block yet or waits for one.
    for (const id of ids) await client.call('entry', jsonValue({ id }));
  }
  for (const { node, client } of nodes) {
    client.close();
    node.process.kill('SIGTERM');
  }
  assert.deepEqual(
    await Promise.all(nodes.map(({ node }) => node.exited)),
    nodes.map(() => 0),
  );
  assert.deepEqual(readdirSync(join(world.home, 'running')), []);
});
