/** Batches reach a node whole and in order, however often it has no room, and what it refuses is named by its line. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Submitted } from '../api/shapes.ts';
import { type JsonText, jsonValue, readElements } from '../core/json-text.ts';
import { connectProbe } from '../probe/probe-client.ts';
import { startFixture } from '../probe/probe-server.fixture.ts';
import type { RpcAnswer } from '../probe/probe-server.ts';
import { applicationError } from '../probe/rpc-message.ts';
import type { EntryBatch } from './entry-batches.ts';
import { BatchRefusedError, EntrySubmitter } from './entry-submitter.ts';

/** A node that answers each `append` as `judge` says, and the entries that it took, in order. */
async function startSubmitter(
  t: TestContext,
  judge: (entries: readonly string[]) => RpcAnswer | Promise<RpcAnswer | undefined> | undefined,
) {
  const stored: string[] = [];
  const fixture = await startFixture(t, {
    calls: {
      append: async (params) => {
        const elements = readElements(params.get('entries') ?? '');
        assert(elements.ok);
        const refusal = await judge(elements.value);
        if (refusal !== undefined) return refusal;
        stored.push(...elements.value);
        const entries = elements.value.map((entry) => ({ id: entry, status: 'pending' as const }));
        return { type: 'result', json: jsonValue({ entries }) };
      },
    },
  });
  const client = await connectProbe(fixture.target);
  t.after(() => client.close());
  const taken: Submitted[] = [];
  const poolFull = { count: 0 };
  const aborting = new AbortController();
  const submitter = new EntrySubmitter({
    client,
    signal: aborting.signal,
    onTaken: (entries) => taken.push(...entries),
    onPoolFull: () => poolFull.count++,
  });
  return { submitter, stored, taken, poolFull, aborting };
}

function refuse(code: string, facts: Readonly<Record<string, unknown>> = {}): RpcAnswer {
  return { type: 'error', error: applicationError(code, 'It says no.', facts) };
}

function batch(...entries: readonly number[]): EntryBatch {
  return { entries: entries.map((entry) => Buffer.from(String(entry))), lines: entries.map((entry) => entry * 10) };
}

const numbers = (taken: readonly Submitted[] | readonly (JsonText | string)[]) =>
  taken.map((entry) => Number(typeof entry === 'string' ? entry : entry.id));

test('many batches all arrive, each once', async (t) => {
  const { submitter, stored, taken } = await startSubmitter(t, () => undefined);
  for (let i = 0; i < 20; i++) await submitter.submit(batch(2 * i, 2 * i + 1));
  await submitter.drain();
  assert.deepEqual(
    numbers(stored),
    Array.from({ length: 40 }, (_, i) => i),
  );
  assert.equal(taken.length, 40);
});

test('no more than four batches are under way at once', async (t) => {
  const { promise: gate, resolve: open } = Promise.withResolvers<undefined>();
  const { submitter, stored } = await startSubmitter(t, () => gate);
  for (let i = 0; i < 4; i++) await submitter.submit(batch(i));
  let isSent = false;
  const fifth = submitter.submit(batch(4)).then(() => {
    isSent = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(isSent, false);
  open(undefined);
  await fifth;
  await submitter.drain();
  assert.equal(stored.length, 5);
});

test('what finds no room is sent again, in its order', async (t) => {
  const refusals = new Map<string, number>();
  const { submitter, stored, poolFull } = await startSubmitter(t, ([first = '']) => {
    const count = refusals.get(first) ?? 0;
    refusals.set(first, count + 1);
    return count < (first === '0' ? 3 : 1) ? refuse('pool-full') : undefined;
  });
  for (let i = 0; i < 4; i++) await submitter.submit(batch(i));
  await submitter.drain();
  assert.deepEqual(numbers(stored), [0, 1, 2, 3]);
  assert.equal(poolFull.count, 6);
});

test('an entry that the node refuses is named by its line, what stands before it is taken, and nothing more is sent', async (t) => {
  const { submitter, stored } = await startSubmitter(t, (entries) => {
    const bad = entries.indexOf('7');
    return bad < 0 ? undefined : refuse('entry-too-large', { entry: bad });
  });
  await submitter.submit(batch(5, 6, 7, 8));
  await assert.rejects(submitter.drain(), (error) => {
    assert(error instanceof BatchRefusedError);
    assert.deepEqual(error.fault, { line: 70, code: 'entry-too-large', message: 'It says no.', lastLine: 80 });
    return true;
  });
  await assert.rejects(submitter.submit(batch(9)), BatchRefusedError);
  assert.deepEqual(numbers(stored), [5, 6]);
});

test('a network of smaller blocks gets smaller batches', async (t) => {
  const { submitter, stored } = await startSubmitter(t, (entries) =>
    entries.length > 2 ? refuse('entries-too-many', { limit: 2 }) : undefined,
  );
  await submitter.submit(batch(1, 2, 3, 4, 5));
  await submitter.drain();
  assert.deepEqual(numbers(stored), [1, 2, 3, 4, 5]);
});

test('an interruption ends the waiting for room', async (t) => {
  const { submitter, aborting } = await startSubmitter(t, () => {
    aborting.abort(new Error('interrupted'));
    return refuse('pool-full');
  });
  await submitter.submit(batch(1));
  await assert.rejects(submitter.drain(), /interrupted/);
});
