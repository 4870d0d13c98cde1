/** How the machine deals with peers: greeting, leaving, and those that cheat, stall or flood. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bodyOf, buildChain, TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { entryOf } from '../../test/support/entry-fixture.ts';
import {
  assertBanned,
  bodyMessage,
  goodbyeTo,
  headersOf,
  LoneMachine,
  reportsIn,
  sentTo,
  tipOf,
  typesOf,
} from '../../test/support/lone-machine.ts';
import { bodyFromEntries } from '../core/body.ts';
import type { Hash } from '../core/hash.ts';
import { genesisPoint } from '../core/validation.ts';
import type { Effect, Input } from './effects.ts';
import {
  BAN_MS,
  ENTRIES_ASKED_PER_PEER_MAX,
  HANDSHAKE_TIMEOUT_MS,
  HEADERS_TIMEOUT_MS,
  IDS_PER_MESSAGE_MAX,
  INBOUND_PEERS_MAX,
  LOOK_AROUND_MS,
  OUTBOUND_PEERS_TARGET,
  PEERS_MAX,
  PENDING_ENTRIES_PER_PEER_MAX,
  PING_INTERVAL_MS,
  PONG_TIMEOUT_MS,
} from './limits.ts';
import type { Message } from './message.ts';

const GENESIS = genesisPoint(TEST_PARAMS);
const CHAIN = buildChain(TEST_PARAMS, GENESIS, 12, (height) => bodyOf(`"a${height}"`));
const RIVAL = buildChain(TEST_PARAMS, GENESIS, 14, (height) => bodyOf(`"b${height}"`));

test('a message before hello gets its sender banned; a second hello is a fault that costs a little', async () => {
  const lone = await LoneMachine.start();
  lone.connect('rude');
  assertBanned(lone, lone.receive('rude', { type: 'get-peers' }), 'rude', 'hello-missing');
  lone.greet('odd');
  lone.receive('odd', lone.hello());
  assert.deepEqual(
    [...lone.machine.peers].map((peer) => [peer.id, peer.score(lone.nowMs)]),
    [['odd', -10]],
  );
});

test('a malformed message gets its sender banned, for a while', async () => {
  const lone = await LoneMachine.start();
  lone.greet('p');
  const effects = lone.feed({ type: 'message-malformed', peer: 'p', fault: { code: 'message-not-json' } });
  assertBanned(lone, effects, 'p', 'message-not-json');
  lone.advance(1_000);
  lone.nowMs += BAN_MS;
  lone.advance(1_000);
  assert.deepEqual(typesOf(lone.connect('p')), ['send']);
});

test('a peer whose bytes are no frames is not taken back, and one that only left is', async () => {
  const lone = await LoneMachine.start();
  for (const peer of ['noisy', 'quiet']) lone.greet(peer);
  lone.feed({ type: 'peer-disconnected', peer: 'noisy', reason: 'frame-fault' });
  lone.feed({ type: 'peer-disconnected', peer: 'quiet', reason: 'closed' });
  assert.deepEqual([...lone.machine.peers], []);
  assert.equal(goodbyeTo(lone.connect('noisy'), 'noisy'), 'banned');
  assert.equal(goodbyeTo(lone.connect('quiet'), 'quiet'), undefined);
});

const SOME_HASH = 'ef'.repeat(32) as Hash;
const UNSOLICITED: readonly Message[] = [
  { type: 'get-headers', locator: [] },
  { type: 'get-headers', locator: [SOME_HASH, GENESIS.hash] },
  { type: 'headers', headers: new Uint8Array(0) },
  headersOf(CHAIN.blocks.slice(11)),
  headersOf(CHAIN.blocks.slice(0, 3)),
  { type: 'get-blocks', hashes: [] },
  { type: 'get-blocks', hashes: [SOME_HASH, SOME_HASH] },
  { type: 'block', hash: SOME_HASH, bodyBytes: bodyOf('1').bytes },
  { type: 'block', hash: GENESIS.hash, bodyBytes: bodyOf('1').bytes },
  ...CHAIN.blocks.slice(0, 3).map(bodyMessage),
  { type: 'not-found', hashes: [SOME_HASH] },
  { type: 'not-found', hashes: [] },
  { type: 'inventory', ids: [SOME_HASH, SOME_HASH] },
  { type: 'get-entries', ids: [SOME_HASH] },
  { type: 'entries', arrayBytes: bodyOf('"unasked"').bytes },
  { type: 'get-peers' },
  { type: 'peers', addresses: ['/ip4/192.0.2.1/tcp/1', 'nonsense'] },
  { type: 'ping', nonce: 7 },
  { type: 'pong', nonce: 8 },
];
test('messages of every type, unasked and twice over, do no harm', async () => {
  const lone = await LoneMachine.start();
  lone.greet('p');
  for (const message of [...UNSOLICITED, ...UNSOLICITED.toReversed()]) {
    lone.receive('p', message);
    lone.receive('p', message);
    await lone.settle();
    lone.advance(250);
  }
  assert.deepEqual(reportsIn(lone.effects), []);
  assert.equal(lone.machine.pool.count, 0, 'an entry that was not asked for is not taken');
  assert.equal(lone.machine.tip.hash, CHAIN.points[2]?.hash, 'what was of use is');
  assert.deepEqual([...lone.machine.peers].length, 1);
});

test('inputs that concern nobody do nothing', async () => {
  const lone = await LoneMachine.start();
  const inputs: readonly Input[] = [
    { type: 'peer-disconnected', peer: 'nobody', reason: 'closed' },
    { type: 'message-received', peer: 'nobody', message: { type: 'get-peers' } },
    { type: 'message-malformed', peer: 'nobody', fault: { code: 'message-not-json' } },
    { type: 'dial-failed', address: '/ip4/192.0.2.9/tcp/9', isFinal: true },
    { type: 'dial-succeeded', address: '/ip4/192.0.2.9/tcp/9', peer: 'nobody' },
    { type: 'branch-point-loaded', peer: 'nobody', hash: SOME_HASH, point: undefined },
    { type: 'request-cancelled', request: 9 },
    { type: 'nonce-found', job: 9, nonce: 9 },
    { type: 'nonces-exhausted', job: 9 },
  ];
  for (const input of inputs) assert.deepEqual(lone.feed(input), [], input.type);
});

test('a goodbye ends the session, so that nothing more is taken from its sender', async () => {
  const lone = await LoneMachine.start();
  lone.greet('p');
  const goodbye: Message = { type: 'goodbye', code: 'peers-full', message: 'full' };
  assert.deepEqual(typesOf(lone.receive('p', goodbye)), ['report', 'disconnect', 'notify']);
  assert.deepEqual(lone.receive('p', goodbye), []);
  assert.deepEqual(lone.feed({ type: 'peer-disconnected', peer: 'p', reason: 'closed' }), []);
});

test('a peer that never greets, and one that goes silent, is hung up on', async () => {
  const lone = await LoneMachine.start();
  lone.connect('mute');
  lone.greet('lively');
  lone.greet('dead');
  assert.equal(goodbyeTo(lone.advance(HANDSHAKE_TIMEOUT_MS + 250), 'mute'), 'handshake-timeout');
  const effects = [...lone.advance(PING_INTERVAL_MS)];
  const ping = sentTo(effects, 'lively').at(-1);
  assert.ok(ping?.type === 'ping');
  lone.receive('lively', { type: 'pong', nonce: ping.nonce });
  assert.equal(goodbyeTo(lone.advance(PONG_TIMEOUT_MS + 250), 'dead'), 'ping-timeout');
  assert.deepEqual(
    [...lone.machine.peers].map(({ id }) => id),
    ['lively'],
  );
});

test('a clock that is set, forwards or back, neither ends a wait nor draws it out', async () => {
  const lone = await LoneMachine.start();
  lone.greet('p');
  lone.greet('banned');
  lone.feed({ type: 'message-malformed', peer: 'banned', fault: { code: 'message-not-json' } });
  lone.connect('mute');
  for (const wallAheadMs of [YEAR_MS, -YEAR_MS]) {
    lone.wallAheadMs = wallAheadMs;
    lone.advance(1_000);
    assert.deepEqual(
      [...lone.machine.peers].map(({ id }) => id),
      ['p', 'mute'],
    );
    assert.equal(goodbyeTo(lone.connect('banned'), 'banned'), 'banned');
  }
  assert.equal(goodbyeTo(lone.advance(HANDSHAKE_TIMEOUT_MS), 'mute'), 'handshake-timeout');
});

test('strangers who dial cannot take the places of peers that this node dials', async () => {
  const lone = await LoneMachine.start();
  for (let i = 0; i < INBOUND_PEERS_MAX; i++) lone.greet(`in-${i}`);
  assert.equal(goodbyeTo(lone.connect('one too many'), 'one too many'), 'peers-full');
  for (let i = INBOUND_PEERS_MAX; i < PEERS_MAX; i++)
    assert.deepEqual(typesOf(lone.connect(`out-${i}`, 'outbound')), ['send']);
  assert.equal([...lone.machine.peers].length, PEERS_MAX);
});

test('a node surrounded on all sides can still be told of a peer: the last of those who dialled makes room', async () => {
  const lone = await LoneMachine.start();
  for (let i = 0; i < INBOUND_PEERS_MAX; i++) lone.greet(`in-${i}`);
  for (let i = INBOUND_PEERS_MAX; i < PEERS_MAX; i++) lone.connect(`out-${i}`, 'outbound');
  for (let i = INBOUND_PEERS_MAX - 1; i >= 0; i--) {
    assert.equal(goodbyeTo(lone.connect(`wanted-${i}`, 'outbound'), `in-${i}`), 'peers-full');
    assert.equal([...lone.machine.peers].length, PEERS_MAX);
  }
  assert.equal(goodbyeTo(lone.connect('out too many', 'outbound'), 'out too many'), 'peers-full');
});

test('a peer that tells of endless entries is asked for a bounded number of them', async () => {
  const lone = await LoneMachine.start();
  lone.greet('p');
  let asked = 0;
  for (let batch = 0; batch < 30; batch++) {
    const ids = Array.from({ length: IDS_PER_MESSAGE_MAX }, (_, i) => entryOf(`"${batch} ${i}"`).id);
    for (const message of sentTo(lone.receive('p', { type: 'inventory', ids }), 'p')) {
      if (message.type === 'get-entries') asked += message.ids.length;
    }
  }
  assert.equal(asked, ENTRIES_ASKED_PER_PEER_MAX);
  lone.advance(6_000);
  assert.equal([...lone.machine.peers][0]?.entriesAsked, 0, 'what did not come is forgotten');
});

test('an entry that a peer owed when it left is asked of another at once', async () => {
  const lone = await LoneMachine.start();
  const { id } = entryOf('1');
  for (const peer of ['p', 'q']) {
    lone.greet(peer);
    lone.receive(peer, { type: 'inventory', ids: [id] });
  }
  const effects = lone.feed({ type: 'peer-disconnected', peer: 'p', reason: 'closed' });
  assert.deepEqual(sentTo(effects, 'q'), [{ type: 'get-entries', ids: [id] }]);
});

test('a peer that sends endless entries fills no more than its share of the pool', async () => {
  const lone = await LoneMachine.start();
  lone.greet('p');
  for (let batch = 0; batch < PENDING_ENTRIES_PER_PEER_MAX / IDS_PER_MESSAGE_MAX + 3; batch++) {
    const entries = Array.from({ length: IDS_PER_MESSAGE_MAX }, (_, i) => entryOf(`"${batch} ${i}"`));
    lone.receive('p', { type: 'inventory', ids: entries.map(({ id }) => id) });
    lone.receive('p', { type: 'entries', arrayBytes: bodyFromEntries(entries.map(({ bytes }) => bytes)).bytes });
    await lone.settle();
  }
  assert.equal(lone.machine.pool.count, PENDING_ENTRIES_PER_PEER_MAX);
});

test('bodies that nobody was asked for take no memory and are not judged', async () => {
  const lone = await LoneMachine.start({ chain: RIVAL });
  lone.greet('p');
  lone.receive('p', headersOf(CHAIN.blocks));
  for (const block of CHAIN.blocks) assert.deepEqual(lone.receive('p', bodyMessage(block)), []);
  assert.deepEqual(lone.receive('p', { type: 'block', hash: SOME_HASH, bodyBytes: Uint8Array.of(0) }), []);
  assert.equal([...lone.machine.peers].length, 1);
});

test('a branch with more work whose bodies are withheld keeps nobody from the chain that others have', async () => {
  const lone = await LoneMachine.start();
  lone.greet('hostile', tipOf(RIVAL));
  lone.receive('hostile', headersOf(RIVAL.blocks));
  const asked = lone.greet('honest', tipOf(CHAIN));
  assert.ok(sentTo(asked, 'honest').some(({ type }) => type === 'get-headers'));
  lone.receive('honest', headersOf(CHAIN.blocks));
  for (const block of CHAIN.blocks) lone.receive('honest', bodyMessage(block));
  await lone.settle();
  assert.equal(lone.machine.tip.hash, CHAIN.points.at(-1)?.hash);
});

test('a peer that answers no question for headers does not keep others from being asked', async () => {
  const lone = await LoneMachine.start();
  for (const peer of ['mute-1', 'mute-2', 'honest']) lone.greet(peer, tipOf(CHAIN));
  assert.ok(!sentTo(lone.effects, 'honest').some(({ type }) => type === 'get-headers'));
  const effects = lone.advance(HEADERS_TIMEOUT_MS + 250);
  assert.ok(sentTo(effects, 'honest').some(({ type }) => type === 'get-headers'));
});

test('addresses are learned from a greeting and from one answer to each question, and told once they were greeted', async () => {
  const lone = await LoneMachine.start();
  const [greeting, asked, unasked] = ['/ip4/192.0.2.2/tcp/1', '/ip4/192.0.2.3/tcp/1', '/ip4/192.0.2.4/tcp/1'];
  lone.feed({ type: 'address-known', address: '/ip4/192.0.2.1/tcp/1/p2p/p', source: 'configured' });
  lone.advance(250);
  assert.deepEqual(typesOf(lone.connect('p', 'outbound')), ['send']);
  assert.deepEqual(sentTo(lone.receive('p', lone.hello({ addresses: [greeting] })), 'p').at(-1), { type: 'get-peers' });
  for (const address of [asked, unasked]) lone.receive('p', { type: 'peers', addresses: [address] });
  const dialled = lone.advance(250).flatMap((effect) => (effect.type === 'dial' ? [effect.address] : []));
  assert.deepEqual(dialled, [greeting, asked]);
  lone.greet('q');
  const told = sentTo(lone.receive('q', { type: 'get-peers' }), 'q');
  assert.deepEqual(told, [{ type: 'peers', addresses: ['/ip4/192.0.2.1/tcp/1/p2p/p'] }]);
});

test('a peer that is full is dialled ever more slowly', async () => {
  const lone = await LoneMachine.start();
  lone.feed({ type: 'address-known', address: '/ip4/192.0.2.1/tcp/1/p2p/p', source: 'configured' });
  const dialledMs: number[] = [];
  const startMs = lone.nowMs;
  while (lone.nowMs < startMs + 20_000) {
    if (!lone.advance(250).some(({ type }) => type === 'dial')) continue;
    dialledMs.push(lone.nowMs - startMs);
    lone.connect('p', 'outbound');
    lone.receive('p', { type: 'goodbye', code: 'peers-full', message: '' });
  }
  assert.deepEqual(dialledMs, [250, 1_250, 3_250, 7_250, 15_250]);
});

const YEAR_MS = 31_557_600_000;

test('a guest goes when its time is over, but not before a better chain that it has shown is fetched', async () => {
  const lone = await LoneMachine.start();
  for (let i = 0; i < OUTBOUND_PEERS_TARGET; i++) {
    lone.connect(`peer${i}`, 'outbound');
    lone.receive(`peer${i}`, lone.hello());
  }
  const address = '/ip4/192.0.2.1/tcp/1/p2p/guest';
  lone.feed({ type: 'address-known', address, source: 'peer' });
  const looking = passWithPeers(lone, LOOK_AROUND_MS + 1_000);
  assert.ok(looking.some((effect) => effect.type === 'dial' && effect.address === address));
  lone.connect('guest', 'outbound');
  lone.receive('guest', lone.hello());
  assert.equal(goodbyeTo(passWithPeers(lone, LOOK_AROUND_MS - 2_000), 'guest'), undefined);
  lone.receive('guest', headersOf(CHAIN.blocks));
  assert.equal(goodbyeTo(passWithPeers(lone, 4_000), 'guest'), undefined);
  for (const block of CHAIN.blocks) lone.receive('guest', bodyMessage(block));
  await lone.settle();
  assert.equal(goodbyeTo(passWithPeers(lone, 1_000), 'guest'), 'looked-around');
});

/** Lets time go by with peers that answer pings. */
function passWithPeers(lone: LoneMachine, ms: number): readonly Effect[] {
  const effects: Effect[] = [];
  for (let passed = 0; passed < ms; passed += 1_000) {
    const now = lone.advance(1_000);
    effects.push(...now);
    for (const effect of now) {
      if (effect.type !== 'send' || effect.message.type !== 'ping') continue;
      lone.receive(effect.peer, { type: 'pong', nonce: effect.message.nonce });
    }
  }
  return effects;
}
