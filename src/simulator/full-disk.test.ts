/** Networks in which a node's disk has no room for a while. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { STORE_FULL_RETRY_MS } from '../protocol/limits.ts';
import { assertValid, CONVERGENCE_MS, chainEntries, createWorld, mineNow } from './test-world.fixture.ts';

test('a node whose disk is full serves the others, and catches up by itself when there is room', async () => {
  const world = createWorld({ seed: 31, nodes: 3 });
  await world.startAll();
  await mineNow(world, world.node(0), '"before"');
  await world.until('all have it', CONVERGENCE_MS, () => world.hasConverged());
  const full = world.node(0);
  full.disk.isFull = true;
  const { request: refused } = world.submit(full, '"refused"');
  await world.until('it is refused', CONVERGENCE_MS, () => full.answers.get(refused)?.type === 'refused');
  world.crash(world.node(2));
  world.hangUp(world.node(1), full);
  for (let i = 0; i < 20; i++) await mineNow(world, world.node(1), `"meanwhile ${i}"`);
  await world.run(6 * STORE_FULL_RETRY_MS);
  assert.deepEqual([full.isUp, full.machine.tip.header.height], [true, 1]);
  await world.start(world.node(2));
  await world.until('the third has caught up', CONVERGENCE_MS, () => world.node(2).machine.tip.header.height === 21);
  full.disk.isFull = false;
  await world.until('the first has caught up', STORE_FULL_RETRY_MS + CONVERGENCE_MS, () => world.hasConverged());
  assert.equal((await chainEntries(full)).length, 21, 'and what was refused is nowhere');
  for (const node of world.nodes) await assertValid(world, node);
});
