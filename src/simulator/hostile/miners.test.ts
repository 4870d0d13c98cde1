/** What a miner gains by secrecy, by how much of the work it does: as theory has it, and no more. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeepForkMiner } from './deep-fork-miner.ts';
import { datedAhead, datedByTurns } from './forged-times.ts';
import type { PrivateMiner } from './private-miner.ts';
import { SelfishMiner } from './selfish-miner.ts';
import { Stage } from './stage.ts';

test('a selfish miner with a tenth of the work gets less than its share; one with more than a third gets more', async () => {
  const weak = await mineBeside(0.1, 2, (stage, options) => new SelfishMiner(stage.props(0), options));
  assert.ok(weak.share < 0.1, `${weak.share}`);
  const strong = await mineBeside(0.4, 2, (stage, options) => new SelfishMiner(stage.props(0), options));
  assert.ok(strong.share > 0.4, `${strong.share}`);
  assert.ok(strong.deepest <= 12, `${strong.deepest} blocks were undone at once`);
});

test('forged times break no rule, and blocks come at the pace that they are meant to', async () => {
  const { share, height, hours } = await mineBeside(0.33, 2, (stage, options) => {
    return new SelfishMiner(stage.props(0), { ...options, date: datedByTurns(stage.params) });
  });
  assert.ok(share < 0.4, `${share}`);
  const expected = hours * 360;
  assert.ok(height > 0.75 * expected && height < 1.25 * expected, `${height} blocks, ${expected} expected`);
});

test('a majority undoes what it likes, and the honest follow it, as they must: most work is the chain', async () => {
  const { share, deepest } = await mineBeside(0.65, 1, (stage, options) => {
    return new DeepForkMiner(stage.props(0), { ...options, depth: 8, date: datedAhead(stage.params) });
  });
  assert.ok(share > 0.9, `${share}`);
  assert.ok(deepest >= 8, `${deepest}`);
});

/** A miner with `power` of all the work beside three honest nodes, for so many hours: what it has of the chain. */
async function mineBeside(
  power: number,
  hours: number,
  create: (stage: Stage, options: { readonly hashesPerSecond: number }) => PrivateMiner,
) {
  const stage = new Stage({ seed: 31, nodes: 3, honestShare: 1 - power });
  await stage.world.startAll();
  await stage.world.run(5_000);
  const miner = create(stage, { hashesPerSecond: power * stage.hashesPerSecond });
  stage.admit(miner, { tickMs: 250 });
  await stage.world.run(hours * 3_600_000);
  const { active } = stage.inspector.modelOf(stage.world.node(0).id);
  const own = active.filter(({ hash }) => miner.found.has(hash)).length;
  await stage.end();
  const { deepest } = stage.inspector.reorganisations;
  return { share: own / active.length, height: active.length, deepest, hours };
}
