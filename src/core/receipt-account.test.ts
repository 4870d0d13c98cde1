/** What is said of a receipt, word by word where a figure or a name stands among the words. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { pointAt, REPORT, toldOf } from '../../test/support/check-steps.ts';
import { ALICE } from '../../test/support/signers.ts';
import { hashBytes, ZERO_HASH } from './hash.ts';
import type { Receipt, ReceiptFault, VerifiedReceipt } from './receipt.ts';
import { describeReceiptFault, receiptSteps } from './receipt-account.ts';

const [ID, OTHER] = [hashBytes(Buffer.of(1)), hashBytes(Buffer.of(2))];
const RECEIPT: Receipt = {
  params: TEST_PARAMS,
  entry: new Uint8Array(1_500),
  entryProof: {
    id: ID,
    index: 4,
    count: 2_000,
    shape: 'array',
    path: [ID, OTHER, ID],
    block: { tip: OTHER, headers: [], proof: [ID, OTHER] },
  },
  chainProof: new Uint8Array(0),
};
const VERIFIED: VerifiedReceipt = {
  network: 'test',
  genesis: ZERO_HASH,
  id: ID,
  authors: [],
  index: 4,
  count: 2_000,
  block: pointAt(1_007, 0n),
  tip: pointAt(1_012, 62_000n),
  depth: 5,
  workOnTop: 12_000n,
  chain: REPORT,
};
const AUTHOR = { author: ALICE.author, sequence: 1_234, previous: ID, created: undefined, statement: ID };

test('each step is told of an entry that nobody has signed', () => {
  const steps = toldOf(receiptSteps(RECEIPT, VERIFIED));
  const told = [
    /^entry-id, The entry: The entry was brought into its canonical form .*id=4bf5[0-9a-f]{60} \(hash\), bytes=1,500 \(number\)$/,
    /^entry-in-block, In the block: Its id and 3 hashes beside its way .*entry=5 \(number\), of=2,000 \(number\), data root=[0-9a-f]{64} \(hash\)$/,
    /^block-in-chain, In the chain: The block's header and 2 hashes lead .*height=1,007 \(number\), block=[0-9a-f]{64} \(hash\), time=22\/11\/2026, 00:00:00 UTC \(text\)$/,
    /^chain-proof, The chain: Of the headers from the genesis of the network "test" to the last block, the last ones .* which nobody could foresee, .*genesis=0{64} \(hash\), last block=[0-9a-f]{64} \(hash\), height=1,012 \(number\), headers read=700 \(number\), work=62,000 \(number\)$/,
    /^work-on-top, Work on top: To put another entry in its place, .* the work of 6 blocks again, .*blocks=5 \(number\), hash tries=12,000 \(number\)$/,
  ];
  assert.equal(steps.length, told.length);
  for (const [i, text] of told.entries()) assert.match(steps[i] ?? '', text);
});

test('one hash is told of as one', () => {
  const block = { ...RECEIPT.entryProof.block, proof: [ID] };
  const steps = toldOf(receiptSteps({ ...RECEIPT, entryProof: { ...RECEIPT.entryProof, block } }, VERIFIED));
  assert.match(steps[2] ?? '', /: The block's header and 1 hash lead /);
});

test('who has signed it, when they say so, and as which of their statements, is a step of its own', () => {
  const authors = [{ ...AUTHOR, created: '2026-11-23T05:12:00Z' }, AUTHOR];
  const steps = toldOf(receiptSteps(RECEIPT, { ...VERIFIED, authors }));
  assert.match(
    steps[1] ?? '',
    /^entry-authors, Who signed it: The entry has 2 signatures: each was made .* is named by\. /,
  );
  const facts = [`author=${ALICE.author} (text)`, 'statements before=1,234 (number)'];
  const expected = [...facts, 'says it was signed=2026-11-23T05:12:00Z (text)', ...facts].join(', ');
  assert.ok(steps[1]?.endsWith(expected), steps[1]);
  assert.match(toldOf(receiptSteps(RECEIPT, { ...VERIFIED, authors: [AUTHOR] }))[1] ?? '', / has 1 signature: /);
});

test('an entry of the last block of a chain that is shown whole is told of as one', () => {
  const receipt = { ...RECEIPT, entryProof: { ...RECEIPT.entryProof, path: [ID] } };
  const steps = toldOf(receiptSteps(receipt, { ...VERIFIED, depth: 0, chain: { ...REPORT, draws: 0 } }));
  assert.match(steps[1] ?? '', /: Its id and 1 hash beside /);
  assert.match(steps[2] ?? '', /: The block is the last one of the chain itself\. /);
  assert.match(steps[3] ?? '', /: Every header from the genesis of the network "test" to the last block was read /);
  assert.match(steps[4] ?? '', / the work of 1 block again, /);
});

const { author } = ALICE;
const FAULTS: readonly (readonly [fault: ReceiptFault, said: RegExp])[] = [
  [{ code: 'receipt-too-large', limitBytes: 4_194_304 }, /^It is over 4194304 bytes, /],
  [{ code: 'receipt-not-utf8' }, /^It is no text in UTF-8, /],
  [{ code: 'receipt-not-json', fault: { code: 'json-syntax', offset: 9 } }, /^It is no receipt, or .* offset 9/],
  [{ code: 'receipt-member-invalid', member: 'a"b' }, /^It is no receipt, or .* its member "a\\"b" is missing, /],
  [
    { code: 'receipt-network-invalid', fault: { code: 'params-key-unknown', key: 'x' } },
    /^What it says of its network is none \(params-key-unknown\)\.$/,
  ],
  [
    { code: 'receipt-entry-invalid', fault: { code: 'json-depth', offset: 7, limit: 32 } },
    /^Its entry cannot be one: The bracket at offset 7 /,
  ],
  [
    { code: 'receipt-entry-invalid', fault: { code: 'entry-too-large', sizeBytes: 70, limitBytes: 60 } },
    /^Its entry cannot be one: it has 70 bytes, and its network takes 60 at most\.$/,
  ],
  [
    { code: 'receipt-entry-other', id: ID, proved: OTHER },
    new RegExp(`^The entry in it was changed, .* its id is ${ID}, and the proof is of ${OTHER}\\.$`),
  ],
  [{ code: 'receipt-place-impossible', index: 4, count: 9 }, /^No block can have .* names, 5 of 9: /],
  [
    { code: 'receipt-tip-other', tip: ID, proved: OTHER },
    new RegExp(`^Its parts .* the chain ends in ${ID}, and the entry is proved against ${OTHER}\\.$`),
  ],
  [
    { code: 'receipt-work-too-low', hash: ID, bits: 0x1d00ffff },
    new RegExp(`^The block of the entry, ${ID}, was never mined: `),
  ],
  [{ code: 'entry-proof-wrong', dataRoot: ID }, /^The entry is not in the block /],
  [{ code: 'header-proof-wrong' }, /^The block is not in the chain /],
  [{ code: 'proof-count', count: 9, limit: 8 }, /^No block can have its entry: The entry has 9 proofs/],
  [{ code: 'proof-member-invalid', proof: 1, member: 'x' }, /^No block can have its entry: In proof 1 /],
  [{ code: 'proof-author-twice', author }, /^No block can have its entry: .* twice/],
  [{ code: 'proof-domain-other', domain: ID, expected: OTHER }, /^No block can have its entry: The proof is for /],
  [{ code: 'proof-signature-wrong', author }, /^No block can have its entry: The signature of /],
  [{ code: 'proof-missing' }, /^No block can have its entry: This network takes signed entries only/],
  [{ code: 'writer-unknown', author }, /^No block can have its entry: .* may not write /],
  [{ code: 'stamp-too-low', id: ID, bits: 12 }, /^No block can have its entry: .* 12 zero bits/],
  [{ code: 'entry-proof-headers', headers: 2 }, /^Its proofs do not hold \(entry-proof-headers\)\.$/],
];

for (const [fault, said] of FAULTS) {
  test(`a person is told of ${fault.code} in a sentence with its facts: ${said.source.slice(1, 30)}`, () => {
    const text = describeReceiptFault(fault);
    assert.match(text, said);
    assert.match(text, /\.$/);
  });
}
