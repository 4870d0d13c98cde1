import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { NONCE_MAX } from '../core/header.ts';
import { partitionNonces } from './nonce-partition.ts';

test('every nonce is in exactly one part', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.nat({ max: 300 }), fc.maxSafeNat(), fc.constant(NONCE_MAX + 1)),
      fc.integer({ min: 1, max: 64 }),
      (nonceCount, threads) => {
        const parts = partitionNonces(nonceCount, threads);
        assert.equal(parts.length, threads);
        let next = 0;
        for (const part of parts) {
          assert.equal(part.firstNonce, next);
          assert.ok(part.count >= 0);
          next += part.count;
        }
        assert.equal(next, nonceCount);
      },
    ),
    { seed: 20261122, numRuns: 500 },
  );
});

test('the largest nonce is in the last part', () => {
  const last = partitionNonces(NONCE_MAX + 1, 3).at(-1);
  assert.ok(last !== undefined);
  assert.equal(last.firstNonce + (last.count - 1), NONCE_MAX);
});
