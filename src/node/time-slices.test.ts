import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TimeSlices, takeSteps } from './time-slices.ts';

/** What happens where each of three steps takes `ms`, and somebody else waits for a turn. */
async function logOf(ms: number): Promise<string[]> {
  const log: string[] = [];
  let nowMs = 0;
  function* steps(): Generator<void, string, undefined> {
    for (let i = 0; i < 3; i++) {
      nowMs += ms;
      log.push('step');
      yield;
    }
    return 'done';
  }
  setImmediate(() => log.push('another'));
  log.push(await takeSteps(steps(), new TimeSlices(() => nowMs)));
  return log;
}

test('long work gives way to others after each slice', async () => {
  assert.deepEqual(await logOf(10), ['step', 'another', 'step', 'step', 'done']);
});

test('a slice has as many steps as fit', async () => {
  assert.deepEqual(await logOf(5), ['step', 'step', 'another', 'step', 'done']);
});

test('short work is done at once', async () => {
  assert.deepEqual(await logOf(3), ['step', 'step', 'step', 'done']);
});
