import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bodyOf, buildChain, TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { entryOf } from '../../test/support/entry-fixture.ts';
import { bookOf } from '../../test/support/lone-client.ts';
import { encodeHeader } from '../core/header.ts';
import { genesisPoint } from '../core/validation.ts';
import { createHeaderEvidence } from './header-evidence.ts';
import type { Conviction, ConvictionFault, Evidence } from './light-effects.ts';
import { confirmConviction } from './light-evidence.ts';

const GENESIS = genesisPoint(TEST_PARAMS);
const CHAIN = buildChain(TEST_PARAMS, GENESIS, 9, (height) => bodyOf(`"a${height}"`));
const BOOK = bookOf(CHAIN);
const BLOCK = CHAIN.blocks[4];
assert.ok(BLOCK);
const TIP = encodeHeader(BOOK.tip.header);
const OTHER = encodeHeader(GENESIS.header);

const shown = BOOK.proveHeaders(BOOK.tip.hash, [3]);
const [entry] = BOOK.answers({ type: 'get-entry-proof', tip: BOOK.tip.hash, id: entryOf('"a5"').id });
assert.ok(shown !== undefined && entry?.type === 'entry-proof');
const { proof: entryProof } = entry;
const before = [GENESIS, ...CHAIN.points].slice(2, 5);

const TRUE: readonly { readonly evidence: Evidence; readonly code: ConvictionFault['code'] }[] = [
  { evidence: { type: 'chain-proof', proof: BOOK.proof }, code: 'chain-proof-tip-wrong' },
  {
    evidence: { type: 'headers', headers: createHeaderEvidence(before, encodeHeader(BLOCK.header)) },
    code: 'work-too-low',
  },
  { evidence: { type: 'header-proof', tip: TIP, proof: shown }, code: 'header-proof-wrong' },
  { evidence: { type: 'entry-proof', tip: TIP, proof: entryProof }, code: 'entry-proof-wrong' },
  {
    evidence: { type: 'body', header: encodeHeader(BLOCK.header), bodyBytes: BLOCK.body.bytes },
    code: 'data-root-wrong',
  },
  // Held against another tip than it names, any proof is wrong.
  { evidence: { type: 'header-proof', tip: OTHER, proof: shown }, code: 'header-proof-tip-other' },
  { evidence: { type: 'entry-proof', tip: OTHER, proof: entryProof }, code: 'header-proof-tip-other' },
  { evidence: { type: 'header-proof', tip: TIP.subarray(1), proof: shown }, code: 'header-proof-tip-other' },
  { evidence: { type: 'entry-proof', tip: TIP.subarray(1), proof: entryProof }, code: 'header-proof-tip-other' },
  { evidence: { type: 'body', header: TIP.subarray(1), bodyBytes: BLOCK.body.bytes }, code: 'header-size-invalid' },
];
for (const [i, { evidence, code }] of TRUE.entries()) {
  test(`nobody is convicted by what is true: ${evidence.type} ${i + 1}`, () => {
    assert.equal(confirmConviction(convictionOf(code, evidence), TEST_PARAMS), false);
  });
}

const FALSE: readonly { readonly evidence: Evidence; readonly code: ConvictionFault['code'] }[] = [
  { evidence: { type: 'chain-proof', proof: new Uint8Array(0) }, code: 'chain-proof-size-wrong' },
  { evidence: { type: 'header-proof', tip: TIP, proof: { ...shown, proof: [] } }, code: 'header-proof-wrong' },
  { evidence: { type: 'entry-proof', tip: TIP, proof: { ...entryProof, index: 1 } }, code: 'entry-proof-wrong' },
  { evidence: { type: 'body', header: TIP, bodyBytes: BLOCK.body.bytes }, code: 'data-root-wrong' },
];
for (const { evidence, code } of FALSE) {
  test(`what is false is seen to be so by anybody, and for what it is: ${evidence.type}`, () => {
    assert.equal(confirmConviction(convictionOf(code, evidence), TEST_PARAMS), true);
    assert.equal(confirmConviction(convictionOf('json-syntax', evidence), TEST_PARAMS), false);
  });
}

/** Only the code of the fault is looked at. */
function convictionOf(code: string, evidence: Evidence): Conviction {
  return { fault: { code } as ConvictionFault, evidence };
}
