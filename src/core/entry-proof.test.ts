import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bodyOf, buildChain, singleBody, TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { type Body, entryIds } from './body.ts';
import { type EntryProof, proveEntry, verifyEntryProof } from './entry-proof.ts';
import { ZERO_HASH } from './hash.ts';
import { encodeHeader, type Header } from './header.ts';
import { type HeaderProof, proveHeaders } from './header-proof.ts';
import { appendLeaf, EMPTY_FRONTIER, historyLeaf } from './history.ts';
import { genesisPoint } from './validation.ts';

const GENESIS = genesisPoint(TEST_PARAMS);
const { blocks, points } = buildChain(TEST_PARAMS, GENESIS, 12, (height) =>
  height === 3 ? singleBody('"alone"') : bodyOf(...Array.from({ length: height }, (_, i) => `"${height} ${i}"`)),
);
const POINTS = [GENESIS, ...points];

test('each entry of each block is shown at its place, below a tip and in the tip itself', () => {
  for (const tipHeight of [7, 12]) {
    for (const { header, hash, body } of blocks.slice(0, tipHeight)) {
      for (const [index, id] of entryIds(body).entries()) {
        const proof = proofOf(header.height, index, tipHeight);
        assert.equal(proof.id, id);
        assert.deepEqual(verifyEntryProof(proof, headerAt(tipHeight)), { ok: true, value: { header, hash, index } });
      }
    }
  }
});

test('an entry of the tip needs no header', () => {
  assert.deepEqual(proofOf(7, 2, 7).block, { tip: POINTS[7]?.hash, headers: [], proof: [] });
});

const RIGHT = proofOf(7, 2, 12);
const WRONG: Readonly<Record<string, Partial<EntryProof>>> = {
  'another entry': { id: ZERO_HASH },
  'another place': { index: 3 },
  'a place beyond the last': { index: 7 },
  'another count': { count: 8 },
  'a count that the data root has no room for': { count: 2 ** 32 + 7 },
  'no entries at all': { count: 0 },
  'another shape': { shape: 'single' },
  'a hash too many': { path: [...RIGHT.path, ZERO_HASH] },
  'a hash too few': { path: RIGHT.path.slice(1) },
  'another path': { path: RIGHT.path.with(1, ZERO_HASH) },
  'the header of another block': { block: proofOf(8, 2, 12).block },
  'no header, as if the block were the tip': { block: { ...RIGHT.block, headers: [], proof: [] } },
};
for (const [what, changes] of Object.entries(WRONG)) {
  test(`with ${what} it is refused`, () => {
    const shown = verifyEntryProof({ ...RIGHT, ...changes }, headerAt(12));
    assert.equal(shown.ok ? undefined : shown.fault.code, 'entry-proof-wrong');
  });
}

test('a proof with more than the header of its block is refused', () => {
  const shown = verifyEntryProof({ ...RIGHT, block: headersBelow(12, [6, 7]) }, headerAt(12));
  assert.deepEqual(shown, { ok: false, fault: { code: 'entry-proof-headers', headers: 2 } });
});

test('a proof whose header is not on the chain is refused', () => {
  const [header] = RIGHT.block.headers;
  assert.ok(header);
  const block: HeaderProof = { ...RIGHT.block, headers: [{ ...header, work: 1n }] };
  const shown = verifyEntryProof({ ...RIGHT, block }, headerAt(12));
  assert.equal(shown.ok ? undefined : shown.fault.code, 'header-proof-wrong');
});

test('a proof is made of an entry that is there', () => {
  assert.throws(() => proveEntry({ body: bodyAt(7), index: 7, block: RIGHT.block }), { name: 'AssertionError' });
});

function proofOf(height: number, index: number, tipHeight: number): EntryProof {
  return proveEntry({
    body: bodyAt(height),
    index,
    block: headersBelow(tipHeight, height === tipHeight ? [] : [height]),
  });
}

function headersBelow(tipHeight: number, heights: readonly number[]): HeaderProof {
  const headers = POINTS.map(({ header, work }) => ({ bytes: encodeHeader(header), work }));
  let frontier = EMPTY_FRONTIER;
  const nodes = headers.flatMap(({ bytes, work }) => {
    const grown = appendLeaf(frontier, historyLeaf(bytes, work));
    frontier = grown.frontier;
    return grown.completed;
  });
  return proveHeaders({
    tip: POINTS[tipHeight]?.hash ?? ZERO_HASH,
    tipHeight,
    heights,
    headerAt: (height) => headers[height] ?? { bytes: new Uint8Array(0), work: 0n },
    readNode: (position) => nodes[position] ?? ZERO_HASH,
  });
}

function bodyAt(height: number): Body {
  const body = blocks[height - 1]?.body;
  assert.ok(body);
  return body;
}

function headerAt(height: number): Header {
  return (POINTS[height] ?? GENESIS).header;
}
