import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listedIn, proofOf } from '../../test/support/proof-bytes.ts';
import { hillOf, unevenTimes, WrittenChain } from '../../test/support/written-chain.ts';
import { assertPresent } from './assert.ts';
import { drawPositions } from './chain-draws.ts';
import { verifyChainProof } from './chain-proof.ts';
import { type ChainSource, proveChain } from './chain-prover.ts';
import type { Hash } from './hash.ts';
import { createParams } from './params.ts';

const PARAMS = createParams({ name: 'prover', targetLimit: 0x207fffff });
const even = new WrittenChain(PARAMS).growTo(2_700, unevenTimes);
/** One header has nearly all of the work: a search by shares alone would go on one by one. */
const steep = new WrittenChain(PARAMS).growTo(2_700, (height) => ({ work: height === 1_700 ? 10n ** 9n : 2n }));
/** What is left halves with every 128 headers, so that shares alone would overshoot each time. */
const falling = new WrittenChain(PARAMS).growTo(2_700, (height) => ({ work: 2n ** BigInt((2_700 - height) >> 7) }));

test('the heights that are opened are those in whose work the positions are, whatever tip draws them', () => {
  for (const [base, tips] of [
    [hillOf(2_999), 40],
    [even.forkAt(2_060), 150],
  ] as const) {
    for (let i = 0; i < tips; i++) {
      const source = base.withTip({ label: `tip ${i}` });
      const end = source.tipHeight - 512;
      assert.deepEqual([0, ...listedIn(proofOf(source)), end], heightsDrawn(source, source.tip), `tip ${i}`);
    }
  }
});

for (const [name, chain] of Object.entries({ even, steep, falling })) {
  test(`the heights are found wherever the work is: ${name}`, () => {
    const end = chain.tipHeight - 512;
    assert.deepEqual([0, ...listedIn(proofOf(chain)), end], heightsDrawn(chain, chain.tip));
  });

  test(`few works are read to find them: ${name} work`, () => {
    let reads = 0;
    const source = {
      ...chain.upTo(chain.tipHeight),
      work: (height: number) => {
        reads++;
        return chain.work(height);
      },
    };
    const draws = listedIn(proofOf(source)).length;
    assert.ok(reads < 9 * draws + 30, `${reads} for ${draws}`);
  });
}

test('what is made is what is judged', () => {
  const proven = verifyChainProof(proofOf(even), PARAMS);
  assert.ok(proven.ok);
  assert.equal(proven.value.tip.hash, even.tip);
});

test('a chain with hardly any work at its end has no proof', () => {
  const light = new WrittenChain(PARAMS).growTo(2_049, (height) => ({ work: height === 5 ? 2n ** 60n : 2n }));
  assert.equal(proveChain(light), undefined);
});

test('proofs of one chain are equal byte for byte, whoever makes them', () => {
  assert.deepEqual(proofOf(even.upTo(2_300)), proofOf(even.forkAt(2_300)));
});

/** The heights of the positions, found one header after the other. */
function heightsDrawn(source: ChainSource, tip: Hash): number[] {
  const drawn = { tip, work: source.work(source.tipHeight), sampledWork: source.work(source.tipHeight - 512) };
  const heights = new Set<number>();
  let height = 0;
  for (const position of assertPresent(drawPositions(drawn), 'the tail is heavy enough')) {
    while (source.work(height) <= position) height++;
    heights.add(height);
  }
  return [...heights];
}
