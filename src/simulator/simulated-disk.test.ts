import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildChain, TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { ALL_PENDING, chainPart, growth, hashesOf, mixedBody, stateOf } from '../../test/support/store-change.ts';
import { genesisPoint } from '../core/validation.ts';
import { createMemoryStore } from '../storage/memory-store.ts';
import { StoreError } from '../storage/store-error.ts';
import { Random } from './random.ts';
import { SimulatedDisk } from './simulated-disk.ts';

const CHAIN = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 6, mixedBody);
const HASHES = hashesOf(CHAIN);

async function createDisk(): Promise<SimulatedDisk> {
  const disk = new SimulatedDisk({ random: new Random(1), createStore: () => createMemoryStore(TEST_PARAMS) });
  for (let i = 0; i < 3; i++) await disk.commit(growth(chainPart(CHAIN, 2 * i, 2 * i + 2)));
  return disk;
}

function hasCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof StoreError && error.code === code;
}

test('a damaged block is not served, those before it are, and storing it again mends it', async () => {
  const disk = await createDisk();
  const [first, second, third] = HASHES;
  assert.ok(first && second && third);
  disk.damage(second);
  await assert.rejects(disk.bodies([second, third], 1e6), hasCode('block-damaged'));
  await assert.rejects(disk.blockAt(2), hasCode('block-damaged'));
  const served = await disk.bodies([first, second, third], 1e6);
  assert.deepEqual(
    served.map(({ hash }) => hash),
    [first],
  );
  assert.ok(await disk.pointOf(second), 'its header is still there');
  assert.equal((await disk.kept.bodies([second], 1e6)).length, 1, 'who judges sees what was written');
  await disk.commit({ ...growth(chainPart(CHAIN, 1, 2)), activate: undefined });
  assert.equal((await disk.bodies([second, third], 1e6)).length, 2);
});

test('a full disk takes no commit and changes nothing', async () => {
  const disk = await createDisk();
  const before = await stateOf(disk.kept);
  disk.isFull = true;
  await assert.rejects(disk.commit({ blocks: [], pendingAdded: [], activate: undefined }), hasCode('store-full'));
  assert.deepEqual(await stateOf(disk.kept), before);
  assert.equal(disk.changeCount, 3);
});

test('an old copy is what the disk held then, to the last byte', async () => {
  const disk = await createDisk();
  const copy = disk.changeCount;
  const then = await stateOf(disk.kept);
  const [last] = HASHES.slice(-1);
  assert.ok(last);
  await disk.commit({ blocks: [], pendingAdded: [], activate: { forkHeight: 2, added: [] } });
  disk.damage(last);
  await disk.restore(copy);
  assert.deepEqual(await stateOf(disk.kept), then);
  assert.equal(disk.damagedHashes.size, 0);
  const loaded = await disk.load({ windowLength: 1, milestoneInterval: 1, pending: ALL_PENDING });
  assert.equal(loaded.window.at(-1)?.hash, last);
});

test('work is done one piece after the other, and slowly on a slow disk', async () => {
  const disk = await createDisk();
  const ends = Array.from({ length: 20 }, (_, i) => disk.timeFor(i % 2 === 0 ? 'commit' : 'question', 1_000));
  assert.deepEqual(
    ends,
    ends.toSorted((one, other) => one - other),
  );
  assert.equal(new Set(ends).size, 20);
  disk.release();
  assert.equal(disk.timeFor('question', 1_000), 1);
  disk.release();
  disk.slowness = 50;
  assert.equal(disk.timeFor('question', 1_000), 50);
});
