import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bodyOf, buildChain, TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { clocksAt } from '../../test/support/clocks.ts';
import { entryOf } from '../../test/support/entry-fixture.ts';
import { type Body, dataRoot, entryIds } from '../core/body.ts';
import type { Hash } from '../core/hash.ts';
import { genesisPoint, requiredBits } from '../core/validation.ts';
import type { Effect } from './effects.ts';
import { EntryPool } from './entry-pool.ts';
import {
  FOUND_HASHES_MAX,
  MINING_JOB_AGE_MS_MAX,
  MINING_LARGE_JOB_AGE_MS_MIN,
  MINING_REQUESTS_MAX,
  MINING_SMALL_BODY_ENTRIES,
} from './limits.ts';
import { MiningDesk, type MiningMode } from './mining-desk.ts';

const GENESIS = genesisPoint(TEST_PARAMS);
const NOW_MS = (TEST_PARAMS.genesisTime + 500) * 1000;
const [NEXT] = buildChain(TEST_PARAMS, GENESIS, 1, () => bodyOf('1')).points;
assert.ok(NEXT);

const MODES: readonly (readonly [mode: MiningMode, pending: boolean, mines: boolean])[] = [
  ['demand', false, false],
  ['demand', true, false],
  ['entries', false, false],
  ['entries', true, true],
  ['always', false, true],
  ['always', true, true],
];
for (const [mode, pending, mines] of MODES) {
  test(`mode ${mode}, ${pending ? 'with' : 'without'} pending entries: it ${mines ? 'mines' : 'rests'}`, () => {
    const desk = deskOf(mode, pending ? ['"e"'] : []);
    const effects = desk.proceed(GENESIS, clocksAt(NOW_MS));
    assert.equal(effects.length, mines ? 1 : 0);
    if (mines) assert.equal(searchIn(effects).header.dataRoot, rootOf(pending ? bodyOf('"e"') : bodyOf()));
  });
}

test('a candidate follows the tip in every field', () => {
  const desk = deskOf('always');
  const { header } = searchIn(desk.proceed(NEXT, clocksAt(NOW_MS)));
  assert.equal(header.height, NEXT.header.height + 1);
  assert.equal(header.previousHash, NEXT.hash);
  assert.equal(header.bits, requiredBits(NEXT, TEST_PARAMS));
  assert.equal(header.timestamp, NOW_MS / 1000);
});

test('the time in a candidate is that of the clock on the wall', () => {
  const { header } = searchIn(deskOf('always').proceed(NEXT, { steadyMs: 7, unixMs: NOW_MS }));
  assert.equal(header.timestamp, NOW_MS / 1000);
});

test('a candidate is never earlier than its parent, whatever the clock says', () => {
  const { header } = searchIn(deskOf('always').proceed(NEXT, clocksAt(0)));
  assert.equal(header.timestamp, NEXT.header.timestamp);
});

test('requests are mined one after the other, before what is pending', () => {
  const desk = deskOf('entries', ['"pending"']);
  assert.ok(desk.request(1, bodyOf('"one"')) && desk.request(2, bodyOf('"two"')));
  for (const [request, text] of [
    [1, '"one"'],
    [2, '"two"'],
  ] as const) {
    const { job, header } = searchIn(desk.proceed(GENESIS, clocksAt(NOW_MS)));
    assert.equal(header.dataRoot, rootOf(bodyOf(text)));
    const block = desk.nonceFound(job, 7);
    assert.equal(block?.header.nonce, 7);
    assert.deepEqual(desk.proceed(GENESIS, clocksAt(NOW_MS)), [], 'no search until the block is stored');
    assert.deepEqual(desk.committed(chainOf({ isAwaited: true })), []);
    assert.deepEqual(desk.committed(chainOf({})), [
      { type: 'answer', request, answer: { type: 'block-mined', hash: block?.hash } },
    ]);
  }
  assert.equal(searchIn(desk.proceed(GENESIS, clocksAt(NOW_MS))).header.dataRoot, rootOf(bodyOf('"pending"')));
  assert.deepEqual([desk.queuedCount, desk.foundCount], [0, 2]);
});

test('a request whose block is stored beside the chain stays, and is mined again', () => {
  const desk = deskOf('demand');
  desk.request(1, bodyOf('"one"'));
  desk.nonceFound(searchIn(desk.proceed(GENESIS, clocksAt(NOW_MS))).job, 1);
  assert.deepEqual(desk.committed(chainOf({ isActive: false })), []);
  assert.equal(searchIn(desk.proceed(NEXT, clocksAt(NOW_MS))).header.previousHash, NEXT.hash);
});

test('a search goes on until the tip, the request or its age changes', () => {
  const desk = deskOf('always');
  const first = searchIn(desk.proceed(GENESIS, clocksAt(NOW_MS)));
  assert.deepEqual(desk.proceed(GENESIS, clocksAt(NOW_MS + MINING_JOB_AGE_MS_MAX - 1)), []);
  const aged = searchIn(desk.proceed(GENESIS, clocksAt(NOW_MS + MINING_JOB_AGE_MS_MAX)));
  const moved = searchIn(desk.proceed(NEXT, clocksAt(NOW_MS + MINING_JOB_AGE_MS_MAX)));
  desk.request(1, bodyOf('1'));
  const asked = searchIn(desk.proceed(NEXT, clocksAt(NOW_MS + MINING_JOB_AGE_MS_MAX)));
  assert.equal(new Set([first, aged, moved, asked].map(({ job }) => job)).size, 4);
  assert.equal(desk.nonceFound(first.job, 1), undefined, 'an old job is nothing any more');
  assert.ok(aged.header.timestamp > first.header.timestamp);
});

test('a search makes way for one with the entries that have come meanwhile, while its block has room for them', () => {
  const pool = new EntryPool([entryOf('"1"')]);
  const desk = deskOver('entries', pool);
  const first = searchIn(desk.proceed(GENESIS, clocksAt(NOW_MS)));
  addStored(pool, '"2"');
  const second = searchIn(desk.proceed(GENESIS, clocksAt(NOW_MS)));
  assert.notEqual(second.header.dataRoot, first.header.dataRoot);
  assert.deepEqual(desk.proceed(GENESIS, clocksAt(NOW_MS)), [], 'once for all of them');
});

test('a large block is not put together anew for every entry that comes', () => {
  const pool = new EntryPool(Array.from({ length: MINING_SMALL_BODY_ENTRIES }, (_, i) => entryOf(`${i}`)));
  const desk = deskOver('entries', pool);
  const { job } = searchIn(desk.proceed(GENESIS, clocksAt(NOW_MS)));
  addStored(pool, '"one more"');
  assert.deepEqual(desk.proceed(GENESIS, clocksAt(NOW_MS + MINING_LARGE_JOB_AGE_MS_MIN - 1)), []);
  assert.equal(searchIn(desk.proceed(GENESIS, clocksAt(NOW_MS + MINING_LARGE_JOB_AGE_MS_MIN))).job, job + 1);
});

test('a search for a full block goes on, whatever comes', () => {
  const pool = new EntryPool(Array.from({ length: TEST_PARAMS.entriesMax + 1 }, (_, i) => entryOf(`${i}`)));
  const desk = deskOver('entries', pool);
  desk.proceed(GENESIS, clocksAt(NOW_MS));
  addStored(pool, '"one more"');
  assert.deepEqual(desk.proceed(GENESIS, clocksAt(NOW_MS + MINING_JOB_AGE_MS_MAX - 1)), []);
});

test('a search that was asked for goes on when entries come', () => {
  // As many wait as the block has, so that it might look as if it had them all.
  const pool = new EntryPool([entryOf('"waits"')]);
  const desk = deskOver('entries', pool);
  desk.request(1, bodyOf('"asked for"'));
  desk.proceed(GENESIS, clocksAt(NOW_MS));
  addStored(pool, '"another"');
  assert.deepEqual(desk.proceed(GENESIS, clocksAt(NOW_MS + MINING_JOB_AGE_MS_MAX - 1)), []);
});

test('a search that has run out of nonces begins anew', () => {
  const desk = deskOf('always');
  const { job } = searchIn(desk.proceed(GENESIS, clocksAt(NOW_MS)));
  desk.exhausted(job - 1);
  assert.deepEqual(desk.proceed(GENESIS, clocksAt(NOW_MS)), []);
  desk.exhausted(job);
  assert.equal(searchIn(desk.proceed(GENESIS, clocksAt(NOW_MS + 1_000))).job, job + 1);
});

test('a cancelled request is not mined; the search for it is stopped, once', () => {
  const desk = deskOf('demand');
  desk.request(1, bodyOf('1'));
  const { job } = searchIn(desk.proceed(GENESIS, clocksAt(NOW_MS)));
  desk.cancel(1);
  assert.deepEqual(desk.proceed(GENESIS, clocksAt(NOW_MS)), [{ type: 'stop-search' }]);
  assert.deepEqual(desk.proceed(GENESIS, clocksAt(NOW_MS)), []);
  assert.equal(desk.nonceFound(job, 1), undefined);
  assert.equal(desk.searching, undefined);
});

test('a request that is cancelled while its block is being stored gets no answer', () => {
  const desk = deskOf('demand');
  desk.request(1, bodyOf('1'));
  desk.nonceFound(searchIn(desk.proceed(GENESIS, clocksAt(NOW_MS))).job, 1);
  desk.cancel(1);
  assert.deepEqual(desk.committed(chainOf({})), []);
});

test('a block that could not be taken in gives its request back, and the next is mined', () => {
  const desk = deskOf('demand');
  desk.request(1, bodyOf('1'));
  desk.request(2, bodyOf('2'));
  desk.nonceFound(searchIn(desk.proceed(GENESIS, clocksAt(NOW_MS))).job, 1);
  assert.equal(desk.foundRefused(), 1);
  assert.equal(searchIn(desk.proceed(GENESIS, clocksAt(NOW_MS))).header.dataRoot, rootOf(bodyOf('2')));
});

test('the latest of the blocks that were found are named, the last one first', () => {
  const desk = deskOf('always');
  const found = Array.from({ length: FOUND_HASHES_MAX + 1 }, (_, nonce) => {
    const block = desk.nonceFound(searchIn(desk.proceed(GENESIS, clocksAt(NOW_MS))).job, nonce);
    desk.committed(chainOf({}));
    return block?.hash;
  });
  assert.equal(desk.foundCount, FOUND_HASHES_MAX + 1);
  assert.deepEqual(desk.foundHashes, found.slice(1).reverse());
});

test('so many requests wait and no more', () => {
  const desk = deskOf('demand');
  for (let id = 0; id < MINING_REQUESTS_MAX; id++) assert.ok(desk.request(id, bodyOf('1')));
  assert.equal(desk.request(MINING_REQUESTS_MAX, bodyOf('1')), false);
  desk.cancel(0);
  assert.ok(desk.request(MINING_REQUESTS_MAX, bodyOf('1')));
});

function deskOf(mode: MiningMode, pending: readonly string[] = []): MiningDesk {
  return deskOver(mode, new EntryPool(pending.map(entryOf)));
}

function deskOver(mode: MiningMode, pool: EntryPool): MiningDesk {
  return new MiningDesk({ params: TEST_PARAMS, mode, pool });
}

function addStored(pool: EntryPool, json: string): void {
  const entry = entryOf(json);
  pool.add(entry, undefined);
  pool.markStored([entry]);
}

function searchIn(effects: readonly Effect[]): Effect & { type: 'search' } {
  const [effect] = effects;
  assert.ok(effect?.type === 'search');
  return effect;
}

function rootOf(body: Body): Hash {
  return dataRoot(body.shape, entryIds(body));
}

function chainOf({ isAwaited = false, isActive = true }): Parameters<MiningDesk['committed']>[0] {
  return { isAwaited: () => isAwaited, isActive: () => isActive };
}
