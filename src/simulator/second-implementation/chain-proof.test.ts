/** That the slow judge of chain proofs and `src/core` give the same verdict, on honest ones and on changed ones. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { flipped, listedIn, proofOf, replaced, withWorks } from '../../../test/support/proof-bytes.ts';
import { type HeaderWish, unevenTimes, WrittenChain } from '../../../test/support/written-chain.ts';
import { verifyChainProof } from '../../core/chain-proof.ts';
import { createParams, type NetworkParams } from '../../core/params.ts';
import { paramsDocument } from '../params-document.ts';
import { judgeChainProof } from './chain-proof.ts';

/** Every other hash meets the easiest target, so that changes go on for a while before they show. */
const PARAMS = createParams({ name: 'second', targetLimit: 0x207fffff, initialBits: 0x203fffff });
const HEIGHT = 2_300;
const chain = new WrittenChain(PARAMS).growTo(HEIGHT, unevenTimes);

for (const height of [0, 1, 2, 40, 2_048, 2_049, HEIGHT]) {
  test(`an honest proof at height ${height} is accepted by both, and says the same`, () => {
    const bytes = proofOf(chain.upTo(height));
    assert.equal(judgedByBoth(bytes, PARAMS), true);
  });
}

test('chains that go on against the rules are refused by both', () => {
  const wishes: ((height: number) => HeaderWish)[] = [
    (height) => ({ isWorked: height < 900 || height > 1_700 }),
    (height) => (height === 900 ? { work: 10_000n } : {}),
    (height) => (height === 900 ? { bits: 0x200fffff } : {}),
    (height) => (height === 900 ? { bits: 0x207fffff } : {}),
    (height) => ({ solveTime: height % 2 === 0 ? 30 : -10 }),
  ];
  for (const wish of wishes) {
    const forged = new WrittenChain(PARAMS).growTo(HEIGHT, wish);
    assert.equal(judgedByBoth(proofOf(forged), PARAMS), false);
  }
});

test('a chain that becomes harder and easier as fast as the rules allow is accepted by both', () => {
  const pause = (height: number) => (height < 1_500 ? 10 : height < 1_900 ? 0 : height < 2_100 ? 300 : 10);
  const hill = new WrittenChain(PARAMS).growTo(3_000, (height) => ({ solveTime: pause(height) }));
  assert.equal(judgedByBoth(proofOf(hill), PARAMS), true);
});

test('whatever is drawn of an honest chain, both accept it', () => {
  const base = chain.forkAt(2_060);
  for (let i = 0; i < 25; i++) assert.ok(judgedByBoth(proofOf(base.withTip({ label: `tip ${i}` })), PARAMS));
});

test('a tip is refused by both or by none, whether or not a jump of the difficulty is seen', () => {
  const base = new WrittenChain(PARAMS).growTo(2_699, (height) => (height === 150 ? { bits: 0x200fffff } : {}));
  const verdicts = Array.from({ length: 12 }, (_, i) => {
    const forged = base.forkAt(2_699);
    forged.add({ label: `tip ${i}` });
    return judgedByBoth(proofOf(forged), PARAMS);
  });
  assert.ok(verdicts.includes(true) && verdicts.includes(false));
});

test('bytes that are changed, cut or added have the same verdict from both', () => {
  const long = proofOf(chain);
  const short = proofOf(chain.upTo(9));
  fc.assert(
    fc.property(fc.boolean(), fc.nat(), fc.integer({ min: 1, max: 255 }), (isLong, chosen, bits) => {
      const bytes = isLong ? long : short;
      judgedByBoth(flipped(bytes, chosen % bytes.length, bits), PARAMS);
    }),
    { seed: 20_261_122, numRuns: 60 },
  );
  judgedByBoth(long.subarray(0, -1), PARAMS);
  judgedByBoth(Uint8Array.of(...long, 0), PARAMS);
  judgedByBoth(withWorks(long, 2n ** 200n, 2n ** 200n - 1n), PARAMS);
  judgedByBoth(withWorks(long, chain.work(HEIGHT), chain.work(HEIGHT - 512) - 1n), PARAMS);
  const [first = 0] = listedIn(long);
  judgedByBoth(replaced(long, 103, (first + 1).toString(16).padStart(8, '0')), PARAMS);
});

/** Whether both accept a proof. */
function judgedByBoth(bytes: Uint8Array, params: NetworkParams): boolean {
  const proven = verifyChainProof(bytes, params);
  const shown = judgeChainProof(Buffer.from(bytes).toString('hex'), paramsDocument(params));
  if (typeof shown === 'string') {
    assert.ok(!proven.ok, `only the slow judge finds a breach of ${shown}`);
    return false;
  }
  assert.ok(proven.ok, proven.ok ? '' : `only core finds ${proven.fault.code}`);
  const { tip } = proven.value;
  assert.deepEqual(shown, { tip: tip.hash, height: tip.header.height, work: tip.work });
  return true;
}
