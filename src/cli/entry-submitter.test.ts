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
  whenFull: () => void = () => undefined,
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
  const unbroken: boolean[] = [];
  const poolFull = { count: 0 };
  const aborting = new AbortController();
  const submitter = new EntrySubmitter({
    client,
    signal: aborting.signal,
    onTaken: ({ entries, isUnbroken }) => {
      taken.push(...entries);
      unbroken.push(isUnbroken);
    },
    onPoolFull: () => {
      poolFull.count++;
      whenFull();
    },
  });
  return { submitter, stored, taken, unbroken, poolFull, aborting };
}

function refuse(code: string, facts: Readonly<Record<string, unknown>> = {}): RpcAnswer {
  return { type: 'error', error: applicationError(code, 'It says no.', facts) };
}

function batch(...entries: readonly number[]): EntryBatch {
  return {
    entries: entries.map((entry) => Buffer.from(String(entry))),
    lines: entries.map((entry) => entry * 10),
    ends: entries.map((entry) => ({ bytes: entry * 100, line: entry * 10 })),
  };
}

/** Entries that may stand in the chain more than once. */
const REPEATED = { isOnce: false };

const numbers = (taken: readonly Submitted[] | readonly (JsonText | string)[]) =>
  taken.map((entry) => Number(typeof entry === 'string' ? entry : entry.id));

test('many batches all arrive, each once', async (t) => {
  const { submitter, stored, taken } = await startSubmitter(t, () => undefined);
  for (let i = 0; i < 20; i++) await submitter.submit(batch(2 * i, 2 * i + 1), REPEATED);
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
  for (let i = 0; i < 4; i++) await submitter.submit(batch(i), REPEATED);
  let isSent = false;
  const fifth = submitter.submit(batch(4), REPEATED).then(() => {
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
  for (let i = 0; i < 4; i++) await submitter.submit(batch(i), REPEATED);
  await submitter.drain();
  assert.deepEqual(numbers(stored), [0, 1, 2, 3]);
  assert.equal(poolFull.count, 6);
});

test('an entry that the node refuses is named by its line, what stands before it is taken, and nothing more is sent', async (t) => {
  const { submitter, stored } = await startSubmitter(t, (entries) => {
    const bad = entries.indexOf('7');
    return bad < 0 ? undefined : refuse('entry-too-large', { entry: bad });
  });
  await submitter.submit(batch(5, 6, 7, 8), REPEATED);
  await assert.rejects(submitter.drain(), (error) => {
    assert(error instanceof BatchRefusedError);
    assert.deepEqual(error.fault, { line: 70, code: 'entry-too-large', message: 'It says no.', lastLine: 80 });
    return true;
  });
  await assert.rejects(submitter.submit(batch(9), REPEATED), BatchRefusedError);
  assert.deepEqual(numbers(stored), [5, 6]);
});

test('entries that are refused, however many, are sent a few times each, and keep the others from nothing', async (t) => {
  const count = 512;
  for (const isRefused of [() => true, (entry: number) => entry % 2 === 0, (entry: number) => entry >= count / 2]) {
    let sent = 0;
    const { submitter, stored } = await startSubmitter(t, (entries) => {
      sent += entries.length;
      const bad = entries.findIndex((entry) => isRefused(Number(entry)));
      return bad < 0 ? undefined : refuse('entry-too-large', { entry: bad });
    });
    const refused: number[] = [];
    const onRefused = (entry: Uint8Array): void => void refused.push(Number(Buffer.from(entry)));
    const all = Array.from({ length: count }, (_, i) => i);
    await submitter.submit(batch(...all), { isOnce: true, onRefused });
    await submitter.drain();
    assert.deepEqual(refused, all.filter(isRefused));
    assert.deepEqual(
      numbers(stored),
      all.filter((entry) => !isRefused(entry)),
    );
    assert.ok(sent <= 10 * count, `${count} entries were sent ${sent} times`);
  }
});

test('what was taken is told in order, and what came after a refusal as broken off from it', async (t) => {
  const { promise: gate, resolve: open } = Promise.withResolvers<RpcAnswer | undefined>();
  const { submitter, taken, unbroken } = await startSubmitter(t, ([first]) => {
    if (first === '1') return gate;
    return first === '3' ? refuse('entry-too-large', { entry: 0 }) : undefined;
  });
  for (let i = 1; i <= 4; i++) await submitter.submit(batch(i), REPEATED);
  assert.deepEqual(taken, []);
  open(undefined);
  await assert.rejects(submitter.drain(), BatchRefusedError);
  assert.deepEqual(numbers(taken), [1, 2, 4]);
  assert.deepEqual(unbroken, [true, true, false]);
});

for (const code of ['author-share-full', 'entry-index-busy']) {
  test(`what passes is waited for: ${code}`, async (t) => {
    let refusals = 0;
    const { submitter, stored } = await startSubmitter(t, () => (refusals++ < 2 ? refuse(code) : undefined));
    await submitter.submit(batch(1), REPEATED);
    await submitter.drain();
    assert.deepEqual(numbers(stored), [1]);
  });
}

test('entries are said to be recorded once where that is asked for', async (t) => {
  const asked: unknown[] = [];
  const fixture = await startFixture(t, {
    calls: {
      append: async (params) => {
        asked.push(params.get('once'));
        return { type: 'result', json: jsonValue({ entries: [{ id: '1', status: 'in-block' }] }) };
      },
    },
  });
  const client = await connectProbe(fixture.target);
  t.after(() => client.close());
  const signal = new AbortController().signal;
  const submitter = new EntrySubmitter({ client, signal, onTaken: () => undefined, onPoolFull: () => undefined });
  for (const isOnce of [false, true]) await submitter.submit(batch(1), { isOnce });
  await submitter.drain();
  assert.deepEqual(asked, [undefined, 'true']);
});

test('a network of smaller blocks gets smaller batches', async (t) => {
  const { submitter, stored } = await startSubmitter(t, (entries) =>
    entries.length > 2 ? refuse('entries-too-many', { limit: 2 }) : undefined,
  );
  await submitter.submit(batch(1, 2, 3, 4, 5), REPEATED);
  await submitter.drain();
  assert.deepEqual(numbers(stored), [1, 2, 3, 4, 5]);
});

test('an interruption ends the waiting for an answer and the waiting for room, with its own reason', async (t) => {
  const interrupted = new Error('interrupted');
  for (const isLate of [false, true]) {
    const { submitter, aborting } = await startSubmitter(
      t,
      () => {
        if (!isLate) aborting.abort(interrupted);
        return refuse('pool-full');
      },
      // The waiting has begun when what is under way now is done.
      () => setImmediate(() => aborting.abort(interrupted)),
    );
    await submitter.submit(batch(1), REPEATED);
    await assert.rejects(submitter.drain(), (error) => error === interrupted);
  }
});
