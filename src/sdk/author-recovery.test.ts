import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ALICE, signedEntry } from '../../test/support/signers.ts';
import { hashLeaf } from '../core/merkle.ts';
import { recoverAuthor } from './author-recovery.ts';
import { HttpClient } from './http-client.ts';

/** Alice's statements, one after the other, by their numbers. */
const STATEMENTS = [0, 1, 2].map((sequence) => {
  const previous = sequence === 0 ? undefined : hashLeaf(Buffer.of(sequence));
  const { bytes, id } = signedEntry(`{"n":${sequence}}`, { sequence, previous });
  return { id, data: JSON.parse(Buffer.from(bytes).toString()) };
});

const recordOf = ({ id, data }: (typeof STATEMENTS)[number]) => {
  return { id, data, height: 1, hash: '0'.repeat(64), index: 0, time: '2026-01-01T00:00:00Z', authors: [] };
};
const page = (indexedTo: number, ...records: typeof STATEMENTS) => {
  return { records: records.map(recordOf), next: null, indexed_to: indexedTo, reorganised: false };
};
const status = (height: number, phase = 'idle') => ({ tip: { height }, sync: { phase } });
const NONE = { entries: [] };

/** What Alice's state is, by a gateway that gives these answers, each kind in order and its last one again and again; and what it was asked. */
function recover(answers: {
  readonly pending: readonly object[];
  readonly status: object[];
  readonly records: object[];
}) {
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

/** Lets all pauses pass until `work` is settled. */
async function hurried<Value>(t: TestContext, work: () => Promise<Value>): Promise<Value> {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let isSettled = false;
  const working = work().finally(() => {
    isSettled = true;
  });
  working.catch(() => undefined);
  while (!isSettled) {
    t.mock.timers.tick(60_000);
    await nextTurn();
  }
  return working;
}

test('an author goes on behind the last statement, be it on record or waiting', async () => {
  const [zero, one, two] = STATEMENTS;
  assert.ok(zero !== undefined && one !== undefined && two !== undefined);
  const { state, asked } = recover({
    pending: [{ entries: [two] }],
    status: [status(4)],
    records: [page(4, one, zero)],
  });
  assert.deepEqual(await state, { sequence: 3, previous: two.id, unsent: [] });
  const order = ['pending', 'status', 'records', 'pending'];
  assert.deepEqual(
    asked,
    order,
    'what waits comes first, as it may be mined meanwhile, and last, as blocks may be abandoned',
  );
  const recorded = recover({ pending: [NONE], status: [status(4)], records: [page(5, zero, one)] });
  assert.deepEqual(await recorded.state, { sequence: 2, previous: one.id, unsent: [] });
  const nobody = recover({ pending: [NONE], status: [status(4)], records: [page(4)] });
  assert.deepEqual(await nobody.state, { sequence: 0, previous: null, unsent: [] });
});

test('what blocks that are abandoned meanwhile give back is not passed over', async (t) => {
  const [zero, one, two] = STATEMENTS;
  assert.ok(zero !== undefined && one !== undefined && two !== undefined);
  const returned = recover({ pending: [NONE, { entries: [two] }], status: [status(4)], records: [page(4, one, zero)] });
  assert.equal((await returned.state).sequence, 3);
  const torn = { ...page(4, zero), reorganised: true };
  const again = recover({ pending: [NONE], status: [status(4)], records: [torn, page(4, two, one, zero)] });
  assert.equal((await hurried(t, () => again.state)).sequence, 3);
});

test('a node that is fetching its chain, or has not all of it in its table of records, is waited for', async (t) => {
  const answers = {
    pending: [NONE],
    status: [status(1, 'headers'), status(2, 'blocks'), status(4)],
    records: [page(-1), page(3, ...STATEMENTS.slice(0, 1)), page(4, ...STATEMENTS)],
  };
  const { state } = recover(answers);
  assert.equal((await hurried(t, () => state)).sequence, 3);
});

for (const [what, answers] of [
  ['fetches its chain', { pending: [NONE], status: [status(4, 'blocks')], records: [page(4)] }],
  ['has a table that stays behind', { pending: [NONE], status: [status(4)], records: [page(3)] }],
  [
    'has more waiting than it tells of',
    { pending: [{ entries: Array(1_000).fill(STATEMENTS[0]) }], status: [status(4)], records: [page(4)] },
  ],
] as const) {
  test(`no number is taken from a node that ${what}`, async (t) => {
    await assert.rejects(
      hurried(t, () => recover({ ...answers, status: [...answers.status], records: [...answers.records] }).state),
      { code: 'records-behind' },
    );
  });
}
