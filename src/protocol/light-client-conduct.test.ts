/** How a light client deals with peers: greeting, leaving, and those that lie, flood, or make no sense. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bodyOf, buildChain, reforge, TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { entryOf } from '../../test/support/entry-fixture.ts';
import { encodeRun } from '../../test/support/header-bytes.ts';
import { bookOf, LoneClient } from '../../test/support/lone-client.ts';
import { headersOf } from '../../test/support/lone-machine.ts';
import { createGenesis } from '../core/genesis.ts';
import type { Hash } from '../core/hash.ts';
import { hashToNumber } from '../core/hash.ts';
import { encodeHeader, type Header, hashHeader } from '../core/header.ts';
import { bitsToTarget } from '../core/target.ts';
import { genesisPoint } from '../core/validation.ts';
import type { LightEffect } from './light-effects.ts';
import { CONVICTS_MAX, FULL_PEERS_MAX, UNASKED_ANSWERS_MAX } from './light-limits.ts';
import { HANDSHAKE_TIMEOUT_MS, PING_INTERVAL_MS, PONG_TIMEOUT_MS } from './limits.ts';
import type { Message } from './message.ts';

const GENESIS = genesisPoint(TEST_PARAMS);
const CHAIN = buildChain(TEST_PARAMS, GENESIS, 12, (height) => bodyOf(`"a${height}"`));
const BOOK = bookOf(CHAIN);
const SOME_HASH = 'ef'.repeat(32) as Hash;

test('its greeting says that it is light, and names no tip that would keep news from it', () => {
  const lone = new LoneClient();
  lone.join('p', BOOK);
  const effects = lone.connect('q');
  const genesis = createGenesis(TEST_PARAMS).hash;
  assert.deepEqual(effects[0], {
    type: 'send',
    peer: 'q',
    message: {
      type: 'hello',
      genesis,
      network: 'test',
      agent: 'test/1',
      tip: { hash: genesis, height: 0, work: GENESIS.work },
      addresses: [],
      light: true,
    },
  });
  assert.deepEqual(lone.peer('q'), {
    id: 'q',
    address: '/ip4/192.0.2.1/tcp/1/p2p/q',
    agent: undefined,
    isConnected: true,
    standing: 'new',
    claimed: undefined,
    shown: undefined,
    isAhead: false,
    fault: undefined,
  });
});

const DISMISSALS: readonly {
  readonly why: string;
  readonly message: (lone: LoneClient) => Message;
  readonly code: string;
}[] = [
  { why: 'speaks before it has greeted', message: () => ({ type: 'get-peers' }), code: 'hello-missing' },
  { why: 'is of another network', message: (lone) => lone.hello(BOOK, { genesis: SOME_HASH }), code: 'network-other' },
  { why: 'is a light client, too', message: (lone) => lone.hello(BOOK, { light: true }), code: 'peer-light' },
];
for (const { why, message, code } of DISMISSALS) {
  test(`a peer that ${why} is told so and hung up on, and may come again`, () => {
    const lone = new LoneClient();
    lone.connect('p');
    const effects = lone.receive('p', message(lone));
    assert.equal(goodbyeTo(effects, 'p'), code);
    assert.ok(effects.some(({ type }) => type === 'disconnect'));
    assert.deepEqual([lone.peer('p')?.fault, lone.peer('p')?.isConnected], [code, false]);
    assert.deepEqual(lone.client.peers, []);
    assert.deepEqual(
      lone.connect('p').map(({ type }) => type),
      ['send', 'peer-judged'],
    );
  });
}

test('what is no message ends the connection', () => {
  const lone = new LoneClient();
  lone.join('p', BOOK);
  const effects = lone.feed({ type: 'message-malformed', peer: 'p', fault: { code: 'message-not-json' } });
  assert.equal(goodbyeTo(effects, 'p'), 'message-not-json');
  assert.equal(lone.peer('p')?.standing, 'agrees', 'to make no sense is no lie');
});

test('there is room for so many peers, and for no more', () => {
  const lone = new LoneClient();
  for (let i = 0; i < FULL_PEERS_MAX; i++) lone.connect(`p${i}`);
  const effects = lone.connect('one more');
  assert.equal(goodbyeTo(effects, 'one more'), 'peers-full');
  assert.deepEqual(
    effects.map(({ type }) => type),
    ['send', 'disconnect'],
  );
  lone.feed({ type: 'peer-disconnected', peer: 'p3', reason: 'closed' });
  assert.equal(goodbyeTo(lone.connect('one more'), 'one more'), undefined);
});

test('who does not greet in time is hung up on', () => {
  const lone = new LoneClient();
  lone.connect('p');
  lone.advance(HANDSHAKE_TIMEOUT_MS);
  assert.equal(lone.client.peers.length, 1);
  assert.equal(goodbyeTo(lone.advance(250), 'p'), 'handshake-timeout');
});

test('a silent peer is asked for a sign of life, and hung up on if it gives none', () => {
  const lone = new LoneClient();
  lone.join('p', BOOK);
  lone.join('q', BOOK);
  lone.play('p', () => []);
  lone.advance(PING_INTERVAL_MS);
  assert.deepEqual(lone.sentTo('p').at(-1)?.type, 'ping');
  lone.advance(PONG_TIMEOUT_MS);
  assert.equal(lone.client.peers.length, 2);
  assert.equal(goodbyeTo(lone.advance(250), 'p'), 'ping-timeout');
  lone.advance(3 * PING_INTERVAL_MS);
  assert.deepEqual(lone.standings(), { q: 'agrees' }, 'who answers stays');
});

test('it answers a ping, and has nothing to give to who asks it for more', () => {
  const lone = new LoneClient();
  lone.join('p', BOOK);
  const asked: readonly [Message, Message | undefined][] = [
    [
      { type: 'ping', nonce: 7 },
      { type: 'pong', nonce: 7 },
    ],
    [
      { type: 'get-headers', locator: [] },
      { type: 'headers', headers: new Uint8Array(0) },
    ],
    [
      { type: 'get-blocks', hashes: [SOME_HASH] },
      { type: 'not-found', hashes: [SOME_HASH] },
    ],
    [{ type: 'get-peers' }, { type: 'peers', addresses: [] }],
    [{ type: 'get-entries', ids: [SOME_HASH] }, undefined],
    [{ type: 'get-block-ids', hash: SOME_HASH }, undefined],
    [{ type: 'get-block-entries', hash: SOME_HASH, indexes: [0] }, undefined],
    [{ type: 'get-chain-proof' }, undefined],
    [{ type: 'get-header-proof', tip: SOME_HASH, heights: [1] }, undefined],
    [{ type: 'get-entry-proof', tip: SOME_HASH, id: SOME_HASH }, undefined],
    [{ type: 'inventory', ids: [SOME_HASH] }, undefined],
    [{ type: 'peers', addresses: ['/ip4/192.0.2.9/tcp/1'] }, undefined],
    [{ type: 'pong', nonce: 9 }, undefined],
  ];
  for (const [message, answer] of asked) {
    const sent = lone.sentTo('p', lone.receive('p', message));
    assert.deepEqual(sent, answer === undefined ? [] : [answer], message.type);
  }
  assert.deepEqual(lone.standings(), { p: 'agrees' });
});

test('a peer that says goodbye is gone, and why is reported', () => {
  const lone = new LoneClient();
  lone.join('p', BOOK);
  const effects = lone.receive('p', { type: 'goodbye', code: 'peers-full', message: '64 peers at most' });
  const facts = { peer: 'p', code: 'peers-full', text: '64 peers at most' };
  assert.ok(effects.some((effect) => effect.type === 'report' && effect.code === 'peer-said-goodbye'));
  assert.deepEqual(
    effects.flatMap((effect) => (effect.type === 'report' ? [effect.facts] : [])),
    [facts],
  );
  assert.deepEqual(lone.client.peers, []);
  assert.equal(lone.tipHash, BOOK.tip.hash, 'what it has shown stays true');
});

test('a node that has no room says so before it greets', () => {
  const lone = new LoneClient();
  lone.connect('p');
  const effects = lone.receive('p', { type: 'goodbye', code: 'peers-full', message: '64 peers at most' });
  assert.equal(goodbyeTo(effects, 'p'), undefined, 'there is nothing to answer');
  assert.equal(lone.peer('p')?.fault, 'peer-said-goodbye');
});

test('inputs that concern nobody do nothing', () => {
  const lone = new LoneClient();
  const effects = [
    ...lone.feed({ type: 'peer-disconnected', peer: 'nobody', reason: 'closed' }),
    ...lone.receive('nobody', { type: 'get-peers' }),
    ...lone.feed({ type: 'message-malformed', peer: 'nobody', fault: { code: 'message-not-json' } }),
    ...lone.feed({ type: 'request-cancelled', request: 9 }),
    ...lone.feed({ type: 'tick' }),
  ];
  assert.deepEqual(effects, []);
});

const UNASKED: readonly Message[] = [
  { type: 'headers', headers: new Uint8Array(0) },
  { type: 'chain-proof', proof: BOOK.proof },
  { type: 'chain-proof', proof: Uint8Array.of(1, 2, 3) },
  ...BOOK.answers({ type: 'get-header-proof', tip: BOOK.tip.hash, heights: [1] }),
  ...BOOK.answers({ type: 'get-entry-proof', tip: BOOK.tip.hash, id: SOME_HASH }),
  ...BOOK.answers({ type: 'get-entry-proof', tip: BOOK.tip.hash, id: entryOf('"a3"').id }),
  ...BOOK.answers({ type: 'get-blocks', hashes: [BOOK.tip.hash, SOME_HASH] }),
  { type: 'block', hash: BOOK.tip.hash, bodyBytes: bodyOf('"false"').bytes },
  { type: 'block-ids', hash: BOOK.tip.hash, shape: 'array', ids: [] },
  { type: 'block-entries', hash: BOOK.tip.hash, arrayBytes: bodyOf().bytes },
  { type: 'entries', arrayBytes: bodyOf().bytes },
];
test('answers that nobody asked for are not even judged, and too many of them end the connection', () => {
  const lone = new LoneClient();
  lone.join('p', BOOK);
  let count = 0;
  for (const message of [...UNASKED, lone.hello(BOOK)]) {
    assert.deepEqual(lone.receive('p', message), [], message.type);
    count++;
  }
  for (; count < UNASKED_ANSWERS_MAX; count++) assert.deepEqual(lone.receive('p', UNASKED[0] as Message), []);
  assert.equal(goodbyeTo(lone.receive('p', UNASKED[0] as Message), 'p'), 'answers-unasked');
});

test('a peer that shows something true again may err again', () => {
  const lone = new LoneClient();
  lone.join('p', BOOK);
  const more = buildChain(TEST_PARAMS, BOOK.tip, 3, () => bodyOf());
  for (const block of more.blocks) {
    for (let i = 0; i < UNASKED_ANSWERS_MAX; i++) lone.receive('p', UNASKED[0] as Message);
    lone.receive('p', headersOf([block]));
  }
  assert.deepEqual(lone.standings(), { p: 'agrees' });
});

const LAST = CHAIN.blocks[11]?.header;
const LIES: readonly { readonly rule: string; readonly run: () => Uint8Array; readonly code: string }[] = [
  { rule: 'work', run: () => encodeHeader(withoutWork(next())), code: 'work-too-low' },
  { rule: 'difficulty', run: () => worked({ bits: next().bits - 1 }), code: 'bits-wrong' },
  { rule: 'time', run: () => worked({ timestamp: (LAST?.timestamp ?? 0) - 1 }), code: 'timestamp-before-parent' },
  { rule: 'height', run: () => worked({ height: 14 }), code: 'height-wrong' },
  { rule: 'history', run: () => worked({ historyRoot: SOME_HASH }), code: 'history-root-wrong' },
  { rule: 'version', run: () => changed(encodeHeader(next()), 1), code: 'header-version-unknown' },
  { rule: 'nonce', run: () => changed(encodeHeader(next()), 110), code: 'header-nonce-too-large' },
];
for (const { rule, run, code } of LIES) {
  test(`a header that breaks the rule of ${rule} convicts who sent it, and the evidence shows that`, () => {
    const lone = new LoneClient();
    lone.join('p', BOOK);
    lone.join('liar', BOOK);
    const effects = lone.receive('liar', { type: 'headers', headers: run() });
    const conviction = lone.convictionOf('liar');
    assert.equal(conviction.fault.code, code);
    assert.equal(conviction.evidence.type, 'headers');
    assert.equal(goodbyeTo(effects, 'liar'), code);
    assert.deepEqual([lone.peer('liar')?.standing, lone.peer('liar')?.fault], ['convicted', code]);
    assert.deepEqual(lone.standings(), { p: 'agrees' });
    assert.equal(lone.tipHash, BOOK.tip.hash);
  });
}

test('a false header convicts wherever it stands: on the genesis, on the first block, and after others', () => {
  for (const at of [0, 1, 2, 7]) {
    const lone = new LoneClient();
    lone.join('p', BOOK);
    const parent = at === 0 ? GENESIS : CHAIN.points[at - 1];
    assert.ok(parent);
    const branch = buildChain(TEST_PARAMS, parent, 3, () => bodyOf('"branch"'));
    const [first, second, third] = branch.blocks;
    assert.ok(first && second && third);
    const bad = reforge(third, { historyRoot: SOME_HASH });
    const alone = reforge(first, { historyRoot: SOME_HASH });
    lone.receive('p', { type: 'headers', headers: encodeRun([first.header, second.header, bad.header]) });
    assert.equal(lone.convictionOf('p').fault.code, 'history-root-wrong');
    lone.join('q', BOOK);
    lone.receive('q', headersOf([alone]));
    assert.equal(lone.convictionOf('q').fault.code, 'history-root-wrong');
  }
});

test('headers that do not follow on each other make no sense, and prove nothing', () => {
  const lone = new LoneClient();
  lone.join('p', BOOK);
  const more = buildChain(TEST_PARAMS, BOOK.tip, 3, () => bodyOf());
  const effects = lone.receive('p', headersOf([more.blocks[0], more.blocks[2]].flatMap((block) => block ?? [])));
  assert.equal(goodbyeTo(effects, 'p'), 'parent-unknown');
  assert.ok(!effects.some(({ type }) => type === 'peer-convicted'));
});

test('of liars so many are remembered, the latest', () => {
  const lone = new LoneClient();
  for (let i = 0; i <= CONVICTS_MAX; i++) {
    lone.connect(`liar-${i}`);
    lone.receive(`liar-${i}`, lone.hello(BOOK));
    lone.receive(`liar-${i}`, { type: 'chain-proof', proof: new Uint8Array(0) });
  }
  assert.equal(lone.client.holdings.convicts, CONVICTS_MAX);
  assert.equal(goodbyeTo(lone.connect('liar-1'), 'liar-1'), 'peer-convicted');
  assert.equal(goodbyeTo(lone.connect('liar-0'), 'liar-0'), undefined);
});

function goodbyeTo(effects: readonly LightEffect[], peer: string): string | undefined {
  for (const effect of effects) {
    if (effect.type === 'send' && effect.peer === peer && effect.message.type === 'goodbye') return effect.message.code;
  }
  return undefined;
}

/** A valid header on the tip. */
function next(): Header {
  const [block] = buildChain(TEST_PARAMS, BOOK.tip, 1, () => bodyOf()).blocks;
  assert.ok(block);
  return block.header;
}

/** A header on the tip that is wrong in `change`, and has the work of a right one. */
function worked(change: Partial<Header>): Uint8Array {
  const target = bitsToTarget(next().bits) ?? 0n;
  for (let nonce = 0; ; nonce++) {
    const bytes = encodeHeader({ ...next(), ...change, nonce });
    if (hashToNumber(hashHeader(bytes)) <= target) return bytes;
  }
}

function withoutWork(header: Header): Header {
  const target = bitsToTarget(header.bits) ?? 0n;
  let nonce = 0;
  while (hashToNumber(hashHeader(encodeHeader({ ...header, nonce }))) <= target) nonce++;
  return { ...header, nonce };
}

function changed(bytes: Uint8Array, at: number): Uint8Array {
  bytes[at] = (bytes[at] ?? 0) ^ 0x80;
  return bytes;
}
