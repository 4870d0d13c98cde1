/**
 * Retargeting by plain numbers: the bits that `asertTarget` and `targetToBits` lead to, in a tenth of the time.
 *
 * A compact target has 23 leading bits and the factor 17, so their product is exact as a number, and so is what a division by a
 * power of two leaves of it. Only the cubic needs more, and there are few of its values.
 */
import type { NetworkParams } from './params.ts';
import type { Bits } from './target.ts';

/** The bits after a header that carries `bits` and came `solveTime` seconds after its parent (`requiredBits`). */
export function retarget(bits: Bits, solveTime: number, params: NetworkParams): Bits {
  const lateness = Math.min(solveTime, params.solveTimeMax) - params.blockInterval;
  // The division rounds towards zero, the shift towards minus infinity (docs/spec/difficulty.md#retarget).
  const exponent = Math.trunc((lateness * RADIX) / params.halfLife);
  const doublings = Math.floor(exponent / RADIX);
  const digits = (bits & 0x7fffff) * factorOf(exponent - doublings * RADIX);
  const next = spell(digits, 8 * ((bits >>> 24) - 3) + doublings - RADIX_BITS);
  // Of two compact targets that are well spelt, the larger number is the larger target.
  return Math.min(next, params.targetLimit);
}

/** 2^(`fraction` / 65,536), times 65,536. */
function factorOf(fraction: number): number {
  const known = factors.get(fraction);
  if (known !== undefined) return known;
  const x = BigInt(fraction);
  const cubic = 195_766_423_245_049n * x + 971_821_376n * x ** 2n + 5_127n * x ** 3n;
  const factor = RADIX + Number((cubic + 2n ** 47n) >> 48n);
  factors.set(fraction, factor);
  return factor;
}

/**
 * The compact form of `digits * 2 ** scale`, rounded down, or of 1 where that is 0 (`targetToBits`). `digits` has 32 to
 * 40 bits, so that more than the compact form keeps. Beyond 256 bits it is none, and larger than all that are.
 */
function spell(digits: number, scale: number): number {
  const bitLength = 64 - Math.clz32(digits / 2 ** 32) + scale;
  if (bitLength <= 0) return SMALLEST;
  const lengthBytes = Math.ceil(bitLength / 8);
  const mantissa =
    lengthBytes < 3
      ? shiftedDown(digits, -scale) * 256 ** (3 - lengthBytes)
      : shiftedDown(digits, 8 * (lengthBytes - 3) - scale);
  const isSigned = mantissa >= SIGN_BIT;
  return isSigned ? (lengthBytes + 1) * 2 ** 24 + (mantissa >>> 8) : lengthBytes * 2 ** 24 + mantissa;
}

/** To divide by a power of two is exact. */
function shiftedDown(digits: number, count: number): number {
  return Math.floor(digits / 2 ** count);
}

const RADIX_BITS = 16;
const RADIX = 2 ** RADIX_BITS;
const SIGN_BIT = 0x800000;

/** The target 1. */
const SMALLEST: Bits = 0x01010000;

/** As far as they have been asked for; there are no more than 65,536. */
const factors = new Map<number, number>();
