import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { asertTarget } from './asert.ts';
import { assertPresent } from './assert.ts';
import { bitsToHex, bitsToTarget, TARGET_MAX, targetToBits } from './target.ts';

const INTERVAL = 10;
const HALF_LIFE = 600;
const LIMIT = 0xffffn << 224n;
const schedule = { heightDelta: 0, interval: INTERVAL, halfLife: HALF_LIFE, limit: LIMIT };
const REFERENCE = 0xabcdefn << 200n;

const ROWS: readonly (readonly [claim: string, elapsed: number, target: bigint])[] = [
  ['a block on time changes nothing', INTERVAL, REFERENCE],
  ['one half-life late is twice as easy', INTERVAL + HALF_LIFE, REFERENCE * 2n],
  ['two half-lives late is four times as easy', INTERVAL + 2 * HALF_LIFE, REFERENCE * 4n],
  ['one half-life early is twice as hard', INTERVAL - HALF_LIFE, REFERENCE / 2n],
  ['two half-lives early is four times as hard', INTERVAL - 2 * HALF_LIFE, REFERENCE / 4n],
  // 2^0.5: the fraction is 32,768, and (195766423245049 * 2^15 + 971821376 * 2^30 + 5127 * 2^45 + 2^47) >> 48 is
  // 27,138, so the factor is 92,674 / 65,536 = 1.41409.
  ['half of a half-life late is easier by the root of two', INTERVAL + HALF_LIFE / 2, (REFERENCE * 92_674n) >> 16n],
  ['half of a half-life early is harder by the root of two', INTERVAL - HALF_LIFE / 2, (REFERENCE * 92_674n) >> 17n],
  ['never easier than the limit', INTERVAL + 100 * HALF_LIFE, LIMIT],
  ['never harder than 1', INTERVAL - 300 * HALF_LIFE, 1n],
];
for (const [claim, elapsed, target] of ROWS) {
  test(claim, () => {
    assert.equal(asertTarget({ ...schedule, reference: REFERENCE, elapsed }), target);
  });
}

test('the limit is met at the limit itself and not a bit below', () => {
  assert.equal(asertTarget({ ...schedule, reference: LIMIT, elapsed: INTERVAL }), LIMIT);
  assert.equal(asertTarget({ ...schedule, reference: LIMIT, elapsed: INTERVAL + 1 }), LIMIT);
  assert.ok(asertTarget({ ...schedule, reference: LIMIT, elapsed: INTERVAL - 1 }) < LIMIT);
});

test('the exponent is divided towards zero: a second early of many is as small a step as a second late', () => {
  // 65,536 / 100,000 of a unit rounds to none on either side; rounded down it would be -1 on the early side.
  const options = { ...schedule, halfLife: 100_000 * 65_536, reference: REFERENCE };
  assert.equal(asertTarget({ ...options, elapsed: INTERVAL + 1 }), REFERENCE);
  assert.equal(asertTarget({ ...options, elapsed: INTERVAL - 1 }), REFERENCE);
});

test('it follows the exponential to within one part in 5,000', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 2n ** 120n, max: 2n ** 200n }),
      fc.integer({ min: -20 * HALF_LIFE, max: 20 * HALF_LIFE }),
      fc.nat({ max: 100 }),
      (reference, lateness, heightDelta) => {
        const elapsed = lateness + INTERVAL * (heightDelta + 1);
        const target = asertTarget({ ...schedule, limit: TARGET_MAX, heightDelta, reference, elapsed });
        const ratio = Number(target) / (Number(reference) * 2 ** (lateness / HALF_LIFE));
        assert.ok(Math.abs(ratio - 1) < 1 / 5000, `${ratio}`);
      },
    ),
    { seed: 20261122, numRuns: 3000 },
  );
});

test('the cubic has its published coefficients: each of its 65,536 values is as it was once computed', () => {
  // Over 65536 + ((195766423245049 x + 971821376 x^2 + 5127 x^3 + 2^47) >> 48) for x from 0, one on a line; by Python.
  const digest = '8f59bc104409888cd07f99dc2fc0a144e23cbc0a547b1ab027b3a219ad8ddd36';
  const radix = 2 ** 16;
  const factors = createHash('sha256');
  for (let elapsed = 0; elapsed < radix; elapsed++) {
    // So that one second is one part of the radix, and the target that part's factor.
    const options = { reference: BigInt(radix), heightDelta: 0, interval: 0, halfLife: radix, limit: LIMIT };
    factors.update(`${asertTarget({ ...options, elapsed })}\n`);
  }
  assert.equal(factors.digest('hex'), digest);
});

test('later is never harder', () => {
  let before = 0n;
  for (let elapsed = -3 * HALF_LIFE; elapsed <= 3 * HALF_LIFE; elapsed++) {
    const target = asertTarget({ ...schedule, reference: REFERENCE, elapsed });
    assert.ok(target >= before, `at ${elapsed}`);
    before = target;
  }
});

/**
 * Rows of the published aserti3-2d vectors (Bitcoin Cash Node, November 2020): 600 s, a half-life of two days, an
 * anchor at height 1 whose parent has time 0.
 */
const PUBLISHED: readonly (readonly [run: string, anchor: number, height: number, time: number, bits: number])[] = [
  ['run 1', 0x1d00ffff, 2, 1200, 0x1d00ffff],
  ['run 1', 0x1d00ffff, 11, 6600, 0x1d00ffff],
  ['run 4', 0x01010000, 2, 174_000, 0x01020000],
  ['run 5', 0x1d00ffff, 2, 0, 0x1d00fec5],
  ['run 5', 0x1d00ffff, 290, 0, 0x1c7f62c0],
  ['run 6', 0x1802aee8, 2, 1200, 0x1802aee8],
  ['run 6', 0x1802aee8, 3, 1310, 0x1802ad91],
  ['run 6', 0x1802aee8, 4, 1327, 0x1802abf8],
  ['run 6', 0x1802aee8, 5, 1739, 0x1802ab73],
  ['run 6', 0x1802aee8, 6, 2219, 0x1802ab20],
  ['run 6', 0x1802aee8, 7, 2604, 0x1802aa89],
  ['run 6', 0x1802aee8, 8, 2746, 0x1802a94b],
  ['run 6', 0x1802aee8, 9, 7099, 0x1802b39c],
  ['run 6', 0x1802aee8, 10, 7099, 0x1802b1f2],
  ['run 6', 0x1802aee8, 11, 7657, 0x1802b1d4],
  ['run 6', 0x1802aee8, 12, 8626, 0x1802b2db],
];
for (const [run, anchor, height, time, bits] of PUBLISHED) {
  test(`published ${run}, height ${height}, time ${time}: ${bitsToHex(bits)}`, () => {
    const target = asertTarget({
      reference: assertPresent(bitsToTarget(anchor), 'the anchor of a published row is a target'),
      elapsed: time,
      heightDelta: height - 1,
      interval: 600,
      halfLife: 2 * 24 * 3600,
      limit: 0xffffn << 208n,
    });
    assert.equal(bitsToHex(targetToBits(target)), bitsToHex(bits));
  });
}
