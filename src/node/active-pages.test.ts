import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildChain, TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { growth, hashesOf, mixedBody } from '../../test/support/store-change.ts';
import { createGenesis } from '../core/genesis.ts';
import type { Hash } from '../core/hash.ts';
import { genesisPoint } from '../core/validation.ts';
import { createMemoryStore } from '../storage/memory-store.ts';
import { ActivePages } from './active-pages.ts';

test('the hashes of a chain longer than a page are read in a few questions', async () => {
  const store = createMemoryStore(TEST_PARAMS);
  const chain = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 5_000, mixedBody);
  await store.commit(growth(chain));
  const questions: number[] = [];
  const pages = new ActivePages({
    activeHashes: (from, max) => {
      questions.push(from);
      return store.activeHashes(from, max);
    },
  });
  const hashes: (Hash | undefined)[] = [];
  for (let height = 0; height <= 5_001; height++) hashes.push(await pages.hashAt(height));
  assert.deepEqual(hashes, [createGenesis(TEST_PARAMS).hash, ...hashesOf(chain), undefined]);
  assert.deepEqual(questions, [0, 4_096, 5_001]);
});
