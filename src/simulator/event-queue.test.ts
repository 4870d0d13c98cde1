import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventQueue } from './event-queue.ts';
import { Random } from './random.ts';

test('events happen by their time, and those of one moment in the order in which they were asked for', async () => {
  const random = new Random(1);
  const queue = new EventQueue(1_000);
  const asked = Array.from({ length: 2_000 }, (_, order) => ({ delayMs: random.integer(0, 300), order }));
  const happened: typeof asked = [];
  for (const event of asked) queue.after(event.delayMs, () => void happened.push(event));
  await queue.runUntil(2_000);
  assert.deepEqual(
    happened,
    asked.toSorted((one, other) => one.delayMs - other.delayMs || one.order - other.order),
  );
  assert.equal(queue.happened, 2_000);
  assert.equal(queue.nowMs, 2_000);
});

test('an event asks for others, and time stands at each while it happens', async () => {
  const queue = new EventQueue(0);
  const times: number[] = [];
  const again = () => {
    times.push(queue.nowMs);
    if (times.length < 5) queue.after(10, again);
  };
  queue.after(10, again);
  await queue.runUntil(35);
  assert.deepEqual(times, [10, 20, 30]);
  await queue.runUntil(100);
  assert.deepEqual(times, [10, 20, 30, 40, 50]);
});

test('no event begins before the one before it is over', async () => {
  const queue = new EventQueue(0);
  const words: string[] = [];
  queue.after(1, async () => {
    words.push('begins');
    await Promise.resolve();
    words.push('ends');
  });
  queue.after(1, () => void words.push('next'));
  await queue.runUntil(1);
  assert.deepEqual(words, ['begins', 'ends', 'next']);
});

test('a run ends as soon as what it waits for holds', async () => {
  const queue = new EventQueue(0);
  let count = 0;
  for (let i = 1; i <= 10; i++) queue.after(i, () => void count++);
  await queue.runUntil(100, () => count === 4);
  assert.equal(queue.nowMs, 4);
});
