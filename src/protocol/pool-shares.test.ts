import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PoolShares } from './pool-shares.ts';

const entry = (sizeBytes: number, ...owners: readonly string[]) => ({ owners, sizeBytes });

test('a share is exceeded by number or by bytes, by several entries together, and for each of their owners', () => {
  const shares = new PoolShares<string>(3, 100);
  shares.take(['a'], 60);
  assert.equal(shares.exceededBy([entry(40, 'a')]), undefined);
  assert.equal(shares.exceededBy([entry(41, 'a')]), 'a');
  assert.equal(shares.exceededBy([entry(1, 'a'), entry(1, 'a')]), undefined);
  assert.equal(shares.exceededBy([entry(1, 'a'), entry(1, 'a'), entry(1, 'a')]), 'a');
  assert.equal(shares.exceededBy([entry(50, 'b', 'a')]), 'a');
  assert.equal(shares.exceededBy([entry(100, 'b')]), undefined);
  assert.equal(shares.exceededBy([entry(1_000), entry(1_000)]), undefined, 'what nobody owns');
});

test('asking takes nothing, and what leaves the pool is free again', () => {
  const shares = new PoolShares<string>(1, 100);
  assert.equal(shares.exceededBy([entry(100, 'a')]), undefined);
  shares.take(['a', 'b'], 100);
  assert.equal(shares.exceededBy([entry(1, 'b')]), 'b');
  shares.giveBack(['a', 'b'], 100);
  for (const owner of ['a', 'b']) assert.equal(shares.exceededBy([entry(100, owner)]), undefined);
});
