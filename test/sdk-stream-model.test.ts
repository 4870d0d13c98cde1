/**
 * That a program which follows records through the library comes to have what the chain has, all of it shown, whatever happens to the chain
 * while it is told, while it is shown, and in between: against a model, with a gateway that is a function.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodeBlockJson } from '../src/core/block-json.ts';
import { type Hash, parseHash } from '../src/core/hash.ts';
import { readMembers } from '../src/core/json-text.ts';
import { encodeParams } from '../src/core/params.ts';
import { headerProofToJson } from '../src/core/proof-json.ts';
import { Consumer, FollowedChain, OFTEN_ID } from '../src/node/followed-chain.fixture.ts';
import { answerEntryProofs } from '../src/node/proof-calls.ts';
import { ProofDesk } from '../src/node/proof-desk.ts';
import { type Params, Refusal } from '../src/node/rpc-call.ts';
import type { RpcAnswer } from '../src/probe/probe-server.ts';
import { connect } from '../src/sdk/connect.ts';
import type { Ledger } from '../src/sdk/ledger.ts';

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
  /** Happens before the store answers the n-th question, be it for what is told or for a proof. */
  readonly meanwhile: { readonly question: number; readonly change: Change } | null;
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
  meanwhile: fc.option(fc.record({ question: fc.integer({ min: 1, max: 30 }), change: CHANGE })),
});

test('a program that is killed and started at random, under reorganisations, comes to have what the chain has', async () => {
  const counts = { together: 0, refused: 0, removed: 0 };
  await fc.assert(
    fc.asyncProperty(fc.array(LIFE, { minLength: 1, maxLength: 6 }), fc.boolean(), async (lives, isFiltered) => {
      const chain = new FollowedChain();
      const consumer = new Consumer();
      const last: Life = { before: { type: 'grow', blocks: 1 }, takes: Infinity, together: 7, meanwhile: null };
      for (const { before, takes, together, meanwhile } of [...lives, last]) {
        await apply(chain, before);
        let questions = 0;
        chain.onQuestion = async () => {
          questions++;
          if (questions === meanwhile?.question) await apply(chain, meanwhile.change);
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

/** The reason why a program ends that has caught up. */
const DONE = new Error('all is told');

/** What a gateway answers that stands before a node with this chain. */
function gatewayOf(chain: FollowedChain, together: number, counts = { together: 0, refused: 0 }): typeof fetch {
  const { params, store, machine } = chain;
  const proofs = new ProofDesk({ store, tip: () => machine.tip.hash });
  const parts = { machine, runtime: { proofs } };

  async function answer(url: URL): Promise<Response> {
    const path = url.pathname.replace('/api/v1/nodes/1/', '');
    const [, block, kind] = /^blocks\/([0-9a-f]+)\/(proof|canonical)$/.exec(path) ?? [];
    const tip = url.searchParams.get('tip') ?? undefined;
    if (path === 'params') return new Response(encodeParams(params));
    if (path === 'chain-proof') return new Response(bytesOf((await store.chainProof()).bytes));
    if (path === 'records/stream') return streamOf(chain, url.searchParams, together);
    if (path === 'entry-proofs') {
      const ids = url.searchParams.getAll('id');
      if (ids.length > 1) counts.together++;
      return answered(await answerEntryProofs(parts, asParams({ ids, tip })));
    }
    const hash = parseHash(block ?? '');
    if (kind === 'proof') return proofOf(hash, parseHash(tip ?? ''));
    assert.equal(kind, 'canonical', path);
    const stored = await (hash === undefined ? store.blockAt(Number(block)) : store.blockByHash(hash));
    return stored === undefined ? refused('block-not-found') : new Response(bytesOf(encodeBlockJson(stored.block)));
  }

  async function proofOf(hash: Hash | undefined, tip: Hash | undefined): Promise<Response> {
    assert.ok(hash !== undefined && tip !== undefined);
    const point = await store.pointOf(hash);
    if (point === undefined) return refused('block-not-found');
    const proof = await proofs.headerProof({ tip, heights: [point.header.height] });
    return proof.ok ? Response.json(headerProofToJson(proof.value)) : refused(proof.fault.code);
  }

  function refused(code: string): Response {
    counts.refused++;
    return Response.json({ code }, { status: 422 });
  }

  return async (input, init) => {
    init?.signal?.throwIfAborted();
    try {
      return await answer(new URL(String(input)));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return refused(error.rpc.data.code);
    }
  };
}

/** Server-sent events: those of one page come together. Where all is told, it says so, as often as it is read. */
function streamOf(chain: FollowedChain, query: URLSearchParams, together: number): Response {
  const id = query.get('id');
  const filter = id === null ? {} : { id };
  let after = query.get('after');
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
    const { events, cursor, tip, caught_up } = await chain.follow({ after, limit: together, filter });
    const told = [...events, ...(caught_up ? [{ type: 'position', cursor, tip, caught_up }] : [])];
    after = cursor;
    const text = told.map((event) => `id: ${event.cursor}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
    controller.enqueue(new TextEncoder().encode(`: a page\n\n${text.join('')}`));
  };
  return new Response(new ReadableStream({ pull }, { highWaterMark: 0 }));
}

function answered(answer: RpcAnswer): Response {
  assert.equal(answer.type, 'result');
  return new Response(answer.json);
}

function asParams(params: object): Params {
  const members = readMembers(JSON.stringify(params));
  assert.ok(members.ok);
  return members.value;
}

function bytesOf(bytes: Uint8Array | undefined): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes ?? assert.fail('the chain can be proved'));
}

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
