/** What every search kernel does, whatever it is made of. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { HEADER_BYTES, NONCE_MAX, NONCE_OFFSET } from '../core/header.ts';
import { TARGET_MAX } from '../core/target.ts';
import type { NonceRange, SearchKernel } from './kernel.ts';
import { headerFrom, kernelHits, plainHash, plainHits, targetToBytes } from './mining-job.fixture.ts';

/** Runs the suite on `kernel`. */
export function describeSearchKernel(kernel: SearchKernel): void {
  describe(`search kernel ${kernel.name}`, () => {
    test('over 2^16 nonces it finds exactly those that a plain loop finds', () => {
      const range = rangeOf(headerFrom('sixteen bits'), TARGET_MAX >> 8n, 0, 2 ** 16);
      const expected = plainHits(range);
      assert.ok(expected.length > 100, 'the target is easy enough to say something');
      assert.deepEqual(kernelHits(kernel, range), expected);
    });

    for (const high of [1, 2, 77, 2 ** 21 - 1]) {
      test(`the nonce carries into its high half at ${high} * 2^32`, () => {
        const range = rangeOf(headerFrom('wrap'), TARGET_MAX >> 4n, high * 2 ** 32 - 512, 1024);
        const expected = plainHits(range);
        assert.ok(
          expected.some((nonce) => nonce >= high * 2 ** 32),
          'there are hits beyond the carry',
        );
        assert.deepEqual(kernelHits(kernel, range), expected);
      });
    }

    test('it agrees with a plain loop on any header, target and range', () => {
      fc.assert(
        fc.property(
          fc.uint8Array({ minLength: HEADER_BYTES, maxLength: HEADER_BYTES }),
          fc.bigInt({ min: TARGET_MAX >> 8n, max: TARGET_MAX >> 2n }),
          fc.oneof(fc.nat({ max: 2 ** 31 - 1 }), fc.integer({ min: 2 ** 32 - 70, max: 2 ** 32 + 5 }), fc.maxSafeNat()),
          fc.integer({ min: 1, max: 70 }),
          (headerBytes, target, start, count) => {
            const range = rangeOf(headerBytes, target, Math.min(start, NONCE_MAX - count + 1), count);
            assert.deepEqual(kernelHits(kernel, range), plainHits(range));
          },
        ),
        { seed: 20261122, numRuns: 200 },
      );
    });

    test('a hash that equals the target meets it, and one above does not', () => {
      const headerBytes = headerFrom('boundary');
      const hash = plainHash(headerBytes, 12_345);
      assert.equal(kernel.search(rangeOf(headerBytes, hash, 12_345, 1)), 12_345);
      assert.equal(kernel.search(rangeOf(headerBytes, hash - 1n, 12_345, 1)), undefined);
    });

    test('the target 1 is met by nothing', () => {
      assert.equal(kernel.search(rangeOf(headerFrom('hard'), 1n, 0, 10_000)), undefined);
    });

    test('the largest target is met by the first nonce, up to the largest there is', () => {
      for (const firstNonce of [0, 1, 2 ** 32 - 1, 2 ** 32, NONCE_MAX]) {
        assert.equal(kernel.search(rangeOf(headerFrom('easy'), TARGET_MAX, firstNonce, 1)), firstNonce);
      }
    });

    test('the nonce that stands in the header does not matter, and the header is left as it was', () => {
      const headerBytes = headerFrom('untouched');
      const before = Uint8Array.from(headerBytes);
      const target = TARGET_MAX >> 8n;
      const found = kernel.search(rangeOf(headerBytes, target, 0, 100_000));
      assert.deepEqual(headerBytes, before);
      assert.equal(kernel.search(rangeOf(headerBytes.fill(0xff, NONCE_OFFSET), target, 0, 100_000)), found);
    });

    test('a header that differs in one byte is another, and so is a target', () => {
      const range = rangeOf(headerFrom('one byte'), TARGET_MAX >> 5n, 0, 100);
      for (const offset of [0, 1, 63, 64, 80, NONCE_OFFSET - 1]) {
        kernel.search(range);
        const headerBytes = range.headerBytes.with(offset, (range.headerBytes[offset] ?? 0) ^ 1);
        assert.deepEqual(
          kernelHits(kernel, { ...range, headerBytes }),
          plainHits({ ...range, headerBytes }),
          `${offset}`,
        );
      }
      const [hit = 0] = plainHits(range);
      const hash = plainHash(range.headerBytes, hit);
      assert.equal(kernel.search(rangeOf(range.headerBytes, hash, hit, 1)), hit);
      assert.equal(kernel.search(rangeOf(range.headerBytes, hash - 1n, hit, 1)), undefined);
    });

    test('a header that is a view of larger memory is read from where the view begins', () => {
      const headerBytes = headerFrom('view');
      const memory = new Uint8Array(HEADER_BYTES + 13).fill(0xee);
      memory.set(headerBytes, 5);
      const target = TARGET_MAX >> 6n;
      assert.equal(
        kernel.search(rangeOf(memory.subarray(5, 5 + HEADER_BYTES), target, 0, 10_000)),
        kernel.search(rangeOf(headerBytes, target, 0, 10_000)),
      );
    });
  });
}

function rangeOf(headerBytes: Uint8Array, target: bigint, firstNonce: number, count: number): NonceRange {
  return { headerBytes, targetBytes: targetToBytes(target), firstNonce, count };
}
