import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bodyOf, buildChain, TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { growth } from '../../test/support/store-change.ts';
import { assertPresent } from '../core/assert.ts';
import { genesisPoint } from '../core/validation.ts';
import { createMemoryStore } from '../storage/memory-store.ts';
import { readRecordPage } from './record-page.ts';
import { TimeSlices } from './time-slices.ts';

test('others have their turn while the entries of one block are looked through', async () => {
  const store = createMemoryStore(TEST_PARAMS);
  const entries = Array.from({ length: 100 }, (_, i) => `"entry ${i}"`);
  await store.commit(growth(buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 1, () => bodyOf(...entries))));
  const { block } = assertPresent(await store.blockAt(0), 'the genesis is stored');
  let [nowMs, turns, isOver] = [0, 0, false];
  const count = (): void => {
    turns++;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  const slices = new TimeSlices(() => {
    nowMs += 10;
    return nowMs;
  });
  const options = { filter: { text: 'nowhere' }, eventsMax: 10, signal: new AbortController().signal };
  const page = await readRecordPage({ store, params: TEST_PARAMS }, { block, position: 0 }, options, slices);
  isOver = true;
  assert.deepEqual([page.events, page.isCaughtUp], [[], true]);
  assert.ok(turns >= entries.length, `${turns} turns`);
});
