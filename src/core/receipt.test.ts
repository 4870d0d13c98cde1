import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bodyOf, buildBlock, buildChain, singleBody, TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { receiptOf } from '../../test/support/receipt-fixture.ts';
import type { Block } from './block.ts';
import { verifyChainProof } from './chain-proof.ts';
import { hashToNumber } from './hash.ts';
import type { HeaderProof } from './header-proof.ts';
import { appendLeaf, historyLeaf } from './history.ts';
import { hashLeaf } from './merkle.ts';
import { createParams, encodeParams } from './params.ts';
import { encodeReceipt, parseReceipt, RECEIPT_BYTES_MAX, type Receipt, verifyReceipt } from './receipt.ts';
import { describeReceiptFault, receiptSteps } from './receipt-account.ts';
import { type Bits, bitsToTarget } from './target.ts';
import { type ChainPoint, createGenesis, genesisPoint, hashedHeader } from './validation.ts';

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

const MEMBERS: Readonly<Record<string, unknown>> = JSON.parse(new TextDecoder().decode(encodeReceipt(RECEIPT)));
const NETWORK: Readonly<Record<string, unknown>> = JSON.parse(encodeParams(TEST_PARAMS));
const DAMAGED: readonly (readonly [what: string, text: string, code: string])[] = [
  ['no JSON', '{', 'receipt-not-json'],
  ['a key that stands twice', '{"format":1,"format":1}', 'receipt-not-json'],
  ['another format', withMembers({ format: 'cairn/receipt/2' }), 'receipt-member-invalid'],
  ['no format', withMembers({ format: undefined }), 'receipt-member-invalid'],
  ['a member that nobody knows', withMembers({ more: 1 }), 'receipt-member-invalid'],
  ['no network', withMembers({ network: undefined }), 'receipt-network-invalid'],
  ['an impossible network', withMembers({ network: { ...NETWORK, block_interval: -1 } }), 'receipt-network-invalid'],
  ['no entry', withMembers({ entry: undefined }), 'receipt-member-invalid'],
  ['no entry proof', withMembers({ entry_proof: undefined }), 'receipt-member-invalid'],
  ['an entry proof that is none', withMembers({ entry_proof: { id: 7 } }), 'receipt-member-invalid'],
  ['no chain proof', withMembers({ chain_proof: undefined }), 'receipt-member-invalid'],
  ['half a byte', withMembers({ chain_proof: 'abc' }), 'receipt-member-invalid'],
  ['bytes that are no hex digits', withMembers({ chain_proof: 'zz' }), 'receipt-member-invalid'],
  ['bytes that are no text', withMembers({ chain_proof: 7 }), 'receipt-member-invalid'],
  ['a number that no entry holds', withMembers({}).replace('"7 4"', '1e999'), 'receipt-entry-invalid'],
];
for (const [what, text, code] of DAMAGED) {
  test(`a file with ${what} is no receipt`, () => {
    const read = parseReceipt(new TextEncoder().encode(text));
    assert.equal(read.ok ? undefined : read.fault.code, code);
    assert.ok(!read.ok && describeReceiptFault(read.fault).endsWith('.'));
  });
}

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

/** The header proof of the receipt, with another time in its header. */
function changedHeader(): HeaderProof {
  const { block } = RECEIPT.entryProof;
  const headers = block.headers.map(({ bytes, work }) => ({ bytes: bytes.with(105, 1), work }));
  return { ...block, headers };
}

function withMembers(changes: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ ...MEMBERS, ...changes });
}
