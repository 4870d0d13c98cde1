import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shareOfMachine } from './machine-share.ts';

for (const [share, cores, threads, dutyCycle] of [
  [1, 1, 1, 1],
  [1, 8, 8, 1],
  [0.5, 8, 4, 1],
  [0.5, 1, 1, 0.5],
  [0.75, 2, 2, 0.75],
  [0.25, 2, 1, 0.5],
  [0.01, 2, 1, 0.02],
  [0.6, 8, 5, 0.96],
] as const) {
  test(`${100 * share} % of ${cores} cores are ${threads} threads that search ${dutyCycle} of their time`, () => {
    const machine = shareOfMachine(share, cores);
    assert.equal(machine.threads, threads);
    assert.ok(Math.abs(machine.dutyCycle - dutyCycle) < 1e-9);
  });
}
