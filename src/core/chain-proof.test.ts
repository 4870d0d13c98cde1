import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unevenTimes, WrittenChain } from '../../test/support/written-chain.ts';
import { assertPresent } from './assert.ts';
import { type ProvenChain, readChainClaim, verifyChainProof } from './chain-proof.ts';
import { type ChainSource, proveChain } from './chain-prover.ts';
import { HEADER_BYTES } from './header.ts';
import { validateHeaders } from './header-run.ts';
import { createParams } from './params.ts';
import { type ChainPoint, genesisPoint } from './validation.ts';

/** One hash in 16 meets the target, and the difficulty changes with every header. */
const PARAMS = createParams({ name: 'proofs', targetLimit: 0x200fffff });
const LONG = 2_700;
const chain = new WrittenChain(PARAMS).growTo(LONG, unevenTimes);
const points = judgedPoints(chain);

test('the claim is that of the tip, whatever the rest says', () => {
  const bytes = proofAt(20);
  const expected = { ok: true, value: { tip: pointAt(20).hash, height: 20, work: chain.work(20) } };
  assert.deepEqual(readChainClaim(bytes), expected);
  assert.deepEqual(readChainClaim(bytes.subarray(0, 69)), expected);
});

test('a chain of one block is proved by its claim', () => {
  const bytes = proofAt(0);
  assert.equal(bytes.length, 69);
  const proven = verified(bytes);
  assert.deepEqual(proven.tip, genesisPoint(PARAMS));
  assert.deepEqual(proven.tail, [proven.tip]);
});

for (const height of [1, 2, 3, 100, 2_047, 2_048]) {
  test(`up to height ${height} all headers are there, 44 bytes each`, () => {
    const bytes = proofAt(height);
    assert.equal(bytes.length, 69 + 44 * height);
    const { tip, tail, report } = verified(bytes);
    assert.deepEqual(tip, pointAt(height));
    assert.deepEqual(tail, points.slice(0, height + 1));
    assert.deepEqual(report, {
      height,
      work: tip.work,
      proofBytes: bytes.length,
      headersOpened: height,
      subtrees: 0,
      draws: 0,
      drawnHeights: [],
      tailHeaders: height,
      tailWork: tip.work - 16n,
    });
  });
}

for (const height of [2_049, 2_050, 2_300, LONG]) {
  test(`at height ${height} the tip is proved by the headers that it draws, and the last 512`, () => {
    const bytes = proofAt(height);
    assert.ok(bytes.length < 44 * height * 0.6, String(bytes.length));
    const { tip, tail, report } = verified(bytes);
    assert.deepEqual(tip, pointAt(height));
    assert.deepEqual(tail, points.slice(height - 512, height + 1));
    const { drawnHeights, ...rest } = report;
    assert.deepEqual(drawnHeights.at(0), 0);
    assert.deepEqual(drawnHeights.at(-1), height - 512);
    assert.deepEqual(
      drawnHeights,
      [...new Set(drawnHeights)].toSorted((a, b) => a - b),
    );
    assert.ok(rest.headersOpened > 512 + drawnHeights.length && rest.headersOpened < 512 + 3 * drawnHeights.length);
    assert.ok(rest.subtrees > 100 && rest.draws > 60);
    assert.deepEqual(
      [rest.height, rest.work, rest.proofBytes, rest.tailHeaders, rest.tailWork],
      [height, tip.work, bytes.length, 512, tip.work - chain.work(height - 512)],
    );
  });
}

test('who has proved a tip goes on from it as if all headers had been seen', () => {
  const { tip } = verified(proofAt(2_100));
  const next = headersOf(chain, 2_101, 2_200);
  assert.deepEqual(validateHeaders(next, tip, PARAMS), { points: points.slice(2_101, 2_201), fault: undefined });
});

test('a chain whose difficulty changes a thousandfold is proved', () => {
  const params = createParams({ name: 'changing', targetLimit: 0x207fffff, initialBits: 0x200fffff });
  const seconds = (height: number) => (height % 1_500 < 500 ? 2 : height % 1_500 < 700 ? 60 : 9);
  const changing = new WrittenChain(params).growTo(3_600, (height) => ({ solveTime: seconds(height) }));
  const bytes = assertPresent(proveChain(changing), 'the tail is heavy enough');
  const proven = verifyChainProof(bytes, params);
  assert.ok(
    proven.ok,
    JSON.stringify(proven, (_, value) => (typeof value === 'bigint' ? String(value) : value)),
  );
  assert.equal(proven.value.tip.hash, changing.tip);
});

test('the heights of the draws are found whatever the work of the headers is', () => {
  // One header has nearly all of the work, and others hardly any: a search by shares alone would go on one by one.
  const steep = new WrittenChain(createParams({ name: 'steep', targetLimit: 0x207fffff }));
  steep.growTo(2_700, (height) => ({ work: height === 1_700 ? 10n ** 9n : 2n }));
  let reads = 0;
  const source = {
    ...sourceOf(steep, steep.tipHeight),
    work: (height: number) => {
      reads++;
      return steep.work(height);
    },
  };
  const bytes = assertPresent(proveChain(source), 'the tail is heavy enough');
  assert.ok(bytes.length < 100_000);
  assert.ok(reads < 4_000, String(reads));
});

test('a chain with hardly any work at its end has no proof', () => {
  const light = new WrittenChain(createParams({ name: 'light', targetLimit: 0x207fffff }));
  light.growTo(2_049, (height) => ({ work: height === 5 ? 2n ** 60n : 2n }));
  assert.equal(proveChain(light), undefined);
});

test('proofs of one chain are equal byte for byte, whoever makes them', () => {
  assert.deepEqual(proofAt(2_300), proveChain(chain.forkAt(2_300)));
});

function proofAt(height: number): Uint8Array {
  return assertPresent(proveChain(sourceOf(chain, height)), 'the tail is heavy enough');
}

/** The beginning of a chain, up to `tipHeight`. */
function sourceOf(of: WrittenChain, tipHeight: number): ChainSource {
  return { tipHeight, header: (height) => of.header(height), work: (height) => of.work(height), node: of.node };
}

function verified(bytes: Uint8Array): ProvenChain {
  const proven = verifyChainProof(bytes, PARAMS);
  assert.ok(proven.ok);
  return proven.value;
}

function pointAt(height: number): ChainPoint {
  return assertPresent(points[height], 'the chain is that long');
}

function judgedPoints(of: WrittenChain): readonly ChainPoint[] {
  const judged = validateHeaders(headersOf(of, 1, of.tipHeight), genesisPoint(of.params), of.params);
  assert.equal(judged.fault, undefined);
  return [genesisPoint(of.params), ...judged.points];
}

function headersOf(of: WrittenChain, first: number, last: number): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES * (last - first + 1));
  for (let height = first; height <= last; height++) bytes.set(of.header(height), HEADER_BYTES * (height - first));
  return bytes;
}
