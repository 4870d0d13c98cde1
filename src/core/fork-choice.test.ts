import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isBetterTip, type Tip } from './fork-choice.ts';
import { hashBytes, parseHash } from './hash.ts';

const tip = (work: bigint, start: string): Tip => {
  const hash = parseHash(start.padEnd(64, '0'));
  assert.ok(hash !== undefined);
  return { work, hash };
};

/** Few works and hashes, so that equal ones meet. */
const anyTip = (): fc.Arbitrary<Tip> =>
  fc.record(
    {
      work: fc.oneof(fc.bigInt({ min: 0n, max: 2n }), fc.bigInt({ min: 2n ** 64n, max: 2n ** 64n + 1n })),
      hash: fc.integer({ min: 0, max: 5 }).map((n) => hashBytes(Uint8Array.of(n))),
    },
    { noNullPrototype: true },
  );

// The table of docs/spec/fork-choice.md.
const CURRENT = tip(196_611n, '0000c0');
const CHALLENGERS: readonly (readonly [work: bigint, hash: string, isBetter: boolean, why: string])[] = [
  [196_612n, '0000ff', true, 'more work'],
  [196_611n, '00000a', true, 'as much work and a lower hash'],
  [196_611n, '0000d1', false, 'as much work and a higher hash'],
  [196_610n, '000000', false, 'less work'],
  [196_611n, '0000c0', false, 'the same tip'],
];
for (const [work, hash, isBetter, why] of CHALLENGERS) {
  test(`${why} ${isBetter ? 'is' : 'is not'} followed`, () => {
    assert.equal(isBetterTip(tip(work, hash), CURRENT), isBetter);
  });
}

test('work beyond what a double holds is compared exactly', () => {
  assert.ok(isBetterTip(tip(2n ** 80n + 1n, 'ff'), tip(2n ** 80n, '00')));
});

test('of two different tips exactly one is better, and no tip is better than itself', () => {
  fc.assert(
    fc.property(anyTip(), anyTip(), (a, b) => {
      const isSame = a.work === b.work && a.hash === b.hash;
      assert.equal(Number(isBetterTip(a, b)) + Number(isBetterTip(b, a)), isSame ? 0 : 1);
    }),
    { seed: 20261122, numRuns: 1000 },
  );
});

test('in whichever order nodes hear of tips, they end at the same one', () => {
  const best = (tips: readonly Tip[]) => tips.reduce((current, next) => (isBetterTip(next, current) ? next : current));
  const lists = fc.array(anyTip(), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(
      lists.chain((tips) => fc.tuple(fc.constant(tips), fc.shuffledSubarray(tips, { minLength: tips.length }))),
      ([tips, shuffled]) => assert.deepEqual(best(tips), best(shuffled)),
    ),
    { seed: 20261122, numRuns: 500 },
  );
});
