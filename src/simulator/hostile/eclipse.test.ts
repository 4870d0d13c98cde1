/** What becomes of a node whose peers are nearly all hostile. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SilentPeer } from './bad-company.ts';
import { StingyPeer } from './body-peers.ts';
import { OrphanFlooder } from './flooders.ts';
import { DeepFlooder } from './low-work-flooder.ts';
import { Middleman } from './middleman.ts';
import { Stage } from './stage.ts';

test('with one honest peer among as many hostile ones as it takes, a node follows the chain with the most work', async () => {
  const stage = await surrounded({ honestPeers: 1 });
  await stage.work(10);
  assert.ok(stage.world.hasConverged() || lag(stage) <= 2, stage.world.describe());
  await stage.end();
});

test('a newcomer gets the whole chain from its only honest peer', async () => {
  const stage = await surrounded({ honestPeers: 1, isNewcomer: true });
  await stage.work(3);
  assert.ok(lag(stage) <= 2, stage.world.describe());
  await stage.end();
});

test('a newcomer asks others as soon as those that show the chain first give nothing of it', async () => {
  const stage = new Stage({ seed: 42, nodes: 4, knows: (from, to) => (from === 0 ? to === 1 : to !== 0) });
  const { world } = stage;
  const [newcomer, ...others] = world.nodes;
  assert.ok(newcomer);
  for (const node of others) await world.start(node);
  await stage.work(10);
  const stingy = Array.from({ length: 7 }, (_, i) => stage.admit(new StingyPeer(stage.props(i))));
  await world.start(newcomer);
  await world.until('it has the chain', 60_000, () => lag(stage) === 0);
  assert.deepEqual(stage.faultsOf(...stingy), ['blocks-stalled']);
  await stage.end();
});

test('a node with no honest peer at all stays where it is, believes nothing, and comes back with the first honest one', async () => {
  const stage = await surrounded({ honestPeers: 0 });
  const before = stage.world.node(0).machine.tip.header.height;
  // It does not mine: alone, it would go on with a chain of its own.
  stage.world.node(0).miner.times = 0;
  await stage.work(5);
  assert.equal(stage.world.node(0).machine.tip.header.height, before);
  assert.ok(lag(stage) > 5, stage.world.describe());
  const [victim, honest] = [stage.world.node(0), stage.world.node(1)];
  stage.world.feed(victim, { type: 'address-known', address: honest.address, source: 'configured' });
  await stage.world.until('it has caught up', 100_000, () => lag(stage) <= 1);
  await stage.end();
});

/** Five nodes, the first of which knows `honestPeers` others, and hostile peers that take all the room there is. */
async function surrounded(options: { readonly honestPeers: number; readonly isNewcomer?: boolean }): Promise<Stage> {
  const { honestPeers, isNewcomer = false } = options;
  const stage = new Stage({
    seed: 41,
    nodes: 5,
    knows: (from, to) => (from !== 0 && to !== 0 ? true : from === 0 && to <= honestPeers),
  });
  const { world } = stage;
  const victim = world.node(0);
  for (const node of world.nodes) if (node !== victim || !isNewcomer) await world.start(node);
  await stage.work(10);
  if (isNewcomer) await world.start(victim);
  const make = [
    (i: number) => new Middleman(stage.props(i), { delayMs: 1_000, hidesBlocks: true }),
    (i: number) => new SilentPeer(stage.props(i), { greets: true }),
    (i: number) => new OrphanFlooder(stage.props(i)),
    (i: number) => new DeepFlooder(stage.props(i), { count: 100, stepSeconds: 10 }),
  ];
  for (let i = 0; i < HOSTILE_PEERS; i++) {
    const actor = make[i % make.length]?.(i);
    if (actor !== undefined) stage.admit(actor, { toNodes: [victim], isDialled: i % 8 < 2, tickMs: 5_000 });
  }
  await world.run(10_000);
  return stage;
}

/** How many blocks the first node is behind the others. */
function lag({ world }: Stage): number {
  const heights = world.nodes.map(({ machine }) => machine.tip.header.height);
  return Math.max(...heights) - (heights[0] ?? 0);
}

/** Sixteen of them are dialled by the node, twice as many as it looks for; the others dial it. */
const HOSTILE_PEERS = 64;
