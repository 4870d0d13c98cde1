/**
 * That a program which follows records through the library comes to have what the chain has, all of it shown, whatever happens to the chain
 * while it is told, while it is shown, and in between: against a model, with a gateway that is a function.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Consumer, FollowedChain, OFTEN_ID } from '../src/node/followed-chain.fixture.ts';
import { connect } from '../src/sdk/connect.ts';
import type { Ledger } from '../src/sdk/ledger.ts';
import { gatewayOf } from './support/model-gateway.ts';

/** What befalls the chain. */
type Change =
  | { readonly type: 'grow'; readonly blocks: number }
  | { readonly type: 'reorganise'; readonly depth: number }
  | { readonly type: 'go-on'; readonly place: number };

/** The chain changes; then a program follows it, takes so many events, and is killed. */
interface Life {
  readonly before: Change;
  readonly takes: number;
  /** How many events come together at most. */
  readonly together: number;
  /** What happens before the store answers the n-th question, be it for what is told or for a proof. */
  readonly meanwhile: readonly { readonly question: number; readonly change: Change }[];
}

const CHANGE: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ type: fc.constant('grow' as const), blocks: fc.integer({ min: 1, max: 14 }) }),
  fc.record({ type: fc.constant('reorganise' as const), depth: fc.integer({ min: 1, max: 6 }) }),
  fc.record({ type: fc.constant('go-on' as const), place: fc.nat(30) }),
);

const LIFE: fc.Arbitrary<Life> = fc.record({
  before: CHANGE,
  takes: fc.integer({ min: 1, max: 40 }),
  together: fc.integer({ min: 1, max: 40 }),
  meanwhile: fc.array(fc.record({ question: fc.integer({ min: 1, max: 30 }), change: CHANGE }), { maxLength: 3 }),
});

test('a program that is killed and started at random, under reorganisations, comes to have what the chain has', async () => {
  const counts = { together: 0, refused: 0, removed: 0 };
  await fc.assert(
    fc.asyncProperty(fc.array(LIFE, { minLength: 1, maxLength: 6 }), fc.boolean(), async (lives, isFiltered) => {
      const chain = new FollowedChain();
      const consumer = new Consumer();
      const last: Life = { before: { type: 'grow', blocks: 1 }, takes: Infinity, together: 7, meanwhile: [] };
      for (const { before, takes, together, meanwhile } of [...lives, last]) {
        await apply(chain, before);
        let questions = 0;
        chain.onQuestion = async () => {
          questions++;
          for (const { question, change } of meanwhile) if (questions === question) await apply(chain, change);
        };
        const ledger = await connect('http://model', { node: 1, fetch: gatewayOf(chain, together, counts) });
        const done = new AbortController();
        const onPosition = ({ cursor, caughtUp }: { readonly cursor: string; readonly caughtUp: boolean }) => {
          consumer.cursor = cursor;
          if (caughtUp) done.abort(DONE);
        };
        const options = { after: consumer.cursor, signal: done.signal, onPosition };
        let left = takes;
        try {
          for await (const { type, cursor, record } of ledger.follow(isFiltered ? { id: OFTEN_ID } : {}, options)) {
            consumer.take({ type, cursor, record: { ...record, authors: [] } });
            if (type === 'removed') counts.removed++;
            else assert.deepEqual(record.checked, ['id', 'rules', 'place', 'chain']);
            left--;
            if (left === 0) break;
          }
        } catch (error) {
          if (error !== DONE) throw error;
        }
        chain.onQuestion = async () => undefined;
      }
      assert.deepEqual(
        consumer.records,
        chain.records.filter(({ id }) => !isFiltered || id === OFTEN_ID),
      );
    }),
    { seed: 20261123, numRuns: 120 },
  );
  assert.ok(counts.together > 150, `only ${counts.together} times were several proved by one call`);
  assert.ok(counts.refused > 100, `only ${counts.refused} proofs were refused`);
  assert.ok(counts.removed > 400, `only ${counts.removed} records were removed`);
});

test('what comes together is shown together: by a proof of the chain, and 64 records by one call', async () => {
  const chain = await chainOf(200);
  const paths: string[] = [];
  const gateway = gatewayOf(chain, 200);
  const ledger = await connect('http://model', {
    node: 1,
    fetch: (input, init) => {
      paths.push(new URL(String(input)).pathname);
      return gateway(input, init);
    },
  });
  assert.deepEqual(await firstOf(ledger, 200), numbers(200));
  const asked = (part: string) => paths.filter((path) => path.includes(part)).length;
  assert.deepEqual([asked('/stream'), asked('/chain-proof'), asked('/entry-proofs'), asked('/blocks')], [1, 1, 4, 0]);
});

test('a chain that leaves a branch and comes back to it while its records are shown makes nobody a liar', async () => {
  const chain = await chainOf(2);
  // Away before anything is shown, and back once the first of both was not found for the second time: when it was asked for by itself.
  const ledger = await connectChanging(gatewayOf(chain, 2), {
    onProof: () => chain.reorganise(2, () => 1),
    refusals: 3,
    onRefusals: () => chain.goOnFrom(2),
  });
  assert.deepEqual(await firstOf(ledger, 2), numbers(2));
});

test('a record of a branch that the chain has come back to is told, also where nothing comes after it', async () => {
  const chain = await chainOf(1);
  const [{ id } = assert.fail('it has a record')] = chain.records;
  const ledger = await connectChanging(gatewayOf(chain, 1), {
    onProof: () => chain.reorganise(1),
    refusals: 1,
    onRefusals: () => chain.goOnFrom(1),
  });
  for await (const { type, record } of ledger.follow({ id }, { after: 'start' })) {
    assert.deepEqual([type, record.data], ['added', { n: 0 }]);
    break;
  }
});

test('a stream whose last record cannot be shown is taken up again eight times, and then its node is named', async () => {
  let opened = 0;
  const fetch = streamedThrough(gatewayOf(await chainOf(1), 5), (text) => {
    opened++;
    return text.replace(RECORD_HASH, `$1${'0'.repeat(64)}`);
  });
  const ledger = await connect('http://model', { node: 1, fetch });
  await assert.rejects(firstOf(ledger, 1), { code: 'block-not-found' });
  assert.equal(opened, 9);
});

test('a stream that has told of what cannot be shown may do so again, once a record was shown', async () => {
  const chain = await chainOf(12);
  let opened = 0;
  const fetch = streamedThrough(gatewayOf(chain, 20), (text) => {
    opened++;
    let records = 0;
    return text.replaceAll(new RegExp(RECORD_HASH, 'g'), (whole, before) => {
      records++;
      return records === 2 ? `${before}${'0'.repeat(64)}` : whole;
    });
  });
  const ledger = await connect('http://model', { node: 1, fetch });
  assert.deepEqual(await firstOf(ledger, 12), numbers(12));
  assert.equal(opened, 12);
});

/** A ledger whose chain changes before the first proof is asked for, and again when so many answers were refusals. */
function connectChanging(
  gateway: typeof fetch,
  changes: {
    readonly onProof: () => Promise<void>;
    readonly refusals: number;
    readonly onRefusals: () => Promise<void>;
  },
): Promise<Ledger> {
  let isAway = false;
  let refusals = 0;
  return connect('http://model', {
    node: 1,
    fetch: async (input, init) => {
      if (!isAway && /proof|canonical/.test(new URL(String(input)).pathname)) {
        isAway = true;
        await changes.onProof();
      }
      const answer = await gateway(input, init);
      if (!answer.ok) {
        refusals++;
        if (refusals === changes.refusals) await changes.onRefusals();
      }
      return answer;
    },
  });
}

test('a record that comes alone waits for no other', async () => {
  const chain = await chainOf(2);
  const fetch = streamedThrough(gatewayOf(chain, 1), (text) => text);
  const ledger = await connect('http://model', { node: 1, fetch });
  assert.deepEqual(await firstOf(ledger, 1), [0]);
});

for (const [name, code, lie] of [
  ['whose data are other ones', 'entry-other', (text: string) => text.replace('{"n":2}', '{"n":9}')],
  [
    'that stands elsewhere',
    'entry-misplaced',
    (text: string) => text.replace(/"height":3(,.*?)"index":0/, '"height":3$1"index":1'),
  ],
  ['that is no JSON', 'answer-unreadable', (text: string) => text.replace('{"n":2}', '{"n":2')],
] as const) {
  test(`of records that come together, those before one ${name} are told`, async () => {
    const chain = await chainOf(5);
    const fetch = streamedThrough(gatewayOf(chain, 5), lie);
    const ledger = await connect('http://model', { node: 1, fetch });
    const told: unknown[] = [];
    await assert.rejects(firstOf(ledger, 5, told), { code });
    assert.deepEqual(told, numbers(2));
  });
}

test('of records that come together, none is told any more once the signal has ended the stream', async () => {
  const fetch = streamedThrough(gatewayOf(await chainOf(5), 5), (text) => text);
  const ledger = await connect('http://model', { node: 1, fetch });
  const enough = new AbortController();
  const told: unknown[] = [];
  const following = (async () => {
    for await (const { record } of ledger.follow({}, { after: 'start', signal: enough.signal })) {
      told.push(record.data);
      if (told.length === 2) enough.abort(DONE);
    }
  })();
  await assert.rejects(following, (error) => error === DONE);
  assert.deepEqual(told, [{ n: 0 }, { n: 1 }]);
});

/** A chain of so many blocks, each with a record of its own. */
async function chainOf(blocks: number): Promise<FollowedChain> {
  const chain = new FollowedChain();
  for (let n = 0; n < blocks; n++) await chain.growWith(`{"n":${n}}`);
  return chain;
}

/** The numbers of the first records; also noted in `told`, as they come. */
async function firstOf(ledger: Ledger, count: number, told: unknown[] = []): Promise<unknown[]> {
  for await (const { record } of ledger.follow({}, { after: 'start' })) {
    told.push(Object(record.data).n);
    if (told.length === count) break;
  }
  return told;
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, n) => n);
}

/** A gateway whose stream gives the first part of what it has, with a change, and then nothing more: it stays open. */
function streamedThrough(gateway: typeof fetch, change: (text: string) => string): typeof fetch {
  return async (input, init) => {
    const answer = await gateway(input, init);
    if (!String(input).includes('/stream')) return answer;
    const { value } = (await answer.body?.getReader().read()) ?? assert.fail('a stream has a body');
    const part = new TextEncoder().encode(change(new TextDecoder().decode(value)));
    return new Response(new ReadableStream({ start: (controller) => controller.enqueue(part) }));
  };
}

/** The hash in a record, which no position has. */
const RECORD_HASH = /("record":\{.*?"hash":")[0-9a-f]{64}/;
/** The reason why a program ends that has caught up. */
const DONE = new Error('all is told');

async function apply(chain: FollowedChain, change: Change): Promise<void> {
  switch (change.type) {
    case 'grow':
      return chain.grow(change.blocks);
    case 'reorganise':
      return chain.reorganise(change.depth);
    case 'go-on':
      return chain.goOnFrom(change.place);
  }
}
