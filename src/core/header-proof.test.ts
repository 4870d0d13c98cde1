import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bodyOf, buildChain, TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { assertPresent } from './assert.ts';
import { ZERO_HASH } from './hash.ts';
import { encodeHeader, type Header, hashHeader } from './header.ts';
import {
  type HeaderProof,
  PROOF_HEADERS_MAX,
  proveHeaders,
  verifyHeaderProof,
  type WorkedHeader,
} from './header-proof.ts';
import { appendLeaf, EMPTY_FRONTIER, historyLeaf, historyRoot } from './history.ts';
import { inclusionProof } from './merkle.ts';
import { genesisPoint } from './validation.ts';

const GENESIS = genesisPoint(TEST_PARAMS);
const POINTS = [GENESIS, ...buildChain(TEST_PARAMS, GENESIS, 40, (height) => bodyOf(`${height}`)).points];
const HEADERS: readonly WorkedHeader[] = POINTS.map(({ header, work }) => ({ bytes: encodeHeader(header), work }));
const LEAVES = HEADERS.map(({ bytes, work }) => historyLeaf(bytes, work));
const NODES = LEAVES.reduce(
  ({ frontier, nodes }, leaf) => {
    const grown = appendLeaf(frontier, leaf);
    return { frontier: grown.frontier, nodes: [...nodes, ...grown.completed] };
  },
  { frontier: EMPTY_FRONTIER, nodes: [] as typeof LEAVES },
).nodes;

test('any headers below any tip are shown, and come out with their heights, hashes and works', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.array(fc.nat(39), { maxLength: 12 }), (tipHeight, drawn) => {
      const heights = [...new Set(drawn.map((height) => height % tipHeight))].sort((one, other) => one - other);
      const shown = verifyHeaderProof(proofOf(tipHeight, heights), tipAt(tipHeight));
      assert.ok(shown.ok);
      assert.deepEqual(
        shown.value.map(({ header, hash, work }) => ({ header, hash, work })),
        heights
          .map((height) => POINTS[height])
          .map((point) => ({
            header: point?.header,
            hash: point?.hash,
            work: point?.work,
          })),
      );
    }),
    { seed: 20261122, numRuns: 200 },
  );
});

test('for one header, the hashes are the audit path of RFC 6962', () => {
  for (const height of [0, 7, 15, 16, 22]) {
    assert.deepEqual(proofOf(23, [height]).proof, inclusionProof(LEAVES.slice(0, 23), height));
  }
});

test('work has the 256 bits of a leaf, and never more', () => {
  const workMax = 2n ** 256n - 1n;
  const headers = [0n, workMax].map((work, height) => ({ bytes: HEADERS[height]?.bytes ?? new Uint8Array(0), work }));
  const [first, second] = headers.map(({ bytes, work }) => historyLeaf(bytes, work));
  assert.ok(first !== undefined && second !== undefined);
  const { frontier } = appendLeaf(appendLeaf(EMPTY_FRONTIER, first).frontier, second);
  const tip = { ...tipAt(2), historyRoot: historyRoot(frontier) };
  const proof = { tip: hashHeader(encodeHeader(tip)), headers, proof: [] };
  const shown = verifyHeaderProof(proof, tip);
  assert.deepEqual(shown.ok && shown.value.map(({ work }) => work), [0n, workMax]);
});

for (const [work, beyond] of [
  [5n, -5n],
  [2n ** 252n, 2n ** 256n],
  [2n ** 256n - 1n, 2n ** 260n - 1n],
] as const) {
  test(`a work of ${beyond.toString(16)} is refused, though its digits would go over into those of ${work.toString(16)}`, () => {
    const bytes = assertPresent(HEADERS[0]?.bytes, 'there is a genesis');
    const tip = {
      ...tipAt(1),
      historyRoot: historyRoot(appendLeaf(EMPTY_FRONTIER, historyLeaf(bytes, work)).frontier),
    };
    const proof = { tip: hashHeader(encodeHeader(tip)), headers: [{ bytes, work }], proof: [] };
    assert.ok(verifyHeaderProof(proof, tip).ok);
    const refused = verifyHeaderProof({ ...proof, headers: [{ bytes, work: beyond }] }, tip);
    assert.deepEqual(refused, { ok: false, fault: { code: 'header-proof-wrong' } });
  });
}

test('the written rule lets a proof show 64 headers', () => assert.equal(PROOF_HEADERS_MAX, 64));

test('a proof in which any bit was changed is refused', () => {
  const proof = proofOf(23, [3, 4, 19]);
  for (const [i, header] of proof.headers.entries()) {
    for (let at = 0; at < header.bytes.length; at++) {
      const bytes = header.bytes.slice();
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      assertRefused({ ...proof, headers: proof.headers.with(i, { ...header, bytes }) });
    }
    assertRefused({ ...proof, headers: proof.headers.with(i, { ...header, work: header.work + 1n }) });
  }
  for (const i of proof.proof.keys()) assertRefused({ ...proof, proof: proof.proof.with(i, ZERO_HASH) });
});

test('a proof with a hash too many or too few is refused', () => {
  const proof = proofOf(23, [3, 19]);
  assertRefused({ ...proof, proof: [...proof.proof, ZERO_HASH] }, 'header-proof-wrong');
  assertRefused({ ...proof, proof: proof.proof.slice(1) }, 'header-proof-wrong');
  assertRefused({ ...proof, headers: proof.headers.slice(1) }, 'header-proof-wrong');
  assertRefused({ ...proof, headers: [] }, 'header-proof-wrong');
  assert.deepEqual(verifyHeaderProof({ ...proof, headers: [], proof: [] }, tipAt(23)), { ok: true, value: [] });
});

test('headers that are not below the tip, or not in order, are refused', () => {
  const proof = proofOf(23, [3, 19]);
  const [first, second] = proof.headers;
  assert.ok(first !== undefined && second !== undefined);
  assertRefused({ ...proof, headers: [second, first] }, 'header-proof-disordered');
  assertRefused({ ...proof, headers: [first, first, second] }, 'header-proof-disordered');
  const [tip] = HEADERS.slice(23);
  assert.ok(tip);
  assertRefused({ ...proof, headers: [first, second, tip] }, 'header-proof-disordered');
});

test('a work that no leaf has room for is refused', () => {
  const proof = proofOf(23, [3]);
  const [first] = proof.headers;
  assert.ok(first);
  for (const work of [first.work + 2n ** 256n, 2n ** 256n, -1n]) {
    assertRefused({ ...proof, headers: [{ ...first, work }] }, 'header-proof-wrong');
  }
});

test('a proof for another tip is refused, also where it says that it is for this one', () => {
  const proof = proofOf(22, [3]);
  assertRefused(proof, 'header-proof-tip-other');
  assertRefused({ ...proof, tip: proofOf(23, [3]).tip }, 'header-proof-wrong');
});

test('what is no header is refused as such', () => {
  const proof = proofOf(23, [3]);
  assertRefused({ ...proof, headers: [{ bytes: new Uint8Array(117), work: 1n }] }, 'header-size-invalid');
  assertRefused({ ...proof, headers: [{ bytes: new Uint8Array(118), work: 1n }] }, 'header-version-unknown');
});

function proofOf(tipHeight: number, heights: readonly number[]): HeaderProof {
  return proveHeaders({
    tip: POINTS[tipHeight]?.hash ?? ZERO_HASH,
    tipHeight,
    heights,
    headerAt: (height) => HEADERS[height] ?? { bytes: new Uint8Array(0), work: 0n },
    readNode: (position) => NODES[position] ?? ZERO_HASH,
  });
}

function tipAt(height: number): Header {
  return (POINTS[height] ?? GENESIS).header;
}

/** By the tip at height 23. */
function assertRefused(proof: HeaderProof, code?: string): void {
  const shown = verifyHeaderProof(proof, tipAt(23));
  assert.ok(!shown.ok);
  if (code !== undefined) assert.equal(shown.fault.code, code);
}
