import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bodyOf, buildBlock, singleBody, TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { entriesOf, entryOf } from '../../test/support/entry-fixture.ts';
import {
  assertBanned,
  bodyMessage,
  headersOf,
  LoneMachine,
  reportsIn,
  sentTo,
} from '../../test/support/lone-machine.ts';
import type { Block } from '../core/block.ts';
import { type Body, bodyFromEntries, entryIds } from '../core/body.ts';
import type { Hash } from '../core/hash.ts';
import { createParams } from '../core/params.ts';
import { genesisPoint } from '../core/validation.ts';
import type { Effect, PooledEntry } from './effects.ts';
import { RELAYED_BLOCKS_MAX, STALL_MS_MIN } from './limits.ts';
import type { Message } from './message.ts';

const GENESIS = genesisPoint(TEST_PARAMS);
const ENTRIES = entriesOf('waits', 10);
const { block: BLOCK, point: PLACE } = buildBlock(TEST_PARAMS, GENESIS, bodyFrom(ENTRIES));
const CHILD = buildBlock(TEST_PARAMS, PLACE, bodyOf('"child"')).block;

test('a block whose entries all wait here is fetched by its ids alone', async () => {
  const lone = await withPool(ENTRIES);
  assert.deepEqual(sentTo(lone.receive('p', headersOf([BLOCK])), 'p'), [{ type: 'get-block-ids', hash: BLOCK.hash }]);
  const effects = lone.receive('p', idsOf(BLOCK));
  assert.deepEqual(sentTo(effects, 'p'), []);
  assert.equal(committedBlock(effects)?.hash, BLOCK.hash);
  await lone.settle();
  assert.equal(lone.machine.tip.hash, BLOCK.hash);
  assert.equal(lone.machine.pool.count, 0);
});

test('entries that are missing are asked for by their places, and the block is put together in its order', async () => {
  const lone = await withPool(ENTRIES.filter((_, i) => i !== 2 && i !== 7));
  lone.receive('p', headersOf([BLOCK]));
  assert.deepEqual(sentTo(lone.receive('p', idsOf(BLOCK)), 'p'), [
    { type: 'get-block-entries', hash: BLOCK.hash, indexes: [2, 7] },
  ]);
  const effects = lone.receive('p', piecesOf(BLOCK, 2, 7));
  assert.deepEqual(committedBlock(effects)?.body.bytes, BLOCK.body.bytes);
});

test('entries that leave the pool while the block is put together are still there for it', async () => {
  const lone = await withPool(ENTRIES.slice(0, 6));
  const rival = buildBlock(TEST_PARAMS, GENESIS, bodyFrom(ENTRIES.slice(0, 3)));
  const taller = buildBlock(TEST_PARAMS, rival.point, bodyFrom(ENTRIES.slice(3, 6)));
  lone.greet('q');
  lone.receive('p', headersOf([BLOCK]));
  lone.receive('p', idsOf(BLOCK));
  for (const block of [rival.block, taller.block]) {
    lone.receive('q', headersOf([block]));
    lone.receive('q', bodyMessage(block));
    await lone.settle();
  }
  assert.equal(lone.machine.pool.count, 0);
  const effects = lone.receive('p', piecesOf(BLOCK, 6, 7, 8, 9));
  assert.deepEqual(committedBlock(effects)?.body.bytes, BLOCK.body.bytes);
});

test('a block of one value that waits here is fetched by its id', async () => {
  const { block } = buildBlock(TEST_PARAMS, GENESIS, singleBody('{"a":1}'));
  const lone = await withPool([entryOf('{"a":1}')]);
  lone.receive('p', headersOf([block]));
  assert.deepEqual(committedBlock(lone.receive('p', idsOf(block)))?.body.bytes, block.body.bytes);
});

test('an array that is told of as one value is a lie, though its id is right', async () => {
  const { block } = buildBlock(TEST_PARAMS, GENESIS, singleBody('[1]'));
  const lone = await withPool([entryOf('[1]')]);
  lone.receive('p', headersOf([block]));
  assertBanned(lone, lone.receive('p', idsOf(block)), 'p', 'data-root-wrong');
});

test('more entries than a block may have are refused', async () => {
  const params = createParams({ name: 'narrow', targetLimit: 0x207fffff, entriesMax: 2 });
  const { block } = buildBlock(params, genesisPoint(params), bodyOf('1', '1', '1'));
  const lone = await LoneMachine.start({ params });
  lone.feed({ type: 'entries-submitted', request: 1, entries: [entryOf('1')] });
  await lone.settle();
  lone.greet('p');
  lone.receive('p', headersOf([block]));
  assertBanned(lone, lone.receive('p', idsOf(block)), 'p', 'body-too-many-entries');
});

test('an empty block, and one with an entry twice, are put together as they are', async () => {
  for (const entries of [[], [entryOf('1'), entryOf('2'), entryOf('1')]]) {
    const { block } = buildBlock(TEST_PARAMS, GENESIS, bodyFrom(entries));
    const lone = await withPool([entryOf('1'), entryOf('2')]);
    lone.receive('p', headersOf([block]));
    assert.deepEqual(committedBlock(lone.receive('p', idsOf(block)))?.body.bytes, block.body.bytes);
  }
});

test('a block of which nothing waits here is asked for whole, at once', async () => {
  const lone = await withPool([entryOf('"of no use"')]);
  lone.receive('p', headersOf([BLOCK]));
  const whole: Message = { type: 'get-blocks', hashes: [BLOCK.hash] };
  assert.deepEqual(sentTo(lone.receive('p', idsOf(BLOCK)), 'p'), [whole]);
  assert.equal(committedBlock(lone.receive('p', bodyMessage(BLOCK)))?.hash, BLOCK.hash);
});

test('where nothing waits, or the block is not the next, or not the only one, it is asked for whole', async () => {
  const empty = await withPool([]);
  assert.equal(sentTo(empty.receive('p', headersOf([BLOCK])), 'p')[0]?.type, 'get-blocks');
  const behind = await withPool(ENTRIES);
  const asked = sentTo(behind.receive('p', headersOf([BLOCK, CHILD])), 'p');
  assert.deepEqual(asked, [{ type: 'get-blocks', hashes: [BLOCK.hash, CHILD.hash] }]);
  const far = await withPool(ENTRIES);
  far.greet('q');
  far.receive('p', headersOf([BLOCK]));
  const later = sentTo(far.receive('q', headersOf([CHILD])), 'q');
  assert.deepEqual(later, [{ type: 'get-blocks', hashes: [CHILD.hash] }], 'what it builds on is not here yet');
});

test('a block on one that is on its way into the store is fetched by its ids, too', async () => {
  const lone = await withPool([...ENTRIES, entryOf('"child"')]);
  lone.receive('p', headersOf([BLOCK]));
  lone.receive('p', idsOf(BLOCK));
  assert.deepEqual(sentTo(lone.receive('p', headersOf([CHILD])), 'p'), [{ type: 'get-block-ids', hash: CHILD.hash }]);
  lone.receive('p', idsOf(CHILD));
  await lone.settle();
  assert.equal(lone.machine.tip.hash, CHILD.hash);
});

const OTHER_ID = entryOf('"another"').id;
const LIES: readonly (readonly [name: string, message: Message])[] = [
  ['another id', { ...idsOf(BLOCK), ids: [OTHER_ID, ...idsOf(BLOCK).ids.slice(1)] }],
  ['one id less', { ...idsOf(BLOCK), ids: idsOf(BLOCK).ids.slice(1) }],
  ['one id more', { ...idsOf(BLOCK), ids: [...idsOf(BLOCK).ids, OTHER_ID] }],
  ['another order', { ...idsOf(BLOCK), ids: idsOf(BLOCK).ids.toReversed() }],
  ['another shape', { ...idsOf(BLOCK), shape: 'single' }],
];
for (const [name, message] of LIES) {
  test(`ids that are not the block's (${name}) get their sender banned, and the block is asked of another`, async () => {
    const lone = await withPool(ENTRIES);
    lone.greet('q');
    lone.receive('p', headersOf([BLOCK]));
    lone.receive('q', headersOf([BLOCK]));
    const effects = lone.receive('p', message);
    assert.deepEqual(sentTo(effects, 'q'), [{ type: 'get-blocks', hashes: [BLOCK.hash] }]);
    assertBanned(lone, effects, 'p', 'data-root-wrong');
    assert.equal(committedBlock(lone.receive('q', bodyMessage(BLOCK)))?.hash, BLOCK.hash);
  });
}

const WRONG_PIECES: readonly (readonly [name: string, arrayBytes: Uint8Array])[] = [
  ['others', bodyFrom([entryOf('1'), entryOf('2')]).bytes],
  ['in another order', piecesOf(BLOCK, 7, 2).arrayBytes],
  ['one less', piecesOf(BLOCK, 2).arrayBytes],
  ['one more', piecesOf(BLOCK, 2, 7, 8).arrayBytes],
  ['none', bodyOf().bytes],
  ['not canonical', new TextEncoder().encode('[ 1]')],
  ['no JSON', new TextEncoder().encode('[,]')],
];
for (const [name, arrayBytes] of WRONG_PIECES) {
  test(`entries that are not those that were asked for (${name}) get their sender banned`, async () => {
    const lone = await withPool(ENTRIES.filter((_, i) => i !== 2 && i !== 7));
    lone.greet('q');
    for (const peer of ['p', 'q']) lone.receive(peer, headersOf([BLOCK]));
    lone.receive('p', idsOf(BLOCK));
    const effects = lone.receive('p', { type: 'block-entries', hash: BLOCK.hash, arrayBytes });
    assert.deepEqual(sentTo(effects, 'q'), [{ type: 'get-blocks', hashes: [BLOCK.hash] }]);
    assertBanned(lone, effects, 'p', 'block-entries-wrong');
  });
}

test('a body that is too large by its ids is refused before it is put together', async () => {
  const large = entryOf(JSON.stringify('x'.repeat(60_000)));
  const { block } = buildBlock(TEST_PARAMS, GENESIS, bodyFrom(Array.from({ length: 18 }, () => large)));
  const lone = await withPool([large]);
  lone.receive('p', headersOf([block]));
  assertBanned(lone, lone.receive('p', idsOf(block)), 'p', 'body-too-large');
});

test('a peer that does not answer loses the request, and the next one is asked for the whole block', async () => {
  for (const answers of [[], [idsOf(BLOCK)]]) {
    const lone = await withPool(ENTRIES.slice(1));
    lone.greet('q');
    for (const peer of ['p', 'q']) lone.receive(peer, headersOf([BLOCK]));
    for (const answer of answers) lone.receive('p', answer);
    const asked = lone.advance(STALL_MS_MIN + 250).flatMap((effect) => (effect.type === 'send' ? [effect] : []));
    const whole = asked.filter(({ message }) => message.type === 'get-blocks');
    assert.equal(whole.length, 1);
    const peer = whole[0]?.peer ?? '';
    // Late words change nothing.
    lone.receive('p', idsOf(BLOCK));
    lone.receive('p', piecesOf(BLOCK, 0));
    assert.equal(committedBlock(lone.receive(peer, bodyMessage(BLOCK)))?.hash, BLOCK.hash);
  }
});

test('a peer that leaves with its answer, or has not got the block, makes others be asked for all of it', async () => {
  for (const end of ['gone', 'not-found'] as const) {
    const lone = await withPool(ENTRIES.slice(1));
    lone.greet('q');
    for (const peer of ['p', 'q']) lone.receive(peer, headersOf([BLOCK]));
    lone.receive('p', idsOf(BLOCK));
    const effects =
      end === 'gone'
        ? lone.feed({ type: 'peer-disconnected', peer: 'p', reason: 'closed' })
        : lone.receive('p', { type: 'not-found', hashes: [BLOCK.hash] });
    assert.deepEqual(sentTo(effects, 'q'), [{ type: 'get-blocks', hashes: [BLOCK.hash] }]);
  }
});

test('ids and entries that were not asked for, or come twice, do nothing', async () => {
  const lone = await withPool(ENTRIES.slice(1));
  lone.greet('q');
  lone.receive('p', headersOf([BLOCK]));
  const ignored: readonly (readonly [peer: string, message: Message])[] = [
    ['q', idsOf(BLOCK)],
    ['q', piecesOf(BLOCK, 0)],
    ['p', piecesOf(BLOCK, 0)],
    ['p', idsOf(CHILD)],
    ['p', { ...idsOf(BLOCK), hash: 'ef'.repeat(32) as Hash }],
  ];
  for (const [peer, message] of ignored) assert.deepEqual(lone.receive(peer, message), []);
  lone.receive('p', idsOf(BLOCK));
  assert.deepEqual(lone.receive('p', idsOf(BLOCK)), []);
  assert.deepEqual(lone.receive('q', piecesOf(BLOCK, 0)), []);
  assert.equal(committedBlock(lone.receive('p', piecesOf(BLOCK, 0)))?.hash, BLOCK.hash);
  assert.deepEqual(lone.receive('p', piecesOf(BLOCK, 0)), []);
  assert.deepEqual(reportsIn(lone.effects), []);
});

test('the whole block may come instead of its ids', async () => {
  const lone = await withPool(ENTRIES);
  lone.receive('p', headersOf([BLOCK]));
  assert.equal(committedBlock(lone.receive('p', bodyMessage(BLOCK)))?.hash, BLOCK.hash);
});

test('of so many blocks is remembered that their ids were asked for, and no more', async () => {
  const lone = await withPool(ENTRIES);
  const rivals = Array.from({ length: RELAYED_BLOCKS_MAX + 1 }, (_, i) =>
    buildBlock(TEST_PARAMS, GENESIS, bodyOf(`"rival ${i}"`)),
  ).map(({ block }) => block);
  for (const [i, block] of rivals.entries()) {
    for (const peer of [`first-${i}`, `second-${i}`]) {
      lone.greet(peer);
      lone.receive(peer, headersOf([block]));
    }
  }
  const askedSecond = (i: number) => {
    const effects = lone.feed({ type: 'peer-disconnected', peer: `first-${i}`, reason: 'closed' });
    return sentTo(effects, `second-${i}`).map(({ type }) => type);
  };
  assert.deepEqual(askedSecond(1), ['get-blocks']);
  assert.deepEqual(askedSecond(0), ['get-block-ids'], 'the oldest was forgotten');
});

/** A machine with `entries` in its pool, and a peer `p`. */
async function withPool(entries: readonly PooledEntry[]): Promise<LoneMachine> {
  const lone = await LoneMachine.start();
  if (entries.length > 0) lone.feed({ type: 'entries-submitted', request: 1, entries });
  await lone.settle();
  lone.greet('p');
  return lone;
}

function bodyFrom(entries: readonly PooledEntry[]): Body {
  return bodyFromEntries(entries.map(({ bytes }) => bytes));
}

function idsOf({ hash, body }: Block): Message & { type: 'block-ids' } {
  return { type: 'block-ids', hash, shape: body.shape === 'single' ? 'single' : 'array', ids: entryIds(body) };
}

function piecesOf({ hash }: Block, ...places: readonly number[]): Message & { type: 'block-entries' } {
  const entries = places.flatMap((place) => ENTRIES[place] ?? []);
  return { type: 'block-entries', hash, arrayBytes: bodyFrom(entries).bytes };
}

function committedBlock(effects: readonly Effect[]): Block | undefined {
  return effects.find((effect) => effect.type === 'commit')?.change.blocks[0]?.block;
}
