/** The host functions of `src/core/host.d.ts` wherever JavaScript runs, a page without a secure context included. */
import { sha256 } from '@noble/hashes/sha2.js';
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
