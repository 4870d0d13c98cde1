/** The host functions of `src/core/host.d.ts` wherever JavaScript runs, a page without a secure context included. */
import { ed25519 } from '@noble/curves/ed25519.js';
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import { hexToBytes, bytesToHex as nobleBytesToHex } from '@noble/hashes/utils.js';
import { createSha256Each } from './sha256-each.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function sha256Hex(data: Uint8Array): string {
  return nobleBytesToHex(sha256(data));
}

function sha256Into(data: Uint8Array, out: Uint8Array, offset: number): void {
  out.set(sha256(data), offset);
}

export const sha256Each = createSha256Each(sha256Into);

export function encodeUtf8(text: string): Uint8Array {
  return encoder.encode(text);
}

export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

export function bytesToHex(bytes: Uint8Array): string {
  return nobleBytesToHex(bytes);
}

export function hexInto(hex: string, out: Uint8Array, offset: number): void {
  out.set(hexToBytes(hex), offset);
}

/** By points and not by the library's own `verify`, which multiplies by the cofactor and so lets in what others do not. */
export function ed25519Verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const { Fn } = ed25519.Point;
  const keyPoint = pointOf(publicKey);
  if (keyPoint === undefined) return false;
  const r = signature.subarray(0, 32);
  const k = Fn.create(littleEndian(sha512.create().update(r).update(publicKey).update(message).digest()));
  const s = littleEndian(signature.subarray(32));
  const expected = ed25519.Point.BASE.multiplyUnsafe(s).subtract(keyPoint.multiplyUnsafe(k)).toBytes();
  return expected.every((byte, i) => byte === r[i]);
}

export function ed25519Sign(seed: Uint8Array, message: Uint8Array): Uint8Array {
  return ed25519.sign(message, seed);
}

export function ed25519PublicKey(seed: Uint8Array): Uint8Array {
  return ed25519.getPublicKey(seed);
}

function pointOf(publicKey: Uint8Array): InstanceType<typeof ed25519.Point> | undefined {
  try {
    return ed25519.Point.fromBytes(publicKey);
  } catch {
    return undefined;
  }
}

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${nobleBytesToHex(bytes.slice().reverse())}`);
}
