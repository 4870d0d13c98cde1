import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type BuiltChain,
  bodyOf,
  buildBlock,
  buildChain,
  singleBody,
  TEST_PARAMS,
} from '../../test/support/chain-fixture.ts';
import { receiptOf } from '../../test/support/receipt-fixture.ts';
import type { Block } from './block.ts';
import { verifyChainProof } from './chain-proof.ts';
import { createSigner } from './ed25519.ts';
import { signEntry } from './entry-signing.ts';
import { createGenesis } from './genesis.ts';
import { hashToNumber } from './hash.ts';
import type { HeaderProof } from './header-proof.ts';
import { appendLeaf, historyLeaf } from './history.ts';
import { hashLeaf } from './merkle.ts';
import { createParams, encodeParams, type NetworkParams } from './params.ts';
import {
  encodeReceipt,
  parseReceipt,
  RECEIPT_BYTES_MAX,
  type Receipt,
  renewedReceipt,
  verifyReceipt,
} from './receipt.ts';
import { describeReceiptFault, receiptSteps } from './receipt-account.ts';
import { type Bits, bitsToTarget } from './target.ts';
import { type ChainPoint, genesisPoint, hashedHeader } from './validation.ts';

const CHAIN = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 12, (height) =>
  height === 5 ? singleBody('{"sum":100}') : bodyOf(...Array.from({ length: height }, (_, i) => `"${height} ${i}"`)),
);
const RECEIPT = receiptOf(TEST_PARAMS, CHAIN, 7, 4);

test('a receipt of any entry of any block survives being written and read, and proves its place', () => {
  for (const { header, hash, body } of CHAIN.blocks) {
    const count = body.spans.length / 2;
    for (let index = 0; index < count; index++) {
      const read = parseReceipt(encodeReceipt(receiptOf(TEST_PARAMS, CHAIN, header.height, index)));
      assert.ok(read.ok);
      const verified = verifyReceipt(read.value);
      assert.ok(verified.ok);
      const { id, block, depth } = verified.value;
      assert.deepEqual(
        { id, index: verified.value.index, count: verified.value.count, block, depth },
        {
          id: hashLeaf(read.value.entry),
          index,
          count,
          block: { header, hash },
          depth: 12 - header.height,
        },
      );
    }
  }
});

test('what it proves names the network, its genesis, and the work on top', () => {
  const verified = verifyReceipt(RECEIPT);
  assert.ok(verified.ok);
  const [block, tip] = [CHAIN.points[6], CHAIN.points.at(-1)];
  assert.ok(block && tip);
  assert.equal(verified.value.network, 'test');
  assert.equal(verified.value.genesis, createGenesis(TEST_PARAMS).hash);
  assert.equal(verified.value.workOnTop, tip.work - block.work);
  assert.equal(verified.value.tip.hash, tip.hash);
});

test('the last block has no work on top', () => {
  const verified = verifyReceipt(receiptOf(TEST_PARAMS, CHAIN, 12, 0));
  assert.ok(verified.ok);
  assert.deepEqual([verified.value.depth, verified.value.workOnTop], [0, 0n]);
  assert.match(receiptSteps(RECEIPT, verified.value)[2]?.text ?? '', /last one of the chain/);
});

test('a file that is spelt otherwise is the same receipt', () => {
  const text = new TextDecoder().decode(encodeReceipt(RECEIPT));
  const turned = JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(text)).toReversed()), null, 2);
  const read = parseReceipt(new TextEncoder().encode(`\n${turned}\n`));
  assert.ok(read.ok);
  assert.deepEqual(encodeReceipt(read.value), encodeReceipt(RECEIPT));
});

test('a receipt may be as large as it may be, and so may its entry', () => {
  const text = new TextDecoder().decode(encodeReceipt(RECEIPT));
  assert.ok(parseReceipt(new TextEncoder().encode(text.padEnd(4 * 1024 * 1024))).ok);
  const read = parseReceipt(new TextEncoder().encode(text.padEnd(4 * 1024 * 1024 + 1)));
  assert.deepEqual(read, { ok: false, fault: { code: 'receipt-too-large', limitBytes: 4 * 1024 * 1024 } });
  const entry = parseReceipt(new TextEncoder().encode(withMembers({ entry: 'x'.repeat(65_534) })));
  assert.equal(entry.ok && entry.value.entry.length, 65_536);
});

test('a receipt says in its first words what it is', () => {
  assert.equal(MEMBERS['format'], 'cairn/receipt/1');
});

const MEMBERS: Readonly<Record<string, unknown>> = JSON.parse(new TextDecoder().decode(encodeReceipt(RECEIPT)));
const NETWORK: Readonly<Record<string, unknown>> = JSON.parse(encodeParams(TEST_PARAMS));
const DAMAGED: readonly (readonly [what: string, text: string, code: string, member?: string])[] = [
  ['no JSON', '{', 'receipt-not-json'],
  ['no object', '[]', 'receipt-not-json'],
  ['a key that stands twice', '{"format":1,"format":1}', 'receipt-not-json'],
  ['another format', withMembers({ format: 'cairn/receipt/2' }), 'receipt-member-invalid', 'format'],
  ['no format', withMembers({ format: undefined }), 'receipt-member-invalid', 'format'],
  ['a member that nobody knows', withMembers({ more: 1 }), 'receipt-member-invalid', 'more'],
  ['no network', withMembers({ network: undefined }), 'receipt-member-invalid', 'network'],
  ['an impossible network', withMembers({ network: { ...NETWORK, block_interval: -1 } }), 'receipt-network-invalid'],
  ['no entry', withMembers({ entry: undefined }), 'receipt-member-invalid', 'entry'],
  ['no entry proof', withMembers({ entry_proof: undefined }), 'receipt-member-invalid', 'entry_proof'],
  ['an entry proof that is none', withMembers({ entry_proof: { id: 7 } }), 'receipt-member-invalid', 'entry_proof'],
  ['no chain proof', withMembers({ chain_proof: undefined }), 'receipt-member-invalid', 'chain_proof'],
  ['half a byte', withMembers({ chain_proof: 'abc' }), 'receipt-member-invalid', 'chain_proof'],
  ['bytes that are no hex digits', withMembers({ chain_proof: 'zz' }), 'receipt-member-invalid', 'chain_proof'],
  ['bytes that are no text', withMembers({ chain_proof: 7 }), 'receipt-member-invalid', 'chain_proof'],
  ['a number that no entry holds', withMembers({}).replace('"7 4"', '1e999'), 'receipt-not-json'],
  ['a key that stands twice further in', withMembers({}).replace('"id":', '"index":4,"id":'), 'receipt-not-json'],
  ['white space that is none in JSON', `${withMembers({})}\u000b`, 'receipt-not-json'],
  ['a byte order mark', `\ufeff${withMembers({})}`, 'receipt-not-json'],
  ['65 containers inside each other', withMembers({ entry: nested(64) }), 'receipt-not-json'],
  ['an entry that is too deep', withMembers({ entry: nested(33) }), 'receipt-entry-invalid'],
  ['an entry that is too large', withMembers({ entry: 'x'.repeat(65_535) }), 'receipt-entry-invalid'],
];
for (const [what, text, code, member] of DAMAGED) {
  test(`a file with ${what} is no receipt`, () => {
    const read = parseReceipt(new TextEncoder().encode(text));
    assert.ok(!read.ok);
    assert.equal(read.fault.code, code);
    assert.equal('member' in read.fault ? read.fault.member : undefined, member);
    assert.ok(describeReceiptFault(read.fault).endsWith('.'));
  });
}

test('a member that nobody knows is named in a few characters that no terminal obeys', () => {
  const read = parseReceipt(new TextEncoder().encode(withMembers({ [`\u001b[2J${'x'.repeat(59)}😀`]: 1 })));
  assert.ok(!read.ok && read.fault.code === 'receipt-member-invalid');
  assert.equal(read.fault.member, `\u001b[2J${'x'.repeat(59)}\ufffd`);
  assert.match(describeReceiptFault(read.fault), /its member "\\u001b\[2Jxxx/);
});

test('how deep an entry may nest is told as the network has it', () => {
  const deep = parseReceipt(new TextEncoder().encode(withMembers({ entry: nested(33) })));
  assert.match(deep.ok ? '' : describeReceiptFault(deep.fault), /deeper than 32 levels/);
});

test('a file that is too large, or no text, is no receipt', () => {
  const codeOf = (bytes: Uint8Array) => {
    const read = parseReceipt(bytes);
    assert.ok(!read.ok && describeReceiptFault(read.fault).endsWith('.'));
    return read.fault.code;
  };
  assert.equal(codeOf(new Uint8Array(RECEIPT_BYTES_MAX + 1)), 'receipt-too-large');
  assert.equal(codeOf(Uint8Array.of(0x22, 0xff, 0x22)), 'receipt-not-utf8');
});

const LONGER = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 13, (height) => bodyOf(`"other ${height}"`));
const LIES: Readonly<Record<string, readonly [changes: Partial<Receipt>, code: string]>> = {
  'another entry': [{ entry: new TextEncoder().encode('"7 5"') }, 'receipt-entry-other'],
  'the chain of others': [{ chainProof: receiptOf(TEST_PARAMS, LONGER, 1, 0).chainProof }, 'receipt-tip-other'],
  'another place': [{ entryProof: { ...RECEIPT.entryProof, index: 3 } }, 'entry-proof-wrong'],
  'another network': [{ params: createParams({ ...TEST_PARAMS, name: 'other' }) }, 'hash-link-wrong'],
  'the header of another block': [
    { entryProof: { ...RECEIPT.entryProof, block: receiptOf(TEST_PARAMS, CHAIN, 8, 0).entryProof.block } },
    'entry-proof-wrong',
  ],
  'a header that was changed': [
    { entryProof: { ...RECEIPT.entryProof, block: changedHeader() } },
    'header-proof-wrong',
  ],
  'a chain proof cut short': [{ chainProof: RECEIPT.chainProof.slice(0, -1) }, 'chain-proof-size-wrong'],
};
for (const [what, [changes, code]] of Object.entries(LIES)) {
  test(`with ${what} it proves nothing`, () => {
    const verified = verifyReceipt({ ...RECEIPT, ...changes });
    assert.ok(!verified.ok);
    if (code !== 'hash-link-wrong') assert.equal(verified.fault.code, code);
    assert.ok(describeReceiptFault(verified.fault).endsWith('.'));
  });
}

const NARROW = createParams({ ...TEST_PARAMS, entriesMax: 2 });
for (const [what, params, body] of [
  ['a single value that is an array, which would be several entries', TEST_PARAMS, singleBody('["a"]')],
  ['one entry more than blocks of the network have', NARROW, bodyOf('"a"', '"b"', '"c"')],
] as const) {
  test(`a block with ${what}, is no place for an entry, whoever mined it`, () => {
    const chain = buildChain(params, genesisPoint(params), 2, () => body);
    const verified = verifyReceipt(receiptOf(params, chain, 1, 0));
    assert.ok(!verified.ok);
    assert.equal(verified.fault.code, 'receipt-place-impossible');
    assert.ok(describeReceiptFault(verified.fault).endsWith('.'));
  });
}

test('a block may have as many entries as its network takes, and a single value is one entry', () => {
  const full = buildChain(NARROW, genesisPoint(NARROW), 2, () => bodyOf('"a"', '"b"'));
  assert.ok(verifyReceipt(receiptOf(NARROW, full, 1, 1)).ok);
  const single = receiptOf(TEST_PARAMS, CHAIN, 5, 0);
  assert.ok(verifyReceipt(single).ok);
  const verified = verifyReceipt({ ...single, entryProof: { ...single.entryProof, count: 2 } });
  assert.deepEqual(verified, { ok: false, fault: { code: 'receipt-place-impossible', index: 0, count: 2 } });
});

const SIGNER = createSigner(new Uint8Array(32).fill(7));
const SIGNED = signedText(TEST_PARAMS);
const PROOF = /"proof":(\{[^}]*\})/;
const ONLY_OTHERS = createParams({
  ...TEST_PARAMS,
  signatures: 'required',
  writers: [createSigner(new Uint8Array(32)).author],
});

test('of a signed entry it proves who signed it', () => {
  const receipt = receiptOfEntry(TEST_PARAMS, SIGNED);
  const verified = verifyReceipt(receipt);
  assert.ok(verified.ok);
  const { id, authors } = verified.value;
  const [author, created] = [SIGNER.author, '2026-11-23T05:12:00Z'];
  assert.deepEqual(authors, [{ author, sequence: 0, previous: undefined, created, statement: id }]);
  const step = receiptSteps(receipt, verified.value)[1];
  assert.deepEqual([step?.code, step?.facts[0]?.value, step?.facts[2]?.value], ['entry-authors', author, created]);
});

test('who has not said when they signed is told of without a time', () => {
  const receipt = receiptOfEntry(TEST_PARAMS, signedText(TEST_PARAMS, {}));
  const verified = verifyReceipt(receipt);
  assert.ok(verified.ok);
  const [author, sequence, ...others] = receiptSteps(receipt, verified.value)[1]?.facts ?? [];
  assert.deepEqual([author?.value, sequence?.value, others], [SIGNER.author, '0', []]);
});

for (const [what, params, entry, code] of [
  ['a signature of something else', TEST_PARAMS, SIGNED.replace('"paid"', '"owed"'), 'proof-signature-wrong'],
  ['a signature for another network', NARROW, SIGNED, 'proof-domain-other'],
  ['the signature of somebody who may not write', ONLY_OTHERS, signedText(ONLY_OTHERS), 'writer-unknown'],
  ['no signature where all have to be signed', ONLY_OTHERS, '"unsigned"', 'proof-missing'],
  ['an array of one signature', TEST_PARAMS, SIGNED.replace(PROOF, '"proof":[$1]'), 'proof-count'],
  ['two signatures of one author', TEST_PARAMS, SIGNED.replace(PROOF, '"proof":[$1,$1]'), 'proof-author-twice'],
  ['a proof of no known form', TEST_PARAMS, SIGNED.replace('"sequence":0', '"sequence":-1'), 'proof-member-invalid'],
  ['no stamp where one is asked for', createParams({ ...TEST_PARAMS, stampBits: 32 }), '"light"', 'stamp-too-low'],
] as const) {
  test(`an entry with ${what} is on record nowhere, whoever mined it`, () => {
    const verified = verifyReceipt(receiptOfEntry(params, entry));
    assert.ok(!verified.ok);
    assert.equal(verified.fault.code, code);
    assert.match(describeReceiptFault(verified.fault), /^No block can have its entry: .*\.$/);
  });
}

test('renewed, it proves the same place, with the work that has come on top since', () => {
  const grown = extend(CHAIN, 3);
  const { chainProof, entryProof } = receiptOf(TEST_PARAMS, grown, 7, 4);
  const renewed = renewedReceipt(RECEIPT, { chainProof, block: entryProof.block });
  assert.deepEqual(renewed, receiptOf(TEST_PARAMS, grown, 7, 4));
  const verified = verifyReceipt(renewed);
  assert.ok(verified.ok);
  assert.equal(verified.value.depth, 8);
});

for (const [what, bits] of [
  ['that was never mined', undefined],
  ['with bits that name no target', 0],
] as const) {
  test(`a block ${what} holds nothing, even where the proof of the chain has not looked at it`, () => {
    const before = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 1_001, () => bodyOf('"mined"'));
    const forged = forgeBlock(before.points.at(-1), bits);
    const after = buildChain(TEST_PARAMS, forged.parent, 2_000, () => bodyOf('"mined"'));
    const blocks = [...before.blocks, forged.block, ...after.blocks];
    const points = [...before.points, { ...forged.parent, header: forged.block.header }, ...after.points];
    const receipt = receiptOf(TEST_PARAMS, { blocks, points }, 1_002, 0);
    assert.ok(verifyChainProof(receipt.chainProof, TEST_PARAMS).ok, 'the block is not among those that were drawn');
    const { hash, header } = forged.block;
    const fault = { code: 'receipt-work-too-low', hash, bits: header.bits } as const;
    assert.deepEqual(verifyReceipt(receipt), { ok: false, fault });
    assert.ok(describeReceiptFault(fault).endsWith('.'));
    const other = verifyReceipt(receiptOf(TEST_PARAMS, { blocks, points }, 1_000, 0));
    assert.ok(other.ok);
    assert.match(receiptSteps(receipt, other.value)[3]?.text ?? '', /drew by their work/);
  });
}

/** A block on `parent` with other bits, or whose hash does not meet its own, and a place to go on from as if it were allowed. */
function forgeBlock(
  parent: ChainPoint | undefined,
  bits: Bits | undefined,
): { readonly block: Block; readonly parent: ChainPoint } {
  assert.ok(parent);
  const { block, point } = buildBlock(TEST_PARAMS, parent, bodyOf('"forged"'));
  for (let nonce = block.header.nonce; ; nonce++) {
    const { hash, header, bytes } = hashedHeader({ ...block.header, bits: bits ?? block.header.bits, nonce });
    if (hashToNumber(hash) <= (bitsToTarget(header.bits) ?? 0n)) continue;
    const history = appendLeaf(parent.history, historyLeaf(bytes, point.work)).frontier;
    return { block: { ...block, hash, header }, parent: { ...point, hash, history } };
  }
}

test('every step that is told has its facts, and ends in a sentence', () => {
  const verified = verifyReceipt(RECEIPT);
  assert.ok(verified.ok);
  const steps = receiptSteps(RECEIPT, verified.value);
  assert.deepEqual(
    steps.map(({ code, outcome }) => `${code} ${outcome}`),
    ['entry-id passed', 'entry-in-block passed', 'block-in-chain passed', 'chain-proof passed', 'work-on-top passed'],
  );
  for (const { text, facts } of steps) assert.ok(text.endsWith('.') && facts.length > 0);
});

/** The canonical JSON of an entry that is signed for the network. */
function signedText(
  params: NetworkParams,
  more: { readonly created?: string } = { created: '2026-11-23T05:12:00Z' },
): string {
  const document = new TextEncoder().encode('{"invoice":17,"state":"paid"}');
  const options = { signer: SIGNER, sequence: 0, previous: undefined, params, ...more };
  const signed = signEntry(document, options);
  assert.ok(signed.ok);
  return new TextDecoder().decode(signed.value.bytes);
}

/** The receipt of `entry` in a chain of two blocks. */
function receiptOfEntry(params: NetworkParams, entry: string): Receipt {
  return receiptOf(
    params,
    buildChain(params, genesisPoint(params), 2, () => singleBody(entry)),
    1,
    0,
  );
}

/** So many arrays inside each other. */
function nested(depth: number): unknown {
  return JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`);
}

/** `chain` with `count` blocks on it. */
function extend(chain: BuiltChain, count: number): BuiltChain {
  const tip = chain.points.at(-1);
  assert.ok(tip);
  const more = buildChain(TEST_PARAMS, tip, count, () => bodyOf('"more"'));
  return { blocks: [...chain.blocks, ...more.blocks], points: [...chain.points, ...more.points] };
}

/** The header proof of the receipt, with another time in its header. */
function changedHeader(): HeaderProof {
  const { block } = RECEIPT.entryProof;
  const headers = block.headers.map(({ bytes, work }) => ({ bytes: bytes.with(105, 1), work }));
  return { ...block, headers };
}

function withMembers(changes: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ ...MEMBERS, ...changes });
}
