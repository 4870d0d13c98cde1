/** That what a test has started ends before what it stands on, and all of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { atEnd, endAll } from './support/lifetime.ts';

test('what is left to a test last ends first, also where it takes a while', async (t) => {
  const ended: string[] = [];
  await t.test('a test', (inner) => {
    for (const name of ['folder', 'node', 'client']) {
      atEnd(inner, async () => {
        for (let turn = 0; turn < 3; turn++) await null;
        ended.push(name);
      });
    }
  });
  assert.deepEqual(ended, ['client', 'node', 'folder']);
});

test('where one end fails the others are called, and what failed first is told', async () => {
  const ended: string[] = [];
  const fail = (name: string) => () => {
    ended.push(name);
    throw new Error(name);
  };
  const ends = [() => ended.push('folder'), fail('node'), fail('client')];
  await assert.rejects(endAll(ends), { message: 'client' });
  assert.deepEqual(ended, ['client', 'node', 'folder']);
});
