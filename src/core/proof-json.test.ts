import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bodyOf, buildChain, TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import type { EntryProof } from './entry-proof.ts';
import type { Hash } from './hash.ts';
import { encodeHeader } from './header.ts';
import { entryProofToJson, headerProofToJson, parseEntryProof, parseHeaderProof } from './proof-json.ts';
import { genesisPoint } from './validation.ts';

const HASH = 'ab'.repeat(32) as Hash;
const { points } = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 2, () => bodyOf('1'));
const BLOCK = {
  tip: HASH,
  headers: points.map(({ header, work }) => ({ bytes: encodeHeader(header), work })),
  proof: [HASH, HASH],
};
const ENTRY: EntryProof = { id: HASH, index: 1, count: 3, shape: 'array', path: [HASH], block: BLOCK };

test('what is written is read as it was, also by way of a text', () => {
  assert.deepEqual(parseHeaderProof(JSON.parse(JSON.stringify(headerProofToJson(BLOCK)))), BLOCK);
  assert.deepEqual(parseEntryProof(JSON.parse(JSON.stringify(entryProofToJson(ENTRY)))), ENTRY);
});

test('a proof without anything in it has its form, too', () => {
  const empty = { tip: HASH, headers: [], proof: [] };
  assert.deepEqual(headerProofToJson(empty), { tip: HASH, headers: '', works: [], proof: '' });
  assert.deepEqual(parseHeaderProof(headerProofToJson(empty)), empty);
});

test('members that the form does not name are passed over', () => {
  assert.deepEqual(parseEntryProof({ ...entryProofToJson(ENTRY), colour: 'red' }), ENTRY);
});

test('what is no proof is none', () => {
  for (const value of [undefined, null, 1, 'x', [], {}, [headerProofToJson(BLOCK)]]) {
    assert.equal(parseHeaderProof(value), undefined);
    assert.equal(parseEntryProof(value), undefined);
  }
});
