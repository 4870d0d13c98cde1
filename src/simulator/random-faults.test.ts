/** Random work under random faults: nothing is lost, and one seed gives one history. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { textOf } from '../../test/support/effect-text.ts';
import { createParams } from '../core/params.ts';
import { FullNode } from '../protocol/full-node.ts';
import { assertSound, chronicleOf, createWorld, isQuiet } from './test-world.fixture.ts';
import type { World } from './world.ts';

test('a machine that is given the same inputs at the same times has the same effects, byte for byte', async () => {
  const world = await randomRun(7);
  const records = world.nodes.flatMap((node) => chronicleOf(world).of(node).records);
  assert.ok(records.reduce((sum, { steps }) => sum + steps.length, 0) > 2_000);
  for (const { options, steps } of records) {
    const machine = new FullNode(options);
    for (const { input, now, effects } of steps) assert.equal(textOf(machine.handle(input, now)), effects);
  }
});

test('one seed gives one history', async () => {
  const one = await randomRun(8);
  const other = await randomRun(8);
  for (const [i, node] of one.nodes.entries()) {
    assert.equal(textOf(chronicleOf(one).of(node).records), textOf(chronicleOf(other).of(other.node(i)).records));
  }
});

/** `SEED=117` repeats one run, `SEEDS=1000` makes so many. */
const { SEED, SEEDS = '24' } = process.env;
const seeds = SEED === undefined ? Array.from({ length: Number(SEEDS) }, (_, i) => i + 100) : [Number(SEED)];
for (const seed of seeds) {
  test(`nodes agree and lose nothing whatever faults fall on them (SEED=${seed})`, async () => {
    await assertSound(await randomRun(seed));
  });
}

/** Some minutes of random work under random faults, then peace until all agree and every entry is in a block. */
async function randomRun(seed: number): Promise<World> {
  const world = createWorld({
    seed,
    nodes: 4,
    miningMode: 'entries',
    searchMs: 3_000,
    delayMsMax: [20, 200, 1_500][seed % 3] ?? 20,
    windowBlocks: seed % 2 === 0 ? 6 : 4_096,
    // A ring: some news has a long way to go.
    knows: (from, to) => seed % 4 !== 1 || (from + 1) % 4 === to,
    params: createParams({ name: 'random-run', targetLimit: 0x207fffff }),
  });
  const { random } = world;
  // Long entries make blocks that are worth being put together of what waits, short ones are sent whole.
  const padding = 'x'.repeat(seed % 5 < 3 ? 700 : 0);
  await world.startAll();
  for (let i = 0; i < 150; i++) {
    await world.run(random.waiting(1_500));
    const node = random.pick(world.nodes);
    const other = random.pick(world.nodes);
    const kind = random.fraction();
    if (!node.isUp) {
      if (kind < 0.5) await world.start(node);
    } else if (kind < 0.5)
      world.submit(node, ...Array.from({ length: random.integer(1, 3) }, (_, k) => `"${seed} ${i} ${k} ${padding}"`));
    else if (kind < 0.6) world.mine(node, `"mine ${seed} ${i}"`);
    else if (kind < 0.7) world.crash(node);
    else if (kind < 0.8 && other !== node) world.cut(node, other);
    else if (kind < 0.86) world.partition([node, other]);
    else if (kind < 0.92 && other !== node) world.hangUp(node, other);
    else world.heal();
  }
  world.heal();
  for (const node of world.nodes) if (!node.isUp) await world.start(node);
  await world.until(
    'all agree and nothing waits',
    600_000,
    () => isQuiet(world) && world.nodes.every(({ machine }) => machine.mining.queuedCount === 0),
  );
  return world;
}
