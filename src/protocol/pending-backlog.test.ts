import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bodyOf, buildChain, TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { entryOf } from '../../test/support/entry-fixture.ts';
import { bodyMessage, headersOf, LoneMachine, tipOf } from '../../test/support/lone-machine.ts';
import { genesisPoint } from '../core/validation.ts';
import { EntryPool } from './entry-pool.ts';
import { PENDING_ENTRIES_MAX } from './limits.ts';

const GENESIS = genesisPoint(TEST_PARAMS);

test('the entries of a reorganisation that are more than are handed over at once come from disk', async () => {
  const old = buildChain(TEST_PARAMS, GENESIS, 5, (height) =>
    bodyOf(...Array.from({ length: 4_000 }, (_, i) => `"${height} ${i}"`)),
  );
  const better = buildChain(TEST_PARAMS, GENESIS, 6, () => bodyOf('"new"'));
  const lone = await LoneMachine.start({ chain: old });
  lone.greet('p', tipOf(better));
  lone.receive('p', headersOf(better.blocks));
  for (const block of better.blocks) lone.receive('p', bodyMessage(block));
  await lone.settle();
  assert.equal(lone.machine.tip.hash, better.points.at(-1)?.hash);
  assert.ok(lone.effects.some(({ type }) => type === 'load-pending'));
  assert.equal(lone.machine.pool.count, 20_000);
  assert.equal([...lone.machine.pool.stored()].length, 20_000);
});

test('while entries wait on disk nothing new is taken in, and more are read once half of the pool is gone', () => {
  const kept = Array.from({ length: PENDING_ENTRIES_MAX / 2 }, (_, i) => entryOf(`${i}`));
  const pool = new EntryPool(kept, [], false);
  assert.equal(pool.lackFor([entryOf('"new"')])?.code, 'pool-full');
  const shortages = [pool.shortage];
  pool.removeIncluded(kept.slice(0, 1).map(({ id }) => id));
  shortages.push(pool.shortage);
  assert.equal(shortages[0], undefined, 'half is still here');
  assert.equal(shortages[1]?.entriesMax, PENDING_ENTRIES_MAX / 2 + 1, 'one more than are here');
  const late = entryOf('"late"');
  assert.deepEqual(pool.addLoaded([...kept.slice(1, 3), late], true), [late], 'those that are here are passed over');
  assert.equal(pool.lackFor([entryOf('"new"')]), undefined);
  assert.equal(pool.storedCount, kept.length);
});
