import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bodyOf, buildBlock, buildChain, TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { entryOf } from '../../test/support/entry-fixture.ts';
import { findNonce } from '../../test/support/find-nonce.ts';
import { encodeRun, readRun } from '../../test/support/header-bytes.ts';
import {
  assertBanned,
  bodiesAsked,
  bodyMessage,
  headersOf,
  LoneMachine,
  reportsIn,
  sentTo,
  tipOf,
  typesOf,
} from '../../test/support/lone-machine.ts';
import { bodyFromEntries } from '../core/body.ts';
import { createGenesis } from '../core/genesis.ts';
import type { Hash } from '../core/hash.ts';
import type { Header } from '../core/header.ts';
import { createParams } from '../core/params.ts';
import { genesisPoint, hashedHeader } from '../core/validation.ts';
import type { Effect } from './effects.ts';
import { REORGANISATION_ALARM_BLOCKS, STALL_MS_MIN } from './limits.ts';

const GENESIS = genesisPoint(TEST_PARAMS);
const CHAIN = buildChain(TEST_PARAMS, GENESIS, 12, (height) => bodyOf(`"a${height}"`));
const RIVAL = buildChain(TEST_PARAMS, GENESIS, 14, (height) => bodyOf(`"b${height}"`));

test('a chain comes from a peer: headers first, then bodies, and each is told of only once it is durable', async () => {
  const lone = await LoneMachine.start();
  const asked = sentTo(lone.greet('p', tipOf(CHAIN)), 'p').at(-1);
  assert.deepEqual(asked, { type: 'get-headers', locator: [GENESIS.hash] });
  const wanted = bodiesAsked(lone.receive('p', headersOf(CHAIN.blocks)), 'p');
  assert.deepEqual(wanted, hashesOf(CHAIN.blocks));
  lone.greet('q');
  const before = lone.effects.length;
  for (const block of CHAIN.blocks) lone.receive('p', bodyMessage(block));
  const untilCommit = lone.effects.slice(before);
  assert.deepEqual(typesOf(untilCommit), ['commit'], 'one commit is on its way, and nothing else is said');
  assert.equal(lone.machine.tip.hash, GENESIS.hash);
  await lone.settle();
  assert.equal(lone.machine.tip.hash, CHAIN.points.at(-1)?.hash);
  const told = lone.effects.slice(before).filter(({ type }) => type !== 'commit');
  const events = told.flatMap((effect) => (effect.type === 'notify' ? [effect.event] : []));
  assert.deepEqual(
    events.map((event) => (event.type === 'block-added' ? [event.hash, event.entries] : event.type)),
    CHAIN.blocks.map(({ hash }) => [hash, 1]),
  );
  assert.deepEqual(
    sentTo(told, 'q').flatMap((message) =>
      message.type === 'headers' ? readRun(message.headers).map(({ hash }) => hash) : [],
    ),
    [CHAIN.blocks[0]?.hash, CHAIN.blocks.at(-1)?.hash],
    'the tip after each commit',
  );
  assert.deepEqual(
    sentTo(told, 'p').filter(({ type }) => type === 'headers'),
    [],
    'it has shown more from the start',
  );
});

test('a mined block is neither answered nor announced before it is durable', async () => {
  const lone = await LoneMachine.start();
  lone.greet('p');
  const search = searchIn(lone.feed({ type: 'mine-requested', request: 1, body: bodyOf('"x"') }));
  const found = lone.feed({ type: 'nonce-found', job: search.job, nonce: findNonce(search.header, 0) });
  assert.deepEqual(typesOf(found), ['commit']);
  await lone.settle();
  const block = lone.machine.tip.hash;
  assert.deepEqual(lone.answerTo(1), { type: 'block-mined', hash: block });
  assert.equal(sentTo(lone.effects, 'p').at(-1)?.type, 'headers');
});

test('an own block that loses to one of the same commit is mined again on the winner', async () => {
  const lone = await LoneMachine.start();
  lone.greet('p');
  // A commit is on its way, so that both blocks go into the next one.
  lone.feed({ type: 'entries-submitted', request: 1, entries: [entryOf('"first"')] });
  const search = searchIn(lone.feed({ type: 'mine-requested', request: 2, body: bodyOf('"mine"') }));
  const two = CHAIN.blocks.slice(0, 2);
  lone.receive('p', headersOf(two));
  for (const block of two) lone.receive('p', bodyMessage(block));
  lone.feed({ type: 'nonce-found', job: search.job, nonce: findNonce(search.header, 0) });
  await lone.settle();
  assert.equal(lone.machine.tip.hash, two[1]?.hash);
  assert.equal(lone.answerTo(2), undefined);
  const again = searchIn(lone.effects);
  assert.equal(again.header.previousHash, two[1]?.hash);
  lone.feed({ type: 'nonce-found', job: search.job, nonce: 0 });
  lone.feed({ type: 'nonce-found', job: again.job, nonce: findNonce(again.header, 0) });
  await lone.settle();
  assert.deepEqual(lone.answerTo(2), { type: 'block-mined', hash: lone.machine.tip.hash });
  assert.equal(lone.machine.tip.header.height, 3);
});

test('an entry that arrives both as an entry and in a block is mined no second time', async () => {
  const entry = entryOf('"a1"');
  const lone = await LoneMachine.start({ miningMode: 'entries' });
  lone.greet('p');
  lone.greet('q');
  const block = CHAIN.blocks[0];
  assert.ok(block);
  const asked = sentTo(lone.receive('q', { type: 'inventory', ids: [entry.id] }), 'q');
  assert.deepEqual(asked, [{ type: 'get-entries', ids: [entry.id] }]);
  lone.receive('p', headersOf([block]));
  lone.receive('p', bodyMessage(block));
  await lone.settle();
  lone.receive('q', { type: 'entries', arrayBytes: bodyFromEntries([entry.bytes]).bytes });
  lone.receive('q', { type: 'inventory', ids: [entry.id] });
  await lone.settle();
  assert.equal(lone.machine.pool.count, 0);
  assert.equal(sentTo(lone.effects, 'q').filter(({ type }) => type === 'get-entries').length, 1);
});

test('a peer of another network is told so by the names of both, and dismissed', async () => {
  const other = createParams({ name: 'elsewhere' });
  const lone = await LoneMachine.start();
  lone.connect('p', 'outbound');
  const effects = lone.receive('p', lone.hello({ genesis: createGenesis(other).hash, network: other.name }));
  const [goodbye] = sentTo(effects, 'p');
  assert.ok(goodbye?.type === 'goodbye');
  assert.equal(goodbye.code, 'network-other');
  assert.match(goodbye.message, /\btest\b.*\belsewhere\b/);
  assert.ok(goodbye.message.length <= 512);
  assert.ok(effects.some(({ type }) => type === 'disconnect'));
  assert.deepEqual([...lone.machine.peers], []);
});

const [FIRST, SECOND] = CHAIN.points;
assert.ok(FIRST && SECOND);
const GOOD = SECOND.header;
const BAD_HEADERS: readonly (readonly [code: string, header: Header])[] = [
  ['work-too-low', withWork(GOOD, false)],
  ['bits-wrong', withWork({ ...GOOD, bits: 0x2000ffff }, true)],
  ['history-root-wrong', withWork({ ...GOOD, historyRoot: 'ab'.repeat(32) as Hash }, true)],
  ['timestamp-before-parent', withWork({ ...GOOD, timestamp: FIRST.header.timestamp - 1 }, true)],
  ['height-wrong', withWork({ ...GOOD, height: 7 }, true)],
];
for (const [code, header] of BAD_HEADERS) {
  test(`the sender of a header with the fault ${code} is banned, and the right one is taken from another`, async () => {
    const lone = await LoneMachine.start();
    lone.greet('bad', tipOf(CHAIN));
    const effects = lone.receive('bad', {
      type: 'headers',
      headers: encodeRun([FIRST.header, header]),
    });
    assertBanned(lone, effects, 'bad', code);
    lone.greet('good', tipOf(CHAIN));
    lone.receive('good', headersOf(CHAIN.blocks));
    for (const block of CHAIN.blocks) lone.receive('good', bodyMessage(block));
    await lone.settle();
    assert.equal(lone.machine.tip.hash, CHAIN.points.at(-1)?.hash);
  });
}

test('the sender of a body that is not the one of its header is banned, and the right body taken from another', async () => {
  const lone = await LoneMachine.start();
  for (const peer of ['one', 'other']) lone.greet(peer, tipOf(CHAIN));
  lone.receive('one', headersOf(CHAIN.blocks));
  lone.receive('other', headersOf(CHAIN.blocks));
  const [first, ...rest] = CHAIN.blocks;
  assert.ok(first);
  const effects = lone.receive('one', { type: 'block', hash: first.hash, bodyBytes: bodyOf('"changed"').bytes });
  assertBanned(lone, effects, 'one', 'data-root-wrong');
  assert.ok(bodiesAsked(effects, 'other').includes(first.hash));
  for (const block of [first, ...rest]) lone.receive('other', bodyMessage(block));
  await lone.settle();
  assert.equal(lone.machine.tip.hash, CHAIN.points.at(-1)?.hash);
});

test('a body that is withheld is asked of another peer within the stall time, and rubbish does not put that off', async () => {
  const lone = await LoneMachine.start();
  for (const peer of ['silent', 'other']) lone.greet(peer, tipOf(CHAIN));
  const asked = bodiesAsked(lone.receive('silent', headersOf(CHAIN.blocks)), 'silent');
  lone.receive('other', headersOf(CHAIN.blocks));
  const effects: Effect[] = [];
  for (let passed = 0; passed <= STALL_MS_MIN + 250; passed += 250) {
    effects.push(...lone.advance(250));
    lone.receive('silent', { type: 'block', hash: 'cd'.repeat(32) as Hash, bodyBytes: bodyOf('1').bytes });
    // The last body but not the first that is due.
    const last = CHAIN.blocks[11];
    assert.ok(last);
    lone.receive('silent', bodyMessage(last));
  }
  assert.deepEqual(bodiesAsked(effects, 'other'), asked.slice(0, -1));
});

test('a header too far ahead of the clock is held without blame, and taken once the clock has caught up', async () => {
  const lone = await LoneMachine.start();
  const ahead = TEST_PARAMS.futureTimeMax + 20;
  lone.nowMs = (CHAIN.points[0]?.header.timestamp ?? 0) * 1000 - ahead * 1000;
  const block = CHAIN.blocks[0];
  assert.ok(block);
  lone.greet('p', tipOf({ blocks: [block], points: CHAIN.points.slice(0, 1) }));
  lone.receive('p', headersOf([block]));
  assert.equal(lone.machine.sync.behind, 0);
  for (let seconds = 0; seconds < 30; seconds++) {
    const effects = lone.advance(1_000);
    if (!sentTo(effects, 'p').some(({ type }) => type === 'get-headers')) continue;
    lone.receive('p', headersOf([block]));
    if (lone.machine.sync.behind === 0) continue;
    assert.ok(seconds >= 18, 'not before its time');
    break;
  }
  lone.receive('p', bodyMessage(block));
  await lone.settle();
  assert.equal(lone.machine.tip.hash, block.hash);
  assert.deepEqual(reportsIn(lone.effects), []);
});

test('news of a tip that crosses the answer to a question for headers is nobody’s fault', async () => {
  const lone = await LoneMachine.start();
  lone.greet('p', tipOf({ ...CHAIN, points: CHAIN.points.slice(0, 10) }));
  lone.receive('p', headersOf(CHAIN.blocks.slice(10, 11)));
  lone.receive('p', headersOf(CHAIN.blocks.slice(11)));
  await lone.settle();
  const asked = bodiesAsked(lone.receive('p', headersOf(CHAIN.blocks)), 'p');
  assert.equal(asked.length, 12);
  assert.deepEqual(reportsIn(lone.effects), []);
});

test('a peer that greeted before this node got its new tip is told of it', async () => {
  const lone = await LoneMachine.start();
  lone.connect('slow');
  lone.greet('p', tipOf(CHAIN));
  lone.receive('p', headersOf(CHAIN.blocks));
  for (const block of CHAIN.blocks) lone.receive('p', bodyMessage(block));
  await lone.settle();
  const last = sentTo(lone.effects, 'slow').at(-1);
  assert.ok(last?.type === 'headers' && readRun(last.headers)[0]?.hash === CHAIN.points.at(-1)?.hash);
});

test('a deep reorganisation is followed, and raises an alarm', async () => {
  const count = REORGANISATION_ALARM_BLOCKS + 1;
  const old = buildChain(TEST_PARAMS, GENESIS, count, () => bodyOf('"old"'));
  const better = buildChain(TEST_PARAMS, GENESIS, count + 1, (height) => bodyOf(`"new ${height}"`));
  const lone = await LoneMachine.start({ chain: old, windowBlocks: 16 });
  lone.greet('p', tipOf(better));
  lone.receive('p', headersOf(better.blocks));
  await lone.settle();
  const given = new Map(better.blocks.map((block) => [block.hash, block]));
  for (let i = 0; i < lone.effects.length; i++) {
    const effect = lone.effects[i];
    if (effect?.type !== 'send' || effect.message.type !== 'get-blocks') continue;
    for (const hash of effect.message.hashes) {
      const block = given.get(hash);
      assert.ok(block);
      lone.receive('p', bodyMessage(block));
    }
    await lone.settle();
  }
  assert.equal(lone.machine.tip.hash, better.points.at(-1)?.hash);
  assert.match(lone.machine.alarm ?? '', /undid 101 blocks/);
  assert.equal(lone.machine.pool.count, 1, 'equal entries of abandoned blocks are one pending entry');
});

test('blocks of the node’s own user are taken and answered when they are durable', async () => {
  const lone = await LoneMachine.start({ chain: CHAIN });
  lone.feed({ type: 'blocks-offered', request: 1, from: GENESIS, blocks: RIVAL.blocks });
  assert.equal(lone.answerTo(1), undefined);
  await lone.settle();
  assert.deepEqual(lone.answerTo(1), { type: 'blocks-taken' });
  assert.equal(lone.machine.tip.hash, RIVAL.points.at(-1)?.hash);
  const nowhere = RIVAL.points[3];
  assert.ok(nowhere);
  const orphan = buildBlock(TEST_PARAMS, nowhere, bodyOf('1')).block;
  const stranger = await LoneMachine.start({ chain: CHAIN });
  stranger.feed({ type: 'blocks-offered', request: 2, from: nowhere, blocks: [orphan] });
  assert.deepEqual(stranger.answerTo(2), {
    type: 'refused',
    fault: { code: 'block-refused', reason: 'parent-unknown' },
  });
});

function searchIn(effects: readonly Effect[]): Effect & { type: 'search' } {
  const search = effects.findLast((effect) => effect.type === 'search');
  assert.ok(search, 'a search begins');
  return search;
}

function hashesOf(blocks: readonly { readonly hash: Hash }[]): Hash[] {
  return blocks.map(({ hash }) => hash);
}

/** `header` with a nonce that meets the easiest target, or one that does not. */
function withWork(header: Header, isEnough: boolean): Header {
  for (let nonce = 0; ; nonce++) {
    const candidate = { ...header, nonce };
    if (hashedHeader(candidate).hash < '7fff' === isEnough) return candidate;
  }
}
