import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { STONE_HEIGHT, STONE_WIDTH, stoneFill, stonePath } from './stone.ts';

const SETTINGS = { seed: 20261122, numRuns: 500 };
const hashes = fc.stringMatching(/^[0-9a-f]{64}$/);

describe('a stone', () => {
  it('is always the same for a hash, and nearly never for two', () => {
    fc.assert(
      fc.property(hashes, hashes, (one, other) => {
        assert.equal(stonePath(one), stonePath(one));
        fc.pre(one.slice(-11) !== other.slice(-11));
        assert.notEqual(stonePath(one), stonePath(other));
      }),
      SETTINGS,
    );
  });

  it('lies within its frame, whatever the hash', () => {
    fc.assert(
      fc.property(fc.oneof(hashes, fc.string()), (hash) => {
        const numbers = [...stonePath(hash).matchAll(/-?[0-9.]+ -?[0-9.]+/g)].map(([pair]) =>
          pair.split(' ').map(Number),
        );
        for (const [x = Number.NaN, y = Number.NaN] of numbers) {
          assert.ok(x >= -3 && x <= STONE_WIDTH + 3, `${x}`);
          assert.ok(y >= -3 && y <= STONE_HEIGHT + 3, `${y}`);
        }
      }),
      SETTINGS,
    );
  });

  it('is filled by what its block holds, whichever limit is nearer', () => {
    assert.equal(stoneFill({ entries: 0, size_bytes: 0 }), 0);
    assert.equal(stoneFill({ entries: 512, size_bytes: 100 }), 0.5);
    assert.equal(stoneFill({ entries: 1, size_bytes: 2 ** 17 }), 0.5);
    assert.equal(stoneFill({ entries: 4_096, size_bytes: 2 ** 30 }), 1);
  });
});
