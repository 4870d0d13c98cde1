/**
 * SHA-256 hashes.
 *
 * A hash is 32 bytes, read as a big-endian number, and written as 64 lower-case hex digits in byte order. In memory
 * it is that text: two equal hashes are `===`, and the order of the texts is the order of the numbers.
 */
import { bytesToHex, hexInto, sha256Hex } from '#host';

declare const hashBrand: unique symbol;

/** 64 lower-case hex digits. */
export type Hash = string & { readonly [hashBrand]: true };

export const HASH_BYTES = 32;

/** 32 zero bytes: what stands before the genesis block. */
export const ZERO_HASH = '0'.repeat(64) as Hash;

/** The SHA-256 of `data`. */
export function hashBytes(data: Uint8Array): Hash {
  return sha256Hex(data) as Hash;
}

/** `text` as a hash, if it is exactly 64 lower-case hex digits. */
export function parseHash(text: string): Hash | undefined {
  return HASH_TEXT.test(text) ? (text as Hash) : undefined;
}

/** The 32 bytes of `hash`. */
export function hashToBytes(hash: Hash): Uint8Array {
  const bytes = new Uint8Array(HASH_BYTES);
  hexInto(hash, bytes, 0);
  return bytes;
}

/** The hashes whose 32 bytes stand one after the other in `bytes`. */
export function hashesIn(bytes: Uint8Array): Hash[] {
  const hashes: Hash[] = [];
  // Cut from the text of a few at a time: a call for each takes three times as long, and of a text for all nothing could
  // be given back to memory as long as one of them is in use.
  for (let start = 0; start < bytes.length; start += CUT_FROM_ONE_TEXT * HASH_BYTES) {
    const text = bytesToHex(bytes.subarray(start, start + CUT_FROM_ONE_TEXT * HASH_BYTES));
    for (let at = 0; at < text.length; at += 2 * HASH_BYTES) hashes.push(text.slice(at, at + 2 * HASH_BYTES) as Hash);
  }
  return hashes;
}

/** `hash` read as a big-endian number. */
export function hashToNumber(hash: Hash): bigint {
  return BigInt(`0x${hash}`);
}

const CUT_FROM_ONE_TEXT = 16;
const HASH_TEXT = /^[0-9a-f]{64}$/;
