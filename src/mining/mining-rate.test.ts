import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bitsToTarget, TARGET_MAX } from '../core/target.ts';
import { expectedSeconds, MiningRate } from './mining-rate.ts';

test('the first sample is the rate', () => {
  const rate = new MiningRate();
  rate.begin(1000);
  assert.equal(rate.sample(500, 1250), 2000);
});

test('before any time has passed the rate is 0', () => {
  const rate = new MiningRate();
  rate.begin(1000);
  assert.equal(rate.sample(0, 1000), 0);
});

test('a steady search shows a steady rate, over many jobs and the pauses between them', () => {
  const rate = new MiningRate();
  for (let job = 0; job < 20; job++) {
    const startMs = job * 100_000;
    rate.begin(startMs);
    for (let tick = 1; tick <= 4; tick++) {
      const shown = rate.sample(tick * 750, startMs + tick * 250);
      assert.ok(Math.abs(shown - 3000) < 1e-6, `${shown}`);
    }
  }
});

test('two seconds after a change, about a third of the difference is left', () => {
  const rate = new MiningRate();
  rate.begin(0);
  for (let tick = 1; tick <= 80; tick++) rate.sample(tick * 250, tick * 250);
  let shown = 0;
  for (let tick = 1; tick <= 8; tick++) shown = rate.sample(20_000 + tick * 500, 20_000 + tick * 250);
  assert.ok(Math.abs(shown - (2000 - 1000 / Math.E)) < 0.1, `${shown}`);
});

test('a short search counts little beside a long one', () => {
  const rate = new MiningRate();
  rate.begin(0);
  rate.sample(0, 1);
  rate.begin(100);
  const shown = rate.sample(999_000, 1099);
  assert.ok(Math.abs(shown - 999_000) < 1000, `${shown}`);
});

test('the easiest target takes one hash', () => {
  assert.equal(expectedSeconds(TARGET_MAX, 4), 0.25);
});

test('four leading zero digits take 65,536 hashes', () => {
  const target = bitsToTarget(0x1f00ffff);
  assert.ok(target !== undefined);
  const seconds = expectedSeconds(target, 1000);
  assert.ok(seconds > 65.536 && seconds < 65.54, `${seconds}`);
});

test('at no hashes a second it takes for ever', () => {
  assert.equal(expectedSeconds(1n, 0), Infinity);
});
