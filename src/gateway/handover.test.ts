import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Handover } from './handover.ts';

test('what is put is taken in its order, and who puts waits until it is', async () => {
  const handover = new Handover<string>(new AbortController().signal);
  const taken: string[] = [];
  const puts = ['a', 'b'].map((item) => handover.put(item).then(() => taken.push(item)));
  const items = handover.items();
  await undefined;
  assert.deepEqual(taken, []);
  assert.deepEqual(await items.next(), { done: false, value: 'a' });
  await puts[0];
  assert.deepEqual(taken, ['a']);
  assert.deepEqual(await items.next(), { done: false, value: 'b' });
  const third = items.next();
  await handover.put('c');
  assert.deepEqual(await third, { done: false, value: 'c' });
});

test('a failure of one who puts is told to the one who takes, and the others are let go', async () => {
  const handover = new Handover<string>(new AbortController().signal);
  const items = handover.items();
  const next = items.next();
  const failure = new Error('a mistake');
  handover.fail(failure);
  await assert.rejects(next, failure);
  await handover.put('too late');
});

test('an end lets all go', async () => {
  const ending = new AbortController();
  const handover = new Handover<string>(ending.signal);
  const put = handover.put('never taken');
  ending.abort();
  await put;
  assert.deepEqual(await handover.items().next(), { done: true, value: undefined });
});
