import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bodyOf, buildBlock, buildChain, reforge, TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import type { Hash } from '../core/hash.ts';
import { encodeHeader, HEADER_BYTES, type Header } from '../core/header.ts';
import { createParams } from '../core/params.ts';
import { type ChainPoint, genesisPoint } from '../core/validation.ts';
import { createHeaderEvidence, type HeaderEvidence, judgeHeaderEvidence } from './header-evidence.ts';

const GENESIS = genesisPoint(TEST_PARAMS);
const CHAIN = buildChain(TEST_PARAMS, GENESIS, 20, (height) => bodyOf(`"a${height}"`));
const POINTS = [GENESIS, ...CHAIN.points];
const SOME_HASH = 'ef'.repeat(32) as Hash;

for (const height of [1, 2, 3, 4, 8, 9, 20]) {
  test(`a false header at height ${height} is shown by what comes before it, and a valid one is not false`, () => {
    const valid = CHAIN.blocks[height - 1];
    assert.ok(valid);
    const before = POINTS.slice(Math.max(0, height - 3), height);
    const bad = encodeHeader(reforge(valid, { historyRoot: SOME_HASH }).header);
    const evidence = createHeaderEvidence(before, bad);
    assert.equal(judgeHeaderEvidence(evidence, TEST_PARAMS)?.code, 'history-root-wrong');
    assert.ok(evidence.headers.length <= 3 * HEADER_BYTES);
    assert.equal(judgeHeaderEvidence(createHeaderEvidence(before, encodeHeader(valid.header)), TEST_PARAMS), undefined);
  });
}

test('every rule but the link is judged as it is with the whole chain', () => {
  const { parent, block } = last();
  const codes = (change: Partial<Header>) => {
    const evidence = createHeaderEvidence(POINTS.slice(-4, -1), encodeHeader(reforge(block, change).header));
    return judgeHeaderEvidence(evidence, TEST_PARAMS)?.code;
  };
  assert.equal(codes({ height: 9 }), 'height-wrong');
  assert.equal(codes({ timestamp: parent.header.timestamp - 1 }), 'timestamp-before-parent');
  assert.equal(codes({ bits: block.header.bits - 1 }), 'bits-wrong');
  assert.equal(codes({ historyRoot: SOME_HASH }), 'history-root-wrong');
  assert.equal(codes({ previousHash: SOME_HASH }), undefined, 'of what follows nothing, anybody could have made it');
  assert.equal(codes({}), undefined);
});

test('what is no header at all is shown as well', () => {
  const { block } = last();
  const bytes = encodeHeader(block.header);
  bytes[0] = 0xff;
  const evidence = createHeaderEvidence(POINTS.slice(-4, -1), bytes);
  assert.equal(judgeHeaderEvidence(evidence, TEST_PARAMS)?.code, 'header-version-unknown');
});

test('evidence on another network shows nothing', () => {
  const other = createParams({ name: 'other', targetLimit: TEST_PARAMS.targetLimit });
  const valid = CHAIN.blocks[0];
  assert.ok(valid);
  const bad = encodeHeader(reforge(valid, { historyRoot: SOME_HASH }).header);
  assert.equal(judgeHeaderEvidence(createHeaderEvidence([GENESIS], bad), other), undefined);
});

test('a false witness cannot change what a valid header is judged by', () => {
  const { block } = last();
  const true_ = createHeaderEvidence(POINTS.slice(-4, -1), encodeHeader(block.header));
  const changes: readonly Partial<HeaderEvidence>[] = [
    { work: true_.work + 1n },
    { work: -1n },
    { work: 2n ** 255n },
    { work: 2n ** 300n },
    { peaks: true_.peaks.slice(1) },
    { peaks: [...true_.peaks, SOME_HASH] },
    { peaks: [SOME_HASH, ...true_.peaks.slice(1)] },
    { peaks: true_.peaks.toReversed() },
    { headers: true_.headers.subarray(HEADER_BYTES) },
    { headers: true_.headers.subarray(0, HEADER_BYTES) },
    { headers: true_.headers.subarray(1) },
    { headers: new Uint8Array(0) },
    { headers: new Uint8Array([...true_.headers, ...true_.headers]) },
  ];
  for (const change of changes) assert.equal(judgeHeaderEvidence({ ...true_, ...change }, TEST_PARAMS), undefined);
});

test('nor by changing any byte of the headers before it', () => {
  const { block } = last();
  const evidence = createHeaderEvidence(POINTS.slice(-4, -1), encodeHeader(block.header));
  fc.assert(
    fc.property(fc.nat(2 * HEADER_BYTES - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const headers = evidence.headers.slice();
      headers[at] = (headers[at] ?? 0) ^ flip;
      assert.equal(judgeHeaderEvidence({ ...evidence, headers }, TEST_PARAMS), undefined);
    }),
    { seed: 20261122, numRuns: 1_000 },
  );
});

test('headers before it that cost no work are no witnesses', () => {
  const [first, second] = [POINTS[17], POINTS[18]];
  assert.ok(first && second);
  const { block } = last();
  const evidence = createHeaderEvidence(POINTS.slice(-4, -1), encodeHeader(block.header));
  // Of a difficulty that nobody can meet, and linked as it should be.
  const hard = encodeHeader({ ...first.header, bits: 0x03_00_ff_ff });
  const headers = evidence.headers.slice();
  headers.set(hard);
  assert.equal(judgeHeaderEvidence({ ...evidence, headers }, TEST_PARAMS), undefined);
});

test('a parent that is dated before its own parent is none', () => {
  const [first] = POINTS.slice(-3);
  assert.ok(first);
  const { block } = buildBlock(TEST_PARAMS, first, bodyOf('"b"'));
  const early = reforge(block, { timestamp: first.header.timestamp - 1 });
  const child = reforge(block, { previousHash: early.hash, height: block.header.height + 1 });
  const evidence = createHeaderEvidence(POINTS.slice(-4, -1), encodeHeader(child.header));
  const headers = evidence.headers.slice();
  headers.set(encodeHeader(first.header));
  headers.set(encodeHeader(early.header), HEADER_BYTES);
  const before = POINTS.at(-4);
  assert.ok(before);
  const shifted = createHeaderEvidence([before, first, first], encodeHeader(child.header));
  assert.equal(judgeHeaderEvidence({ ...shifted, headers }, TEST_PARAMS), undefined);
});

test('evidence is made only where there is all that it takes', () => {
  assert.throws(() => createHeaderEvidence(POINTS.slice(5, 7), new Uint8Array(HEADER_BYTES)));
  assert.throws(() => createHeaderEvidence([], new Uint8Array(HEADER_BYTES)));
});

function last(): { readonly parent: ChainPoint; readonly block: (typeof CHAIN.blocks)[number] } {
  const parent = POINTS.at(-2);
  const block = CHAIN.blocks.at(-1);
  assert.ok(parent && block);
  return { parent, block };
}
