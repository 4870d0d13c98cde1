import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bodyOf, buildChain, TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { growth } from '../../test/support/store-change.ts';
import { entryIds } from '../core/body.ts';
import { genesisPoint } from '../core/validation.ts';
import { createMemoryStore } from './memory-store.ts';
import { readRecentIds } from './recent-entries.ts';

test('the ids of the latest blocks are read, the oldest first, and not those of all blocks', async () => {
  const store = createMemoryStore(TEST_PARAMS);
  const chain = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 40, (height) => bodyOf(`${height}`, `"${height}"`));
  await store.commit(growth(chain));
  const ids = await readRecentIds(store, 40);
  const expected = chain.blocks.slice(-ids.length / 2).flatMap(({ body }) => entryIds(body));
  assert.deepEqual(ids, expected);
  assert.ok(ids.length > 0 && ids.length < 80);
});

test('a chain of nothing but its genesis has none', async () => {
  assert.deepEqual(await readRecentIds(createMemoryStore(TEST_PARAMS), 0), []);
});
