import assert from 'node:assert/strict';
import { test } from 'node:test';
import { carryOut, endFaults } from './planned-event.ts';
import { World } from './world.ts';

/** Three nodes, the first of which has mined for some minutes. */
async function createWorld(): Promise<World> {
  const world = new World({ seed: 3, nodes: 3, miningMode: (node) => (node === 0 ? 'always' : 'demand') });
  await world.startAll();
  await world.run(300_000);
  await world.until('all agree', 60_000, () => world.hasConverged());
  return world;
}

test('a block is never damaged on the last disk that has a good copy of it', async () => {
  const world = await createWorld();
  for (const node of [0, 1, 2, 0, 1, 2]) await carryOut(world, { atMs: 0, type: 'damage', node, depth: 2 }, 1);
  const damaged = world.nodes.map(({ disk }) => disk.damagedHashes.size);
  assert.deepEqual(damaged, [1, 1, 0]);
  await carryOut(world, { atMs: 0, type: 'restore', node: 2, commits: 5, forMs: 1_000 }, 2);
  assert.ok(world.node(2).isUp, 'nor is an old copy put back over it');
});

test('a node that crashes is back when its time is over, and one that is down does not crash again', async () => {
  const world = await createWorld();
  const starts: string[] = [];
  world.observe({ started: ({ id }) => starts.push(id) });
  await carryOut(world, { atMs: 0, type: 'crash', node: 1, forMs: 5_000 }, 1);
  await carryOut(world, { atMs: 0, type: 'crash', node: 1, forMs: 1_000 }, 2);
  await world.run(4_000);
  assert.equal(world.node(1).isUp, false);
  await world.run(2_000);
  assert.ok(world.node(1).isUp);
  assert.deepEqual(starts, ['peer-1']);
});

test('an old copy takes a node back, and it catches up', async () => {
  const world = await createWorld();
  const { height } = world.node(1).machine.tip.header;
  await carryOut(world, { atMs: 0, type: 'restore', node: 1, commits: 10, forMs: 1_000 }, 1);
  let startedAt = height;
  world.observe({
    started: ({ machine }) => {
      startedAt = machine.tip.header.height;
    },
  });
  await world.until('it is up again', 5_000, () => world.node(1).isUp);
  assert.ok(startedAt < height, `it starts at ${startedAt}, after ${height}`);
  await world.until('all agree', 60_000, () => world.hasConverged());
});

test('a cut that outlasts another is still there when that has healed', async () => {
  const world = await createWorld();
  const cut = { atMs: 0, type: 'cut', these: [0], those: [1, 2], manner: 'broken' } as const;
  await carryOut(world, { ...cut, forMs: 600_000 }, 1);
  await carryOut(world, { ...cut, those: [1], forMs: 1_000 }, 2);
  await world.run(300_000);
  assert.equal(world.network.isLinked('peer-0', 'peer-1'), false);
  assert.equal(world.hasConverged(), false);
  await world.run(300_000);
  await world.until('all agree', 120_000, () => world.hasConverged());
});

test('when faults end all is right at once, whatever was to last longer', async () => {
  const world = await createWorld();
  const forMs = 3_600_000;
  const at = { atMs: 0, forMs } as const;
  await carryOut(world, { ...at, type: 'crash', node: 0 }, 1);
  await carryOut(world, { ...at, type: 'cut', these: [1], those: [0, 2], manner: 'silent' }, 2);
  await carryOut(world, { ...at, type: 'clock-set', node: 1, aheadMs: 1e9 }, 3);
  await carryOut(world, { ...at, type: 'clock-drift', node: 1, rate: 2 }, 4);
  await carryOut(world, { ...at, type: 'disk-full', node: 2 }, 5);
  await carryOut(world, { ...at, type: 'disk-slow', node: 2, times: 100 }, 6);
  await endFaults(world);
  assert.ok(world.nodes.every(({ isUp, disk }) => isUp && !disk.isFull && disk.slowness === 1));
  assert.ok(world.network.cuts.isClear('peer-0', 'peer-1'));
  const before = world.node(1).clock.read(world.nowMs);
  const later = world.node(1).clock.read(world.nowMs + 1_000);
  assert.deepEqual([before.unixMs, later.steadyMs - before.steadyMs], [world.nowMs, 1_000]);
});
