import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bodyOf, buildChain, TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { entryOf } from '../../test/support/entry-fixture.ts';
import { bodyMessage, headersOf, LoneMachine, sentTo, tipOf } from '../../test/support/lone-machine.ts';
import { hashesOf } from '../../test/support/store-change.ts';
import { genesisPoint } from '../core/validation.ts';
import { SIDE_ENTRIES_MAX } from './limits.ts';
import { SideEntries } from './side-entries.ts';

const GENESIS = genesisPoint(TEST_PARAMS);
const [OURS, THEIRS] = [
  buildChain(TEST_PARAMS, GENESIS, 2, (height) => bodyOf(`"our ${height}"`)),
  buildChain(TEST_PARAMS, GENESIS, 4, (height) => bodyOf(`"their ${height}"`)),
];

/** A machine that has stored the first blocks of a better branch, and then switched to it. */
async function switchedMachine(): Promise<LoneMachine> {
  const lone = await LoneMachine.start({ chain: OURS });
  lone.greet('p', tipOf(THEIRS));
  lone.receive('p', headersOf(THEIRS.blocks));
  for (const block of THEIRS.blocks) {
    lone.receive('p', bodyMessage(block));
    await lone.settle();
  }
  assert.equal(lone.machine.tip.hash, tipOf(THEIRS).hash);
  return lone;
}

test('an entry of a block that was stored before its branch was the best is no news afterwards', async () => {
  const lone = await switchedMachine();
  const ids = THEIRS.blocks.map((_, i) => entryOf(`"their ${i + 1}"`).id);
  assert.deepEqual(sentTo(lone.receive('p', { type: 'inventory', ids }), 'p'), []);
});

test('an entry that comes while the block that holds it waits beside the chain is not pending once that is active', async () => {
  const lone = await LoneMachine.start({ chain: OURS });
  lone.greet('p', tipOf(THEIRS));
  lone.receive('p', headersOf(THEIRS.blocks));
  const [first, ...others] = THEIRS.blocks;
  assert.ok(first);
  lone.receive('p', bodyMessage(first));
  await lone.settle();
  for (const block of others) lone.receive('p', bodyMessage(block));
  // The switch is on its way to the disk, and this is not in it.
  const entry = entryOf('"their 1"');
  lone.receive('p', { type: 'inventory', ids: [entry.id] });
  lone.receive('p', { type: 'entries', arrayBytes: bodyOf('"their 1"').bytes });
  await lone.settle();
  assert.equal(lone.machine.tip.hash, tipOf(THEIRS).hash);
  assert.equal(lone.machine.pool.find(entry.id), undefined);
});

test('what is kept of blocks is given once, and the oldest goes where there would be too much', () => {
  const side = new SideEntries();
  const [one, other] = buildChain(TEST_PARAMS, GENESIS, 2, (height) => bodyOf(`${height}`, `"${height}"`)).blocks;
  assert.ok(one && other);
  side.put(one);
  side.put(other);
  assert.deepEqual(side.take(one.hash), [entryOf('1').id, entryOf('"1"').id]);
  assert.deepEqual(side.take(one.hash), []);
  const many = Array.from({ length: 4_000 }, (_, i) => `${i}`);
  const large = buildChain(TEST_PARAMS, GENESIS, 26, (height) => bodyOf(`"${height}"`, ...many));
  for (const block of large.blocks) side.put(block);
  const kept = hashesOf(large).map((hash) => side.take(hash).length);
  assert.deepEqual([side.take(other.hash), kept.indexOf(4_001)], [[], 26 - Math.floor(SIDE_ENTRIES_MAX / 4_001)]);
});
