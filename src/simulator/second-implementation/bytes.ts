/** Numbers and hex as bytes, big-endian, and SHA-256 over them (docs/spec/README.md#notation). */
import { hash } from 'node:crypto';

export function uint(value: bigint, sizeBytes: number): Buffer {
  return fromHex(value.toString(16).padStart(2 * sizeBytes, '0'));
}

export function fromHex(hex: string): Buffer {
  return Buffer.from(hex, 'hex');
}

export function sha256(...parts: readonly Buffer[]): string {
  return hash('sha256', Buffer.concat(parts), 'hex');
}
