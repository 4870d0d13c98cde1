import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Hash, hashBytes } from '../core/hash.ts';
import { RecentSet } from './recent-set.ts';

const HASHES: readonly Hash[] = Array.from({ length: 8 }, (_, i) => hashBytes(Uint8Array.of(i)));
const [a, b, c, d] = HASHES as [Hash, Hash, Hash, Hash];

test('the latest are there, and the oldest makes way for one that comes', () => {
  const recent = new RecentSet(3);
  for (const hash of [a, b, c, b, d]) recent.add(hash);
  assert.deepEqual(membersOf(recent), [b, c, d]);
});

test('what was deleted and has come again is as young as it is', () => {
  const recent = new RecentSet(3);
  for (const hash of [a, b]) recent.add(hash);
  recent.delete(a);
  for (const hash of [a, c]) recent.add(hash);
  assert.deepEqual(membersOf(recent), [a, b, c], 'the place of the first coming was taken, not the second');
  recent.add(d);
  assert.deepEqual(membersOf(recent), [a, c, d]);
});

test('there are never more than the maximum, and what was added last is there', () => {
  const step = fc.record({ kind: fc.constantFrom('add', 'add', 'delete'), hash: fc.constantFrom(...HASHES) });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), fc.array(step, { maxLength: 60 }), (max, steps) => {
      const recent = new RecentSet(max);
      for (const { kind, hash } of steps) {
        if (kind === 'add') recent.add(hash);
        else recent.delete(hash);
        assert.equal(recent.has(hash), kind === 'add');
        assert.ok(membersOf(recent).length <= max);
      }
    }),
    { seed: 20261122, numRuns: 500 },
  );
});

function membersOf(recent: RecentSet): Hash[] {
  return HASHES.filter((hash) => recent.has(hash));
}
