import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BuiltChain, bodyOf, buildChain, TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { clocksAt } from '../../test/support/clocks.ts';
import { encodeRun } from '../../test/support/header-bytes.ts';
import { bodiesAsked, sentTo, tipOf } from '../../test/support/lone-machine.ts';
import { askedFrom, syncWorld } from '../../test/support/sync-world.ts';
import type { Block } from '../core/block.ts';
import type { Hash } from '../core/hash.ts';
import { type ChainPoint, genesisPoint } from '../core/validation.ts';
import type { Effect } from './effects.ts';
import {
  BLOCKS_IN_FLIGHT_PER_PEER_MAX,
  HEADER_LEAD_BLOCKS_MAX,
  HEADERS_PER_MESSAGE_MAX,
  HEADERS_TIMEOUT_MS,
  HELD_BODY_BYTES_MAX,
  HOLD_RETRY_MS,
  STALL_MS_MAX,
  STALL_MS_MIN,
} from './limits.ts';

const GENESIS = genesisPoint(TEST_PARAMS);
const CHAIN = chainOn(GENESIS, 40, 'a');
const NOW_MS = (GENESIS.header.timestamp + 1_000_000) * 1000;

test('a peer that claims more is asked for headers; one that claims less, as much, or what is known is not', () => {
  const { sync, peer } = syncWorld({ active: CHAIN.points.slice(0, 10) });
  const claims: readonly (readonly [name: string, points: readonly ChainPoint[], asked: boolean])[] = [
    ['less', CHAIN.points.slice(0, 5), false],
    ['as much', CHAIN.points.slice(0, 10), false],
    ['more', CHAIN.points.slice(0, 11), true],
  ];
  for (const [name, points, asked] of claims) {
    const effects = sync.greeted(peer(name, tipOf({ blocks: [], points })), NOW_MS);
    assert.equal(asksForHeaders(effects, name), asked, name);
  }
});

test('a full answer is followed by a question from its last header and not kept; a shorter one ends the first pass', () => {
  const long = chainOn(GENESIS, HEADERS_PER_MESSAGE_MAX + 1, 'long');
  const { sync, peer, tree } = syncWorld();
  const p = peer('p', tipOf(long));
  sync.greeted(p, NOW_MS);
  const full = headersOf(long.blocks.slice(0, HEADERS_PER_MESSAGE_MAX));
  const rest = headersOf(long.blocks.slice(HEADERS_PER_MESSAGE_MAX));
  assert.equal(askedFrom(sync.headersReceived(p, full, clocksAt(NOW_MS)).effects, 'p'), long.points.at(-2)?.hash);
  assert.equal(
    askedFrom(sync.headersReceived(p, rest, clocksAt(NOW_MS)).effects, 'p'),
    GENESIS.hash,
    'now from the beginning',
  );
  assert.equal(tree.size, 1);
  assert.equal(askedFrom(sync.headersReceived(p, full, clocksAt(NOW_MS)).effects, 'p'), long.points.at(-2)?.hash);
  assert.ok(!asksForHeaders(sync.headersReceived(p, rest, clocksAt(NOW_MS)).effects, 'p'));
  assert.equal(p.best?.point.hash, long.points.at(-1)?.hash);
});

test('full answers that lead nowhere new are not followed by another question', () => {
  const long = chainOn(GENESIS, HEADERS_PER_MESSAGE_MAX, 'long');
  const { sync, peer } = syncWorld();
  const p = peer('p', { hash: 'ff'.repeat(32) as Hash, height: 9_999, work: 10n ** 9n });
  sync.greeted(p, NOW_MS);
  assert.ok(asksForHeaders(sync.headersReceived(p, headersOf(long.blocks), clocksAt(NOW_MS)).effects, 'p'));
  assert.ok(!asksForHeaders(sync.headersReceived(p, headersOf(long.blocks), clocksAt(NOW_MS)).effects, 'p'));
});

test('a branch whose first headers have less work than what the peer showed before is followed to its end', () => {
  const fork = CHAIN.points[0];
  assert.ok(fork);
  const { sync, peer, tree } = syncWorld();
  const p = peer('p', tipOf(CHAIN));
  sync.headersReceived(p, headersOf(CHAIN.blocks), clocksAt(NOW_MS));
  const branch = chainOn(fork, 45, 'b');
  sync.headersReceived(p, headersOf(branch.blocks.slice(0, 20)), clocksAt(NOW_MS));
  assert.equal(p.best?.point.hash, CHAIN.points.at(-1)?.hash, 'the better one is still what it has');
  assert.equal(p.shown?.point.hash, branch.points[19]?.hash);
  sync.headersReceived(p, headersOf(branch.blocks.slice(20)), clocksAt(NOW_MS));
  assert.equal(p.best, tree.bestHeader);
});

test('bodies are asked for in order, so many of one peer at once, and each of one peer only', () => {
  const { sync, peer } = syncWorld();
  const [p, q] = [peer('p'), peer('q')];
  const { blocks } = chainOn(GENESIS, 300, 'long');
  const first = sync.headersReceived(p, headersOf(blocks), clocksAt(NOW_MS)).effects;
  const second = sync.headersReceived(q, headersOf(blocks), clocksAt(NOW_MS)).effects;
  // As many as make 4 MiB, at 32 KiB each while none has come.
  assert.deepEqual(bodiesAsked(first, 'p'), hashesOf(blocks.slice(0, 128)));
  assert.deepEqual(bodiesAsked(second, 'q'), hashesOf(blocks.slice(128, 256)));
  const [done] = blocks;
  assert.ok(done);
  sync.blockReceived(p, done.hash, 300, NOW_MS);
  assert.deepEqual(sync.proceed(NOW_MS), [], 'a peer that is half busy is left in peace');
});

test('a peer that stalls loses its requests to others at once, and is asked last from then on', () => {
  const { sync, peer } = syncWorld();
  const [slow, other] = [peer('slow'), peer('other')];
  const asked = bodiesAsked(
    sync.headersReceived(slow, headersOf(CHAIN.blocks.slice(0, 8)), clocksAt(NOW_MS)).effects,
    'slow',
  );
  sync.headersReceived(other, headersOf(CHAIN.blocks.slice(0, 8)), clocksAt(NOW_MS));
  assert.deepEqual(sync.findStalled(NOW_MS + STALL_MS_MIN), []);
  assert.deepEqual(sync.findStalled(NOW_MS + STALL_MS_MIN + 1), [slow]);
  const effects = sync.proceed(NOW_MS + STALL_MS_MIN + 1);
  assert.deepEqual(bodiesAsked(effects, 'other'), asked);
  assert.equal(slow.stallMs, 2 * STALL_MS_MIN);
});

test('the patience with a peer doubles with each stall up to a limit, and halves with each body that was due', () => {
  const { sync, peer } = syncWorld();
  const p = peer('p');
  sync.headersReceived(p, headersOf(CHAIN.blocks), clocksAt(NOW_MS));
  let nowMs = NOW_MS;
  for (let i = 0; i < 10; i++) {
    nowMs += p.stallMs + 1;
    assert.deepEqual(sync.findStalled(nowMs), [p]);
    sync.proceed(nowMs);
  }
  assert.equal(p.stallMs, STALL_MS_MAX);
  for (const { hash } of CHAIN.blocks.slice(0, 3)) sync.blockReceived(p, hash, 300, nowMs);
  assert.equal(p.stallMs, STALL_MS_MAX / 8);
});

test('only the body that is due counts as delivered', () => {
  const { sync, peer } = syncWorld();
  const p = peer('p');
  sync.headersReceived(p, headersOf(CHAIN.blocks), clocksAt(NOW_MS));
  for (const { hash } of CHAIN.blocks.slice(1, 16)) sync.blockReceived(p, hash, 300, NOW_MS + STALL_MS_MIN);
  assert.deepEqual(sync.findStalled(NOW_MS + STALL_MS_MIN + 1), [p]);
});

test('a body that comes late, when another peer was asked for it, is delivered all the same', () => {
  const { sync, peer } = syncWorld();
  const [late, other] = [peer('late'), peer('other')];
  const [block] = CHAIN.blocks;
  assert.ok(block);
  for (const p of [late, other]) sync.headersReceived(p, headersOf([block]), clocksAt(NOW_MS));
  sync.findStalled(NOW_MS + STALL_MS_MIN + 1);
  assert.deepEqual(bodiesAsked(sync.proceed(NOW_MS + STALL_MS_MIN + 1), 'other'), [block.hash]);
  assert.ok(sync.isAsked(block.hash));
  sync.blockReceived(late, block.hash, 300, NOW_MS + STALL_MS_MIN + 2);
  assert.ok(!sync.isAsked(block.hash));
  assert.equal(other.inFlight.size, 0, 'and nothing is owed by the other');
});

test('what a peer does not have is asked of others; what it was not asked for changes nothing', () => {
  const { sync, peer } = syncWorld();
  const [p, q] = [peer('p'), peer('q')];
  const asked = bodiesAsked(
    sync.headersReceived(p, headersOf(CHAIN.blocks.slice(0, 4)), clocksAt(NOW_MS)).effects,
    'p',
  );
  sync.headersReceived(q, headersOf(CHAIN.blocks.slice(0, 4)), clocksAt(NOW_MS));
  assert.deepEqual(sync.notFound(q, asked, NOW_MS), []);
  assert.ok(q.best);
  assert.deepEqual(bodiesAsked(sync.notFound(p, asked, NOW_MS), 'q'), asked);
});

test('what a peer that has gone owed is asked of others', () => {
  const { sync, peer, peers } = syncWorld();
  const [p, q] = [peer('p'), peer('q')];
  const asked = bodiesAsked(
    sync.headersReceived(p, headersOf(CHAIN.blocks.slice(0, 4)), clocksAt(NOW_MS)).effects,
    'p',
  );
  sync.headersReceived(q, headersOf(CHAIN.blocks.slice(0, 4)), clocksAt(NOW_MS));
  peers.delete('p');
  assert.deepEqual(bodiesAsked(sync.peerGone(p, NOW_MS), 'q'), asked);
});

test('peers on different branches are each asked for the bodies of their own', () => {
  const { sync, peer } = syncWorld();
  const [p, q] = [peer('p'), peer('q')];
  const other = chainOn(GENESIS, 10, 'b');
  const one = chainOn(GENESIS, 8, 'c');
  assert.deepEqual(
    bodiesAsked(sync.headersReceived(p, headersOf(one.blocks), clocksAt(NOW_MS)).effects, 'p'),
    hashesOf(one.blocks),
  );
  assert.deepEqual(
    bodiesAsked(sync.headersReceived(q, headersOf(other.blocks), clocksAt(NOW_MS)).effects, 'q'),
    hashesOf(other.blocks),
  );
});

test('of two tips with equal work only the one with the lower hash is asked for', () => {
  for (const label of ['b', 'c', 'd', 'e']) {
    const rival = chainOn(GENESIS, 3, label);
    const { sync, peer } = syncWorld({ active: CHAIN.points.slice(0, 3) });
    const p = peer('p', tipOf(rival));
    const isBetter = tipOf(rival).hash < (CHAIN.points[2]?.hash ?? '');
    assert.equal(asksForHeaders(sync.greeted(p, NOW_MS), 'p'), isBetter);
    const { effects } = sync.headersReceived(p, headersOf(rival.blocks), clocksAt(NOW_MS));
    assert.equal(bodiesAsked(effects, 'p').length > 0, isBetter);
  }
});

test('a header ahead of the clock ends the list without a fault, and is asked for again a little later', () => {
  const { sync, peer, tree } = syncWorld();
  const third = CHAIN.points[2];
  assert.ok(third);
  const nowMs = (third.header.timestamp - TEST_PARAMS.futureTimeMax) * 1000 - 1;
  const p = peer('p', tipOf(CHAIN));
  sync.greeted(p, nowMs);
  const { fault, effects } = sync.headersReceived(p, headersOf(CHAIN.blocks), clocksAt(nowMs));
  assert.equal(fault, undefined);
  assert.equal(tree.bestHeader.point.header.height, 2);
  assert.ok(!asksForHeaders(effects, 'p'));
  assert.ok(!asksForHeaders(sync.proceed(nowMs + HOLD_RETRY_MS - 1), 'p'));
  assert.ok(asksForHeaders(sync.proceed(nowMs + HOLD_RETRY_MS), 'p'));
});

test('a header that breaks a rule is a fault, and what came before it counts', () => {
  const { sync, peer, tree } = syncWorld();
  const p = peer('p');
  const [first, second] = CHAIN.blocks;
  assert.ok(first && second);
  const { fault } = sync.headersReceived(
    p,
    encodeRun([first.header, { ...second.header, height: 7 }]),
    clocksAt(NOW_MS),
  );
  assert.equal(fault?.code, 'height-wrong');
  assert.equal(tree.bestHeader.point.hash, first.hash);
});

test('a question for headers that is not answered is put to the peer again, after others have had their turn', () => {
  const { sync, peer } = syncWorld();
  const peers = ['p', 'q', 'r'].map((id) => peer(id, tipOf(CHAIN)));
  const asked = peers.flatMap((p) => sync.greeted(p, NOW_MS)).map((effect) => effect.type === 'send' && effect.peer);
  assert.deepEqual(asked, ['p', 'q'], 'not everybody at once');
  const later = sync.proceed(NOW_MS + HEADERS_TIMEOUT_MS + 1);
  assert.deepEqual(
    ['p', 'q', 'r'].map((id) => asksForHeaders(later, id)),
    [false, false, true],
  );
  const muchLater = sync.proceed(NOW_MS + 2 * HEADERS_TIMEOUT_MS + 2);
  assert.ok(asksForHeaders(muchLater, 'p'));
});

test('an answer that begins below the window waits for the place it builds on', () => {
  const { sync, peer, tree } = syncWorld({ active: CHAIN.points.slice(20) });
  const fork = CHAIN.points[5];
  assert.ok(fork);
  const branch = chainOn(fork, 40, 'b');
  const p = peer('p', tipOf(branch));
  sync.greeted(p, NOW_MS);
  const { effects } = sync.headersReceived(p, headersOf(branch.blocks), clocksAt(NOW_MS));
  assert.deepEqual(effects, [{ type: 'load-branch-point', peer: 'p', hash: fork.hash }]);
  assert.deepEqual(sync.proceed(NOW_MS), [], 'it is not asked again meanwhile');
  sync.branchPointLoaded(p, { hash: GENESIS.hash, point: GENESIS }, clocksAt(NOW_MS));
  assert.equal(tree.find(GENESIS.hash), undefined, 'another answer than the one waited for is passed over');
  const outcome = sync.branchPointLoaded(p, { hash: fork.hash, point: fork }, clocksAt(NOW_MS));
  assert.equal(outcome.fault, undefined);
  assert.equal(p.best?.point.hash, branch.points.at(-1)?.hash);
  assert.equal(bodiesAsked(outcome.effects, 'p').length, 40);
});

test('an answer that builds on nothing of ours costs the peer a little, and is asked for again later', () => {
  const { sync, peer } = syncWorld();
  const p = peer('p', tipOf(CHAIN));
  sync.greeted(p, NOW_MS);
  sync.headersReceived(p, headersOf(CHAIN.blocks.slice(20)), clocksAt(NOW_MS));
  const { hash } = CHAIN.blocks[19] ?? GENESIS;
  const { fault, effects } = sync.branchPointLoaded(p, { hash, point: undefined }, clocksAt(NOW_MS));
  assert.equal(fault?.code, 'parent-unknown');
  assert.ok(!asksForHeaders(effects, 'p'));
  assert.ok(asksForHeaders(sync.proceed(NOW_MS + HOLD_RETRY_MS), 'p'));
});

test('news of a tip whose parent is not known is answered with a question', () => {
  const { sync, peer } = syncWorld();
  const p = peer('p');
  assert.ok(asksForHeaders(sync.headersReceived(p, headersOf(CHAIN.blocks.slice(39)), clocksAt(NOW_MS)).effects, 'p'));
});

test('a peer that shows ever more headers and no bodies is not asked for more; others are', () => {
  const { sync, peer, tree } = syncWorld();
  const far: ChainPoint = { ...GENESIS, header: { ...GENESIS.header, height: HEADER_LEAD_BLOCKS_MAX + 1 } };
  const [p, q] = [peer('p'), peer('q', tipOf(CHAIN))];
  p.shown = { ...tree.tip, point: far };
  p.hasMoreHeaders = true;
  tree.find = (hash) => (hash === far.hash ? p.shown : undefined);
  assert.ok(!asksForHeaders(sync.proceed(NOW_MS), 'p'));
  assert.ok(asksForHeaders(sync.greeted(q, NOW_MS), 'q'));
});

test('so many bodies are asked for and held at once, but the one that all wait for is always asked for', () => {
  const long = chainOn(GENESIS, 1_500, 'long');
  const { sync, peer, intake, tree } = syncWorld();
  const p = peer('p');
  sync.headersReceived(p, headersOf(long.blocks), clocksAt(NOW_MS));
  const bodies = new Map(long.blocks.map((block) => [block.hash, block]));
  const first = long.blocks[0];
  assert.ok(first);
  // As if each of them were so large that 1,024 of them take all the room.
  const sizeBytes = HELD_BODY_BYTES_MAX / 2 / 1_024;
  for (let round = 0; round < 500; round++) {
    // Everything that is asked for is delivered, but for the first.
    for (const hash of [...p.inFlight]) {
      const [node, block] = [tree.find(hash), bodies.get(hash)];
      assert.ok(node && block);
      if (hash === first.hash) continue;
      assert.ok(sync.blockReceived(p, hash, sizeBytes, NOW_MS));
      intake.hold(node, { ...block, body: { ...block.body, bytes: new Uint8Array(sizeBytes) } });
    }
    sync.proceed(NOW_MS);
  }
  const { heldCount } = intake;
  assert.ok(heldCount > 1_000 && heldCount < 1_024);
  let nowMs = NOW_MS;
  for (let stall = 1; stall <= 3; stall++) {
    assert.equal(intake.heldCount, heldCount, 'what waits is kept while there is hope');
    nowMs += p.stallMs + 1;
    assert.deepEqual(sync.findStalled(nowMs), [p]);
    assert.equal(bodiesAsked(sync.proceed(nowMs), 'p')[0], first.hash);
  }
  assert.equal(intake.heldCount, 0, 'what waits gives up its room');
});

test('small bodies are asked for in greater number, and what there is no room for is asked for again', () => {
  const long = chainOn(GENESIS, 1_500, 'long');
  const { sync, peer, intake, tree } = syncWorld();
  const p = peer('p');
  const asked = bodiesAsked(sync.headersReceived(p, headersOf(long.blocks), clocksAt(NOW_MS)).effects, 'p');
  for (const hash of asked) sync.blockReceived(p, hash, 300, NOW_MS);
  assert.ok(bodiesAsked(sync.proceed(NOW_MS), 'p').length > 400);
  assert.ok(p.inFlight.size <= BLOCKS_IN_FLIGHT_PER_PEER_MAX);
  const [node, block] = [tree.find(asked[1] ?? GENESIS.hash), long.blocks[1]];
  assert.ok(node && block);
  intake.hold(node, { ...block, body: { ...block.body, bytes: new Uint8Array(HELD_BODY_BYTES_MAX) } });
  const [refused] = [...p.inFlight].slice(-1);
  assert.ok(refused && !sync.blockReceived(p, refused, 300, NOW_MS), 'there is no room for more than that');
  assert.ok(!sync.isAsked(refused));
});

test('headers of worthless branches never take more room than there is, and keep nobody’s chain out', () => {
  const { sync, peer, tree } = syncWorld({ headersMax: 200 });
  const hostile = peer('hostile');
  for (let i = 0; i < 30; i++) {
    sync.headersReceived(hostile, headersOf(chainOn(GENESIS, 20, `flood ${i}`).blocks), clocksAt(NOW_MS));
    assert.ok(tree.size <= 200);
  }
  const honest = peer('honest');
  const { fault } = sync.headersReceived(honest, headersOf(CHAIN.blocks), clocksAt(NOW_MS));
  assert.equal(fault, undefined);
  assert.equal(tree.bestHeader.point.hash, CHAIN.points.at(-1)?.hash);
});

test('what a peer has shown and was forgotten here is asked for again', () => {
  const { sync, peer, tree } = syncWorld();
  const p = peer('p');
  sync.headersReceived(p, headersOf(CHAIN.blocks.slice(0, 4)), clocksAt(NOW_MS));
  for (const { hash } of CHAIN.blocks.slice(0, 4)) sync.blockReceived(p, hash, 300, NOW_MS);
  tree.forgetBranches([]);
  sync.proceed(NOW_MS);
  assert.equal(p.best, undefined);
  assert.ok(asksForHeaders(sync.proceed(NOW_MS + HOLD_RETRY_MS), 'p'));
});

function chainOn(parent: ChainPoint, count: number, label: string): BuiltChain {
  return buildChain(TEST_PARAMS, parent, count, (height) => bodyOf(JSON.stringify(`${label} ${height}`)));
}

function headersOf(blocks: readonly Block[]): Uint8Array {
  return encodeRun(blocks.map(({ header }) => header));
}

function hashesOf(blocks: readonly Block[]): Hash[] {
  return blocks.map(({ hash }) => hash);
}

function asksForHeaders(effects: readonly Effect[], peer: string): boolean {
  return sentTo(effects, peer).some(({ type }) => type === 'get-headers');
}
