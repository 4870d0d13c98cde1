import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entriesOf, entryOf } from '../../test/support/entry-fixture.ts';
import { REFUSED_ENTRIES_MAX, REFUSED_MEMORY_MS } from './limits.ts';
import { RefusedEntries } from './refused-entries.ts';

const A = entryOf('"a"').id;
const at = (steadyMs: number) => ({ steadyMs, unixMs: steadyMs + 1_000_000 });
const because = (reason: string) => ({ reason, message: `because of ${reason}` });

test('of an entry the last refusal is remembered, with its time on the wall, for an hour', () => {
  const refused = new RefusedEntries();
  assert.equal(refused.find(A, 0), undefined);
  refused.add([{ id: A, ...because('pool-full') }], at(0));
  refused.add([{ id: A, ...because('store-full') }], at(10));
  const found = refused.find(A, 10 + REFUSED_MEMORY_MS);
  assert.deepEqual([found?.reason, found?.message, found?.atMs], ['store-full', 'because of store-full', 1_000_010]);
  assert.equal(refused.find(A, 11 + REFUSED_MEMORY_MS), undefined);
});

test('where there are too many, those that were refused longest ago are forgotten', () => {
  const refused = new RefusedEntries();
  const others = entriesOf('other', REFUSED_ENTRIES_MAX);
  refused.add([{ id: A, ...because('first') }, ...others.map(({ id }) => ({ id, ...because('many') }))], at(0));
  assert.equal(refused.find(A, 0), undefined);
  for (const { id } of others) assert.ok(refused.find(id, 0));
});
