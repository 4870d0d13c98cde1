import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AssertionError } from '../core/assert.ts';
import { HEADER_BYTES, NONCE_MAX } from '../core/header.ts';
import { hashKernel } from './hash-kernel.ts';
import { describeSearchKernel } from './kernel.contract.ts';

describeSearchKernel(hashKernel);

const range = {
  headerBytes: new Uint8Array(HEADER_BYTES),
  targetBytes: new Uint8Array(32),
  firstNonce: 0,
  count: 1,
};
const mistakes = {
  'a header of another size': { ...range, headerBytes: new Uint8Array(HEADER_BYTES - 1) },
  'a target of another size': { ...range, targetBytes: new Uint8Array(31) },
  'an empty range': { ...range, count: 0 },
  'a range that begins below 0': { ...range, firstNonce: -1 },
  'a range that ends beyond the largest nonce': { ...range, firstNonce: NONCE_MAX, count: 2 },
};
for (const [mistake, input] of Object.entries(mistakes)) {
  test(`${mistake} is a mistake of the caller`, () => {
    assert.throws(() => hashKernel.search(input), AssertionError);
  });
}
