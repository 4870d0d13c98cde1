/** New blocks between the nodes of a world: what travels, and that it is the same block whatever travelled. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashLeaf } from '../core/merkle.ts';
import type { Message } from '../protocol/message.ts';
import type { SimulatedNode } from './simulated-node.ts';
import { World } from './world.ts';

/** A record of 300 bytes. */
const record = (i: number) => `{"reading":${i},"text":"${'x'.repeat(300 - `{"reading":${i},"text":""}`.length)}"}`;
const RECORDS = Array.from({ length: 1_000 }, (_, i) => record(i));
const BODY_BYTES = RECORDS.reduce((sum, text) => sum + text.length + 1, 1);

test('a block of 1,000 entries that wait in all pools takes less than a quarter of its body to each node', async () => {
  const world = await startWorld();
  world.submit(world.node(0), ...RECORDS);
  await world.until('all pools have them', 60_000, () => poolCounts(world).every((count) => count === 1_000));
  const sent = await relay(world, world.node(0), RECORDS);
  assert.deepEqual([...sent.types].sort(), ['block-ids', 'get-block-ids', 'headers']);
  assert.ok(sent.bytes < 0.25 * BODY_BYTES * (world.nodes.length - 1), `${sent.bytes} bytes`);
});

test('where a tenth is missing, that and the ids travel', async () => {
  const world = await startWorld();
  const known = RECORDS.filter((_, i) => i % 10 !== 0);
  world.submit(world.node(0), ...known);
  await world.until('all pools have them', 60_000, () => poolCounts(world).every((count) => count === 900));
  const sent = await relay(world, world.node(0), RECORDS);
  assert.ok(sent.types.has('block-entries') && !sent.types.has('block'));
  assert.ok(sent.bytes < 0.35 * BODY_BYTES * (world.nodes.length - 1), `${sent.bytes} bytes`);
});

test('where all is missing, the block travels whole', async () => {
  const world = await startWorld();
  world.submit(world.node(0), '"something else"');
  await world.until('all pools have some', 60_000, () => poolCounts(world).every((count) => count === 1));
  const sent = await relay(world, world.node(0), RECORDS);
  assert.ok(sent.types.has('block') && !sent.types.has('block-entries'));
});

/** Four nodes that know each other, and only the first of which mines. */
async function startWorld(): Promise<World> {
  const world = new World({ seed: 41, nodes: 4, hashesPerSecond: 1_000 });
  await world.startAll();
  await world.run(3_000);
  return world;
}

/** Has `miner` mine a block of `entries`, and gives back what the nodes sent until all had it. */
async function relay(
  world: World,
  miner: SimulatedNode,
  entries: readonly string[],
): Promise<{ readonly bytes: number; readonly types: ReadonlySet<Message['type']> }> {
  const types = new Set<Message['type']>();
  let bytes = 0;
  world.observe({
    sent: (_from, _to, message, sizeBytes) => {
      if (message.type === 'inventory') return;
      types.add(message.type);
      bytes += sizeBytes;
    },
  });
  world.mine(miner, ...entries);
  await world.until('all have the block', 60_000, () =>
    world.nodes.every(({ machine }) => machine.tip.header.height === 1),
  );
  for (const { disk, machine } of world.nodes) {
    const stored = await disk.kept.blockByHash(machine.tip.hash);
    assert.equal(new TextDecoder().decode(stored?.block.body.bytes), `[${entries.join(',')}]`);
    for (const text of entries) assert.equal(machine.pool.find(hashLeaf(new TextEncoder().encode(text))), undefined);
  }
  return { bytes, types };
}

function poolCounts(world: World): number[] {
  return world.nodes.map(({ machine }) => [...machine.pool.stored()].length);
}
