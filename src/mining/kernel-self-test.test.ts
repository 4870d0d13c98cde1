import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { hashKernel } from './hash-kernel.ts';
import type { NonceRange } from './kernel.ts';
import { KernelSelfTest } from './kernel-self-test.ts';

/** Always with the same header, so that what is found out once is found out always. */
const selfTest = new KernelSelfTest((length) =>
  Uint8Array.from(Buffer.concat([digest('a'), digest('b')]).subarray(0, length)),
);

function digest(seed: string): Buffer {
  return createHash('sha512').update(seed).digest();
}

test('a kernel that is right passes', () => {
  assert.equal(selfTest.findFault(hashKernel), undefined);
});

/** What can go wrong with a kernel, done to one that is right. */
const FAULTS: readonly { readonly name: string; readonly search: (range: NonceRange) => number | undefined }[] = [
  { name: 'finds nothing', search: () => undefined },
  { name: 'finds its first nonce always', search: (range) => range.firstNonce },
  { name: 'is one off', search: (range) => plusOne(hashKernel.search(range)) },
  { name: 'overlooks one lane of sixteen', search: (range) => skipping(range, (nonce) => nonce % 16 === 5) },
  { name: 'overlooks the last nonce of a range', search: (range) => skipping(range, (nonce) => nonce === last(range)) },
  {
    name: 'overlooks what lies beyond a carry of the lowest sixteen bits',
    search: (range) =>
      skipping(range, (nonce) => Math.floor(nonce / 2 ** 16) !== Math.floor(range.firstNonce / 2 ** 16)),
  },
  {
    name: 'knows only 32 bits of a nonce',
    search: (range) => {
      const found = hashKernel.search({ ...range, firstNonce: range.firstNonce % 2 ** 32 });
      return found === undefined ? undefined : found + range.firstNonce - (range.firstNonce % 2 ** 32);
    },
  },
  {
    name: 'takes a hash that is one too large',
    search: (range) => hashKernel.search({ ...range, targetBytes: shifted(range.targetBytes, 1n) }),
  },
  {
    name: 'leaves out a hash that equals the target',
    search: (range) => hashKernel.search({ ...range, targetBytes: shifted(range.targetBytes, -1n) }),
  },
  {
    name: 'compares first words with their sign',
    search: (range) => ((range.targetBytes[0] ?? 0) < 0x80 ? hashKernel.search(range) : undefined),
  },
  {
    name: 'judges by the first word alone',
    search: (range) => hashKernel.search({ ...range, targetBytes: range.targetBytes.slice().fill(0xff, 4) }),
  },
];

for (const { name, search } of FAULTS) {
  test(`a kernel that ${name} is found out`, () => {
    assert.match(selfTest.findFault({ name, search }) ?? 'it passed', /^from nonce \d+ on it found/);
  });
}

/** What a right kernel finds, but for nonces that are overlooked. */
function skipping(range: NonceRange, isOverlooked: (nonce: number) => boolean): number | undefined {
  for (let { firstNonce } = range; firstNonce <= last(range); ) {
    const found = hashKernel.search({ ...range, firstNonce, count: last(range) - firstNonce + 1 });
    if (found === undefined || !isOverlooked(found)) return found;
    firstNonce = found + 1;
  }
  return undefined;
}

function last({ firstNonce, count }: NonceRange): number {
  return firstNonce + count - 1;
}

function plusOne(nonce: number | undefined): number | undefined {
  return nonce === undefined ? undefined : nonce + 1;
}

function shifted(targetBytes: Uint8Array, by: bigint): Uint8Array {
  const target = BigInt(`0x${Buffer.from(targetBytes).toString('hex')}`) + by;
  return Buffer.from(target.toString(16).padStart(64, '0'), 'hex');
}
