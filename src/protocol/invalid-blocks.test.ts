/** That a block of its own body is judged once and for all, and that no other body harms it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bodyOf, buildBlock, buildChain, reforge, singleBody, TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { entryOf } from '../../test/support/entry-fixture.ts';
import {
  assertBanned,
  bodiesAsked,
  bodyMessage,
  goodbyeTo,
  headersOf,
  LoneMachine,
  reportsIn,
  sentTo,
} from '../../test/support/lone-machine.ts';
import { signedEntry } from '../../test/support/signers.ts';
import type { Block } from '../core/block.ts';
import { type Body, bodyFromEntries } from '../core/body.ts';
import { createParams } from '../core/params.ts';
import { genesisPoint } from '../core/validation.ts';
import { HOLD_RETRY_MS } from './limits.ts';

const GOOD = signedEntry('{"a":1}', { params: TEST_PARAMS });
const FORGED_TEXT = Buffer.from(GOOD.bytes).toString().replace('"a":1', '"a":2');
const GENESIS = genesisPoint(TEST_PARAMS);
const { block: FORGED, point: FORGED_POINT } = buildBlock(TEST_PARAMS, GENESIS, bodyOf('1', FORGED_TEXT));
/** Blocks without fault on the one that has one. */
const ABOVE = buildChain(TEST_PARAMS, FORGED_POINT, 3, (height) => bodyOf(String(height))).blocks;

test('a block with a forged entry is asked of nobody again, and whoever shows it anew loses its place', async () => {
  const lone = await condemned(['p', 'q']);
  assert.equal(lone.machine.sync.behind, 0, 'it is nothing to be behind of');
  const later = lone.advance(2 * HOLD_RETRY_MS);
  assert.deepEqual(bodiesAsked(later, 'q'), []);
  assert.ok(
    sentTo(later, 'q').some(({ type }) => type === 'get-headers'),
    'what it leads to is asked anew',
  );
  assertBanned(lone, lone.receive('q', headersOf([FORGED])), 'q', 'block-invalid');
});

test('a block on one with a forged entry is refused, however it is shown', async () => {
  for (const shown of [[FORGED, ...ABOVE], ABOVE, ABOVE.slice(0, 1)]) {
    const lone = await condemned(['p']);
    lone.greet('r');
    assertBanned(lone, lone.receive('r', headersOf(shown)), 'r', 'block-invalid');
  }
});

test('what stood on a block with a forged entry leaves memory with it', async () => {
  const lone = await greeted(['p', 'q']);
  const before = lone.machine.holdings;
  lone.receive('p', headersOf([FORGED, ...ABOVE]));
  lone.receive('q', headersOf([FORGED, ...ABOVE]));
  for (const block of ABOVE) lone.receive('p', bodyMessage(block));
  assert.ok(lone.machine.holdings.bodyBytes > 0, 'they wait for the block below');
  lone.receive('p', bodyMessage(FORGED));
  await lone.settle();
  assert.deepEqual(lone.machine.holdings, { ...before, bans: 1 });
  const honest = buildBlock(TEST_PARAMS, GENESIS, bodyOf('3')).block;
  lone.receive('q', headersOf([honest]));
  lone.receive('q', bodyMessage(honest));
  await lone.settle();
  assert.equal(lone.machine.tip.hash, honest.hash);
});

test('a block that is refused for good is told of, with its fault and its height', async () => {
  const lone = await greeted(['p']);
  lone.receive('p', headersOf([FORGED]));
  const [report] = reportsIn(lone.receive('p', bodyMessage(FORGED)));
  const facts = { hash: FORGED.hash, height: 1, fault: 'proof-signature-wrong' };
  assert.deepEqual(report, { type: 'report', level: 'warn', code: 'block-invalid', facts });
});

test('a block whose missing piece is forged is refused for good, too', async () => {
  const lone = await greeted(['p', 'q']);
  const waiting = entryOf('1');
  lone.receive('p', { type: 'inventory', ids: [waiting.id] });
  lone.receive('p', { type: 'entries', arrayBytes: bodyFromEntries([waiting.bytes]).bytes });
  await lone.settle();
  const forged = entryOf(FORGED_TEXT);
  lone.receive('p', headersOf([FORGED]));
  lone.receive('q', headersOf([FORGED]));
  lone.receive('p', { type: 'block-ids', hash: FORGED.hash, shape: 'array', ids: [waiting.id, forged.id] });
  const arrayBytes = bodyFromEntries([forged.bytes]).bytes;
  const effects = lone.receive('p', { type: 'block-entries', hash: FORGED.hash, arrayBytes });
  assertBanned(lone, effects, 'p', 'proof-signature-wrong');
  assert.deepEqual(bodiesAsked(lone.advance(2 * HOLD_RETRY_MS), 'q'), []);
  assertBanned(lone, lone.receive('q', headersOf([FORGED])), 'q', 'block-invalid');
});

test('a block whose ids make it larger than a block may be is refused for good', async () => {
  const params = createParams({ ...TEST_PARAMS, entriesMax: 2 });
  const { block } = buildBlock(params, genesisPoint(params), bodyOf('1', '2', '3'));
  const lone = await greeted(['p', 'q'], params);
  const waiting = entryOf('1');
  lone.receive('p', { type: 'inventory', ids: [waiting.id] });
  lone.receive('p', { type: 'entries', arrayBytes: bodyFromEntries([waiting.bytes]).bytes });
  await lone.settle();
  lone.receive('p', headersOf([block]));
  const ids = ['1', '2', '3'].map((text) => entryOf(text).id);
  const effects = lone.receive('p', { type: 'block-ids', hash: block.hash, shape: 'array', ids });
  assertBanned(lone, effects, 'p', 'body-too-many-entries');
  assertBanned(lone, lone.receive('q', headersOf([block])), 'q', 'block-invalid');
});

// As in CVE-2012-2459: there a body that was none of the block's had its Merkle root, and the block was refused for ever.
const HONEST_BODY = bodyOf('1', '2', '3');
const { block: HONEST } = buildBlock(TEST_PARAMS, GENESIS, HONEST_BODY);
const ONE_VALUE = singleBody('"x"');
const { block: OF_ONE_VALUE } = buildBlock(TEST_PARAMS, GENESIS, ONE_VALUE);
const WRONG_BODIES: readonly (readonly [name: string, block: Block, body: Body])[] = [
  ['its last entry twice', HONEST, bodyOf('1', '2', '3', '3')],
  ['all of its entries twice', HONEST, bodyOf('1', '2', '3', '1', '2', '3')],
  ['its entries and a forged one', HONEST, bodyOf('1', '2', '3', FORGED_TEXT)],
  ['a forged entry in place of one', HONEST, bodyOf('1', '2', FORGED_TEXT)],
  ['nothing but a forged entry', HONEST, bodyOf(FORGED_TEXT)],
  ['none of its entries', HONEST, bodyOf()],
  ['its one value as the only element of an array', OF_ONE_VALUE, bodyOf('"x"')],
  ['its entries with white space', HONEST, { ...HONEST_BODY, bytes: Buffer.from('[1, 2,3]') }],
];

for (const [name, block, body] of WRONG_BODIES) {
  test(`a body that has ${name} says nothing of the block: the right one is taken from another peer`, async () => {
    const lone = await greeted(['p', 'q']);
    lone.receive('p', headersOf([block]));
    lone.receive('q', headersOf([block]));
    const effects = lone.receive('p', { type: 'block', hash: block.hash, bodyBytes: body.bytes });
    assert.ok(goodbyeTo(effects, 'p') !== undefined, 'whoever gave it is sent away');
    assert.deepEqual(bodiesAsked(effects, 'q'), [block.hash]);
    lone.receive('q', bodyMessage(block));
    await lone.settle();
    assert.equal(lone.machine.tip.hash, block.hash);
  });
}

test('two blocks on one parent with the same entries are judged each by itself', async () => {
  const lone = await condemned(['p', 'q']);
  const again = reforge(FORGED, { timestamp: FORGED.header.timestamp + 1 });
  lone.receive('q', headersOf([again]));
  assertBanned(lone, lone.receive('q', bodyMessage(again)), 'q', 'proof-signature-wrong');
});

/** A machine that `peers` have greeted, all of which have shown the block, and the first of which has given its body. */
async function condemned(peers: readonly [string, ...string[]]): Promise<LoneMachine> {
  const lone = await greeted(peers);
  for (const peer of peers) lone.receive(peer, headersOf([FORGED]));
  assertBanned(lone, lone.receive(peers[0], bodyMessage(FORGED)), peers[0], 'proof-signature-wrong');
  await lone.settle();
  return lone;
}

async function greeted(peers: readonly string[], params = TEST_PARAMS): Promise<LoneMachine> {
  const lone = await LoneMachine.start({ params });
  for (const peer of peers) lone.greet(peer);
  await lone.settle();
  return lone;
}
