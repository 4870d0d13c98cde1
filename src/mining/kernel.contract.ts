/** What every search kernel does, whatever it is made of. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { HEADER_BYTES, NONCE_MAX, NONCE_OFFSET } from '../core/header.ts';
import { TARGET_MAX } from '../core/target.ts';
import type { SearchKernel } from './kernel.ts';

/** Runs the suite on `kernel`. */
export function describeSearchKernel(kernel: SearchKernel): void {
  describe(`search kernel ${kernel.name}`, () => {
    test('over 2^16 nonces it finds exactly those that a plain loop finds', () => {
      const headerBytes = testHeader('sixteen bits');
      const target = TARGET_MAX >> 8n;
      const expected = hitsOfPlainLoop(headerBytes, target, 0, 2 ** 16);
      assert.ok(expected.length > 100, 'the target is easy enough to say something');
      assert.deepEqual(hitsOfKernel(kernel, headerBytes, target, 0, 2 ** 16), expected);
    });

    for (const high of [1, 2, 77, 2 ** 21 - 1]) {
      test(`the nonce carries into its high half at ${high} * 2^32`, () => {
        const firstNonce = high * 2 ** 32 - 512;
        const target = TARGET_MAX >> 4n;
        const expected = hitsOfPlainLoop(testHeader('wrap'), target, firstNonce, 1024);
        assert.ok(
          expected.some((nonce) => nonce >= high * 2 ** 32),
          'there are hits beyond the carry',
        );
        assert.deepEqual(hitsOfKernel(kernel, testHeader('wrap'), target, firstNonce, 1024), expected);
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
            const firstNonce = Math.min(start, NONCE_MAX - count + 1);
            assert.deepEqual(
              hitsOfKernel(kernel, headerBytes, target, firstNonce, count),
              hitsOfPlainLoop(headerBytes, target, firstNonce, count),
            );
          },
        ),
        { seed: 20261122, numRuns: 200 },
      );
    });

    test('a hash that equals the target meets it, and one above does not', () => {
      const headerBytes = testHeader('boundary');
      const hash = plainHash(headerBytes, 12_345);
      assert.equal(kernel.search(rangeOf(headerBytes, hash, 12_345, 1)), 12_345);
      assert.equal(kernel.search(rangeOf(headerBytes, hash - 1n, 12_345, 1)), undefined);
    });

    test('the target 1 is met by nothing', () => {
      assert.equal(kernel.search(rangeOf(testHeader('hard'), 1n, 0, 10_000)), undefined);
    });

    test('the largest target is met by the first nonce, up to the largest there is', () => {
      for (const firstNonce of [0, 1, 2 ** 32 - 1, 2 ** 32, NONCE_MAX]) {
        assert.equal(kernel.search(rangeOf(testHeader('easy'), TARGET_MAX, firstNonce, 1)), firstNonce);
      }
    });

    test('the nonce that stands in the header does not matter, and the header is left as it was', () => {
      const headerBytes = testHeader('untouched');
      const before = Uint8Array.from(headerBytes);
      const target = TARGET_MAX >> 8n;
      const found = kernel.search(rangeOf(headerBytes, target, 0, 100_000));
      assert.deepEqual(headerBytes, before);
      assert.equal(kernel.search(rangeOf(headerBytes.fill(0xff, NONCE_OFFSET), target, 0, 100_000)), found);
    });

    test('a header that is a view of larger memory is read from where the view begins', () => {
      const headerBytes = testHeader('view');
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

/** Every nonce of the range that meets the target, by searching on from each hit. */
function hitsOfKernel(
  kernel: SearchKernel,
  headerBytes: Uint8Array,
  target: bigint,
  firstNonce: number,
  count: number,
): number[] {
  const hits: number[] = [];
  let tried = 0;
  while (tried < count) {
    const nonce = kernel.search(rangeOf(headerBytes, target, firstNonce + tried, count - tried));
    if (nonce === undefined) break;
    hits.push(nonce);
    tried = nonce - firstNonce + 1;
  }
  return hits;
}

/** The same, one `createHash` after the other. */
function hitsOfPlainLoop(headerBytes: Uint8Array, target: bigint, firstNonce: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => firstNonce + i).filter(
    (nonce) => plainHash(headerBytes, nonce) <= target,
  );
}

function plainHash(headerBytes: Uint8Array, nonce: number): bigint {
  const header = Buffer.from(headerBytes);
  header.writeBigUInt64BE(BigInt(nonce), NONCE_OFFSET);
  return BigInt(`0x${createHash('sha256').update(header).digest('hex')}`);
}

function rangeOf(headerBytes: Uint8Array, target: bigint, firstNonce: number, count: number) {
  const targetBytes = Uint8Array.from(Buffer.from(target.toString(16).padStart(64, '0'), 'hex'));
  return { headerBytes, targetBytes, firstNonce, count };
}

/** 118 bytes that depend on `seed`. */
function testHeader(seed: string): Uint8Array {
  const digest = createHash('sha512').update(seed).digest();
  return Uint8Array.from({ length: HEADER_BYTES }, (_, i) => digest[i % digest.length] ?? 0);
}
