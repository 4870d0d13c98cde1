/** What the first and the last line of an archive may be (docs/spec/archive.md#form, X1 and X2). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import {
  ARCHIVE_START,
  type ArchiveFoot,
  type ArchiveHead,
  encodeArchiveFoot,
  encodeArchiveHead,
  heightsBefore,
  parseArchiveFoot,
  parseArchiveHead,
} from './archive.ts';
import { ZERO_HASH } from './hash.ts';
import { HEADER_BYTES } from './header.ts';
import type { HeaderProof } from './header-proof.ts';

const SHOWN = { bytes: new Uint8Array(HEADER_BYTES), work: 7n };
const PROOF: HeaderProof = { tip: ZERO_HASH, headers: [SHOWN, SHOWN], proof: [ZERO_HASH] };
const HEAD: ArchiveHead = { params: TEST_PARAMS, from: 5, to: 8, start: PROOF };
const FOOT: ArchiveFoot = { chainProof: Uint8Array.of(0xab, 0x01), end: PROOF };
const HEIGHT_MAX = 4_294_967_295;

for (const [what, head] of [
  ['from the genesis', { ...HEAD, from: 0, to: 0, start: undefined }],
  ['from the block after it', { ...HEAD, from: 1, to: 8, start: undefined }],
  ['from the first block that has two before it', { ...HEAD, from: 2, to: 2 }],
  ['up to the last height that there can be', { ...HEAD, from: HEIGHT_MAX, to: HEIGHT_MAX }],
] as const) {
  test(`a head ${what} is read as it was written, and begins as all do`, () => {
    const line = encodeArchiveHead(head);
    assert.ok(line.startsWith(ARCHIVE_START));
    assert.deepEqual(parseArchiveHead(line), { ok: true, value: head });
  });
}

test('a foot is read as it was written', () => {
  for (const foot of [FOOT, { chainProof: new Uint8Array(0), end: { ...PROOF, headers: [], proof: [] } }]) {
    assert.deepEqual(parseArchiveFoot(encodeArchiveFoot(foot)), { ok: true, value: foot });
  }
});

test('programs know an archive by what it begins with', () => {
  assert.equal(ARCHIVE_START, '{"format":"cairn/archive/1",');
});

test('the two headers before the first block are shown, unless it is one of the first two itself', () => {
  assert.deepEqual([0, 1, 2, 3, 1_000].map(heightsBefore), [[], [], [0, 1], [1, 2], [998, 999]]);
});

for (const [member, value] of [
  ['format', 'cairn/archive/2'],
  ['format', undefined],
  ['from', -1],
  ['from', '5'],
  ['from', 5.5],
  ['from', undefined],
  ['to', 4],
  ['to', '8'],
  ['to', 8.5],
  ['to', HEIGHT_MAX + 1],
  ['to', undefined],
  ['start', null],
  ['start', {}],
  ['start', undefined],
  ['more', 1],
] as const) {
  test(`X1: a head with ${JSON.stringify(value) ?? 'no value'} as its member "${member}" is none`, () => {
    const line = JSON.stringify({ ...JSON.parse(encodeArchiveHead(HEAD)), [member]: value });
    assert.deepEqual(parseArchiveHead(line), { ok: false, fault: { code: 'archive-member-invalid', member } });
  });
}

for (const from of [0, 1]) {
  test(`X1: a head from ${from} with a start is none`, () => {
    const line = JSON.stringify({ ...JSON.parse(encodeArchiveHead(HEAD)), from });
    const fault = { code: 'archive-member-invalid', member: 'start' };
    assert.deepEqual(parseArchiveHead(line), { ok: false, fault });
  });
}

for (const [member, value] of [
  ['chain_proof', 'abc'],
  ['chain_proof', 'AB'],
  ['chain_proof', 7],
  ['chain_proof', undefined],
  ['end', {}],
  ['end', undefined],
  ['more', 1],
] as const) {
  test(`X2: a foot with ${JSON.stringify(value) ?? 'no value'} as its member "${member}" is none`, () => {
    const line = JSON.stringify({ ...JSON.parse(encodeArchiveFoot(FOOT)), [member]: value });
    assert.deepEqual(parseArchiveFoot(line), { ok: false, fault: { code: 'archive-member-invalid', member } });
  });
}

for (const [network, code] of [
  [{}, 'archive-network-invalid'],
  [undefined, 'archive-member-invalid'],
] as const) {
  test(`X1: a head with ${JSON.stringify(network) ?? 'nothing'} as its network is none`, () => {
    const head = parseArchiveHead(JSON.stringify({ ...JSON.parse(encodeArchiveHead(HEAD)), network }));
    assert.equal(head.ok ? undefined : head.fault.code, code);
  });
}

test('a line that is no JSON is told apart by its place', () => {
  const fault = { code: 'json-syntax', offset: 1 };
  assert.deepEqual(parseArchiveHead('{'), { ok: false, fault: { code: 'archive-not-json', line: 'head', fault } });
  assert.deepEqual(parseArchiveFoot('{'), { ok: false, fault: { code: 'archive-not-json', line: 'foot', fault } });
});
