import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMachineSearch } from './x86-search.ts';

/** That the code is right is shown where it can be run: `src/mining/machine-kernel.test.ts`. */
for (const [target, lanes] of [
  ['avx512', 16],
  ['sha-ni', 4],
  ['avx2', 8],
] as const) {
  test(`the search for ${target} is the same every time, and hashes ${lanes} nonces at once`, () => {
    const [search, again] = [createMachineSearch(target), createMachineSearch(target)];
    assert.deepEqual(search.code, again.code);
    assert.equal(search.lanes, lanes);
  });
}
