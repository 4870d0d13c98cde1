/**
 * Ed25519 (RFC 8032) by one exact rule (docs/spec/signatures.md#ed25519).
 *
 * Libraries agree on signatures that were made properly, and differ on those that were made to be differed on: points of
 * small order, numbers that are spelt in two ways. Where a block hangs on the answer, all nodes must give the same, so
 * whatever is doubtful is refused here, before the machine is asked, and the machine checks without cofactor.
 */
import { ed25519PublicKey, ed25519Sign, ed25519Verify } from '#host';
import { assert } from './assert.ts';
import { type Did, didOfKey } from './did-key.ts';
import { isVerifiable } from './ed25519-point.ts';

/** One who signs: the key itself may lie anywhere, as long as it answers at once. */
export interface Signer {
  readonly author: Did;
  /** The 64 bytes of the signature of `message` (RFC 8032 §5.1.6). */
  sign(message: Uint8Array): Uint8Array;
}

/** What a private key is made of: random bytes. */
export const SEED_BYTES = 32;

/**
 * Whether `signature` is that of `message` by `publicKey`: exactly docs/spec/signatures.md#ed25519. Both points are spelt
 * canonically and not of small order, S is below the order of the group, and [S]B = R + [k]A.
 */
export function verifyEd25519(options: {
  readonly publicKey: Uint8Array;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}): boolean {
  const { publicKey, message, signature } = options;
  return isVerifiable(publicKey, signature) && ed25519Verify(publicKey, message, signature);
}

/** Signs with the private key that `seed`, 32 random bytes, stands for. */
export function createSigner(seed: Uint8Array): Signer {
  assert(seed.length === SEED_BYTES, 'a seed has 32 bytes');
  // A copy: what the caller does to its own afterwards must not change who signs.
  const own = seed.slice();
  return { author: didOfKey(ed25519PublicKey(own)), sign: (message) => ed25519Sign(own, message) };
}
