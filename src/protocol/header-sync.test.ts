import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BuiltChain, bodyOf, buildChain, TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { clocksAt } from '../../test/support/clocks.ts';
import { encodeRun } from '../../test/support/header-bytes.ts';
import { tipOf } from '../../test/support/lone-machine.ts';
import { askedFrom, syncWorld } from '../../test/support/sync-world.ts';
import { type Hash, hashToBytes } from '../core/hash.ts';
import { HEADER_BYTES } from '../core/header.ts';
import { genesisPoint } from '../core/validation.ts';
import { HEADER_LEAD_BLOCKS_MAX, HEADERS_PER_MESSAGE_MAX, HEADERS_TIMEOUT_MS, HOLD_RETRY_MS } from './limits.ts';
import type { PeerSession } from './peer-session.ts';
import type { Sync } from './sync.ts';

const GENESIS = genesisPoint(TEST_PARAMS);
const NOW_MS = (TEST_PARAMS.genesisTime + 1_000_000) * 1000;
const FULL = HEADERS_PER_MESSAGE_MAX;
const CHAIN = chainOf(FULL * 2 + 100, 'a');
const OTHER = chainOf(FULL * 2 + 50, 'b');

test('a flood of headers with less work than the chain takes no room, from however many peers', () => {
  const { sync, peer, tree } = syncWorld({ active: CHAIN.points });
  const { size } = tree;
  for (let i = 0; i < 64; i++) {
    const p = peer(`hostile ${i}`, { hash: 'ff'.repeat(32) as Hash, height: 10 ** 9, work: 10n ** 9n });
    sync.greeted(p, NOW_MS);
    for (const run of [part(OTHER, 0), part(OTHER, 1), part(OTHER, 2)]) {
      assert.equal(sync.headersReceived(p, run, clocksAt(NOW_MS)).fault, undefined);
      assert.equal(tree.size, size);
    }
    assert.ok(!p.hasMoreHeaders);
  }
  assert.deepEqual(sync.status, { phase: 'idle', behind: 0, headersChecked: 4_100, targetHeight: 4_100 });
});

test('a chain of exactly so many full answers ends with an empty one', () => {
  const whole = { blocks: CHAIN.blocks.slice(0, FULL), points: CHAIN.points.slice(0, FULL) };
  const { sync, peer } = syncWorld();
  const p = peer('p', tipOf(whole));
  sync.greeted(p, NOW_MS);
  sync.headersReceived(p, part(CHAIN, 0), clocksAt(NOW_MS));
  assert.equal(sync.status.phase, 'headers');
  assert.equal(askedFrom(sync.headersReceived(p, new Uint8Array(0), clocksAt(NOW_MS)).effects, 'p'), GENESIS.hash);
  sync.headersReceived(p, part(CHAIN, 0), clocksAt(NOW_MS));
  assert.equal(p.best?.point.hash, whole.points.at(-1)?.hash);
});

test('a peer that shows another chain the second time has nothing of it let in, and another is asked', () => {
  const { sync, peer, tree } = syncWorld();
  const [liar, honest] = [peer('liar', tipOf(CHAIN)), peer('honest')];
  firstPass(sync, liar);
  honest.claimedTip = tipOf(CHAIN);
  const { fault, effects } = sync.headersReceived(liar, part(OTHER, 0), clocksAt(NOW_MS));
  assert.equal(fault?.code, 'headers-changed');
  assert.equal(tree.size, 1);
  assert.equal(askedFrom(effects, 'honest'), GENESIS.hash);
});

test('a peer that has the chain, too, gives the second pass when the first one leaves or stops answering', () => {
  for (const leaves of [true, false]) {
    const { sync, peer, peers } = syncWorld();
    const [p, q] = [peer('p', tipOf(CHAIN)), peer('q')];
    firstPass(sync, p);
    q.claimedTip = tipOf(CHAIN);
    if (leaves) peers.delete('p');
    const effects = leaves ? sync.peerGone(p, NOW_MS) : sync.proceed(NOW_MS + HEADERS_TIMEOUT_MS + 1);
    assert.equal(askedFrom(effects, 'q'), GENESIS.hash);
    for (const i of [0, 1, 2]) sync.headersReceived(q, part(CHAIN, i), clocksAt(NOW_MS));
    assert.equal(q.best?.point.hash, CHAIN.points.at(-1)?.hash);
  }
});

test('when nobody has the chain that was shown, the next best is asked for', () => {
  const { sync, peer, peers } = syncWorld();
  const [p, q] = [peer('p', tipOf(CHAIN)), peer('q', tipOf({ blocks: [], points: OTHER.points.slice(0, 10) }))];
  firstPass(sync, p);
  peers.delete('p');
  assert.ok(askedFrom(sync.peerGone(p, NOW_MS), 'q') !== undefined);
  sync.headersReceived(q, encodeRun(OTHER.blocks.slice(0, 10).map(({ header }) => header)), clocksAt(NOW_MS));
  assert.equal(q.best?.point.header.height, 10);
});

test('peers with the same chain go on where the other has stopped; one with another chain goes its own way', () => {
  const { sync, peer } = syncWorld();
  const [p, q, r] = [peer('p', tipOf(CHAIN)), peer('q', tipOf(CHAIN)), peer('r', tipOf(OTHER))];
  sync.greeted(p, NOW_MS);
  sync.greeted(q, NOW_MS);
  const { effects } = sync.headersReceived(p, part(CHAIN, 0), clocksAt(NOW_MS));
  sync.greeted(r, NOW_MS);
  assert.equal(askedFrom(effects, 'p') ?? askedFrom(effects, 'q'), CHAIN.points[FULL - 1]?.hash);
  sync.headersReceived(q, part(CHAIN, 1), clocksAt(NOW_MS));
  assert.equal(sync.status.headersChecked, 2 * FULL);
  sync.headersReceived(r, part(OTHER, 0), clocksAt(NOW_MS));
  sync.headersReceived(r, part(OTHER, 1), clocksAt(NOW_MS));
  assert.equal(r.presync?.point.hash, OTHER.points[2 * FULL - 1]?.hash);
});

test('headers ahead of the clock end a first pass for now, and what comes before them is followed', () => {
  const { sync, peer } = syncWorld();
  const p = peer('p', tipOf(CHAIN));
  const held = CHAIN.points[2_500];
  assert.ok(held);
  const nowMs = (held.header.timestamp - TEST_PARAMS.futureTimeMax) * 1000 - 1;
  sync.greeted(p, nowMs);
  sync.headersReceived(p, part(CHAIN, 0), clocksAt(nowMs));
  const { fault, effects } = sync.headersReceived(p, part(CHAIN, 1), clocksAt(nowMs));
  assert.equal(fault, undefined);
  assert.equal(sync.status.targetHeight, 2_500);
  assert.ok(askedFrom(effects, 'p') === undefined, 'not at once');
  assert.equal(askedFrom(sync.proceed(nowMs + HOLD_RETRY_MS), 'p'), GENESIS.hash);
});

test('our own chain that has become better meanwhile ends the second pass', () => {
  const { sync, peer, tree } = syncWorld();
  firstPass(sync, peer('p', tipOf(CHAIN)));
  assert.equal(sync.status.targetHeight, CHAIN.points.length);
  const ours = chainOf(CHAIN.points.length + 1, 'ours');
  let node = tree.tip;
  for (let i = 0; i < 3; i++) {
    const { last } = tree.addRun(part(ours, i), node, 0n);
    assert.ok(last);
    node = last;
  }
  for (let stored: typeof node | undefined = node; stored !== undefined; stored = stored.parent) stored.body = 'stored';
  tree.activate(node);
  assert.deepEqual(sync.proceed(NOW_MS), []);
  assert.equal(sync.status.phase, 'idle');
});

test('a chain that was passed over for a better one is shown again when nobody gives the bodies of that', () => {
  const { sync, peer, peers } = syncWorld();
  const [p, q] = [peer('p', tipOf(CHAIN)), peer('q', tipOf(OTHER))];
  firstPass(sync, p);
  for (const i of [0, 1, 2]) sync.headersReceived(q, part(OTHER, i), clocksAt(NOW_MS));
  for (const i of [0, 1, 2]) sync.headersReceived(p, part(CHAIN, i), clocksAt(NOW_MS));
  assert.equal(p.best?.point.hash, CHAIN.points.at(-1)?.hash);
  peers.delete('p');
  let effects = sync.peerGone(p, NOW_MS);
  for (let i = 1; i <= 20 && askedFrom(effects, 'q') === undefined; i++) effects = sync.proceed(NOW_MS + i * 5_000);
  assert.ok(askedFrom(effects, 'q') !== undefined, 'it is asked again though it tells of nothing new');
  for (const i of [0, 1, 2, 0, 1, 2]) sync.headersReceived(q, part(OTHER, i), clocksAt(NOW_MS + 120_000));
  assert.equal(q.best?.point.hash, OTHER.points.at(-1)?.hash);
});

test('a peer that claims much and has shown how little it has is not asked for it again and again', () => {
  const { sync, peer } = syncWorld({ active: CHAIN.points });
  const p = peer('p', { hash: 'ff'.repeat(32) as Hash, height: 10 ** 9, work: 10n ** 9n });
  firstPass(sync, p, OTHER);
  for (let i = 1; i <= 100; i++) assert.equal(askedFrom(sync.proceed(NOW_MS + i * 5_000), 'p'), undefined);
});

test('a second pass from a place that has been forgotten meanwhile begins by loading it', () => {
  const start = CHAIN.points[FULL - 1];
  assert.ok(start);
  const branch = buildChain(TEST_PARAMS, start, FULL, (height) => bodyOf(`"branch ${height}"`));
  const { sync, peer, tree } = syncWorld({ active: CHAIN.points.slice(2 * FULL - 10, 2 * FULL - 1) });
  const p = peer('p', tipOf(branch));
  const load = () => {
    const { effects } = sync.headersReceived(p, part(branch, 0), clocksAt(NOW_MS));
    assert.deepEqual(effects, [{ type: 'load-branch-point', peer: 'p', hash: start.hash }]);
    assert.equal(sync.branchPointLoaded(p, { hash: start.hash, point: start }, clocksAt(NOW_MS)).fault, undefined);
  };
  sync.greeted(p, NOW_MS);
  load();
  assert.equal(askedFrom(sync.headersReceived(p, new Uint8Array(0), clocksAt(NOW_MS)).effects, 'p'), start.hash);
  tree.forgetBranches([]);
  assert.equal(tree.find(start.hash), undefined);
  load();
  assert.equal(p.best?.point.hash, branch.points.at(-1)?.hash);
});

test('headers on ever other places of the chain below the window do not fill the memory', () => {
  const { sync, peer, tree } = syncWorld({ active: CHAIN.points.slice(100, 103), headersMax: 20 });
  const p = peer('p', tipOf(CHAIN));
  sync.greeted(p, NOW_MS);
  for (const [i, point] of CHAIN.points.slice(0, 100).entries()) {
    const nowMs = NOW_MS + i * 20_000;
    assert.ok(askedFrom(i === 0 ? [] : sync.proceed(nowMs), 'p') !== undefined || i === 0);
    const garbage = new Uint8Array(FULL * HEADER_BYTES);
    garbage.set(hashToBytes(point.hash), 6);
    sync.headersReceived(p, garbage, clocksAt(nowMs));
    sync.branchPointLoaded(p, { hash: point.hash, point }, clocksAt(nowMs));
    p.hasMoreHeaders = true;
    assert.ok(tree.size <= 20, `${tree.size} headers`);
  }
});

test('a chain that finds no room in a full tree is left for a while, and nobody is blamed for it', () => {
  const { sync, peer, tree } = syncWorld({ headersMax: FULL + 50 });
  const p = peer('p', tipOf(CHAIN));
  firstPass(sync, p);
  assert.equal(sync.headersReceived(p, part(CHAIN, 0), clocksAt(NOW_MS)).fault, undefined);
  const { effects, fault } = sync.headersReceived(p, part(CHAIN, 1), clocksAt(NOW_MS));
  assert.equal(fault, undefined);
  assert.ok(effects.some((effect) => effect.type === 'report' && effect.code === 'header-tree-full'));
  assert.equal(askedFrom(effects, 'p'), undefined);
  assert.ok(tree.size <= FULL + 1);
});

test('a peer whose chain goes on far ahead of the bodies is not asked for the same again and again', () => {
  const { sync, peer, tree } = syncWorld();
  const height = HEADER_LEAD_BLOCKS_MAX + 50;
  const far = { ...GENESIS, header: { ...GENESIS.header, height }, parentTimestamp: GENESIS.header.timestamp - 10 };
  const { blocks } = buildChain(TEST_PARAMS, far, 4, (at) => bodyOf(`"far ${at}"`));
  const below = {
    point: far,
    parent: undefined,
    body: 'missing',
    entries: 0,
    isActive: false,
    wasActive: false,
  } as const;
  assert.ok(tree.addRun(encodeRun(blocks.slice(0, 1).map(({ header }) => header)), { ...below }, 0n).last);
  const p = peer('p', { hash: 'ff'.repeat(32) as Hash, height, work: 10n ** 9n });
  sync.greeted(p, NOW_MS);
  const { effects, fault } = sync.headersReceived(
    p,
    encodeRun(blocks.slice(1).map(({ header }) => header)),
    clocksAt(NOW_MS),
  );
  assert.equal(fault, undefined);
  assert.equal(askedFrom(effects, 'p'), undefined);
  assert.ok(p.hasMoreHeaders, 'but later');
});

function firstPass(sync: Sync, peer: PeerSession, chain = CHAIN): void {
  sync.greeted(peer, NOW_MS);
  for (const i of [0, 1, 2]) sync.headersReceived(peer, part(chain, i), clocksAt(NOW_MS));
}

/** The headers of the answer number `index` to somebody who has nothing of the chain. */
function part({ blocks }: BuiltChain, index: number): Uint8Array {
  return encodeRun(blocks.slice(index * FULL, (index + 1) * FULL).map(({ header }) => header));
}

function chainOf(count: number, label: string): BuiltChain {
  return buildChain(TEST_PARAMS, GENESIS, count, (height) => bodyOf(JSON.stringify(`${label} ${height}`)));
}
