import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { HEADER_BYTES, NONCE_MAX } from '../core/header.ts';
import { TARGET_MAX } from '../core/target.ts';
import type { NonceRange, SearchKernel } from './kernel.ts';
import { KernelError } from './kernel-error.ts';
import { KERNELS } from './kernels.ts';
import { headerFrom, kernelHits, plainHits, targetToBytes } from './mining-job.fixture.ts';

// The miner's process has it on its command line. Before anything is compiled, it does the same here.
setFlagsFromString('--experimental-wasm-revectorize');

/** Where the nonce carries from one part of the header to another, where it begins and ends, and anywhere. */
const FIRST_NONCES = [
  0,
  77 * 2 ** 16 - 7,
  2 ** 32 - 2 ** 16 - 1,
  2 ** 32,
  77 * 2 ** 32 - 12_345,
  123_456_789_012_345,
  2 ** 48 - 99,
  NONCE_MAX - 2 ** 17 + 1,
];

/** 2^20 nonces in all, on headers that follow from their number alone. */
const RANGES: readonly NonceRange[] = FIRST_NONCES.map((firstNonce, i) => {
  const targetBytes = targetToBytes(TARGET_MAX >> BigInt(8 + (i % 4)));
  return { headerBytes: headerFrom(`header ${i}`), targetBytes, firstNonce, count: 2 ** 17 };
});

const tried = RANGES.reduce((sum, { count }) => sum + count, 0);
const expected = RANGES.map(plainHits);

test('there is something to find', () => {
  assert.ok(tried >= 2 ** 20);
  assert.ok(expected.every(({ length }) => length > 40));
});

for (const { name, load } of KERNELS) {
  test(`over ${tried} nonces, ${name} finds exactly those that hashing each header finds`, (t) => {
    const kernel = loadUnlessUnsupported(load);
    if (kernel instanceof KernelError) return t.skip(kernel.message);
    for (const [i, range] of RANGES.entries()) assert.deepEqual(kernelHits(kernel, range), expected[i]);
  });

  test(`over ${2 ** 20} nonces, ${name} finds none for the target 1`, (t) => {
    const kernel = loadUnlessUnsupported(load);
    if (kernel instanceof KernelError) return t.skip(kernel.message);
    const targetBytes = targetToBytes(1n);
    const headerBytes = new Uint8Array(HEADER_BYTES).fill(0xff);
    assert.equal(kernel.search({ headerBytes, targetBytes, firstNonce: 2 ** 32 - 2 ** 19, count: 2 ** 20 }), undefined);
  });
}

/** Anything but a platform or a processor that lacks what it takes is a failure. */
function loadUnlessUnsupported(load: () => SearchKernel): SearchKernel | KernelError {
  try {
    return load();
  } catch (error) {
    if (error instanceof KernelError && error.code.endsWith('-unsupported')) return error;
    throw error;
  }
}
