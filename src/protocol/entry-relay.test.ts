import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entriesOf, entryOf, greetedPeer } from '../../test/support/entry-fixture.ts';
import type { Hash } from '../core/hash.ts';
import type { Effect, PooledEntry } from './effects.ts';
import { EntryPool } from './entry-pool.ts';
import { EntryRelay } from './entry-relay.ts';
import {
  ENTRIES_MESSAGE_BYTES_MAX,
  ENTRIES_TIMEOUT_MS,
  IDS_PER_MESSAGE_MAX,
  REMINDED_IDS_MAX,
  REMINDER_MS_MAX,
  REMINDER_MS_MIN,
} from './limits.ts';
import { encodeMessage, parseMessage } from './message.ts';
import type { PeerSession } from './peer-session.ts';

test('a new peer is told of all that waits and is stored, in messages of bounded size', () => {
  const entries = entriesOf('e', 2 * IDS_PER_MESSAGE_MAX + 1);
  const { relay, pool, peers } = world(entries, 'p');
  pool.add(entryOf('"not stored"'), undefined);
  const told = relay.greeted(peers.p).map(idsIn);
  assert.deepEqual(
    told.map(({ length }) => length),
    [IDS_PER_MESSAGE_MAX, IDS_PER_MESSAGE_MAX, 1],
  );
  assert.deepEqual(told.flat(), idsOf(entries));
});

test('entries are announced to every peer but those that are known to have them', () => {
  const { relay, peers } = world([], 'p', 'q', 'r');
  const [one, two] = entriesOf('e', 2);
  assert.ok(one && two);
  peers.p.knownIds.add(one.id);
  peers.q.knownIds.add(one.id);
  peers.q.knownIds.add(two.id);
  const effects = relay.announce([one, two]);
  assert.deepEqual(
    effects.map((effect) => [peerIn(effect), idsIn(effect)]),
    [
      ['p', [two.id]],
      ['r', [one.id, two.id]],
    ],
  );
});

test('peers are told again of what still waits, soon after a new block, and of the oldest first', () => {
  const entries = entriesOf('e', REMINDED_IDS_MAX + 1);
  const { relay, peers } = world(entries, 'p');
  for (const id of idsOf(entries)) peers.p.knownIds.add(id);
  const nowMs = 1_000_000;
  const told = relay.remind({ hasNewBlock: true, nowMs }).flatMap(idsIn);
  assert.deepEqual(told, idsOf(entries).slice(0, REMINDED_IDS_MAX));
  assert.deepEqual(relay.remind({ hasNewBlock: true, nowMs: nowMs + REMINDER_MS_MIN - 1 }), []);
  const laterMs = nowMs + REMINDER_MS_MIN;
  assert.equal(relay.remind({ hasNewBlock: false, nowMs: laterMs }).flatMap(idsIn).length, REMINDED_IDS_MAX);
  assert.deepEqual(relay.remind({ hasNewBlock: false, nowMs: laterMs + REMINDER_MS_MAX - 1 }), []);
  assert.notDeepEqual(relay.remind({ hasNewBlock: false, nowMs: laterMs + REMINDER_MS_MAX }), []);
});

test('a reminder leaves out what has come since the last one', () => {
  const [old, fresh] = entriesOf('e', 2);
  assert.ok(old && fresh);
  const { relay, pool } = world([old], 'p');
  const remind = (nowMs: number) => relay.remind({ hasNewBlock: true, nowMs }).flatMap(idsIn);
  assert.deepEqual(remind(1_000_000), [old.id]);
  pool.addReturned([fresh]);
  assert.deepEqual(remind(2_000_000), [old.id]);
  assert.deepEqual(remind(3_000_000), [old.id, fresh.id]);
});

test('of what a peer tells, only news is asked for, and of one peer at a time', () => {
  const [pending, recent, news] = entriesOf('e', 3);
  assert.ok(pending && recent && news);
  const { relay, pool, peers } = world([pending], 'p', 'q');
  pool.removeIncluded([recent.id]);
  const ids = idsOf([pending, recent, news, news]);
  assert.deepEqual(relay.inventoryReceived(peers.p, ids, 0).map(idsIn), [[news.id]]);
  assert.deepEqual(relay.inventoryReceived(peers.q, ids, 0), []);
});

test('an entry counts as asked for only from the peer it was asked of, and once', () => {
  const { relay, peers } = world([], 'p', 'q');
  const { id } = entryOf('1');
  relay.inventoryReceived(peers.p, [id], 0);
  relay.inventoryReceived(peers.q, [id], 0);
  assert.equal(relay.arrived(peers.q, id), false);
  assert.equal(relay.arrived(peers.p, id), true);
  assert.equal(relay.arrived(peers.p, id), false);
  assert.equal(peers.p.entriesAsked, 0);
});

test('what does not come in time is asked of each other peer that has it, one after the other', () => {
  const { relay, peers } = world([], 'p', 'q', 'r', 'ignorant');
  const { id } = entryOf('1');
  for (const peer of [peers.p, peers.q, peers.r]) relay.inventoryReceived(peer, [id], 0);
  const asked: string[] = [];
  for (let nowMs = 0; nowMs < 5 * ENTRIES_TIMEOUT_MS; nowMs += 250) {
    for (const effect of relay.retryOverdue(nowMs)) asked.push(peerIn(effect));
  }
  assert.deepEqual(asked, ['q', 'r']);
  assert.deepEqual(
    Object.values(peers).map(({ entriesAsked }) => entriesAsked),
    [0, 0, 0, 0],
  );
  assert.equal(relay.inventoryReceived(peers.p, [id], 99_999).length, 1, 'whoever tells again is asked again');
});

test('a tick looks at the oldest id alone, however many peers have made up and were asked for', (t) => {
  const { relay, peers } = world([], 'p', 'q');
  for (const [i, peer] of Object.values(peers).entries()) relay.inventoryReceived(peer, madeUpIds(i), 0);
  const { mock } = t.mock.method(Object.getPrototypeOf(new Map().entries()), 'next');
  assert.deepEqual(relay.retryOverdue(0), []);
  assert.ok(
    mock.callCount() <= 2,
    'once among the ids, and once among what is asked of others, where there is nothing',
  );
});

test('what a peer that has gone owed is asked of others, in messages of bounded size', () => {
  const { relay, peers, sessions } = world([], 'p', 'q');
  const ids = idsOf(entriesOf('e', IDS_PER_MESSAGE_MAX + 5));
  for (const peer of [peers.p, peers.q]) {
    relay.inventoryReceived(peer, ids.slice(0, IDS_PER_MESSAGE_MAX), 0);
    relay.inventoryReceived(peer, ids.slice(IDS_PER_MESSAGE_MAX), 0);
  }
  sessions.delete('p');
  const effects = relay.peerGone(peers.p, 0);
  assert.deepEqual(
    effects.map((effect) => [peerIn(effect), idsIn(effect).length]),
    [
      ['q', IDS_PER_MESSAGE_MAX],
      ['q', 5],
    ],
  );
});

test('asked-for entries are sent in messages that a peer takes, and those that are gone or not durable are left out', () => {
  const large: PooledEntry[] = Array.from({ length: 40 }, (_, i) => entryOf(`"${`${i}`.padEnd(65_534, 'x')}"`));
  const { relay, pool, peers } = world(large, 'p');
  const unstored = entryOf('"unstored"');
  pool.add(unstored, undefined);
  const ids = [...idsOf(large), unstored.id, entryOf('"gone"').id, large[0]?.id ?? unstored.id];
  const messages = relay
    .entriesAsked(peers.p, ids)
    .flatMap((effect) => (effect.type === 'send' ? [effect.message] : []));
  let count = 0;
  for (const message of messages) {
    assert.ok(message.type === 'entries' && message.arrayBytes.length <= ENTRIES_MESSAGE_BYTES_MAX);
    assert.ok(parseMessage(encodeMessage(message)).ok);
    count += (JSON.parse(new TextDecoder().decode(message.arrayBytes)) as unknown[]).length;
  }
  assert.equal(count, large.length);
  assert.ok(messages.length <= 4);
});

function world<Id extends string>(
  stored: readonly PooledEntry[],
  ...ids: readonly Id[]
): {
  relay: EntryRelay;
  pool: EntryPool;
  sessions: Map<string, PeerSession>;
  peers: Readonly<Record<Id, PeerSession>>;
} {
  const pool = new EntryPool(stored);
  const sessions = new Map<string, PeerSession>(ids.map((id) => [id, greetedPeer(id)]));
  const peers = Object.fromEntries(sessions) as Record<Id, PeerSession>;
  return { relay: new EntryRelay({ pool, peers: sessions }), pool, sessions, peers };
}

function madeUpIds(batch: number): Hash[] {
  const digits = (i: number) => (batch * IDS_PER_MESSAGE_MAX + i).toString(16).padStart(64, '0');
  return Array.from({ length: IDS_PER_MESSAGE_MAX }, (_, i) => digits(i) as Hash);
}

function idsOf(entries: readonly PooledEntry[]): Hash[] {
  return entries.map(({ id }) => id);
}

function idsIn(effect: Effect): readonly Hash[] {
  assert.ok(effect.type === 'send' && 'ids' in effect.message);
  return effect.message.ids;
}

function peerIn(effect: Effect): string {
  assert.ok(effect.type === 'send');
  return effect.peer;
}
