import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ALICE, BOB, signedEntry } from '../../test/support/signers.ts';
import { formatRecordCursor, parseRecordCursor } from '../api/record-cursor.ts';
import { hashLeaf } from '../core/merkle.ts';
import { Consumer, FollowedChain } from './followed-chain.fixture.ts';
import { Refusal } from './rpc-call.ts';

/** A chain of blocks with so many entries each. */
async function chainOf(...entries: readonly number[]): Promise<FollowedChain> {
  const chain = new FollowedChain();
  for (const count of entries) await chain.grow(1, () => count);
  return chain;
}

/** What a call is refused with. */
async function refusal(chain: FollowedChain, params: object): Promise<Refusal['rpc']> {
  const error = await chain.follow(params).catch((thrown: unknown) => thrown);
  assert.ok(error instanceof Refusal, `it is refused: ${String(error)}`);
  assert.equal(chain.listenerCount, 0);
  return error.rpc;
}

describe('where a stream begins', () => {
  test('without a cursor it begins behind what stands now', async () => {
    const chain = await chainOf(2, 3);
    const { hash } = chain.machine.tip;
    const now = await chain.follow({});
    assert.deepEqual(now, { events: [], cursor: `2-${hash}-3`, tip: { height: 2, hash }, caught_up: true });
    await chain.grow(1, () => 1);
    const { events } = await chain.follow({ after: now.cursor });
    assert.deepEqual(
      events.map(({ type, record }) => [type, record.height, record.index]),
      [['added', 3, 0]],
    );
  });

  test('from the start it has every record, as it stands, with its place', async () => {
    const chain = await chainOf(2, 0, 1);
    const { events, caught_up } = await chain.follow({ after: 'start' });
    const [first] = events;
    const { block } = (await chain.store.blockAt(1)) ?? assert.fail();
    assert.deepEqual(first, {
      type: 'added',
      cursor: `1-${block.hash}-1`,
      record: {
        id: hashLeaf(Buffer.from('{"kind":"once","n":1}')),
        height: 1,
        hash: block.hash,
        index: 0,
        time: first?.record.time,
        authors: [],
        data: { kind: 'once', n: 1 },
      },
    });
    assert.equal(Date.parse(first?.record.time ?? ''), block.header.timestamp * 1_000);
    assert.equal(events.length, 3);
    assert.equal(caught_up, true);
  });

  test('in the midst of a block it goes on with the next entry', async () => {
    const chain = await chainOf(4);
    const { events } = await chain.follow({ after: `1-${chain.machine.tip.hash}-2` });
    assert.deepEqual(
      events.map(({ record }) => record.index),
      [2, 3],
    );
  });

  test('in a block that was abandoned it takes back what was told of it, the last entry first', async () => {
    const chain = await chainOf(1, 3);
    const { hash } = chain.machine.tip;
    await chain.reorganise(1, () => 1);
    const { height, hash: tip } = { ...chain.machine.tip.header, hash: chain.machine.tip.hash };
    const { events } = await chain.follow({ after: `2-${hash}-2` });
    assert.deepEqual(
      events.map(({ type, record }) => [type, record.height, record.index]),
      [
        ['removed', 2, 1],
        ['removed', 2, 0],
        ['added', 2, 0],
        ['added', 3, 0],
      ],
    );
    assert.deepEqual(
      events.map(({ cursor }) => cursor),
      [`2-${hash}-1`, `2-${hash}-0`, `2-${events[2]?.record.hash}-1`, `${height}-${tip}-1`],
    );
  });
});

describe('an answer', () => {
  test('has as many events as were asked for, and says that there is more', async () => {
    const chain = await chainOf(3, 3);
    const one = await chain.follow({ after: 'start', limit: 4 });
    assert.equal(one.events.length, 4);
    assert.equal(one.cursor, one.events.at(-1)?.cursor);
    assert.equal(one.caught_up, false);
    assert.deepEqual(one.tip, { height: 2, hash: chain.machine.tip.hash });
    const other = await chain.follow({ after: one.cursor, limit: 2 });
    assert.equal(other.events.length, 2);
    assert.equal(other.caught_up, true);
  });

  test('has 100 events unless told', async () => {
    const chain = await chainOf(60, 60);
    assert.equal((await chain.follow({ after: 'start' })).events.length, 100);
  });

  test('ends at about 1 MiB, with one event more at most', async () => {
    const chain = new FollowedChain();
    for (let i = 0; i < 3; i++)
      await chain.growWith(...Array.from({ length: 10 }, (_, n) => stringOf(60_000 + n + 10 * i)));
    const { events, caught_up } = await chain.follow({ after: 'start', limit: 1_000 });
    assert.equal(events.length, 18);
    assert.equal(caught_up, false);
  });

  test('moves the cursor over blocks without entries', async () => {
    const chain = await chainOf(0, 0);
    const { events, cursor } = await chain.follow({ after: 'start' });
    assert.deepEqual(events, []);
    assert.equal(cursor, `2-${chain.machine.tip.hash}-0`);
  });

  test('comes without events where much was looked through, and the next one goes on', async () => {
    const chain = await chainOf(...Array<number>(40).fill(0));
    for (let i = 0; i < 4; i++) await chain.growWith(...Array.from({ length: 16 }, () => stringOf(64_000)));
    const filter = { where: [{ pointer: '/n', op: '=', value: 1 }] };
    const first = await chain.follow({ after: 'start', filter });
    assert.deepEqual([first.events.length, first.caught_up], [0, false]);
    const second = await chain.follow({ after: first.cursor, filter });
    assert.deepEqual([second.events.length, second.caught_up], [0, true]);
  });
});

describe('a filter', () => {
  test('leaves out what does not pass, when it is added and when it is removed', async () => {
    const chain = await chainOf(3, 3);
    const filter = { where: [{ pointer: '/kind', op: '=', value: 'often' }] };
    const added = await chain.follow({ after: 'start', filter });
    assert.deepEqual(
      added.events.map(({ record }) => [record.height, record.index]),
      [
        [1, 2],
        [2, 2],
      ],
    );
    const { hash } = chain.machine.tip;
    await chain.reorganise(2, () => 0);
    const removed = await chain.follow({ after: `2-${hash}-2`, filter });
    assert.deepEqual(
      removed.events.map(({ type, record }) => [type, record.height, record.index]),
      [['removed', 1, 2]],
    );
  });

  test('by author lets pass what this author has signed, and the record says who did', async () => {
    const chain = await chainOf(1);
    const params = chain.params;
    const first = signedEntry('{"n":1}', { params });
    const second = signedEntry('{"n":2}', { params, sequence: 1, previous: first.authorship.statement });
    const other = signedEntry('{"n":3}', { params, signer: BOB });
    await chain.growWith(...[first, other, second].map(({ bytes }) => Buffer.from(bytes).toString()));
    const { events } = await chain.follow({ after: 'start', filter: { author: ALICE.author } });
    assert.deepEqual(
      events.map(({ record }) => [record.index, record.authors]),
      [
        [0, [{ author: ALICE.author, sequence: 0 }]],
        [2, [{ author: ALICE.author, sequence: 1, previous: first.authorship.statement }]],
      ],
    );
  });

  test('that is none is refused by its code', async () => {
    const { data } = await refusal(await chainOf(), { filter: { were: [] } });
    assert.equal(data.code, 'filter-invalid');
  });
});

describe('waiting for news', () => {
  test('ends with the next block', async () => {
    const chain = await chainOf(1);
    const waiting = chain.follow({ wait_s: 60 });
    await nextTurn();
    assert.equal(chain.listenerCount, 1);
    await chain.grow(1, () => 1);
    assert.equal((await waiting).events.length, 1);
    assert.equal(chain.listenerCount, 0);
  });

  test('does not end with a block that has nothing to tell', async () => {
    const chain = await chainOf(1);
    const waiting = chain.follow({ wait_s: 60 });
    await nextTurn();
    await chain.grow(1, () => 0);
    await nextTurn();
    await chain.grow(1, () => 1);
    const { events } = await waiting;
    assert.deepEqual(
      events.map(({ record }) => record.height),
      [3],
    );
  });

  test('hears of a block that comes while the chain is looked at', async () => {
    const chain = await chainOf(1);
    const { cursor } = await chain.follow({});
    let questions = 0;
    chain.onQuestion = async () => {
      questions++;
      // The last question of a walk: what comes now is behind what it has seen.
      if (questions === 2) queueMicrotask(() => void chain.grow(1, () => 1));
    };
    assert.equal((await chain.follow({ after: cursor, wait_s: 60 })).events.length, 1);
  });

  test('ends without events when the time is up', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const chain = await chainOf(1);
    const waiting = chain.follow({ wait_s: 7 });
    await nextTurn();
    t.mock.timers.tick(6_999);
    await nextTurn();
    assert.equal(chain.listenerCount, 1);
    t.mock.timers.tick(1);
    const { events, caught_up } = await waiting;
    assert.deepEqual([events, caught_up], [[], true]);
  });

  test('ends when nobody waits any more', async () => {
    const chain = await chainOf(1);
    const closed = new AbortController();
    const waiting = chain.follow({ wait_s: 60 }, closed.signal);
    await nextTurn();
    closed.abort();
    await assert.rejects(waiting, { name: 'AbortError' });
    assert.equal(chain.listenerCount, 0);
  });
});

describe('a cursor that will not do', () => {
  const OTHER = hashLeaf(Buffer.from('"other"'));

  test('of a block that the node does not have, is stale', async () => {
    const { data } = await refusal(await chainOf(1), { after: `1-${OTHER}-0` });
    assert.deepEqual(data, { code: 'cursor-stale', hash: OTHER });
  });

  for (const [what, change] of Object.entries({
    'by another height than that of its block': { height: 3 },
    'behind more entries than its block has': { position: 3 },
  })) {
    test(`${what} is refused`, async () => {
      const chain = await chainOf(1, 2);
      const cursor = parseRecordCursor((await chain.follow({})).cursor) ?? assert.fail();
      const { data } = await refusal(chain, { after: formatRecordCursor({ ...cursor, ...change }) });
      assert.deepEqual(data, { code: 'cursor-invalid', height: 2, entries: 2 });
    });
  }

  for (const after of ['end', '', 7, null]) {
    test(`${JSON.stringify(after)} is refused`, async () => {
      assert.equal((await refusal(await chainOf(1), { after })).data.code, 'cursor-invalid');
    });
  }
});

describe('parameters out of their range', () => {
  for (const params of [{ limit: 0 }, { limit: 1_001 }, { wait_s: 61 }, { wait_s: 0.5 }]) {
    test(`${JSON.stringify(params)} are refused`, async () => {
      assert.equal((await refusal(await chainOf(1), params)).data.code, 'params-invalid');
    });
  }
});

test('who was away for a thousand blocks and two reorganisations misses nothing and is told nothing twice', async () => {
  const chain = await chainOf(3, 2, 4, 1);
  const consumer = new Consumer();
  for (const event of (await chain.follow({ after: 'start', limit: 8 })).events) consumer.take(event);
  await chain.reorganise(3);
  await chain.grow(1_000);
  await chain.reorganise(200);
  for (let caughtUp = false; !caughtUp; ) {
    const { events, cursor, caught_up } = await chain.follow({ after: consumer.cursor, limit: 1_000 });
    for (const event of events) consumer.take(event);
    consumer.cursor = cursor;
    caughtUp = caught_up;
  }
  assert.deepEqual(consumer.records, chain.records);
  assert.ok(chain.machine.tip.header.height > 1_000);
});

function stringOf(characters: number): string {
  return `"${'x'.repeat(characters)}"`;
}
