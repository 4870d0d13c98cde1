import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startedInTime } from './orderly-stop.ts';

const never = new Promise<never>(() => {});
const LONG_MS = 600_000;

test('a start that hangs is given up once a stop was asked for and the deadline has passed', async () => {
  assert.equal(await startedInTime(never, Promise.resolve(), 1), undefined);
});

test('a start that comes to its end is what it came to, whether a stop was asked for or not', async () => {
  assert.equal(await startedInTime(Promise.resolve('up'), never, LONG_MS), 'up');
  const { promise: starting, resolve } = Promise.withResolvers<string>();
  const started = startedInTime(starting, Promise.resolve(), LONG_MS);
  setImmediate(() => resolve('up'));
  assert.equal(await started, 'up');
});

test('a start that fails says so, whether a stop was asked for or not', async () => {
  const failure = new Error('the port is taken');
  await assert.rejects(startedInTime(Promise.reject(failure), never, LONG_MS), failure);
  await assert.rejects(startedInTime(Promise.reject(failure), Promise.resolve(), LONG_MS), failure);
});
