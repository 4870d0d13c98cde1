import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bodyOf, buildChain, TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { readSpecPages } from '../../test/support/spec-pages.ts';
import { type Hash, hashBytes } from '../core/hash.ts';
import { encodeHeader } from '../core/header.ts';
import { genesisPoint } from '../core/validation.ts';
import { CHAIN_PROOF_BYTES_MAX, ENTRIES_MESSAGE_BYTES_MAX } from './limits.ts';
import { encodeMessage, joinEntries, type Message, type MessageFault, parseMessage } from './message.ts';

const PROPERTY = { seed: 20261122, numRuns: 300 };
const HASH = 'ab'.repeat(32) as Hash;
const { blocks } = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 3, () => bodyOf('1'));
const HEADERS = blocks.map(({ header }) => encodeHeader(header));

const hash = fc.uint8Array({ minLength: 1, maxLength: 8 }).map(hashBytes);
const count = fc.maxSafeNat();
const text = (maxLength: number) => fc.string({ unit: 'grapheme', maxLength: maxLength / 4 });
const canonical = fc.constantFrom('1', '"x"', '[]', '{"a":[1,2]}', '",\\"hash\\":\\""', 'null');
const list = <Item>(item: fc.Arbitrary<Item>) => fc.array(item, { maxLength: 20 });
const work = fc.bigInt({ min: 0n, max: 2n ** 256n });
const rising = fc.uniqueArray(count, { maxLength: 20 }).map((counts) => counts.sort((one, other) => one - other));
const headerProof = fc.record({
  tip: hash,
  headers: fc.array(fc.record({ bytes: fc.constantFrom(...HEADERS), work }), { maxLength: 4 }),
  proof: list(hash),
});

/** One for each type, so that a new type does not typecheck until it is here. */
const MESSAGES: { readonly [Type in Message['type']]: fc.Arbitrary<Message & { type: Type }> } = {
  hello: fc.record(
    {
      type: fc.constant('hello'),
      genesis: hash,
      network: text(128),
      agent: text(128),
      tip: fc.record({ hash, height: count, work }),
      addresses: list(text(256)),
      light: fc.constant(true),
    },
    { requiredKeys: ['type', 'genesis', 'network', 'agent', 'tip', 'addresses'] },
  ),
  'get-chain-proof': fc.record({ type: fc.constant('get-chain-proof') }),
  'chain-proof': fc.record({ type: fc.constant('chain-proof'), proof: fc.uint8Array({ maxLength: 300 }) }),
  'get-header-proof': fc.record({ type: fc.constant('get-header-proof'), tip: hash, heights: rising }),
  'header-proof': fc.record({ type: fc.constant('header-proof'), proof: headerProof }),
  'get-entry-proof': fc.record({ type: fc.constant('get-entry-proof'), tip: hash, id: hash }),
  'entry-proof': fc.record({
    type: fc.constant('entry-proof'),
    proof: fc.record({
      id: hash,
      index: count,
      count,
      shape: fc.constantFrom('single', 'array'),
      path: list(hash),
      block: headerProof,
    }),
  }),
  'get-headers': fc.record({ type: fc.constant('get-headers'), locator: list(hash) }),
  headers: fc.record({ type: fc.constant('headers'), headers: fc.shuffledSubarray(HEADERS).map(joined) }),
  'get-blocks': fc.record({ type: fc.constant('get-blocks'), hashes: list(hash) }),
  block: fc.record({ type: fc.constant('block'), hash, bodyBytes: canonical.map(bytesOf) }),
  'get-block-ids': fc.record({ type: fc.constant('get-block-ids'), hash }),
  'block-ids': fc.record({
    type: fc.constant('block-ids'),
    hash,
    shape: fc.constantFrom('single', 'array'),
    ids: list(hash),
  }),
  'get-block-entries': fc.record({
    type: fc.constant('get-block-entries'),
    hash,
    indexes: rising,
  }),
  'block-entries': fc.record({
    type: fc.constant('block-entries'),
    hash,
    arrayBytes: list(canonical.map(bytesOf)).map((entries) => joinEntries(entries)),
  }),
  'not-found': fc.record({ type: fc.constant('not-found'), hashes: list(hash) }),
  inventory: fc.record({ type: fc.constant('inventory'), ids: list(hash) }),
  'get-entries': fc.record({ type: fc.constant('get-entries'), ids: list(hash) }),
  entries: fc.record({
    type: fc.constant('entries'),
    arrayBytes: list(canonical.map(bytesOf)).map((entries) => joinEntries(entries)),
  }),
  'get-peers': fc.record({ type: fc.constant('get-peers') }),
  peers: fc.record({ type: fc.constant('peers'), addresses: list(text(256)) }),
  ping: fc.record({ type: fc.constant('ping'), nonce: count }),
  pong: fc.record({ type: fc.constant('pong'), nonce: count }),
  goodbye: fc.record({ type: fc.constant('goodbye'), code: text(512), message: text(512) }),
};

for (const [type, messages] of Object.entries(MESSAGES)) {
  test(`what is parsed of an encoded ${type} is the message itself`, () => {
    fc.assert(
      fc.property<[Message]>(messages, (message) => {
        assert.deepEqual(parseMessage(encodeMessage(message)), { ok: true, value: structuredClone(message) });
      }),
      PROPERTY,
    );
  });
}

test('the messages of the specification are read, and written as they stand there', () => {
  const page = readSpecPages().find(({ name }) => name === 'wire.md');
  const examples = /```json example=peer-messages\n([\s\S]*?)\n```/.exec(page?.text ?? '')?.[1]?.split('\n') ?? [];
  assert.ok(examples.length >= Object.keys(MESSAGES).length);
  for (const example of examples) {
    const message = parseMessage(bytesOf(example));
    assert.ok(message.ok, example);
    assert.deepEqual(JSON.parse(textOf(encodeMessage(message.value))), JSON.parse(example));
  }
});

const hello = (changes: object) =>
  JSON.stringify({
    type: 'hello',
    genesis: HASH,
    network: 'n',
    agent: 'a',
    tip: { hash: HASH, height: 1, work: '1' },
    addresses: [],
    ...changes,
  });
const tip = (changes: object) => hello({ tip: { hash: HASH, height: 1, work: '1', ...changes } });
const hashes = (length: number) => JSON.stringify(Array.from({ length }, () => HASH));
const blockIds = (changes: object) =>
  JSON.stringify({ type: 'block-ids', hash: HASH, shape: 'array', ids: '', ...changes });
const blockEntries = (changes: object) =>
  JSON.stringify({ type: 'get-block-entries', hash: HASH, indexes: [], ...changes });
const header = Buffer.from(HEADERS[0] ?? []).toString('hex');
const heights = (heights: unknown) => JSON.stringify({ type: 'get-header-proof', tip: HASH, heights });
const HEADER_PROOF = { tip: HASH, headers: header, works: ['1'], proof: HASH };
const headersShown = (changes: object) =>
  JSON.stringify({ type: 'header-proof', proof: { ...HEADER_PROOF, ...changes } });
const ENTRY_PROOF = { id: HASH, index: 0, count: 1, shape: 'single', path: '', block: HEADER_PROOF };
const entryShown = (changes: object) => JSON.stringify({ type: 'entry-proof', proof: { ...ENTRY_PROOF, ...changes } });
const MALFORMED: readonly (readonly [message: string, code: MessageFault['code'], field?: string])[] = [
  ['', 'message-not-json'],
  ['{', 'message-not-json'],
  ['[]', 'message-not-json'],
  ['null', 'message-not-json'],
  ['"ping"', 'message-not-json'],
  ['\uFEFF{"type":"ping","nonce":1}', 'message-not-json'],
  ['['.repeat(100_000), 'message-not-json'],
  [`{"type":${'['.repeat(50_000)}${']'.repeat(50_000)}}`, 'message-type-unknown'],
  ['{}', 'message-type-unknown'],
  ['{"type":1}', 'message-type-unknown'],
  ['{"type":{"toString":1,"valueOf":2}}', 'message-type-unknown'],
  ['{"type":"PING","nonce":1}', 'message-type-unknown'],
  ['{"type":"toString"}', 'message-type-unknown'],
  ['{"type":"__proto__"}', 'message-type-unknown'],
  ['{"type":"block"}', 'message-type-unknown'],
  ['{"type":"entries","entries":[]}', 'message-type-unknown'],
  ['{"__proto__":{"type":"get-peers"}}', 'message-type-unknown'],
  [hello({ genesis: HASH.toUpperCase() }), 'message-field-invalid', 'genesis'],
  [hello({ network: 'n'.repeat(129) }), 'message-field-invalid', 'network'],
  [hello({ agent: 1 }), 'message-field-invalid', 'agent'],
  [hello({ tip: null }), 'message-field-invalid', 'tip'],
  [tip({ hash: '00' }), 'message-field-invalid', 'tip'],
  [tip({ height: -1 }), 'message-field-invalid', 'tip'],
  [tip({ height: 1.5 }), 'message-field-invalid', 'tip'],
  [tip({ height: 2 ** 53 }), 'message-field-invalid', 'tip'],
  [tip({ work: 1 }), 'message-field-invalid', 'tip'],
  [tip({ work: '-1' }), 'message-field-invalid', 'tip'],
  [tip({ work: '0x1' }), 'message-field-invalid', 'tip'],
  [tip({ work: '' }), 'message-field-invalid', 'tip'],
  [tip({ work: '1'.repeat(79) }), 'message-field-invalid', 'tip'],
  [hello({ addresses: [1] }), 'message-field-invalid', 'addresses'],
  [hello({ addresses: ['a'.repeat(257)] }), 'message-field-invalid', 'addresses'],
  [hello({ addresses: Array.from({ length: 101 }, () => 'a') }), 'message-field-invalid', 'addresses'],
  [hello({ light: false }), 'message-field-invalid', 'light'],
  [hello({ light: 'true' }), 'message-field-invalid', 'light'],
  ['{"type":"chain-proof"}', 'message-field-invalid', 'proof'],
  ['{"type":"chain-proof","proof":"abc"}', 'message-field-invalid', 'proof'],
  ['{"type":"chain-proof","proof":"AB"}', 'message-field-invalid', 'proof'],
  [`{"type":"chain-proof","proof":"${'ab'.repeat(CHAIN_PROOF_BYTES_MAX + 1)}"}`, 'message-field-invalid', 'proof'],
  ['{"type":"get-header-proof","heights":[1]}', 'message-field-invalid', 'tip'],
  [heights([1, 1]), 'message-field-invalid', 'heights'],
  [heights([0.5]), 'message-field-invalid', 'heights'],
  [heights(Array.from({ length: 65 }, (_, i) => i)), 'message-field-invalid', 'heights'],
  ['{"type":"header-proof","proof":[]}', 'message-field-invalid', 'proof'],
  [headersShown({ tip: 'ab' }), 'message-field-invalid', 'proof'],
  [headersShown({ headers: header.slice(2) }), 'message-field-invalid', 'proof'],
  [headersShown({ headers: [header] }), 'message-field-invalid', 'proof'],
  [headersShown({ works: [] }), 'message-field-invalid', 'proof'],
  [headersShown({ works: ['-1'] }), 'message-field-invalid', 'proof'],
  [headersShown({ works: [1] }), 'message-field-invalid', 'proof'],
  [
    headersShown({ headers: header.repeat(65), works: Array.from({ length: 65 }, () => '1') }),
    'message-field-invalid',
    'proof',
  ],
  [headersShown({ proof: HASH.slice(1) }), 'message-field-invalid', 'proof'],
  [headersShown({ proof: HASH.repeat(2_049) }), 'message-field-invalid', 'proof'],
  [`{"type":"get-entry-proof","tip":"${HASH}"}`, 'message-field-invalid', 'id'],
  [`{"type":"get-entry-proof","id":"${HASH}"}`, 'message-field-invalid', 'tip'],
  [entryShown({ id: 1 }), 'message-field-invalid', 'proof'],
  [entryShown({ index: -1 }), 'message-field-invalid', 'proof'],
  [entryShown({ count: 1.5 }), 'message-field-invalid', 'proof'],
  [entryShown({ shape: 'genesis' }), 'message-field-invalid', 'proof'],
  [entryShown({ path: HASH.repeat(33) }), 'message-field-invalid', 'proof'],
  [entryShown({ block: null }), 'message-field-invalid', 'proof'],
  ['{"type":"get-headers"}', 'message-field-invalid', 'locator'],
  [`{"type":"get-headers","locator":${hashes(102)}}`, 'message-field-invalid', 'locator'],
  ['{"type":"headers","headers":[]}', 'message-field-invalid', 'headers'],
  ['{"type":"headers","headers":"0"}', 'message-field-invalid', 'headers'],
  [`{"type":"headers","headers":["${header}"]}`, 'message-field-invalid', 'headers'],
  [`{"type":"headers","headers":"${header.toUpperCase()}"}`, 'message-field-invalid', 'headers'],
  [`{"type":"headers","headers":"${header}00"}`, 'message-field-invalid', 'headers'],
  [`{"type":"headers","headers":"${header.slice(0, -2)}0g"}`, 'message-field-invalid', 'headers'],
  [`{"type":"headers","headers":"${header.repeat(2001)}"}`, 'message-field-invalid', 'headers'],
  [`{"type":"get-blocks","hashes":${hashes(129)}}`, 'message-field-invalid', 'hashes'],
  ['{"type":"get-blocks","hashes":{"length":0}}', 'message-field-invalid', 'hashes'],
  ['{"type":"get-block-ids"}', 'message-field-invalid', 'hash'],
  [blockIds({ hash: undefined }), 'message-field-invalid', 'hash'],
  [blockIds({ shape: 'genesis' }), 'message-field-invalid', 'shape'],
  [blockIds({ ids: [HASH] }), 'message-field-invalid', 'ids'],
  [blockIds({ ids: HASH.slice(1) }), 'message-field-invalid', 'ids'],
  [blockIds({ ids: HASH.toUpperCase() }), 'message-field-invalid', 'ids'],
  [blockIds({ ids: HASH.repeat(4_097) }), 'message-field-invalid', 'ids'],
  [blockEntries({ hash: 'ab' }), 'message-field-invalid', 'hash'],
  [blockEntries({ indexes: [1, 0] }), 'message-field-invalid', 'indexes'],
  [blockEntries({ indexes: [0, 0] }), 'message-field-invalid', 'indexes'],
  [blockEntries({ indexes: [-1] }), 'message-field-invalid', 'indexes'],
  [blockEntries({ indexes: Array.from({ length: 4_097 }, (_, i) => i) }), 'message-field-invalid', 'indexes'],
  [`{"type":"not-found","hashes":${hashes(129)}}`, 'message-field-invalid', 'hashes'],
  [`{"type":"inventory","ids":${hashes(1001)}}`, 'message-field-invalid', 'ids'],
  [`{"type":"get-entries","ids":${hashes(1001)}}`, 'message-field-invalid', 'ids'],
  ['{"type":"peers"}', 'message-field-invalid', 'addresses'],
  ['{"type":"ping","nonce":"1"}', 'message-field-invalid', 'nonce'],
  ['{"type":"pong","nonce":-1}', 'message-field-invalid', 'nonce'],
  ['{"type":"goodbye","message":""}', 'message-field-invalid', 'code'],
  [`{"type":"goodbye","code":"","message":"${'m'.repeat(513)}"}`, 'message-field-invalid', 'message'],
  ['{"data":', 'message-not-json'],
  [`{"data":,"hash":"${HASH}","type":"block"}`, 'message-not-json'],
  [`{"data":1,"hash":"${HASH}","type":"blocks"}`, 'message-field-invalid', 'hash'],
  [`{"data":1,"hash":"${HASH.toUpperCase()}","type":"block"}`, 'message-field-invalid', 'hash'],
  [`{"data":1, "hash":"${HASH}","type":"block"}`, 'message-field-invalid', 'hash'],
  [`{"data":1,"hash":"${HASH}","type":"block"} `, 'message-field-invalid', 'hash'],
  ['{"entries":', 'message-field-invalid', 'entries'],
  ['{"entries":,"type":"entries"}', 'message-field-invalid', 'entries'],
  ['{"entries":{},"type":"entries"}', 'message-field-invalid', 'entries'],
  ['{"entries":[],"type":"entries" }', 'message-field-invalid', 'entries'],
  [`{"entries":[],"hash":"${HASH}","type":"block-entrie"}`, 'message-field-invalid', 'entries'],
  [`{"entries":[],"hash":"${HASH.slice(1)}","type":"block-entries"}`, 'message-field-invalid', 'entries'],
  [`{"entries":{},"hash":"${HASH}","type":"block-entries"}`, 'message-field-invalid', 'entries'],
  [`{"entries":,"hash":"${HASH}","type":"block-entries"}`, 'message-field-invalid', 'entries'],
  [`{"entries":["${'x'.repeat(ENTRIES_MESSAGE_BYTES_MAX)}"],"type":"entries"}`, 'message-field-invalid', 'entries'],
];
for (const [message, code, field] of MALFORMED) {
  test(`${message.slice(0, 60) || 'nothing'} (${message.length} characters) is ${code}${field === undefined ? '' : `: ${field}`}`, () => {
    const parsed = parseMessage(bytesOf(message));
    assert.ok(!parsed.ok);
    assert.equal(parsed.fault.code, code);
    assert.equal(parsed.fault.code === 'message-field-invalid' ? parsed.fault.field : undefined, field);
  });
}

test('to write a message that is none is a mistake of ours', () => {
  assert.throws(() => encodeMessage({ type: 'strange' } as never), { name: 'AssertionError' });
});

test('bytes that are no UTF-8 are message-not-json', () => {
  const parsed = parseMessage(Uint8Array.of(0x7b, 0xff, 0x7d));
  assert.deepEqual(parsed, { ok: false, fault: { code: 'message-not-json' } });
});

test('members that the specification does not name are passed over', () => {
  const parsed = parseMessage(bytesOf('{"colour":"red","nonce":1,"type":"ping"}'));
  assert.deepEqual(parsed, { ok: true, value: { type: 'ping', nonce: 1 } });
});

test('whatever comes, parsing gives a message or a fault, and never throws', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.json().map(bytesOf),
    fc
      .tuple(fc.constantFrom('{"data":', '{"entries":', '{"type":"'), fc.string())
      .map(([head, tail]) => bytesOf(head + tail)),
    // A message that was right before a byte of it changed.
    fc
      .tuple(fc.oneof<fc.Arbitrary<Message>[]>(...Object.values(MESSAGES)), fc.nat(), fc.nat(255))
      .map(([message, at, byte]) => {
        const encoded = encodeMessage(message).slice();
        encoded[at % encoded.length] = byte;
        return encoded;
      }),
  );
  fc.assert(
    fc.property(bytes, (message) => {
      const parsed = parseMessage(message);
      assert.equal(typeof parsed.ok, 'boolean');
    }),
    { ...PROPERTY, numRuns: 5_000 },
  );
});

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(pieces));
}

function bytesOf(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
