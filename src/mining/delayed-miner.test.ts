import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { TARGET_MAX } from '../core/target.ts';
import { createDelayedMiner } from './delayed-miner.ts';
import type { Miner } from './miner.ts';
import { jobOf } from './mining-job.fixture.ts';

/** A delayed miner, and what becomes of the one behind it. */
function start(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const log: string[] = [];
  const create = (): Miner => {
    log.push('created');
    return {
      mine: ({ id }) => void log.push(`mine ${id}`),
      cancel: () => void log.push('cancel'),
      close: async () => void log.push('close'),
    };
  };
  return { log, miner: createDelayedMiner({ create, delayMs: 1000 }) };
}

test('it is made with the first job, and once', (t) => {
  const { log, miner } = start(t);
  assert.deepEqual(log, []);
  miner.mine(jobOf(1, TARGET_MAX));
  miner.mine(jobOf(2, TARGET_MAX));
  t.mock.timers.tick(5000);
  miner.cancel();
  assert.deepEqual(log, ['created', 'mine 1', 'mine 2', 'cancel']);
});

test('without a job it is made after the delay', (t) => {
  const { log, miner } = start(t);
  miner.cancel();
  t.mock.timers.tick(999);
  assert.deepEqual(log, []);
  t.mock.timers.tick(1);
  assert.deepEqual(log, ['created']);
  miner.mine(jobOf(1, TARGET_MAX));
  assert.deepEqual(log, ['created', 'mine 1']);
});

test('what is closed before it was made is never made', async (t) => {
  const { log, miner } = start(t);
  await miner.close();
  t.mock.timers.tick(5000);
  miner.mine(jobOf(1, TARGET_MAX));
  assert.deepEqual(log, []);
});

test('what was made is closed', async (t) => {
  const { log, miner } = start(t);
  t.mock.timers.tick(1000);
  await miner.close();
  assert.deepEqual(log, ['created', 'close']);
});
