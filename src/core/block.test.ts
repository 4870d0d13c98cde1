import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bodyOf, singleBody } from '../../test/support/chain-fixture.ts';
import { createBlock, isBodyOf } from './block.ts';
import { type Body, dataRoot, entryIds, GENESIS_BODY } from './body.ts';
import { hashBytes, ZERO_HASH } from './hash.ts';
import { encodeHeader, type Header } from './header.ts';

const headerFor = (height: number, body: Body): Header => ({
  height,
  previousHash: ZERO_HASH,
  historyRoot: ZERO_HASH,
  dataRoot: dataRoot(body.shape, entryIds(body)),
  timestamp: 1,
  bits: 0x207fffff,
  nonce: 7,
});

test("a block's hash is that of its header's bytes", () => {
  const header = headerFor(1, bodyOf('1'));
  const block = createBlock(header, bodyOf('1'));
  assert.equal(block.hash, hashBytes(encodeHeader(header)));
  assert.equal(block.header, header);
});

const CASES: readonly (readonly [claim: string, height: number, committed: Body, shown: Body, isOf: boolean])[] = [
  ['an array', 1, bodyOf('1', '2'), bodyOf('1', '2'), true],
  ['a single value', 1, singleBody('1'), singleBody('1'), true],
  ['no entries', 1, bodyOf(), bodyOf(), true],
  ['`{}` as data', 1, singleBody('{}'), singleBody('{}'), true],
  ['the genesis body in the genesis', 0, GENESIS_BODY, GENESIS_BODY, true],
  ['entries in another order', 1, bodyOf('1', '2'), bodyOf('2', '1'), false],
  ['an entry less', 1, bodyOf('1', '2'), bodyOf('1'), false],
  ['an entry twice', 1, bodyOf('1'), bodyOf('1', '1'), false],
  ['a value for the array of it', 1, bodyOf('1'), singleBody('1'), false],
  ['the array for a value', 1, singleBody('1'), bodyOf('1'), false],
  ['the genesis body above the genesis', 1, GENESIS_BODY, GENESIS_BODY, false],
  ['`{}` as a value in the genesis', 0, singleBody('{}'), singleBody('{}'), false],
  ['an array in the genesis', 0, bodyOf(), bodyOf(), false],
];
for (const [claim, height, committed, shown, isOf] of CASES) {
  test(`${claim} ${isOf ? 'is' : 'is not'} the body of the header`, () => {
    assert.equal(isBodyOf(headerFor(height, committed), shown), isOf);
  });
}
