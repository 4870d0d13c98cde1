import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AddressBook, isLoopbackAddress, peerOfAddress } from './address-book.ts';
import type { PeerId } from './effects.ts';
import {
  ADDRESSES_PER_MESSAGE_MAX,
  DIAL_BACKOFF_MS_MAX,
  DIAL_BACKOFF_MS_MIN,
  DIAL_TIMEOUT_MS,
  DIALS_AT_ONCE_MAX,
  KNOWN_ADDRESSES_MAX,
  LOOK_AROUND_MS,
  OUTBOUND_PEERS_TARGET,
} from './limits.ts';

const BARE = '/ip4/192.0.2.7/tcp/4001';

test('a node does not dial itself', () => {
  const book = bookOf();
  book.add(addressOf('self'), 'configured');
  assert.equal(book.count, 0);
});

test('one address of a peer is dialled at a time, and none of a peer that is connected', () => {
  const book = bookOf();
  book.add(addressOf('p', 1), 'configured');
  book.add(addressOf('p', 2), 'configured');
  book.add(addressOf('q'), 'configured');
  assert.deepEqual(due(book, 0, ['q']), [addressOf('p', 1)]);
  book.failed(addressOf('p', 1), false, 0);
  assert.deepEqual(due(book, 0, ['q']), [addressOf('p', 2)]);
});

test('so many dials run at once and no more', () => {
  const book = bookOf();
  for (let i = 0; i < 10; i++) book.add(addressOf(`p${i}`), 'configured');
  assert.equal(due(book, 0).length, DIALS_AT_ONCE_MAX);
  assert.deepEqual(due(book, 0), []);
});

test('an address that fails is tried ever more slowly; one that the user named is never given up', () => {
  const book = bookOf();
  book.add(addressOf('p'), 'configured');
  const waits: number[] = [];
  let lastMs = 0;
  for (let nowMs = 0; waits.length < 12; nowMs += 250) {
    if (due(book, nowMs).length === 0) continue;
    waits.push(nowMs - lastMs);
    lastMs = nowMs;
    book.failed(addressOf('p'), false, nowMs);
  }
  assert.deepEqual(
    waits.slice(0, 5),
    [0, 2, 4, 8, 16].map((factor) => factor * DIAL_BACKOFF_MS_MIN),
  );
  assert.equal(waits.at(-1), DIAL_BACKOFF_MS_MAX);
});

for (const source of ['running', 'mdns', 'peer'] as const) {
  test(`an address from ${source} is forgotten when it keeps failing, and at once when there is no point in it`, () => {
    const book = bookOf();
    book.add(addressOf('p'), source);
    for (let i = 0; i < 5; i++) book.failed(addressOf('p'), false, 0);
    assert.equal(book.count, 1);
    book.failed(addressOf('p'), false, 0);
    assert.equal(book.count, 0);
    book.add(addressOf('p'), source);
    book.failed(addressOf('p'), true, 0);
    assert.equal(book.count, 0);
  });
}

test('an address where a node has greeted is kept however often it fails, since it may be the way back to half of the network', () => {
  const book = bookOf();
  meet(book, 'p', 0);
  book.gone('p', { hasGreeted: true, isFinal: false, nowMs: 0 });
  for (let i = 0; i < 20; i++) book.failed(addressOf('p'), false, 0);
  assert.equal(book.count, 1);
  book.failed(addressOf('p'), true, 0);
  assert.equal(book.count, 0, 'but not where another network is found');
});

test('an address that the user named stays his when it is heard of elsewhere, and becomes his when he names it', () => {
  const book = bookOf();
  book.add(addressOf('p'), 'configured');
  book.add(addressOf('p'), 'running');
  book.add(addressOf('q'), 'peer');
  book.add(addressOf('q'), 'configured');
  for (const peer of ['p', 'q']) for (let i = 0; i < 20; i++) book.failed(addressOf(peer), true, 0);
  assert.equal(book.count, 2);
});

test('with peers enough of its own choosing a node dials only those that its user named', () => {
  const book = bookOf();
  book.add(addressOf('told'), 'peer');
  book.add(addressOf('found'), 'mdns');
  book.add(addressOf('named'), 'configured');
  book.add(addressOf('running'), 'running');
  assert.deepEqual(due(book, 0, [], OUTBOUND_PEERS_TARGET), [addressOf('named'), addressOf('running')]);
  assert.deepEqual(due(book, 0, [], OUTBOUND_PEERS_TARGET - 3), [addressOf('told')], 'dials under way count');
});

test('with peers enough a node has one more as a guest, and another one a while later', () => {
  const book = bookOf();
  for (const peer of ['p', 'q']) book.add(addressOf(peer), 'peer');
  assert.deepEqual(due(book, 0, [], OUTBOUND_PEERS_TARGET), []);
  assert.deepEqual(due(book, LOOK_AROUND_MS - 1, [], OUTBOUND_PEERS_TARGET), []);
  assert.deepEqual(due(book, LOOK_AROUND_MS, [], OUTBOUND_PEERS_TARGET), [addressOf('p')]);
  book.connected('p', addressOf('p'), LOOK_AROUND_MS);
  assert.equal(book.guestToLeave(OUTBOUND_PEERS_TARGET + 1, 2 * LOOK_AROUND_MS - 1), undefined);
  assert.deepEqual(due(book, 2 * LOOK_AROUND_MS, ['p'], OUTBOUND_PEERS_TARGET + 1), [], 'one guest at a time');
  assert.equal(book.guestToLeave(OUTBOUND_PEERS_TARGET + 1, 2 * LOOK_AROUND_MS), 'p');
  book.gone('p', { hasGreeted: true, isFinal: false, nowMs: 2 * LOOK_AROUND_MS });
  assert.deepEqual(due(book, 2 * LOOK_AROUND_MS, [], OUTBOUND_PEERS_TARGET), [addressOf('q')]);
});

test('a guest stays where a place has become free for it', () => {
  const book = bookOf();
  book.add(addressOf('p'), 'peer');
  due(book, 0, [], OUTBOUND_PEERS_TARGET);
  due(book, LOOK_AROUND_MS, [], OUTBOUND_PEERS_TARGET);
  book.connected('p', addressOf('p'), LOOK_AROUND_MS);
  assert.equal(book.guestToLeave(OUTBOUND_PEERS_TARGET, 2 * LOOK_AROUND_MS), undefined);
  assert.equal(book.guestToLeave(OUTBOUND_PEERS_TARGET + 1, 3 * LOOK_AROUND_MS), undefined);
});

test('every other guest is one that has greeted before, however many addresses were told that lead nowhere', () => {
  const book = bookOf();
  meet(book, 'old', 0);
  book.gone('old', { hasGreeted: true, isFinal: false, nowMs: 0 });
  for (let i = 0; i < 20; i++) book.add(addressOf(`told-${i}`), 'peer');
  due(book, 0, [], OUTBOUND_PEERS_TARGET);
  const guests = [1, 2, 3].flatMap((look) => {
    const dialled = due(book, look * LOOK_AROUND_MS, [], OUTBOUND_PEERS_TARGET);
    for (const address of dialled) book.failed(address, false, look * LOOK_AROUND_MS);
    return dialled;
  });
  assert.deepEqual(guests, [addressOf('old'), addressOf('told-0'), addressOf('old')]);
});

test('a dial is over when its peer is connected, whoever dialled and however the address was spelt', () => {
  const book = bookOf();
  book.add(addressOf('p'), 'configured');
  book.add(BARE, 'configured');
  assert.equal(due(book, 0).length, 2);
  book.connected('p', undefined, 0);
  book.connected('q', `${BARE}/p2p/q`, 0);
  assert.deepEqual(due(book, DIAL_TIMEOUT_MS, ['p', 'q']), []);
  book.gone('q', { hasGreeted: true, isFinal: false, nowMs: DIAL_TIMEOUT_MS });
  assert.deepEqual(due(book, DIAL_TIMEOUT_MS, ['p']), [BARE], 'who answers at a bare address is remembered');
});

test('a connection ends no dial but those of its peer', () => {
  const book = bookOf();
  for (const peer of ['p', 'q']) book.add(addressOf(peer), 'configured');
  assert.equal(due(book, 0).length, 2);
  book.connected('p', addressOf('p'), 0);
  assert.deepEqual(due(book, 5_000, ['p']), []);
});

test('a dial of which nothing is heard frees its place', () => {
  const book = bookOf();
  for (let i = 0; i <= DIALS_AT_ONCE_MAX; i++) book.add(addressOf(`p${i}`), 'configured');
  assert.equal(due(book, 0).length, DIALS_AT_ONCE_MAX);
  assert.deepEqual(due(book, DIAL_TIMEOUT_MS + 1), [addressOf(`p${DIALS_AT_ONCE_MAX}`)]);
});

test('a peer that goes without a greeting is dialled ever more slowly, as one that does not answer', () => {
  const book = bookOf();
  book.add(addressOf('p'), 'configured');
  const dialledMs: number[] = [];
  for (let nowMs = 0; dialledMs.length < 4; nowMs += 250) {
    if (due(book, nowMs).length === 0) continue;
    dialledMs.push(nowMs);
    book.connected('p', addressOf('p'), nowMs);
    book.gone('p', { hasGreeted: false, isFinal: false, nowMs });
  }
  assert.deepEqual(dialledMs, [0, 1_000, 3_000, 7_000]);
});

test('addresses are shared once their peer has greeted, and no longer when they fail', () => {
  const book = bookOf();
  for (const peer of ['p', 'q', 'r']) book.add(addressOf(peer), 'configured');
  due(book, 0);
  for (const peer of ['p', 'q']) book.connected(peer, addressOf(peer), 0);
  assert.deepEqual(book.shareable(ADDRESSES_PER_MESSAGE_MAX), []);
  for (const peer of ['p', 'q']) book.greeted(peer);
  assert.deepEqual(book.shareable(ADDRESSES_PER_MESSAGE_MAX), [addressOf('p'), addressOf('q')]);
  assert.deepEqual(book.shareable(1), [addressOf('p')]);
  book.failed(addressOf('p'), false, 0);
  assert.deepEqual(book.shareable(ADDRESSES_PER_MESSAGE_MAX), [addressOf('q')]);
});

test('a full book forgets the oldest address that the user did not choose, and takes no more where there is none', () => {
  const book = bookOf();
  book.add(addressOf('named'), 'configured');
  for (let i = 0; i < KNOWN_ADDRESSES_MAX + 50; i++) book.add(addressOf(`p${i}`), 'peer');
  assert.equal(book.count, KNOWN_ADDRESSES_MAX);
  assert.deepEqual(due(book, 0).slice(0, 2), [addressOf('named'), addressOf('p51')]);
  const chosen = bookOf();
  for (let i = 0; i < KNOWN_ADDRESSES_MAX + 50; i++) chosen.add(addressOf(`p${i}`), 'configured');
  assert.equal(chosen.count, KNOWN_ADDRESSES_MAX);
});

test('a full book keeps the addresses where a node has greeted for as long as it has others to forget', () => {
  const book = bookOf();
  meet(book, 'met', 0);
  for (let i = 0; i < KNOWN_ADDRESSES_MAX + 50; i++) book.add(addressOf(`p${i}`), 'peer');
  assert.deepEqual(book.shareable(ADDRESSES_PER_MESSAGE_MAX), [addressOf('met')]);
});

test('a peer on another machine teaches no loopback addresses', () => {
  const book = bookOf();
  const loopback = '/ip4/127.0.0.1/tcp/4001/p2p/p';
  book.learn([loopback, addressOf('q')], '/ip4/192.0.2.1/tcp/9');
  assert.deepEqual(due(book, 0), [addressOf('q')]);
  book.learn([loopback], '/ip4/127.0.0.1/tcp/9');
  assert.deepEqual(due(book, 0), [loopback]);
});

test('the peer of an address is what it ends in', () => {
  assert.equal(peerOfAddress(addressOf('p')), 'p');
  assert.equal(peerOfAddress(BARE), undefined);
  assert.equal(peerOfAddress('/ip4/192.0.2.1/tcp/1/p2p/relay/p2p-circuit'), undefined);
});

test('loopback addresses are known by sight', () => {
  for (const address of [
    '/ip4/127.0.0.1/tcp/1',
    '/ip6/::1/tcp/1',
    '/dns4/localhost/tcp/1',
    '/dns/localhost/tcp/1/ws',
  ]) {
    assert.ok(isLoopbackAddress(address), address);
  }
  for (const address of [BARE, '/ip6/::12/tcp/1', '/dns4/localhost.example/tcp/1']) {
    assert.ok(!isLoopbackAddress(address), address);
  }
});

function bookOf(): AddressBook {
  return new AddressBook({ localPeer: 'self' });
}

/** Has the book dial `peer`, which greets. */
function meet(book: AddressBook, peer: PeerId, nowMs: number): void {
  book.add(addressOf(peer), 'peer');
  due(book, nowMs);
  book.connected(peer, addressOf(peer), nowMs);
  book.greeted(peer);
}

function addressOf(peer: PeerId, place = 1): string {
  return `/ip4/192.0.2.${place}/tcp/4001/p2p/${peer}`;
}

function due(book: AddressBook, nowMs: number, connected: readonly PeerId[] = [], outboundCount = 0): string[] {
  const effects = book.due({ isTaken: (peer) => connected.includes(peer), outboundCount, nowMs });
  return effects.flatMap((effect) => (effect.type === 'dial' ? [effect.address] : []));
}
