import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Plan, PlannedEvent } from './plan.ts';
import { failureKind, shrink } from './shrink.ts';
import type { SimulationResult } from './simulation.ts';
import { drawPlan } from './swarm.ts';

const HELD: SimulationResult = {
  traceHash: '',
  failure: undefined,
  nodeHours: 0,
  worldMs: 0,
  events: 0,
  checks: new Map(),
  reorganisations: { count: 0, deepest: 0 },
  height: 0,
};
const failed = (message: string, atMs = Number.MAX_SAFE_INTEGER): SimulationResult => ({
  ...HELD,
  failure: { atMs, error: new Error(message) },
});

const NOISE: PlannedEvent[] = Array.from({ length: 500 }, (_, atMs) => ({ atMs, type: 'mine', node: 0, entries: 0 }));
const CRASH: PlannedEvent = { atMs: 113, type: 'crash', node: 1, forMs: 10 };
const FULL: PlannedEvent = { atMs: 391, type: 'disk-full', node: 2, forMs: 10 };
const PLAN: Plan = { ...drawPlan(1), events: NOISE.with(113, CRASH).with(391, FULL) };

test('of five hundred events the two are found that it takes together', async () => {
  const simulate = async ({ events }: Plan) =>
    events.includes(CRASH) && events.includes(FULL) ? failed('both') : HELD;
  const { plan, result, tries } = await shrink(PLAN, failed('both'), { simulate, triesMax: 500 });
  assert.deepEqual(plan.events, [CRASH, FULL]);
  assert.equal(result.failure?.error.message, 'both');
  assert.ok(tries < 100, `${tries} plans were tried`);
});

test('a plan that fails in another way is no smaller version of this one', async () => {
  const simulate = async ({ events }: Plan) => {
    if (!events.includes(FULL)) return failed('something else');
    return events.includes(CRASH) ? failed('the one') : HELD;
  };
  const { plan } = await shrink(PLAN, failed('the one'), { simulate, triesMax: 500 });
  assert.deepEqual(plan.events, [CRASH, FULL]);
});

test('what was to come after the failure is taken away first', async () => {
  const seen: number[] = [];
  const simulate = async ({ events }: Plan) => {
    seen.push(events.length);
    return events.includes(CRASH) ? failed('it', 120) : HELD;
  };
  await shrink(PLAN, failed('it', 120), { simulate, triesMax: 500 });
  assert.equal(seen[0], 121);
});

test('no more plans are tried than is allowed', async () => {
  let count = 0;
  const simulate = async () => {
    count++;
    return HELD;
  };
  const { plan, tries } = await shrink(PLAN, failed('never again'), { simulate, triesMax: 7 });
  assert.equal(plan, PLAN);
  assert.deepEqual([count, tries], [7, 7]);
});

test('hashes and numbers do not make another kind of failure', () => {
  const one = failed(`the block ${'ab'.repeat(32)} at 17`);
  assert.equal(failureKind(one), failureKind(failed(`the block ${'12'.repeat(32)} at 4`)));
  assert.notEqual(failureKind(one), failureKind(failed('the entry is lost')));
  assert.equal(failureKind(HELD), undefined);
});
