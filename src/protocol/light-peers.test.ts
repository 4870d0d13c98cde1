/** How a full node deals with light clients: what they are told, what they are asked, and whose places they take. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bodyOf, buildChain, TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { entryOf } from '../../test/support/entry-fixture.ts';
import {
  bodyMessage,
  goodbyeTo,
  headersOf,
  LoneMachine,
  reportsIn,
  sentTo,
  tipOf,
  typesOf,
} from '../../test/support/lone-machine.ts';
import { genesisPoint } from '../core/validation.ts';
import {
  INBOUND_PEERS_MAX,
  LIGHT_PEERS_MAX,
  PEERS_MAX,
  PING_INTERVAL_MS,
  PONG_TIMEOUT_MS,
  REMINDER_MS_MAX,
} from './limits.ts';
import type { Message } from './message.ts';

const CHAIN = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 4, (height) => bodyOf(`"${height}"`));
const BEGINNING = { blocks: CHAIN.blocks.slice(0, 3), points: CHAIN.points.slice(0, 3) };
const ENTRY = entryOf('"waits"');

test('a light client that claims a better chain is asked for nothing', async () => {
  const lone = await LoneMachine.start();
  greetLight(lone, 'light', lone.hello({ light: true, tip: tipOf(CHAIN), addresses: ['/ip4/192.0.2.9/tcp/1'] }));
  const effects = lone.advance(PING_INTERVAL_MS);
  assert.deepEqual([...new Set(sentTo(effects, 'light').map(({ type }) => type))], ['ping']);
  assert.deepEqual(lone.machine.sync.phase, 'idle');
  assert.ok(!typesOf(effects).includes('dial'), 'where it is cannot be dialled');
});

test('a light client is told of new tips, and of no entries', async () => {
  const lone = await LoneMachine.start();
  greetLight(lone, 'light');
  lone.greet('full');
  lone.feed({ type: 'entries-submitted', request: 1, entries: [ENTRY] });
  lone.feed({ type: 'blocks-offered', request: 2, from: genesisPoint(TEST_PARAMS), blocks: CHAIN.blocks });
  await lone.settle();
  lone.advance(REMINDER_MS_MAX - 1_000);
  assert.deepEqual(sentTo(lone.effects, 'light').slice(1), [headersOf(CHAIN.blocks.slice(-1))]);
  assert.deepEqual(typesIn(sentTo(lone.effects, 'full').slice(1)), ['headers', 'inventory']);
});

test('what only those can say who have the chain is not heard from a light client', async () => {
  const lone = await LoneMachine.start();
  greetLight(lone, 'light');
  const [block] = CHAIN.blocks;
  assert.ok(block);
  for (const message of [
    headersOf(CHAIN.blocks),
    bodyMessage(block),
    { type: 'inventory', ids: [ENTRY.id] },
    { type: 'not-found', hashes: [block.hash] },
    { type: 'peers', addresses: ['/ip4/192.0.2.9/tcp/1'] },
  ] satisfies Message[]) {
    assert.deepEqual(lone.receive('light', message), [], message.type);
  }
  assert.equal(lone.machine.holdings.headers, 1);
});

test('a light client is answered as any peer is', async () => {
  const lone = await LoneMachine.start({ chain: BEGINNING });
  greetLight(lone, 'light');
  const tip = tipOf(BEGINNING).hash;
  const asked = (message: Message) => lone.receive('light', message);
  assert.deepEqual(asked({ type: 'get-chain-proof' }), [{ type: 'serve-chain-proof', peer: 'light' }]);
  assert.deepEqual(asked({ type: 'get-header-proof', tip, heights: [0, 2] }), [
    { type: 'serve-header-proof', peer: 'light', tip, heights: [0, 2] },
  ]);
  assert.deepEqual(asked({ type: 'get-entry-proof', tip, id: ENTRY.id }), [
    { type: 'serve-entry-proof', peer: 'light', tip, id: ENTRY.id },
  ]);
  assert.deepEqual(typesOf(asked({ type: 'get-headers', locator: [] })), ['serve-headers']);
  assert.deepEqual(typesOf(asked({ type: 'get-blocks', hashes: [tip] })), ['serve-blocks']);
  assert.deepEqual(typesIn(sentTo(asked({ type: 'get-peers' }), 'light')), ['peers']);
  assert.deepEqual(sentTo(asked({ type: 'ping', nonce: 3 }), 'light'), [{ type: 'pong', nonce: 3 }]);
});

test('proofs that nobody asked for are passed over', async () => {
  const lone = await LoneMachine.start();
  lone.greet('full');
  const proof = { tip: tipOf(CHAIN).hash, headers: [], proof: [] };
  assert.deepEqual(lone.receive('full', { type: 'chain-proof', proof: new Uint8Array(3) }), []);
  assert.deepEqual(lone.receive('full', { type: 'header-proof', proof }), []);
  assert.deepEqual(reportsIn(lone.effects), []);
});

test('a light client that goes silent is hung up on', async () => {
  const lone = await LoneMachine.start();
  greetLight(lone, 'light');
  lone.advance(PING_INTERVAL_MS);
  assert.equal(goodbyeTo(lone.advance(PONG_TIMEOUT_MS + 250), 'light'), 'ping-timeout');
  assert.deepEqual([...lone.machine.peers], []);
});

test('so many light clients are let in and no more; when one leaves there is room again', async () => {
  const lone = await LoneMachine.start();
  for (let i = 0; i < LIGHT_PEERS_MAX; i++) greetLight(lone, `light-${i}`);
  assert.equal(goodbyeTo(greetLight(lone, 'one too many'), 'one too many'), 'peers-full');
  assert.equal([...lone.machine.peers].length, LIGHT_PEERS_MAX);
  lone.feed({ type: 'peer-disconnected', peer: 'light-0', reason: 'closed' });
  assert.equal(goodbyeTo(greetLight(lone, 'the next'), 'the next'), undefined);
});

test('light clients take no place from nodes that dial: where all are taken, one of them makes room', async () => {
  const lone = await LoneMachine.start();
  for (let i = 0; i < LIGHT_PEERS_MAX; i++) greetLight(lone, `light-${i}`);
  for (let i = LIGHT_PEERS_MAX; i < INBOUND_PEERS_MAX; i++) lone.greet(`full-${i}`);
  for (let i = LIGHT_PEERS_MAX - 1; i >= 0; i--) {
    assert.equal(goodbyeTo(lone.greet(`full-${i}`), `light-${i}`), 'peers-full');
    assert.equal([...lone.machine.peers].length, INBOUND_PEERS_MAX);
  }
  assert.equal(goodbyeTo(lone.connect('one too many'), 'one too many'), 'peers-full');
});

test('for a peer that the node dials, a light client makes room before a node does', async () => {
  const lone = await LoneMachine.start();
  greetLight(lone, 'light');
  for (let i = 1; i < INBOUND_PEERS_MAX; i++) lone.greet(`in-${i}`);
  for (let i = INBOUND_PEERS_MAX; i < PEERS_MAX; i++) lone.connect(`out-${i}`, 'outbound');
  assert.equal(goodbyeTo(lone.connect('wanted', 'outbound'), 'light'), 'peers-full');
});

test('a light client that was dialled is of no use, and is left', async () => {
  const lone = await LoneMachine.start();
  lone.connect('light', 'outbound');
  assert.equal(goodbyeTo(lone.receive('light', lone.hello({ light: true })), 'light'), 'light-dialled');
});

function greetLight(lone: LoneMachine, peer: string, hello: Message = lone.hello({ light: true })) {
  return [...lone.connect(peer), ...lone.receive(peer, hello)];
}

function typesIn(messages: readonly Message[]): string[] {
  return [...new Set(messages.map(({ type }) => type))].sort();
}
