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

for (const target of ['avx512', 'sha-ni', 'avx2'] as const) {
  test(`the search for ${target} has a frame of less than a page`, () => {
    const code = Buffer.from(createMachineSearch(target).code);
    // mov rdx, rsp; sub rsp, imm32
    assert.equal(code.subarray(0, 6).toString('hex'), '4889e24881ec');
    assert.ok(code.readUInt32LE(6) < 4000, `${code.readUInt32LE(6)}`);
  });
}

for (const target of ['avx512', 'avx2'] as const) {
  test(`the search for ${target} leaves the upper halves of vectors clean`, () => {
    const code = Buffer.from(createMachineSearch(target).code);
    // vzeroupper; ret
    assert.ok(code.includes(Buffer.from('c5f877c3', 'hex')));
  });
}
