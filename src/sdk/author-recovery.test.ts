import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ALICE, signedEntry } from '../../test/support/signers.ts';
import { hashLeaf } from '../core/merkle.ts';
import { recoverAuthor } from './author-recovery.ts';
import { HttpClient } from './http-client.ts';

interface Signed {
  readonly id: string;
  readonly data: unknown;
}

/** Alice's statements, one after the other, by their numbers. */
const STATEMENTS = [0, 1, 2].map((sequence): Signed => {
  const previous = sequence === 0 ? undefined : hashLeaf(Buffer.of(sequence));
  const { bytes, id } = signedEntry(`{"n":${sequence}}`, { sequence, previous });
  return { id, data: JSON.parse(Buffer.from(bytes).toString()) };
});

const [ZERO, ONE, TWO] = STATEMENTS as [Signed, Signed, Signed];

const recordOf = ({ id, data }: Signed) => {
  return { id, data, height: 1, hash: '0'.repeat(64), index: 0, time: '2026-01-01T00:00:00Z', authors: [] };
};
const hashOf = (chain: string) => chain.padEnd(64, '0');
const page = (chain: string, ...records: readonly Signed[]) => {
  return { records: records.map(recordOf), next: null, indexed_to: 4, indexed_hash: hashOf(chain), reorganised: false };
};
const status = (chain: string, phase = 'idle') => ({ tip: { height: 4, hash: hashOf(chain) }, sync: { phase } });
const pending = (chain: string, ...entries: readonly Signed[]) => {
  return { tip: { height: 4, hash: hashOf(chain) }, entries, more: false };
};

/** What Alice's state is, by a gateway that gives these answers, each kind in order and its last one again and again; and what it was asked. */
function recover(answers: Readonly<Record<string, readonly object[]>>) {
  const asked: string[] = [];
  const lists = new Map(Object.entries(answers).map(([kind, list]) => [kind, [...list]]));
  const fetch = async (url: unknown) => {
    const { pathname, searchParams } = new URL(String(url));
    const kind = pathname.slice('/node/'.length);
    asked.push(kind);
    if (kind === 'pending') assert.equal(searchParams.get('author'), ALICE.author);
    const list = lists.get(kind) ?? [];
    return Response.json(list.length > 1 ? list.shift() : list[0]);
  };
  const http = new HttpClient({ address: new URL('http://gateway'), fetch, token: undefined });
  return { asked, state: recoverAuthor({ http, path: '/node', checker: undefined }, ALICE.author, undefined) };
}

/** Lets all pauses pass until `work` is settled: `setTimeout` has to be mocked. */
async function hurried<Value>(t: TestContext, work: Promise<Value>): Promise<Value> {
  let isSettled = false;
  const settled = work.finally(() => {
    isSettled = true;
  });
  settled.catch(() => undefined);
  while (!isSettled) {
    t.mock.timers.tick(60_000);
    await nextTurn();
  }
  return settled;
}

test('an author goes on behind the last statement, be it on record or waiting', async () => {
  const both = recover({ status: [status('a')], pending: [pending('a', TWO)], records: [page('a', ONE, ZERO)] });
  assert.deepEqual(await both.state, { sequence: 3, previous: TWO.id, unsent: [] });
  assert.deepEqual(both.asked, ['status', 'pending', 'records']);
  const recorded = recover({ status: [status('a')], pending: [pending('a')], records: [page('a', ZERO, ONE)] });
  assert.deepEqual(await recorded.state, { sequence: 2, previous: ONE.id, unsent: [] });
  const nobody = recover({ status: [status('a')], pending: [pending('a')], records: [page('a')] });
  assert.deepEqual(await nobody.state, { sequence: 0, previous: null, unsent: [] });
});

/** The chains that a node goes between: an entry of Alice is on record in the first, waits in the second, and is in a block on top of that in the third. */
const MOMENTS = [
  { chain: 'a', recorded: [ONE, ZERO], waiting: [] },
  { chain: 'b', recorded: [ZERO], waiting: [ONE] },
  { chain: 'c', recorded: [ONE, ZERO], waiting: [] },
];

test('wherever the chain goes between two answers, and wherever the table of records is, no number is taken twice', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  for (const atStatus of MOMENTS) {
    for (const atPending of MOMENTS) {
      for (const ofTable of MOMENTS) {
        const { state } = recover({
          status: [status(atStatus.chain), status('c')],
          pending: [pending(atPending.chain, ...atPending.waiting), pending('c')],
          records: [page(ofTable.chain, ...ofTable.recorded), page('c', ONE, ZERO)],
        });
        const { sequence } = await hurried(t, state);
        assert.equal(sequence, 2, [atStatus, atPending, ofTable].map(({ chain }) => chain).join(' '));
      }
    }
  }
});

test('pages of records are of one chain, too', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const begun = { ...page('a', ZERO), next: 'more' };
  const { state } = recover({
    status: [status('a')],
    pending: [pending('a')],
    records: [begun, page('b'), begun, page('a', ONE)],
  });
  assert.equal((await hurried(t, state)).sequence, 2);
});

for (const [what, answers] of [
  ['fetches its chain', { status: status('a', 'blocks') }],
  ['has a table that stays behind', { records: page('b') }],
  ['has an empty table', { records: { ...page('a'), indexed_to: -1, indexed_hash: null } }],
  ['has more waiting than it tells of', { pending: { ...pending('a', ...STATEMENTS), more: true } }],
] as const) {
  test(`no number is taken from a node that ${what}, until it is otherwise`, async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const whole = { status: status('a'), pending: pending('a'), records: page('a', ZERO) };
    const behind = { ...whole, ...answers };
    const after = (looks: number) => {
      const kinds = (['status', 'pending', 'records'] as const).map((kind) => {
        return [kind, [...Array(looks).fill(behind[kind]), whole[kind]]] as const;
      });
      return hurried(t, recover(Object.fromEntries(kinds)).state);
    };
    assert.equal((await after(7)).sequence, 1);
    await assert.rejects(after(8), { code: 'records-behind' });
  });
}

for (const [kind, answer] of [
  ['status', { ...status('a'), tip: { height: 4 } }],
  ['status', { ...status('a'), sync: null }],
  ['pending', { ...pending('a'), tip: null }],
  ['pending', { ...pending('a'), more: undefined }],
  ['records', { ...page('a'), indexed_hash: 7 }],
] as const) {
  test(`${JSON.stringify(answer)} is no answer to ${kind}`, async () => {
    const whole = { status: [status('a')], pending: [pending('a')], records: [page('a')] };
    await assert.rejects(recover({ ...whole, [kind]: [answer] }).state, { code: 'answer-unreadable' });
  });
}
