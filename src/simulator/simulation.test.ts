/** Simulations as a whole: the same again to the last byte, and what is broken is found. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Plan } from './plan.ts';
import { failureKind, shrink } from './shrink.ts';
import { simulate } from './simulation.ts';
import { drawPlan } from './swarm.ts';

/** Of the seeds that every change is held against, those that run with all tests. */
const SEEDS = Array.from({ length: 12 }, (_, i) => i + 1);
const MINUTES = 10;

for (const seed of SEEDS) {
  test(`every invariant holds in the network of seed ${seed}`, async () => {
    const { failure } = await simulate(drawPlan(seed, { minutes: MINUTES }));
    assert.equal(failure?.error.stack, undefined, `npm run sim -- --seed ${seed} --minutes ${MINUTES}`);
  });
}

test('one plan has one trace, and another seed another', async () => {
  const run = async (seed: number) => {
    const lines: string[] = [];
    const { traceHash } = await simulate(drawPlan(seed, { minutes: 3 }), { print: (line) => lines.push(line) });
    return { traceHash, lines };
  };
  const [one, again, other] = [await run(5), await run(5), await run(6)];
  assert.ok(one.lines.length > 500);
  assert.deepEqual(again, one);
  assert.notEqual(other.traceHash, one.traceHash);
});

test('a plan that went through JSON is the same plan', async () => {
  const plan = drawPlan(7, { minutes: 3 });
  const again: Plan = JSON.parse(JSON.stringify(plan));
  assert.equal((await simulate(again)).traceHash, (await simulate(plan)).traceHash);
});

test('seeds differ in everything that may differ', () => {
  const plans = Array.from({ length: 60 }, (_, seed) => drawPlan(seed));
  const distinct = (of: (plan: (typeof plans)[number]) => unknown) => new Set(plans.map(of)).size;
  assert.equal(
    distinct(({ setting }) => setting.topology),
    6,
  );
  assert.equal(
    distinct(({ setting }) => setting.delays.type),
    3,
  );
  assert.ok(distinct(({ setting }) => setting.nodes.length) >= 6);
  assert.ok(distinct(({ setting }) => setting.blockInterval) >= 4);
  const faults = new Set(plans.flatMap(({ events }) => events.map(({ type }) => type)));
  assert.equal(faults.size, 14, [...faults].join(' '));
  const characters = new Set(plans.flatMap(({ setting }) => setting.hostile.map(({ character }) => character)));
  assert.ok(characters.size > 20, [...characters].join(' '));
});

test('a fault that breaks something is found among all others, with the least that it takes', async () => {
  const whole = drawPlan(2, { minutes: 6 });
  const crash = { atMs: 100_000, type: 'crash', node: 1, forMs: 1_000 } as const;
  const plan = {
    ...whole,
    events: [...whole.events.filter(({ type }) => type !== 'crash'), crash].sort((a, b) => a.atMs - b.atMs),
  };
  // Stands for a node that forgets something when it crashes.
  const broken = {
    crashed: () => {
      throw new Error('it lost an entry');
    },
  };
  const run = (tried: Plan) => simulate(tried, { observers: [broken] });
  const result = await run(plan);
  assert.equal(failureKind(result), 'Error: it lost an entry');
  assert.equal(result.failure?.atMs, 100_000);
  const small = await shrink(plan, result, { simulate: run, triesMax: 60 });
  assert.deepEqual(small.plan.events, [crash]);
});
