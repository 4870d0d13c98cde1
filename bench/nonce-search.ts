/** Mining without WebAssembly: the plain kernel, beside what one would write without thinking of speed. */
import { createHash } from 'node:crypto';
import { assert } from '../src/core/assert.ts';
import { HASH_BYTES } from '../src/core/hash.ts';
import { HEADER_BYTES, NONCE_OFFSET } from '../src/core/header.ts';
import { hashKernel } from '../src/mining/hash-kernel.ts';
import { type Comparison, repeated } from './harness.ts';

export function nonceSearch(count: number): Comparison {
  const headerBytes = new Uint8Array(HEADER_BYTES).fill(0x4c);
  const targetBytes = new Uint8Array(HASH_BYTES);
  return {
    name: `try ${count} nonces on a header`,
    unit: 'nonces',
    expectedPerSecond: 2_500_000,
    variants: [
      repeated(`the ${hashKernel.name} kernel`, count, () => {
        const found = hashKernel.search({ headerBytes, targetBytes, firstNonce: 0, count });
        assert(found === undefined, 'no hash is zero');
      }),
      repeated('createHash for every nonce', count, () => searchWithCreateHash(headerBytes, targetBytes, count), {
        expectedRatio: 3.5,
      }),
    ],
  };
}

function searchWithCreateHash(headerBytes: Uint8Array, targetBytes: Uint8Array, count: number): void {
  const header = Buffer.from(headerBytes);
  for (let nonce = 0; nonce < count; nonce++) {
    header.writeBigUInt64BE(BigInt(nonce), NONCE_OFFSET);
    const digest = createHash('sha256').update(header).digest();
    assert(digest.compare(targetBytes) > 0, 'no hash is zero');
  }
}
