import assert from 'node:assert/strict';
import { test } from 'node:test';
import { greetedPeer } from '../../test/support/entry-fixture.ts';
import {
  BAN_MS,
  BANS_MAX,
  HANDSHAKE_TIMEOUT_MS,
  INBOUND_PEERS_MAX,
  PEERS_MAX,
  PING_INTERVAL_MS,
  PONG_TIMEOUT_MS,
  SCORE_BAN,
  SCORE_DISCONNECT,
  SCORE_HALF_LIFE_MS,
} from './limits.ts';
import { PeerBook } from './peer-book.ts';
import { PeerSession } from './peer-session.ts';

test('places for peers that dial run out before those for peers that are dialled', () => {
  const book = new PeerBook();
  for (let i = 0; i < INBOUND_PEERS_MAX; i++) book.add(greetedPeer(`in-${i}`));
  assert.deepEqual([book.isFull('inbound'), book.isFull('outbound')], [true, false]);
  for (let i = INBOUND_PEERS_MAX; i < PEERS_MAX; i++) book.add(greetedPeer(`out-${i}`, 'outbound'));
  assert.deepEqual([book.isFull('inbound'), book.isFull('outbound')], [true, true]);
  assert.equal(book.outboundCount, PEERS_MAX - INBOUND_PEERS_MAX);
  book.remove('in-0');
  assert.deepEqual([book.isFull('inbound'), book.isFull('outbound')], [false, false]);
});

test('faults add up to a disconnection, then to a ban, and half of them is forgotten in ten minutes', () => {
  const book = new PeerBook();
  const peer = greetedPeer('p');
  book.add(peer);
  assert.deepEqual(book.penalise(peer, 10, 0), { score: -10, verdict: 'stays' });
  assert.deepEqual(book.penalise(peer, 10, SCORE_HALF_LIFE_MS), { score: -15, verdict: 'stays' });
  assert.equal(book.penalise(peer, SCORE_DISCONNECT + 25, SCORE_HALF_LIFE_MS).verdict, 'leaves');
  assert.equal(book.isBanned('p', SCORE_HALF_LIFE_MS), false);
  book.penalise(peer, -SCORE_BAN, SCORE_HALF_LIFE_MS);
  assert.equal(book.isBanned('p', SCORE_HALF_LIFE_MS), true);
});

test('a ban ends, and until then the peer is not to be dialled either', () => {
  const book = new PeerBook();
  book.penalise(greetedPeer('p'), -SCORE_BAN, 1_000);
  assert.equal(book.isTaken('p'), true);
  assert.equal(book.isBanned('p', BAN_MS), true);
  book.tick(1_000 + BAN_MS);
  assert.equal(book.isBanned('p', 1_000 + BAN_MS), false);
  assert.equal(book.isTaken('p'), false);
});

test('so many bans are remembered and no more, the latest of them', () => {
  const book = new PeerBook();
  const peers = Array.from({ length: BANS_MAX + 10 }, (_, i) => `p-${i}`);
  for (const peer of peers) book.penalise(greetedPeer(peer), -SCORE_BAN, 0);
  assert.equal(peers.filter((peer) => book.isTaken(peer)).length, BANS_MAX);
  assert.deepEqual([book.isBanned('p-9', 0), book.isBanned('p-10', 0)], [false, true]);
});

test('a silent peer is asked for a sign of life, and without one it is to go', () => {
  const book = new PeerBook();
  const peer = greetedPeer('p');
  book.add(peer);
  assert.deepEqual(book.tick(PING_INTERVAL_MS - 1), []);
  assert.deepEqual(book.tick(PING_INTERVAL_MS), [{ type: 'ping', peer }]);
  assert.deepEqual(book.tick(PING_INTERVAL_MS + PONG_TIMEOUT_MS), []);
  const late = { type: 'dismiss', peer, fault: { code: 'ping-timeout' } };
  assert.deepEqual(book.tick(PING_INTERVAL_MS + PONG_TIMEOUT_MS + 1), [late]);
});

test('a peer that does not greet in time is to go', () => {
  const book = new PeerBook();
  const peer = new PeerSession({ id: 'p', address: '', direction: 'inbound', nowMs: 0 });
  book.add(peer);
  assert.deepEqual(book.tick(HANDSHAKE_TIMEOUT_MS), []);
  assert.deepEqual(book.tick(HANDSHAKE_TIMEOUT_MS + 1), [
    { type: 'dismiss', peer, fault: { code: 'handshake-timeout' } },
  ]);
});
