import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bodyOf, buildBlock, buildChain, reforge, TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { type Hash, hashToNumber } from '../core/hash.ts';
import { encodeHeader, HEADER_BYTES, type Header, hashHeader } from '../core/header.ts';
import { appendLeaf, historyLeaf } from '../core/history.ts';
import { createParams } from '../core/params.ts';
import { bitsToTarget } from '../core/target.ts';
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

test('a false witness cannot change what it is judged by', () => {
  const { evidence } = malformed(POINTS.slice(-3));
  const changes: readonly Partial<HeaderEvidence>[] = [
    { work: evidence.work + 1n },
    { work: -1n },
    { work: 2n ** 255n },
    { work: 2n ** 300n },
    { peaks: evidence.peaks.slice(1) },
    { peaks: [...evidence.peaks, SOME_HASH] },
    { peaks: [SOME_HASH, ...evidence.peaks.slice(1)] },
    { peaks: evidence.peaks.toReversed() },
    { headers: evidence.headers.subarray(HEADER_BYTES) },
    { headers: evidence.headers.subarray(0, HEADER_BYTES) },
    { headers: evidence.headers.subarray(1) },
    { headers: new Uint8Array(0) },
    { headers: new Uint8Array([...evidence.headers, ...evidence.headers]) },
    { headers: new Uint8Array([...evidence.headers.subarray(0, HEADER_BYTES), ...evidence.headers]) },
  ];
  assert.equal(judgeHeaderEvidence(evidence, TEST_PARAMS)?.code, 'header-version-unknown');
  for (const change of changes) assert.equal(judgeHeaderEvidence({ ...evidence, ...change }, TEST_PARAMS), undefined);
});

test('nor any byte of the headers before it, without its being seen', () => {
  const { evidence } = malformed(POINTS.slice(-3));
  fc.assert(
    fc.property(fc.nat(2 * HEADER_BYTES - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const headers = evidence.headers.slice();
      headers[at] = (headers[at] ?? 0) ^ flip;
      assert.equal(judgeHeaderEvidence({ ...evidence, headers }, TEST_PARAMS), undefined);
    }),
    { seed: 20261122, numRuns: 500 },
  );
});

test('another genesis is none', () => {
  const other = genesisPoint(createParams({ name: 'other', targetLimit: TEST_PARAMS.targetLimit }));
  assert.equal(judgeHeaderEvidence(malformed([other]).evidence, TEST_PARAMS), undefined);
  assert.equal(judgeHeaderEvidence(malformed([GENESIS]).evidence, TEST_PARAMS)?.code, 'header-version-unknown');
});

test('headers that cost no work are no witnesses, and nor are those that do not follow on each other', () => {
  const [before, first] = [POINTS[16], POINTS[17]];
  assert.ok(before && first);
  const verdict = (one: ChainPoint, other: ChainPoint) => {
    return judgeHeaderEvidence(malformed([before, one, other]).evidence, TEST_PARAMS)?.code;
  };
  const next = buildBlock(TEST_PARAMS, first, bodyOf('"b"'));
  assert.equal(verdict(first, next.point), 'header-version-unknown', 'as they should be');
  const cheap = pointOf({ ...first.header, nonce: nonceWithoutWork(first.header) }, first, before);
  assert.equal(verdict(cheap, buildBlock(TEST_PARAMS, cheap, bodyOf('"b"')).point), undefined);
  const lazy = { ...next.point.header, nonce: nonceWithoutWork(next.point.header) };
  assert.equal(verdict(first, pointOf(lazy, next.point, first)), undefined);
  const hard = { ...first.header, bits: 0x03_00_ff_ff };
  const onHard = pointOf(hard, first, before);
  assert.equal(
    verdict(onHard, pointOf({ ...next.point.header, previousHash: onHard.hash }, next.point, first)),
    undefined,
  );
  const changes: readonly Partial<Header>[] = [
    { height: first.header.height + 2 },
    { previousHash: SOME_HASH },
    { timestamp: first.header.timestamp - 1 },
    { historyRoot: SOME_HASH },
    { bits: 0 },
  ];
  for (const change of changes) {
    const { header } = reforge(next.block, change);
    assert.equal(verdict(first, pointOf(header, next.point, first)), undefined, Object.keys(change)[0]);
  }
  const { header } = reforge(next.block, { timestamp: first.header.timestamp });
  assert.equal(verdict(first, pointOf(header, next.point, first)), 'header-version-unknown', 'times may be the same');
});

test('a header that names another parent shows nothing, whatever else is wrong with it', () => {
  const { evidence } = malformed(POINTS.slice(-3));
  const headers = evidence.headers.slice();
  headers[2 * HEADER_BYTES + 6] = (headers[2 * HEADER_BYTES + 6] ?? 0) ^ 1;
  assert.equal(judgeHeaderEvidence({ ...evidence, headers }, TEST_PARAMS), undefined);
});

test('a header that is not the genesis cannot be judged from alone', () => {
  const { evidence } = malformed(POINTS.slice(-3));
  const parent = POINTS.at(-1);
  assert.ok(parent);
  const alone = createHeaderEvidence([GENESIS], evidence.headers.subarray(2 * HEADER_BYTES));
  const headers = new Uint8Array([...encodeHeader(parent.header), ...alone.headers.subarray(HEADER_BYTES)]);
  const peaks = createHeaderEvidence([...POINTS.slice(-2), parent], headers.subarray(0, HEADER_BYTES)).peaks;
  assert.equal(judgeHeaderEvidence({ headers, work: parent.work, peaks }, TEST_PARAMS), undefined);
});

test('evidence is made only where there is all that it takes', () => {
  const header = new Uint8Array(HEADER_BYTES);
  assert.throws(() => createHeaderEvidence(POINTS.slice(5, 7), header), /after all that judges it/);
  assert.throws(() => createHeaderEvidence([], header), /after all that judges it/);
});

/** Evidence against what is no header, after the last of `before`, which it names. */
function malformed(before: readonly ChainPoint[]): { readonly evidence: HeaderEvidence } {
  const parent = before.at(-1);
  const { block } = last();
  assert.ok(parent);
  const bytes = encodeHeader({ ...block.header, previousHash: parent.hash });
  bytes[0] = 0xff;
  return { evidence: createHeaderEvidence(before, bytes) };
}

/** The place that `header` would make instead of `like`, after `parent`. */
function pointOf(header: Header, like: ChainPoint, parent: ChainPoint): ChainPoint {
  const bytes = encodeHeader(header);
  const history = appendLeaf(parent.history, historyLeaf(bytes, like.work)).frontier;
  return { ...like, header, hash: hashHeader(bytes), history };
}

function nonceWithoutWork(header: Header): number {
  const target = bitsToTarget(header.bits) ?? 0n;
  let nonce = 0;
  while (hashToNumber(hashHeader(encodeHeader({ ...header, nonce }))) <= target) nonce++;
  return nonce;
}

function last(): { readonly parent: ChainPoint; readonly block: (typeof CHAIN.blocks)[number] } {
  const parent = POINTS.at(-2);
  const block = CHAIN.blocks.at(-1);
  assert.ok(parent && block);
  return { parent, block };
}
