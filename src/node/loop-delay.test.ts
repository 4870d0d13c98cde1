import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { LoopDelayMeter } from './loop-delay.ts';

/** Keeps the thread to itself. */
function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

/** Resolves when `condition` holds, looked at again whenever the event loop has come round. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await delay(5);
}

test('a thread that is kept busy shows as its longest delay, about as long as it was', async (t) => {
  const meter = new LoopDelayMeter();
  t.after(() => meter.stop());
  await until(() => meter.delay.window > 0.1);
  block(300);
  await until(() => meter.delay.max > 0.2);
  const { p50, p99, max } = meter.delay;
  assert.ok(p50 <= p99 && p99 <= max, `${p50}, ${p99}, ${max}`);
});

test('what was long ago is forgotten', async (t) => {
  const meter = new LoopDelayMeter({ windowMs: 1_000 });
  t.after(() => meter.stop());
  await until(() => meter.delay.window > 0.05);
  block(600);
  // Less than half of the window, so that who comes too late to see it sees his own delay. A busy machine has such ones seldom.
  await until(() => meter.delay.max > 0.4);
  await until(() => meter.delay.max < 0.4);
});

test('before anything was measured there is no delay', () => {
  const meter = new LoopDelayMeter();
  meter.stop();
  const { p50, p99, max } = meter.delay;
  assert.deepEqual([p50, p99, max], [0, 0, 0]);
});
