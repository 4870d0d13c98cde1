import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { NONCE_MAX } from '../core/header.ts';
import { NONCE_COUNT, nextRun, ringFrom } from './nonce-ring.ts';

test('every nonce is in exactly one run, in order from the first one on', () => {
  fc.assert(
    fc.property(ringsOf(300), fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1 }), (ring, countsMax) => {
      const nonces: number[] = [];
      for (let i = 0; ; i++) {
        const countMax = countsMax[i % countsMax.length] ?? 1;
        const run = nextRun(ring, nonces.length, countMax);
        if (run === undefined) break;
        assert.ok(run.count >= 1 && run.count <= countMax);
        for (let j = 0; j < run.count; j++) nonces.push(run.firstNonce + j);
      }
      assert.deepEqual(
        nonces,
        Array.from({ length: ring.nonceCount }, (_, i) => (ring.firstNonce + i) % ring.nonceCount),
      );
    }),
    { seed: 20261122, numRuns: 300 },
  );
});

test('a run ends at the largest nonce there is, and the next begins at 0', () => {
  const ring = { firstNonce: NONCE_MAX - 9, nonceCount: NONCE_COUNT };
  assert.deepEqual(nextRun(ring, 0, 256), { firstNonce: NONCE_MAX - 9, count: 10 });
  assert.deepEqual(nextRun(ring, 9, 256), { firstNonce: NONCE_MAX, count: 1 });
  assert.deepEqual(nextRun(ring, 10, 256), { firstNonce: 0, count: 256 });
});

test('the last of all nonces is the one before the first', () => {
  const ring = { firstNonce: NONCE_MAX, nonceCount: NONCE_COUNT };
  assert.deepEqual(nextRun(ring, NONCE_COUNT - 1, 256), { firstNonce: NONCE_MAX - 1, count: 1 });
  assert.equal(nextRun(ring, NONCE_COUNT, 256), undefined);
});

test('a ring goes on with the nonce that would have come next', () => {
  fc.assert(
    fc.property(ringsOf(NONCE_COUNT), fc.maxSafeNat(), (ring, number) => {
      const taken = number % ring.nonceCount;
      const further = ringFrom(ring, taken);
      assert.equal(further.nonceCount, ring.nonceCount);
      assert.equal(BigInt(further.firstNonce), (BigInt(ring.firstNonce) + BigInt(taken)) % BigInt(ring.nonceCount));
    }),
    { seed: 20261122, numRuns: 300 },
  );
});

test('a ring whose nonces are all taken begins where it began', () => {
  assert.deepEqual(ringFrom({ firstNonce: 3, nonceCount: 5 }, 5), { firstNonce: 3, nonceCount: 5 });
});

function ringsOf(nonceCountMax: number) {
  return fc
    .tuple(fc.integer({ min: 1, max: Math.min(nonceCountMax, NONCE_MAX) }), fc.maxSafeNat())
    .map(([nonceCount, number]) => ({ firstNonce: number % nonceCount, nonceCount }));
}
