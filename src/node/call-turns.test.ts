import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProbeSession } from '../probe/probe-server.ts';
import { inTurn } from './call-turns.ts';

const connection = (): ProbeSession => ({
  notify: () => true,
  progress: () => true,
  closed: new AbortController().signal,
});

test('the calls of a connection take turns in the order of their coming, and those of another do not wait for them', async () => {
  const [one, other] = [connection(), connection()];
  const log: string[] = [];
  const gate = Promise.withResolvers<void>();
  const slow = inTurn(one, async () => {
    await gate.promise;
    log.push('slow');
  });
  const quick = inTurn(one, async () => log.push('quick'));
  await inTurn(other, async () => log.push('other'));
  gate.resolve();
  await Promise.all([slow, quick]);
  assert.deepEqual(log, ['other', 'slow', 'quick']);
});

test('a call that fails does so by itself, and the next has its turn', async () => {
  const session = connection();
  const failed = inTurn(session, () => Promise.reject(new Error('no')));
  const next = inTurn(session, async () => 'next');
  await assert.rejects(failed, /no/);
  assert.equal(await next, 'next');
});
