/** Which keys and signatures of Ed25519 the rules let through to be verified (docs/spec/signatures.md#ed25519). */
import { hexInto } from '#host';

export const PUBLIC_KEY_BYTES = 32;
export const SIGNATURE_BYTES = 64;

/**
 * Whether the machine may be asked at all: the key and R are spelt canonically and not of small order, S is below the order of
 * the group. What is left, machines agree on.
 */
export function isVerifiable(publicKey: Uint8Array, signature: Uint8Array): boolean {
  return (
    publicKey.length === PUBLIC_KEY_BYTES &&
    signature.length === SIGNATURE_BYTES &&
    isPlainPoint(publicKey) &&
    isPlainPoint(signature.subarray(0, PUBLIC_KEY_BYTES)) &&
    isBelowOrder(signature.subarray(PUBLIC_KEY_BYTES))
  );
}

/**
 * Whether 32 bytes may spell a point: y is below the prime, and is none of the five that points of order 1, 2, 4 and 8 have.
 * That excludes all 14 encodings of those points, and every point that has a second encoding. Whether there is a point at
 * all with this y, whoever verifies finds out.
 */
export function isPlainPoint(encoded: Uint8Array): boolean {
  return compareY(encoded, PRIME) < 0 && !SMALL_ORDER_YS.some((y) => compareY(encoded, y) === 0);
}

/** Whether 32 bytes, the lowest first, spell a number below the order of the group, L (RFC 8032 §5.1). */
function isBelowOrder(scalar: Uint8Array): boolean {
  for (let i = PUBLIC_KEY_BYTES - 1; i >= 0; i--) {
    const difference = (scalar[i] as number) - (ORDER[i] as number);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

/** Compares as numbers, the lowest byte first, without the highest bit, which is the sign of x. */
function compareY(encoded: Uint8Array, y: Uint8Array): number {
  for (let i = PUBLIC_KEY_BYTES - 1; i >= 0; i--) {
    const byte = encoded[i] as number;
    const difference = (i === PUBLIC_KEY_BYTES - 1 ? byte & 0x7f : byte) - (y[i] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The 32 bytes that begin with those of `hex`; the rest is zero. */
function bytesOf(hex: string): Uint8Array {
  const bytes = new Uint8Array(PUBLIC_KEY_BYTES);
  hexInto(hex, bytes, 0);
  return bytes;
}

/** L = 2^252 + 27742317777372353535851937790883648493. */
const ORDER = bytesOf('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010');

/** p = 2^255 - 19. */
const PRIME = bytesOf('edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f');

const SMALL_ORDER_YS: readonly Uint8Array[] = [
  // Order 4: y = 0.
  bytesOf(''),
  // Order 1, the neutral element: y = 1.
  bytesOf('01'),
  // Order 2: y = -1.
  bytesOf('ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'),
  // Order 8: the four points have two y between them.
  bytesOf('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'),
  bytesOf('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'),
];
