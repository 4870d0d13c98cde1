import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { asertTarget } from './asert.ts';
import { assertPresent } from './assert.ts';
import { createParams } from './params.ts';
import { retarget } from './retarget.ts';
import { type Bits, bitsToHex, bitsToTarget, targetToBits } from './target.ts';

/** By the definition, in whole numbers of any size. */
function plainRetarget(bits: Bits, solveTime: number, params: ReturnType<typeof createParams>): Bits {
  return targetToBits(
    asertTarget({
      reference: targetOf(bits),
      elapsed: Math.min(solveTime, params.solveTimeMax),
      heightDelta: 0,
      interval: params.blockInterval,
      halfLife: params.halfLife,
      limit: targetOf(params.targetLimit),
    }),
  );
}

function targetOf(bits: Bits): bigint {
  return assertPresent(bitsToTarget(bits), 'the bits of a test are a target');
}

/** Bits of all lengths that are well spelt. */
const bits = fc
  .record({ lengthBytes: fc.integer({ min: 1, max: 34 }), mantissa: fc.integer({ min: 0, max: 0x7fffff }) })
  .map(({ lengthBytes, mantissa }) => lengthBytes * 2 ** 24 + mantissa)
  .filter((candidate) => bitsToTarget(candidate) !== undefined);

/** Mostly as networks are, and up to what a parameter file may ask for. */
const seconds = fc.oneof(fc.integer({ min: 1, max: 600 }), fc.integer({ min: 1, max: 31_536_000 }));

test('numbers lead to the bits that whole numbers of any size lead to', () => {
  fc.assert(
    fc.property(
      bits,
      bits,
      fc.oneof(fc.nat({ max: 400 }), fc.nat({ max: 2 ** 32 - 1 })),
      seconds,
      seconds,
      seconds,
      (reference, targetLimit, solveTime, blockInterval, halfLife, solveTimeMax) => {
        const params = createParams({ name: 'x', targetLimit, blockInterval, halfLife, solveTimeMax });
        const expected = plainRetarget(reference, solveTime, params);
        assert.equal(bitsToHex(retarget(reference, solveTime, params)), bitsToHex(expected));
      },
    ),
    { seed: 20261122, numRuns: 20_000 },
  );
});

test('every value of the cubic leads to the same bits, where these keep the most digits', () => {
  const radix = 2 ** 16;
  const params = createParams({ name: 'x', blockInterval: 1, halfLife: radix, solveTimeMax: 2 * radix });
  for (let fraction = 0; fraction < radix; fraction++) {
    // 23 digits, which a factor from 1 to 2 makes 23 or 24 of.
    assert.equal(retarget(0x1c7fffff, 1 + fraction, params), plainRetarget(0x1c7fffff, 1 + fraction, params));
  }
});

test('of the default network, every solve time leads to the same bits from targets of every size', () => {
  const params = createParams({ name: 'x' });
  for (const reference of [
    0x1f00ffff, 0x1e7fffff, 0x1d00ffff, 0x1c008000, 0x04123456, 0x03008000, 0x02008000, 0x01010000,
  ]) {
    for (let solveTime = 0; solveTime <= params.solveTimeMax + 1; solveTime++) {
      assert.equal(retarget(reference, solveTime, params), plainRetarget(reference, solveTime, params));
    }
  }
});
