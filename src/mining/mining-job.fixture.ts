/** Headers to mine, and what is to be found in them: by Node's hash, one header after the other. */
import { hash } from 'node:crypto';
import { HASH_BYTES } from '../core/hash.ts';
import { HEADER_BYTES, NONCE_OFFSET } from '../core/header.ts';
import type { NonceRange, SearchKernel } from './kernel.ts';
import type { MiningJob } from './miner.ts';

/** The bytes of a header, which follow from `seed`. */
export function headerFrom(seed: string): Uint8Array {
  const digest = hash('sha512', seed, 'buffer');
  return Uint8Array.from({ length: HEADER_BYTES }, (_, i) => digest[i % digest.length] ?? 0);
}

/** A job with a header of its own. */
export function jobOf(id: number, target: bigint): MiningJob {
  return { id, headerBytes: headerFrom(`job ${id}`), target };
}

/** As a kernel takes a target. */
export function targetToBytes(target: bigint): Uint8Array {
  return Uint8Array.from(Buffer.from(target.toString(16).padStart(2 * HASH_BYTES, '0'), 'hex'));
}

/** The hash of the header with `nonce` in it. */
export function plainHash(headerBytes: Uint8Array, nonce: number): bigint {
  const header = Buffer.from(headerBytes);
  header.writeBigUInt64BE(BigInt(nonce), NONCE_OFFSET);
  return BigInt(`0x${hash('sha256', header, 'hex')}`);
}

export function meetsTarget({ headerBytes, target }: MiningJob, nonce: number): boolean {
  return plainHash(headerBytes, nonce) <= target;
}

/** Every nonce of `range` that fits. */
export function plainHits({ headerBytes, targetBytes, firstNonce, count }: NonceRange): number[] {
  const target = BigInt(`0x${Buffer.from(targetBytes).toString('hex')}`);
  const nonces = Array.from({ length: count }, (_, i) => firstNonce + i);
  return nonces.filter((nonce) => plainHash(headerBytes, nonce) <= target);
}

/** Every nonce of `range` that `kernel` finds, by searching on from each. */
export function kernelHits(kernel: SearchKernel, range: NonceRange): number[] {
  const hits: number[] = [];
  for (let tried = 0; tried < range.count; ) {
    const hit = kernel.search({ ...range, firstNonce: range.firstNonce + tried, count: range.count - tried });
    if (hit === undefined) break;
    hits.push(hit);
    tried = hit - range.firstNonce + 1;
  }
  return hits;
}
