/** What the machine does while its disk has no room, and when there is room again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bodyOf, buildChain, TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { entryOf } from '../../test/support/entry-fixture.ts';
import { findNonce } from '../../test/support/find-nonce.ts';
import {
  bodiesAsked,
  bodyMessage,
  headersOf,
  LoneMachine,
  reportsIn,
  sentTo,
  tipOf,
  typesOf,
} from '../../test/support/lone-machine.ts';
import { genesisPoint } from '../core/validation.ts';
import type { Answer } from './effects.ts';
import { STORE_FULL_RETRY_MS } from './limits.ts';

const CHAIN = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 3, (height) => bodyOf(`"a${height}"`));
const REFUSED: Answer = { type: 'refused', fault: { code: 'store-full' } };

/** A machine of which a commit has failed for want of room: of the entry `"lost"`, as request 1. */
async function fullMachine(): Promise<LoneMachine> {
  const lone = await LoneMachine.start();
  lone.isDiskFull = true;
  lone.feed({ type: 'entries-submitted', request: 1, entries: [entryOf('"lost"')] });
  await lone.settle();
  return lone;
}

test('an entry that there was no room for is refused, and gone', async () => {
  const lone = await LoneMachine.start();
  lone.isDiskFull = true;
  lone.feed({ type: 'entries-submitted', request: 1, entries: [entryOf('"in the commit"')] });
  lone.feed({ type: 'entries-submitted', request: 2, entries: [entryOf('"behind it"'), entryOf('"in the commit"')] });
  await lone.settle();
  assert.deepEqual([lone.answerTo(1), lone.answerTo(2)], [REFUSED, REFUSED]);
  assert.deepEqual([lone.machine.pool.count, lone.machine.pool.sizeBytes], [0, 0]);
  assert.equal(lone.machine.fullSinceMs, lone.nowMs);
  assert.deepEqual(
    reportsIn(lone.effects).map((effect) => effect.type === 'report' && [effect.level, effect.code]),
    [['warn', 'store-full']],
  );
});

test('nothing is taken in while there is no room: entries of users and of peers, blocks to mine, chains', async () => {
  const lone = await fullMachine();
  lone.greet('p');
  const before = lone.effects.length;
  lone.feed({ type: 'entries-submitted', request: 2, entries: [entryOf('1')] });
  lone.feed({ type: 'mine-requested', request: 3, body: bodyOf('2') });
  lone.feed({ type: 'blocks-offered', request: 4, from: genesisPoint(TEST_PARAMS), blocks: CHAIN.blocks });
  lone.receive('p', { type: 'inventory', ids: [entryOf('3').id] });
  assert.deepEqual(
    [2, 3, 4].map((request) => lone.answerTo(request)),
    [REFUSED, REFUSED, REFUSED],
  );
  assert.deepEqual(typesOf(lone.effects.slice(before)), ['answer', 'answer', 'answer']);
  assert.equal(lone.machine.pool.count, 0);
});

test('an entry that was asked of a peer before there was no room is not kept, and is asked for when it is told again', async () => {
  const lone = await LoneMachine.start();
  lone.greet('p');
  const told = { type: 'inventory', ids: [entryOf('"theirs"').id] } as const;
  lone.receive('p', told);
  lone.isDiskFull = true;
  lone.feed({ type: 'entries-submitted', request: 1, entries: [entryOf('"lost"')] });
  await lone.settle();
  lone.receive('p', { type: 'entries', arrayBytes: bodyOf('"theirs"').bytes });
  assert.equal(lone.machine.pool.count, 0);
  lone.isDiskFull = false;
  lone.advance(STORE_FULL_RETRY_MS);
  await lone.settle();
  assert.deepEqual(sentTo(lone.receive('p', told), 'p'), [{ type: 'get-entries', ids: told.ids }]);
});

test('what is asked to be mined and was not found is refused, and the search ends', async () => {
  const lone = await LoneMachine.start();
  lone.feed({ type: 'mine-requested', request: 1, body: bodyOf('1') });
  lone.feed({ type: 'mine-requested', request: 2, body: bodyOf('2') });
  lone.isDiskFull = true;
  lone.feed({ type: 'entries-submitted', request: 3, entries: [entryOf('3')] });
  await lone.settle();
  assert.deepEqual([lone.answerTo(1), lone.answerTo(2)], [REFUSED, REFUSED]);
  assert.equal(lone.effects.at(-1)?.type, 'stop-search');
  assert.deepEqual([lone.machine.mining.searching, lone.machine.mining.queuedCount], [undefined, 0]);
});

test('a block of our own that there was no room for waits, and its request is answered once it is durable', async () => {
  const lone = await LoneMachine.start({ miningMode: 'always' });
  lone.feed({ type: 'mine-requested', request: 1, body: bodyOf('"mine"') });
  lone.feed({ type: 'mine-requested', request: 2, body: bodyOf('"next"') });
  const search = lone.effects.findLast((effect) => effect.type === 'search');
  assert.ok(search);
  lone.isDiskFull = true;
  lone.feed({ type: 'nonce-found', job: search.job, nonce: findNonce(search.header, 0) });
  await lone.settle();
  assert.deepEqual([lone.answerTo(1), lone.answerTo(2)], [undefined, REFUSED]);
  lone.advance(3 * STORE_FULL_RETRY_MS);
  await lone.settle();
  assert.deepEqual([lone.machine.mining.searching, lone.machine.tip.header.height], [undefined, 0]);
  lone.isDiskFull = false;
  lone.advance(STORE_FULL_RETRY_MS);
  await lone.settle();
  assert.equal(lone.answerTo(1)?.type, 'block-mined');
  assert.deepEqual([lone.machine.tip.header.height, lone.machine.fullSinceMs], [1, undefined]);
  assert.equal(lone.machine.mining.searching?.height, 2, 'and mining goes on');
});

test('blocks of peers wait and are stored when there is room, without being asked for again', async () => {
  const lone = await fullMachine();
  lone.greet('p', tipOf(CHAIN));
  assert.deepEqual(bodiesAsked(lone.receive('p', headersOf(CHAIN.blocks)), 'p').length, 3);
  for (const block of CHAIN.blocks) lone.receive('p', bodyMessage(block));
  const before = lone.effects.length;
  lone.advance(STORE_FULL_RETRY_MS);
  await lone.settle();
  const again = lone.effects.slice(before).filter(({ type }) => type === 'commit');
  assert.deepEqual([again.length, lone.machine.tip.header.height], [1, 0], 'tried again, and there is still no room');
  lone.isDiskFull = false;
  lone.advance(STORE_FULL_RETRY_MS);
  await lone.settle();
  assert.equal(lone.machine.tip.hash, CHAIN.blocks.at(-1)?.hash);
  assert.deepEqual(bodiesAsked(lone.effects.slice(before), 'p'), []);
});

test('a mended block that there was no room for is stored when there is', async () => {
  const lone = await LoneMachine.start({ chain: CHAIN });
  const [block] = CHAIN.blocks;
  const [point] = CHAIN.points;
  assert.ok(block && point);
  lone.greet('p');
  assert.deepEqual(bodiesAsked(lone.feed({ type: 'block-damaged', point }), 'p'), [block.hash]);
  lone.isDiskFull = true;
  lone.receive('p', bodyMessage(block));
  await lone.settle();
  lone.isDiskFull = false;
  const before = lone.effects.length;
  lone.advance(STORE_FULL_RETRY_MS);
  await lone.settle();
  const stored = lone.effects.slice(before).flatMap((effect) => (effect.type === 'commit' ? effect.change.blocks : []));
  assert.deepEqual(
    stored.map((kept) => [kept.block.hash, kept.work]),
    [[block.hash, point.work]],
  );
});

test('with nothing to store, a commit of nothing tells whether there is room', async () => {
  const lone = await fullMachine();
  const sinceMs = lone.machine.fullSinceMs;
  lone.advance(STORE_FULL_RETRY_MS - 250);
  assert.equal(lone.effects.filter(({ type }) => type === 'commit').length, 1, 'not before it is time');
  lone.advance(250);
  const probe = lone.effects.findLast((effect) => effect.type === 'commit');
  assert.deepEqual(probe?.change, { blocks: [], pendingAdded: [], activate: undefined });
  await lone.settle();
  assert.equal(lone.machine.fullSinceMs, sinceMs, 'still since the first time');
  lone.isDiskFull = false;
  lone.advance(STORE_FULL_RETRY_MS);
  await lone.settle();
  assert.equal(lone.machine.fullSinceMs, undefined);
  const codes = reportsIn(lone.effects).map((effect) => effect.type === 'report' && effect.code);
  assert.deepEqual(codes, ['store-full', 'store-has-room'], 'each is told once');
  lone.feed({ type: 'entries-submitted', request: 2, entries: [entryOf('"lost"')] });
  await lone.settle();
  assert.equal(lone.answerTo(2)?.type, 'entries-pending');
});

test('peers are served meanwhile', async () => {
  const lone = await LoneMachine.start({ chain: CHAIN });
  lone.isDiskFull = true;
  lone.feed({ type: 'entries-submitted', request: 1, entries: [entryOf('"lost"')] });
  await lone.settle();
  lone.greet('p');
  assert.deepEqual(typesOf(lone.receive('p', { type: 'get-headers', locator: [] })), ['serve-headers']);
  const [block] = CHAIN.blocks;
  assert.ok(block);
  assert.deepEqual(typesOf(lone.receive('p', { type: 'get-blocks', hashes: [block.hash] })), ['serve-blocks']);
});
