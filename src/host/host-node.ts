/**
 * The host functions of `src/core/host.d.ts` on Node.
 *
 * `crypto.hash` to a string is about twice as fast as to a Buffer for short inputs (Node 24), hence the detours
 * over hex and binary (latin1) text.
 */
import { isUtf8 } from 'node:buffer';
import { hash } from 'node:crypto';
import { createSha256Each } from './sha256-each.ts';

/** A Buffer over the same memory, for Buffer's native string writers. */
function view(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function sha256Hex(data: Uint8Array): string {
  return hash('sha256', data, 'hex');
}

/** Of one message, into the 32 bytes of `out` that begin at `offset`. */
function sha256Into(data: Uint8Array, out: Uint8Array, offset: number): void {
  const digest = hash('sha256', data, 'binary');
  // By a loop: to make a Buffer for 32 bytes takes longer than to copy them.
  for (let i = 0; i < 32; i++) out[offset + i] = digest.charCodeAt(i);
}

export const sha256Each = createSha256Each(sha256Into);

export function encodeUtf8(text: string): Uint8Array {
  return Buffer.from(text, 'utf8');
}

export function decodeUtf8(bytes: Uint8Array): string | undefined {
  return isUtf8(bytes) ? view(bytes).toString('utf8') : undefined;
}

export function bytesToHex(bytes: Uint8Array): string {
  return view(bytes).toString('hex');
}

export function hexInto(hex: string, out: Uint8Array, offset: number): void {
  // By way of Node's pool: to make a Buffer over `out` takes three times as long.
  out.set(Buffer.from(hex, 'hex'), offset);
}
