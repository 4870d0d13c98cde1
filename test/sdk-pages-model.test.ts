/**
 * Pages of records that are checked, while the node's table of records stands on a branch that the chain has left, or the chain leaves it
 * and comes back: with a gateway that is a function, and a table that follows the chain when a test says so.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { FollowedChain } from '../src/node/followed-chain.fixture.ts';
import { connect } from '../src/sdk/connect.ts';
import type { RecordPage } from '../src/sdk/record-pages.ts';
import { gatewayOf } from './support/model-gateway.ts';

const CHECKED = ['id', 'rules', 'place', 'chain'];

test('a page of a branch that the chain has left is asked for again until the table has followed', async (t) => {
  const { chain, table, ledger, pauses } = await startWorld(t);
  await chain.reorganise(2, () => 1);
  table.onPage = async (asked) => {
    if (asked === 4) await table.follow();
  };
  const pages = await Array.fromAsync(ledger.records().pages());
  assert.deepEqual(pauses, [250, 500, 1_000]);
  assert.deepEqual(idsOf(pages), idsOfChain(chain));
  assert.deepEqual(
    pages.map(({ reorganised }) => reorganised),
    [false],
  );
});

test('a later page tells that the chain was reorganised, and repeats nothing of the branch that is left', async (t) => {
  const { chain, table, ledger, pauses } = await startWorld(t);
  const before = idsOfChain(chain);
  const pages: RecordPage[] = [];
  for await (const page of ledger.records({}, { pageSize: 3 }).pages()) {
    pages.push(page);
    if (pages.length > 1) continue;
    await chain.reorganise(3, () => 1);
    table.onPage = async (asked) => {
      if (asked === 3) await table.follow();
    };
  }
  assert.deepEqual(pauses, [250]);
  // The first page has three of the four that stood there then, the rest is of the chain as it is now.
  assert.deepEqual(idsOf(pages), [...before.slice(0, 3), ...idsOfChain(chain).slice(3)]);
  assert.deepEqual(
    pages.map(({ reorganised }) => reorganised),
    [false, true],
  );
});

test('a node whose table stays on a branch that is left is named after eight looks and half a minute', async (t) => {
  const { chain, table, ledger, pauses } = await startWorld(t);
  await chain.reorganise(2, () => 1);
  await assert.rejects(Array.fromAsync(ledger.records()), { code: 'block-not-found' });
  assert.deepEqual(pauses, [250, 500, 1_000, 2_000, 4_000, 8_000, 15_000]);
  assert.equal(table.asked, 8);
});

test('a node that tells of a block which is not on the chain of its table is named without a pause', async (t) => {
  const { table, ledger, pauses } = await startWorld(t);
  table.change = (page) => ({ ...page, records: page.records.map((record) => ({ ...record, hash: '0'.repeat(64) })) });
  await assert.rejects(Array.fromAsync(ledger.records()), { code: 'block-not-found' });
  assert.deepEqual([table.asked, pauses], [8, []]);
});

test('a chain that leaves a branch and comes back to it while a page is shown makes nobody a liar', async (t) => {
  const { chain, table, ledger, world, pauses } = await startWorld(t);
  // Away before anything is shown, and back once a block was not found.
  world.onProof = async () => {
    world.onProof = async () => undefined;
    await chain.reorganise(2, () => 1);
  };
  world.onRefused = async () => {
    world.onRefused = async () => undefined;
    await chain.goOnFrom(4);
  };
  const pages = await Array.fromAsync(ledger.records().pages());
  assert.deepEqual([table.asked, pauses], [2, []]);
  assert.deepEqual(idsOf(pages), idsOfChain(chain).slice(0, 4));
});

test('what ends the reading ends the wait for the table', async (t) => {
  const { chain, ledger, world } = await startWorld(t);
  await chain.reorganise(2, () => 1);
  const stop = new AbortController();
  world.onPause = () => stop.abort(new Error('enough'));
  const read = Array.fromAsync(ledger.records({}, { signal: stop.signal }));
  await assert.rejects(read, { message: 'enough' });
});

/** A chain of four blocks with a record each, a table that has them all, and a ledger before both, whose pauses are over at once. */
async function startWorld(t: TestContext) {
  const world = {
    onProof: async (): Promise<void> => undefined,
    onRefused: async (): Promise<void> => undefined,
    onPause: (goOn: () => void): void => void setImmediate(goOn),
  };
  const pauses: number[] = [];
  t.mock.method(globalThis, 'setTimeout', (goOn: () => void, delayMs: number) => {
    // The model's node waits for no time at all where it is asked what to tell.
    if (delayMs > 0) pauses.push(delayMs);
    world.onPause(goOn);
  });
  const chain = new FollowedChain();
  for (let n = 0; n < 4; n++) await chain.growWith(`{"n":${n}}`);
  const table = new Table(chain);
  await table.follow();
  const gateway = gatewayOf(chain, 1);
  const ledger = await connect('http://model', {
    node: 1,
    fetch: async (input, init) => {
      const { pathname, searchParams } = new URL(String(input));
      if (pathname.endsWith('/records')) return Response.json(await table.page(searchParams));
      if (!pathname.endsWith('/params')) await world.onProof();
      const answer = await gateway(input, init);
      if (!answer.ok) await world.onRefused();
      return answer;
    },
  });
  return { chain, table, ledger, world, pauses };
}

interface TablePage {
  readonly records: readonly { readonly height: number; readonly hash: string }[];
  readonly [member: string]: unknown;
}

/** The records of the chain as it was when the table followed it: one in each block. */
class Table {
  asked = 0;
  /** Called with the number of each page before it is given. */
  onPage: (asked: number) => Promise<void> = async () => undefined;
  change: (page: TablePage) => TablePage = (page) => page;
  readonly #chain: FollowedChain;
  #records: TablePage['records'] = [];

  constructor(chain: FollowedChain) {
    this.#chain = chain;
  }

  async follow(): Promise<void> {
    const { events } = await this.#chain.follow({ after: 'start', limit: 1_000 });
    this.#records = events.map(({ record }) => record as TablePage['records'][number]);
  }

  async page(query: URLSearchParams): Promise<TablePage> {
    this.asked++;
    await this.onPage(this.asked);
    const limit = Number(query.get('limit') ?? 100);
    const [height = '0', begunAt] = query.get('cursor')?.split('-') ?? [];
    const left = this.#records.filter((record) => record.height > Number(height));
    const records = left.slice(0, limit);
    const tip = this.#records.at(-1);
    const reorganised = begunAt !== undefined && this.#records.every(({ hash }) => hash !== begunAt);
    const next =
      left.length > limit ? `${records.at(-1)?.height}-${reorganised ? tip?.hash : (begunAt ?? tip?.hash)}` : null;
    return this.change({ records, next, indexed_to: tip?.height, indexed_hash: tip?.hash, reorganised });
  }
}

function idsOf(pages: readonly RecordPage[]): string[] {
  const records = pages.flatMap((page) => page.records);
  for (const { checked } of records) assert.deepEqual(checked, CHECKED);
  return records.map(({ id }) => id);
}

function idsOfChain(chain: FollowedChain): string[] {
  return chain.records.map(({ id }) => id);
}
