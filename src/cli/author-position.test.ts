/** Where an author goes on whose home does not know, by what a node answers. */
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { atEnd } from '../../test/support/lifetime.ts';
import { ALICE, signedEntry } from '../../test/support/signers.ts';
import { makeHome } from '../../test/support/test-node.ts';
import { genesisHash } from '../core/genesis.ts';
import { hashLeaf } from '../core/merkle.ts';
import { DEFAULT_PARAMS as PARAMS } from '../core/params.ts';
import type { ProbeClient } from '../probe/probe-client.ts';
import { AuthorBook } from './author-book.ts';
import { learnPosition } from './author-position.ts';
import { Terminal } from './terminal.ts';

const PLACE = { author: ALICE.author, genesis: genesisHash(PARAMS) };
const [ZERO, ONE] = [signed(0), signed(1)];

interface Signed {
  readonly id: string;
  readonly text: string;
}

/** Alice's statement with this number. */
function signed(sequence: number): Signed {
  const previous = sequence === 0 ? undefined : hashLeaf(Buffer.of(sequence));
  const { bytes, id } = signedEntry(`{"n":${sequence}}`, { sequence, previous, params: PARAMS });
  return { id, text: Buffer.from(bytes).toString() };
}

const status = (chain: string, phase = 'idle') => `{"tip":{"height":4,"hash":"${chain}"},"sync":{"phase":"${phase}"}}`;
const pending = (chain: string, entries: readonly Signed[], more = false) => {
  const texts = entries.map(({ id, text }) => `{"id":"${id}","data":${text}}`);
  return `{"tip":{"height":4,"hash":"${chain}"},"entries":[${texts.join(',')}],"more":${more}}`;
};
const page = (chain: string | null, records: readonly Signed[], also: object = {}) => {
  const texts = records.map(({ id, text }) => `{"id":"${id}","height":1,"time":"","data":${text}}`);
  const facts = { next: null, indexed_to: 4, indexed_hash: chain, reorganised: false, ...also };
  return `{"records":[${texts.join(',')}],${JSON.stringify(facts).slice(1)}`;
};

type Answers = Readonly<Record<'status' | 'pending' | 'records', readonly string[]>>;
const WHOLE: Answers = { status: [status('a')], pending: [pending('a', [])], records: [page('a', [ZERO])] };

/** What the book says after the node has been asked, which gives these answers, each kind in order and its last one again and again. */
async function learn(t: TestContext, answers: Answers) {
  const lists = new Map<string, string[]>(Object.entries(answers).map(([method, list]) => [method, [...list]]));
  const client = {
    call: async (method: string) => {
      const list = lists.get(method) ?? assert.fail(`${method} is not asked for`);
      return list.length > 1 ? list.shift() : list[0];
    },
  } as unknown as ProbeClient;
  const home = await makeHome(t);
  await mkdir(home.keysFolder);
  const book = AuthorBook.open(home);
  atEnd(t, () => book.close());
  const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
  const terminal = new Terminal(streams);
  const { signal } = new AbortController();
  let isSettled = false;
  const learning = learnPosition({ terminal, client, signal, book, params: PARAMS, place: PLACE }).finally(() => {
    isSettled = true;
  });
  learning.catch(() => undefined);
  t.mock.timers.enable({ apis: ['setTimeout'] });
  while (!isSettled) {
    t.mock.timers.tick(200);
    await nextTurn();
  }
  t.mock.timers.reset();
  await learning;
  return book.position(PLACE);
}

test('an author goes on behind what is on record and what waits', async (t) => {
  assert.deepEqual(await learn(t, WHOLE), { sequence: 1, previous: ZERO.id });
  const answers = { ...WHOLE, pending: [pending('a', [ONE])] };
  assert.deepEqual(await learn(t, answers), { sequence: 2, previous: ONE.id });
  assert.deepEqual(await learn(t, { ...WHOLE, records: [page('a', [])] }), { sequence: 0, previous: undefined });
});

test('blocks may join the chain between two pages, and may not leave it', async (t) => {
  const first = page('a', [ZERO], { next: 'more' });
  const grown = { ...WHOLE, records: [first, page('b', [])] };
  assert.equal((await learn(t, grown))?.sequence, 1);
  const torn = { ...WHOLE, records: [first, page('b', [], { reorganised: true }), first, page('a', [ONE])] };
  assert.equal((await learn(t, torn))?.sequence, 2);
});

for (const [what, answers] of [
  ['fetches its chain', { status: [status('a', 'headers')] }],
  ['has left the chain since it told of its tip', { pending: [pending('b', [])] }],
  ['has a table of another branch that is as high', { records: [page('b', [])] }],
  ['has an empty table', { records: [page(null, [], { indexed_to: -1 })] }],
  ['has more waiting than it tells of', { pending: [pending('a', [], true)] }],
] as const) {
  test(`no number is taken from a node that ${what}, until it is otherwise`, async (t) => {
    const behind = { ...WHOLE, ...answers };
    const after = (looks: number) => {
      const of = (kind: keyof Answers) => [...Array(looks).fill(behind[kind]).flat(), ...WHOLE[kind]];
      return learn(t, { status: of('status'), pending: of('pending'), records: of('records') });
    };
    assert.equal((await after(149))?.sequence, 1);
    await assert.rejects(after(150), { code: 'records-behind' });
  });
}

test('an answer without what waits is none', async (t) => {
  await assert.rejects(learn(t, { ...WHOLE, pending: ['{}'] }), { code: 'probe-protocol' });
});
