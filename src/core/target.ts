/**
 * Targets, their compact form, and work (docs/spec/proof-of-work.md).
 *
 * A target is the largest number that a block's hash may be. `bits` is its compact form, a 32-bit float to base 256:
 * the upper byte is the length in bytes, the lower 23 bits are the leading digits.
 */

/** The compact form as an unsigned 32-bit integer. */
export type Bits = number;

export const TARGET_MAX = 2n ** 256n - 1n;

/**
 * The target that `bits` stands for, or undefined where it is none: zero, negative, beyond 256 bits, or not the
 * spelling that `targetToBits` gives it.
 */
export function bitsToTarget(bits: Bits): bigint | undefined {
  const lengthBytes = bits >>> 24;
  const mantissa = bits & 0x7fffff;
  const isNegative = (bits & SIGN_BIT) !== 0;
  // Below this it would be spelt with a smaller length.
  if (isNegative || mantissa < MANTISSA_MIN) return undefined;
  // Of a bigint a shift by less than nothing goes the other way.
  const target = BigInt(mantissa) << BigInt(8 * (lengthBytes - 3));
  // Of a length below 3, the digits beyond it are none.
  const isExact = mantissa % 256 ** Math.max(0, 3 - lengthBytes) === 0;
  return isExact && target < TRIES ? target : undefined;
}

/** The compact form of `target`, rounded down to 23 or more leading bits. */
export function targetToBits(target: bigint): Bits {
  const hex = target.toString(16);
  let lengthBytes = (hex.length + 1) >> 1;
  let mantissa = Number(target >> BigInt(8 * (lengthBytes - 3)));
  if ((mantissa & SIGN_BIT) !== 0) {
    mantissa >>>= 8;
    lengthBytes += 1;
  }
  return lengthBytes * 2 ** 24 + mantissa;
}

/**
 * Whether the hash whose 32 bytes begin at `offset` is at most the target of `bits`, which are those of a target. What
 * `bitsToTarget` says in numbers, this looks up byte by byte: nearly always the first few decide.
 */
export function meetsTarget(bits: Bits, bytes: Uint8Array, offset: number): boolean {
  const lengthBytes = bits >>> 24;
  for (let i = 0; i < 32; i++) {
    // Of the target's digits to base 256, the one that stands for 256^(31 - i).
    const place = lengthBytes - 32 + i;
    const digit = place < 0 || place > 2 ? 0 : (bits >>> (8 * (2 - place))) & 0xff;
    const byte = bytes[offset + i] as number;
    if (byte < digit) return true;
    if (byte > digit) return false;
  }
  return true;
}

/** The number of tries that a hash at or below `target` is expected to take: floor(2^256 / (target + 1)). */
export function targetToWork(target: bigint): bigint {
  return TRIES / (target + 1n);
}

/** `bits` as the 8 hex digits of the JSON form. */
export function bitsToHex(bits: Bits): string {
  return bits.toString(16).padStart(8, '0');
}

const SIGN_BIT = 0x800000;
/** The upper of the three bytes is 0 only where the next would else be read as a sign. */
const MANTISSA_MIN = 0x8000;
/** As many as there are hashes. */
const TRIES = TARGET_MAX + 1n;
