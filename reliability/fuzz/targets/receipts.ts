/** Receipts with anything in them changed: none proves what is not so. */
import assert from 'node:assert/strict';
import { encodeReceipt, parseReceipt, type VerifiedReceipt, verifyReceipt } from '../../../src/core/receipt.ts';
import { genesisPoint } from '../../../src/core/validation.ts';
import { bodyOf, buildChain, singleBody, TEST_PARAMS } from '../../../test/support/chain-fixture.ts';
import { receiptOf } from '../../../test/support/receipt-fixture.ts';
import { signedEntry } from '../../../test/support/signers.ts';
import { ByteChoices } from '../byte-choices.ts';
import { changedText } from '../changed-text.ts';
import { type FuzzTarget, JSON_WORDS } from '../target.ts';

export const RECEIPT: FuzzTarget = {
  name: 'receipt',
  claim: 'a receipt in which anything was changed proves nothing, or just what the ones it was made of prove',
  words: JSON_WORDS,
  sizeMax: 80,
  weight: 1,
  seeds: () => [Buffer.of(0), Buffer.of(1, 2, 30, 8, 1), Buffer.of(2, 1, 200, 3, 40, 2), Buffer.of(3, 3, 99, 64, 7)],
  check(input) {
    const choices = new ByteChoices(input);
    let text = choices.pick(WHOLE);
    for (let changes = choices.integer(3); changes > 0; changes--) text = changedText(text, choices, WHOLE);
    const receipt = parseReceipt(Buffer.from(text, 'latin1'));
    const verified = receipt.ok ? verifyReceipt(receipt.value) : receipt;
    if (!receipt.ok || !verified.ok) return;
    assert.ok(PROVEN.has(provenBy(verified.value)), text);
    assert.deepEqual(parseReceipt(encodeReceipt(receipt.value)), receipt, 'written and read, it is the same');
  },
};

/** All that a receipt proves. */
function provenBy({ chain: _chain, ...facts }: VerifiedReceipt): string {
  return JSON.stringify(facts, (_key, value) => (typeof value === 'bigint' ? `${value}` : value));
}

const SIGNED = new TextDecoder().decode(signedEntry('{"c":null}', { params: TEST_PARAMS }).bytes);
const SHORT = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 3, (height) =>
  height === 1 ? singleBody('{"crate":17}') : bodyOf('"a"', `{"b":${height}}`, SIGNED),
);
const LONGER = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 5, (height) => bodyOf('"a"', `"${height}"`));

const WHOLE: readonly string[] = [
  receiptOf(TEST_PARAMS, SHORT, 1, 0),
  receiptOf(TEST_PARAMS, SHORT, 2, 2),
  receiptOf(TEST_PARAMS, SHORT, 3, 0),
  receiptOf(TEST_PARAMS, LONGER, 2, 0),
].map((receipt) => Buffer.from(encodeReceipt(receipt)).toString('latin1'));

const PROVEN: ReadonlySet<string> = new Set(
  WHOLE.map((text) => {
    const receipt = parseReceipt(Buffer.from(text, 'latin1'));
    const verified = receipt.ok ? verifyReceipt(receipt.value) : receipt;
    assert.ok(receipt.ok && verified.ok);
    return provenBy(verified.value);
  }),
);
