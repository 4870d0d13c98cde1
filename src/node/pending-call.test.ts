import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildChain, singleBody, TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { entriesOf } from '../../test/support/entry-fixture.ts';
import { ALICE, signedEntry } from '../../test/support/signers.ts';
import type { PendingView } from '../api/shapes.ts';
import { assertPresent } from '../core/assert.ts';
import { jsonValue, type PlainValue, readMembers } from '../core/json-text.ts';
import { genesisPoint } from '../core/validation.ts';
import { EntryPool } from '../protocol/entry-pool.ts';
import { answerPending } from './pending-call.ts';

const { points } = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 2, () => singleBody('1'));
const TIP = assertPresent(points.at(-1), 'there are two');
const [FIRST, SECOND] = entriesOf('anybody', 2);
const SIGNED = signedEntry('{"n":1}', { params: TEST_PARAMS });

/** What is told of a pool with three entries, of which Alice has signed the last. */
function pendingOf(params: PlainValue, isAll = true): PendingView {
  const entries = [FIRST, SECOND, SIGNED].map((entry) => assertPresent(entry, 'there are two'));
  const members = readMembers(jsonValue(params));
  assert.ok(members.ok);
  const answer = answerPending({ pool: new EntryPool(entries, [], isAll), tip: TIP }, members.value);
  assert.ok(answer.type === 'result' && typeof answer.json === 'string');
  return JSON.parse(answer.json);
}

test('what waits is told with the end of the chain at that moment', () => {
  const { tip, count, entries, more } = pendingOf({});
  assert.deepEqual(tip, { height: 2, hash: TIP.hash });
  assert.deepEqual([count, more], [3, false]);
  assert.deepEqual(
    entries.map(({ id }) => id),
    [FIRST?.id, SECOND?.id, SIGNED.id],
  );
});

for (const [what, params, isAll, expected] of [
  ['as many as were asked for', { limit: 3 }, true, [3, false]],
  ['one less', { limit: 2 }, true, [2, true]],
  ['none', { limit: 0 }, true, [0, true]],
  ["all of an author, and others' beside them", { limit: 1, author: ALICE.author }, true, [1, false]],
  ['no entry of an author', { limit: 0, author: ALICE.author }, true, [0, true]],
  ['all that are in memory, while others wait on disk', {}, false, [3, true]],
] as const) {
  test(`whether more wait is told with ${what}`, () => {
    const { entries, more } = pendingOf(params, isAll);
    assert.deepEqual([entries.length, more], expected);
  });
}
