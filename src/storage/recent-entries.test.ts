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
  const chain = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 300, (height) => bodyOf(`${height}`, `"${height}"`));
  await store.commit(growth(chain));
  const ids = await readRecentIds(store, 300);
  const expected = chain.blocks.slice(-ids.length / 2).flatMap(({ body }) => entryIds(body));
  assert.deepEqual(ids, expected);
  assert.ok(ids.length > 0 && ids.length < 600);
});

test('of large blocks only the last are read', async () => {
  const store = createMemoryStore(TEST_PARAMS);
  const megabyte = Array.from({ length: 16 }, (_, i) => `"${i}${'x'.repeat(60_000)}"`);
  const chain = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 12, () => bodyOf(...megabyte));
  await store.commit(growth(chain));
  const { length } = await readRecentIds(store, 12);
  assert.ok(length >= 16 && length <= 6 * 16, `${length} ids`);
});

test('a chain of nothing but its genesis has none', async () => {
  assert.deepEqual(await readRecentIds(createMemoryStore(TEST_PARAMS), 0), []);
});
