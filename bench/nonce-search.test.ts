import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compare, QUICK_EFFORT } from './harness.ts';
import { nonceSearch } from './nonce-search.ts';

test('a kernel that misses a nonce is found out before anything is measured', async () => {
  const kernel = { name: 'blind', search: () => undefined };
  const comparison = await nonceSearch([{ name: 'wasm-simd', kernel }], 1);
  await assert.rejects(compare(comparison, QUICK_EFFORT), /wasm-simd finds what createHash finds/);
});
