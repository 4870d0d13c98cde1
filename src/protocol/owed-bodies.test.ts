import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Hash } from '../core/hash.ts';
import { OwedBodies } from './owed-bodies.ts';

test('due is the one that was asked for first of those that are owed, whatever comes in which order', () => {
  const step = fc.record({ isAsked: fc.boolean(), digit: fc.integer({ min: 0, max: 7 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const owed = new OwedBodies();
      let expected: Hash[] = [];
      for (const { isAsked, digit } of steps) {
        const hash = String(digit).repeat(64) as Hash;
        if (isAsked) {
          owed.add(hash);
          if (!expected.includes(hash)) expected.push(hash);
        } else {
          owed.delete(hash);
          expected = expected.filter((other) => other !== hash);
        }
        assert.deepEqual([...owed], expected);
        assert.equal(owed.size, expected.length);
        for (const other of expected) assert.equal(owed.isDue(other), other === expected[0]);
        assert.equal(owed.has(hash), isAsked);
        assert.equal(owed.isDue(hash), isAsked && expected[0] === hash);
      }
    }),
    { seed: 20261122, numRuns: 200 },
  );
});
