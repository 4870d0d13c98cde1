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

const HEADER_JSON = headerProofToJson(BLOCK);
const BROKEN_HEADER_PROOFS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'no tip': { tip: undefined },
  'half a tip': { tip: HASH.slice(32) },
  'a tip in capitals': { tip: HASH.toUpperCase() },
  'a tip in a list': { tip: [HASH] },
  'no headers': { headers: undefined },
  'headers in a list': { headers: [HEADER_JSON.headers] },
  'a header too few': { headers: HEADER_JSON.headers.slice(236) },
  'a header cut short': { headers: HEADER_JSON.headers.slice(2) },
  'headers that are no hex digits': { headers: HEADER_JSON.headers.replace('0', 'g') },
  'no works': { works: undefined },
  'works as a text': { headers: '', works: '' },
  'a work too few': { works: HEADER_JSON.works.slice(1) },
  'a work as a number': { works: [HEADER_JSON.works[0], 4] },
  'a work below nothing': { works: [HEADER_JSON.works[0], '-4'] },
  'a work in hex digits': { works: [HEADER_JSON.works[0], '0x4'] },
  'a work without digits': { works: [HEADER_JSON.works[0], ''] },
  'a work of 79 digits': { works: [HEADER_JSON.works[0], '1'.repeat(79)] },
  'no hashes': { proof: undefined },
  'hashes in a list': { proof: [HASH] },
  'a hash cut short': { proof: HASH + HASH.slice(2) },
  'hashes that are no hex digits': { proof: HASH.replace('a', 'g') },
  'hashes in capitals': { proof: HASH + HASH.toUpperCase() },
  'more hashes than there can be': { proof: HASH.repeat(2_049) },
  'more headers than may be': { headers: HEADER_JSON.headers.slice(236).repeat(65), works: Array(65).fill('1') },
};
for (const [what, changes] of Object.entries(BROKEN_HEADER_PROOFS)) {
  test(`a header proof with ${what} is none, nor is an entry proof with it`, () => {
    const block = { ...HEADER_JSON, ...changes };
    assert.equal(parseHeaderProof(block), undefined);
    assert.equal(parseEntryProof({ ...entryProofToJson(ENTRY), block }), undefined);
  });
}

const BROKEN_ENTRY_PROOFS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'no id': { id: undefined },
  'an id in a list': { id: [HASH] },
  'no index': { index: undefined },
  'an index below nothing': { index: -1 },
  'an index with a fraction': { index: 0.5 },
  'an index as a text': { index: '1' },
  'no count': { count: undefined },
  'a count beyond counting': { count: 2 ** 53 },
  'another shape': { shape: 'genesis' },
  'no shape': { shape: undefined },
  'no path': { path: undefined },
  'a longer path than there can be': { path: HASH.repeat(33) },
  'no block': { block: undefined },
};
for (const [what, changes] of Object.entries(BROKEN_ENTRY_PROOFS)) {
  test(`an entry proof with ${what} is none`, () => {
    assert.equal(parseEntryProof({ ...entryProofToJson(ENTRY), ...changes }), undefined);
  });
}

test('proofs may be as large as they may be', () => {
  const [header] = BLOCK.headers;
  assert.ok(header !== undefined);
  const workMax = 10n ** 78n - 1n;
  const headers = Array.from({ length: 64 }, () => ({ ...header, work: workMax }));
  const block = { tip: HASH, headers, proof: Array.from({ length: 2_048 }, () => HASH) };
  assert.deepEqual(parseHeaderProof(headerProofToJson(block)), block);
  const entry: EntryProof = { ...ENTRY, index: 0, shape: 'single', path: Array.from({ length: 32 }, () => HASH) };
  assert.deepEqual(parseEntryProof(entryProofToJson(entry)), entry);
});
