/** Two verifiers that share nothing, the program's and the one in Python, come to one verdict on every receipt, whatever was done to it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeBase58 } from '../src/core/base58.ts';
import { canonicalize } from '../src/core/canonical-json.ts';
import { createSigner, type Signer } from '../src/core/ed25519.ts';
import { signEntry } from '../src/core/entry-signing.ts';
import { hashBytes } from '../src/core/hash.ts';
import { createParams, type NetworkParams } from '../src/core/params.ts';
import { encodeReceipt } from '../src/core/receipt.ts';
import { genesisPoint } from '../src/core/validation.ts';
import { type BuiltChain, bodyOf, buildChain, singleBody, TEST_PARAMS } from './support/chain-fixture.ts';
import { Random } from './support/random.ts';
import { receiptOf } from './support/receipt-fixture.ts';
import { factsOf, NO_PYTHON, pythonFactsOf } from './support/receipt-verdicts.ts';

const SHORT = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 4, (height) =>
  height === 1
    ? singleBody('{"crate":17,"weight":1e+21}')
    : bodyOf(`"a${height}"`, `{"é":[${height},null,0.5]}`, '"\\u001f"'),
);
const LONG = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 2_100, (height) => bodyOf(`"${height}"`, '{"b":true}'));

/** Networks that demand something of their entries, and entries as they want them. */
const [FIRST, SECOND] = [createSigner(new Uint8Array(32).fill(1)), createSigner(new Uint8Array(32).fill(2))];
const CLOSED = createParams({
  ...TEST_PARAMS,
  name: 'closed',
  signatures: 'required',
  stampBits: 3,
  writers: [FIRST.author, SECOND.author].sort(),
});
const DOCUMENT = '{"@context":["https://www.w3.org/ns/credentials/v2"],"invoice":17}';

function signed(document: string, params: NetworkParams, signers: readonly Signer[], sequence = 0): string {
  let bytes: Uint8Array = Buffer.from(document);
  for (const signer of signers) {
    const previous = sequence === 0 ? undefined : hashBytes(bytes);
    const created = sequence === 0 ? {} : { created: '2026-11-23T05:12:00Z' };
    const outcome = signEntry(bytes, { signer, sequence, previous, params, ...created });
    assert.ok(outcome.ok);
    bytes = outcome.value.bytes;
  }
  return Buffer.from(bytes).toString();
}

/** The receipt of `entry` in a chain of two blocks, whether or not the network would have it. */
function receiptOfEntry(entry: string, params = TEST_PARAMS): Uint8Array {
  const chain = buildChain(params, genesisPoint(params), 2, () => bodyOf('"other"', entry));
  return encodeReceipt(receiptOf(params, chain, 1, 1));
}

const receipt = (chain: BuiltChain, height: number, index: number): Uint8Array =>
  encodeReceipt(receiptOf(TEST_PARAMS, chain, height, index));

const WHOLE: Readonly<Record<string, Uint8Array>> = {
  'of a block with one value': receipt(SHORT, 1, 0),
  'of an entry among others': receipt(SHORT, 3, 2),
  'of the last block': receipt(SHORT, 4, 1),
  'of a signed entry': receiptOfEntry(signed('{"a":1}', TEST_PARAMS, [FIRST], 3)),
  'of an entry that two have signed': receiptOfEntry(signed(DOCUMENT, CLOSED, [FIRST, SECOND]), CLOSED),
  'of an entry whose member `proof` is no proof': receiptOfEntry('{"proof":{"type":"Whatever"}}'),
  'of a late block of a long chain': receipt(LONG, 2_099, 0),
  'of an early block of a long chain': receipt(LONG, 7, 1),
};

test('receipts that hold prove the same to both', { skip: NO_PYTHON }, async () => {
  const contents = Object.values(WHOLE);
  const ours = contents.map(factsOf);
  for (const facts of ours) assert.ok(!('code' in facts));
  assert.deepEqual(await pythonFactsOf(contents), ours);
});

for (const [what, content] of [
  ['of a block with one value', receipt(SHORT, 1, 0)],
  ['of an entry among others', receipt(SHORT, 3, 1)],
  ['of a signed entry', WHOLE['of a signed entry'] ?? assert.fail()],
] as const) {
  test(`with any single bit turned over, a receipt ${what} proves nothing, or the same`, () => {
    const whole = factsOf(content);
    for (const changed of allFlips(content)) {
      const facts = factsOf(changed);
      if (!('code' in facts)) assert.deepEqual(facts, whole);
    }
  });
}

test('with some bits of it turned over, so does one of a long chain', () => {
  const content = receipt(LONG, 7, 1);
  const whole = factsOf(content);
  const random = new Random(20261123);
  for (let i = 0; i < 300; i++) {
    const facts = factsOf(flip(content, random.integer(0, 8 * content.length - 1)));
    if (!('code' in facts)) assert.deepEqual(facts, whole);
  }
});

test('both say the same of a receipt with any single bit turned over', { skip: NO_PYTHON }, async () => {
  const changed = [...allFlips(WHOLE['of a signed entry'] ?? assert.fail())];
  for (const [bit, theirs] of (await pythonFactsOf(changed)).entries()) {
    assert.deepEqual(theirs, factsOf(changed[bit] ?? assert.fail()), `bit ${bit}`);
  }
});

test('both refuse entries for the same reasons that no block can have', { skip: NO_PYTHON }, async () => {
  const right = signed(DOCUMENT, TEST_PARAMS, [FIRST], 3);
  const both = signed(DOCUMENT, TEST_PARAMS, [FIRST, SECOND]);
  const value = decodedProofValue(right);
  const changed: readonly string[] = [
    right.replace('"invoice":17', '"invoice":18'),
    right.replace('"sequence":3', '"sequence":4'),
    right.replace('"sequence":3', '"sequence":0'),
    right.replace('"sequence":3', '"sequence":1.5'),
    right.replace('"sequence":3', '"sequence":1e+21'),
    right.replace('2026-11-23T', '2026-11-31T'),
    right.replace('2026-11-23T05:12:00Z', '2026-11-23T05:12:60Z'),
    right.replace('2026-', '1969-'),
    right.replace('2026-', '2107-'),
    right.replace(/"created":"[^"]*",/, ''),
    right.replace(/"previous":"[^"]*",/, ''),
    right.replace('"proofPurpose":"assertionMethod"', '"proofPurpose":"authentication"'),
    right.replace('"cryptosuite":"eddsa-jcs-2022"', '"cryptosuite":"eddsa-rdfc-2022"'),
    right.replace('"proofPurpose"', '"nonce":"1","proofPurpose"'),
    right.replace(/"proof":\{"@context":\[[^\]]*\],/, '"proof":{'),
    right.replace('{"@context":["https://www.w3.org/ns/credentials/v2"],"invoice"', '{"invoice"'),
    right.replace(FIRST.author, SECOND.author),
    right.replaceAll(FIRST.author.slice('did:key:'.length), SECOND.author.slice('did:key:'.length)),
    right.replaceAll(FIRST.author.slice('did:key:'.length), 'z6Mk'),
    right.replaceAll(FIRST.author.slice('did:key:'.length), lowOrderAuthor()),
    right.replace('"proofValue":"z', '"proofValue":"z1'),
    right.replace('"proofValue":"z', '"proofValue":"u'),
    right.replace(value, value.slice(1)),
    right.replace(value, [...value].reverse().join('')),
    right.replace(/"proof":(\{.*\})\}$/, '"proof":[$1]}'),
    right.replace(/"proof":(\{.*\})\}$/, '"proof":[$1,$1]}'),
    right.replace(/"proof":(\{.*\})\}$/, '"proof":[$1,"other"]}'),
    right.replace(/"proof":(\{.*\})\}$/, '"proof":[$1,{"type":"Whatever"}]}'),
    right.replace(/"domain":"[0-9a-f]{8}/, '"domain":"00000000'),
    both.replace('"invoice":17', '"invoice":18'),
    both.replace(SECOND.author, FIRST.author),
  ];
  const outside = createSigner(new Uint8Array(32).fill(3));
  const contents = [
    ...changed.map((entry) => receiptOfEntry(canonical(entry))),
    receiptOfEntry('{"a":1}', CLOSED),
    ...['{"a":1}', '{"a":2}', '{"a":3}', '{"a":4}'].map((entry) => receiptOfEntry(entry, CLOSED)),
    receiptOfEntry(signed('{"a":1}', CLOSED, [outside]), CLOSED),
    receiptOfEntry(signed('{"a":1}', CLOSED, [FIRST, outside]), CLOSED),
  ];
  const ours = contents.map(factsOf);
  for (const [i, facts] of ours.entries())
    assert.ok('code' in facts, contents[i] && Buffer.from(contents[i]).toString());
  assert.deepEqual(await pythonFactsOf(contents), ours);
});

test('both say the same of receipts with pieces left out, doubled, swapped and made up', {
  skip: NO_PYTHON,
}, async () => {
  const random = new Random(20261123);
  const contents = Array.from({ length: 1_000 }, () => mangled(random.pick(Object.values(WHOLE).slice(0, 6)), random));
  const ours = contents.map(factsOf);
  for (const [i, theirs] of (await pythonFactsOf(contents)).entries()) {
    assert.deepEqual(theirs, ours[i], contents[i] && Buffer.from(contents[i]).toString());
  }
});

test('both say the same of receipts with any value in them left out, or another one in its place', {
  skip: NO_PYTHON,
}, async () => {
  const content = WHOLE['of an entry that two have signed'] ?? assert.fail();
  const contents = [...withEachValueChanged(JSON.parse(Buffer.from(content).toString()))].map((text) =>
    Buffer.from(text),
  );
  assert.ok(contents.length > 1_000);
  for (const [i, theirs] of (await pythonFactsOf(contents)).entries()) {
    const changed = contents[i] ?? assert.fail();
    assert.deepEqual(theirs, factsOf(changed), changed.toString());
  }
});

/** Changes of a text may leave it in another spelling than the one that it must have in a block. */
function canonical(text: string): string {
  const outcome = canonicalize(text, { depthMax: 32 });
  assert.ok(outcome.ok);
  return outcome.value;
}

/** The texts of `document` with each value in it, however deep, left out, and replaced by each of `VALUES`. */
function* withEachValueChanged(document: unknown, inner: unknown = document): Generator<string> {
  if (typeof inner !== 'object' || inner === null) return;
  for (const key of Object.keys(inner)) {
    const value: unknown = Reflect.get(inner, key);
    for (const other of [undefined, ...VALUES]) {
      Reflect.set(inner, key, other);
      yield JSON.stringify(document);
    }
    Reflect.set(inner, key, value);
    yield* withEachValueChanged(document, value);
  }
}

function decodedProofValue(entry: string): string {
  return /"proofValue":"z([^"]*)"/.exec(entry)?.[1] ?? assert.fail();
}

/** What stands behind `did:key:` for the key that any signature fits, in libraries that let it in. */
function lowOrderAuthor(): string {
  return `z${encodeBase58(Uint8Array.of(0xed, 0x01, 1, ...new Uint8Array(31)))}`;
}

function* allFlips(content: Uint8Array): Generator<Uint8Array> {
  for (let bit = 0; bit < 8 * content.length; bit++) yield flip(content, bit);
}

function flip(content: Uint8Array, bit: number): Uint8Array {
  const at = bit >> 3;
  return content.with(at, (content[at] ?? 0) ^ (1 << (bit & 7)));
}

/** `content` with a piece of it changed, as a text: many of these are JSON still, and some are receipts. */
function mangled(content: Uint8Array, random: Random): Uint8Array {
  const text = Buffer.from(content).toString();
  const start = random.integer(0, text.length - 1);
  const end = Math.min(text.length, start + Math.round(random.between(1, 200)));
  const piece = random.pick([
    '',
    text.slice(start, end).repeat(2),
    random.pick(FRAGMENTS),
    text.slice(start, end).toUpperCase(),
    [...text.slice(start, end)].reverse().join(''),
  ]);
  return Buffer.from(text.slice(0, start) + piece + text.slice(random.chance(0.5) ? start : end));
}

const FRAGMENTS = [
  '0',
  '1',
  '-1',
  '1e3',
  '1.5',
  'null',
  'true',
  '""',
  '[]',
  '{}',
  ',',
  ':',
  '"',
  '\\u0061',
  ' ',
  '\n',
  '\ufeff',
  '\u00a0',
];

const VALUES: readonly unknown[] = [
  null,
  true,
  0,
  1,
  -1,
  1.5,
  4_096,
  1e300,
  '',
  '0',
  '00',
  'zz',
  'single',
  'é',
  [],
  [null],
  {},
  { a: 1 },
];
