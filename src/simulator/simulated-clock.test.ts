import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimulatedClock } from './simulated-clock.ts';

const YEAR_MS = 365 * 24 * 3_600_000;

test('setting the clock on the wall leaves the steady one alone', () => {
  const clock = new SimulatedClock(1_000);
  clock.set(-YEAR_MS);
  assert.deepEqual(clock.read(5_000), { steadyMs: 5_000, unixMs: 5_000 - YEAR_MS });
});

test('a process counts on from where the clock on the wall stood when it started', () => {
  const clock = new SimulatedClock(1_000);
  clock.set(YEAR_MS);
  clock.boot(2_000);
  clock.set(0);
  assert.deepEqual(clock.read(5_000), { steadyMs: YEAR_MS + 5_000, unixMs: 5_000 });
});

test('a steady clock that runs fast never leaps, whenever its rate changes', () => {
  const clock = new SimulatedClock(0);
  clock.drift(1_000, 1.5);
  assert.equal(clock.read(1_000).steadyMs, 1_000);
  assert.equal(clock.read(3_000).steadyMs, 4_000);
  clock.drift(3_000, 1);
  assert.equal(clock.read(3_000).steadyMs, 4_000);
  assert.equal(clock.read(4_000).steadyMs, 5_000);
});
