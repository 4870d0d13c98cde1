/**
 * The host functions of `src/core/host.d.ts` on Node.
 *
 * `crypto.hash` to a string is about twice as fast as to a Buffer for short inputs (Node 24), hence the detours
 * over hex and latin1.
 */
import { isUtf8 } from 'node:buffer';
import { hash } from 'node:crypto';

/** A Buffer over the same memory, for Buffer's native string writers. */
function view(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function sha256Hex(data: Uint8Array): string {
  return hash('sha256', data, 'hex');
}

export function sha256Into(data: Uint8Array, out: Uint8Array, offset: number): void {
  view(out).latin1Write(hash('sha256', data, 'latin1'), offset, 32);
}

export function encodeUtf8(text: string): Uint8Array {
  return Buffer.from(text, 'utf8');
}

export function decodeUtf8(bytes: Uint8Array): string | undefined {
  return isUtf8(bytes) ? view(bytes).utf8Slice(0, bytes.length) : undefined;
}

export function bytesToHex(bytes: Uint8Array): string {
  return view(bytes).hexSlice(0, bytes.length);
}

export function hexInto(hex: string, out: Uint8Array, offset: number): void {
  view(out).hexWrite(hex, offset, hex.length / 2);
}
