/** How the search is told of in `cairn status`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kernelLines } from './kernel-text.ts';

test('the kernel in use comes first, then the others, the fastest first, with what was refused and why', () => {
  const lines = kernelLines({
    kernel: 'avx512',
    threads: 2,
    duty_cycle: 1,
    trials: [
      { kernel: 'avx512', outcome: 'passed', hashes_per_second: 63_400_000 },
      { kernel: 'avx2', outcome: 'refused', code: 'not-permitted', reason: 'add-ons may not be loaded' },
      { kernel: 'wasm-simd', outcome: 'passed', hashes_per_second: 19_000_000 },
      { kernel: 'wasm-packed', outcome: 'passed', hashes_per_second: 38_000_000 },
      { kernel: 'node-crypto', outcome: 'skipped' },
    ],
  });
  assert.deepEqual(lines, [
    'avx512 on 2 threads',
    'a thread: avx512 63 MH/s, wasm-packed 38 MH/s, wasm-simd 19 MH/s; avx2 refused: add-ons may not be loaded (not-permitted)',
  ]);
});

test('a thread that rests is said to', () => {
  const trials = [{ kernel: 'node-crypto', outcome: 'skipped' }] as const;
  const [line, ...more] = kernelLines({ kernel: 'node-crypto', threads: 1, duty_cycle: 0.4, trials: [...trials] });
  assert.equal(line, 'node-crypto on 1 thread, 40 % of the time');
  assert.deepEqual(more, []);
});

test('before the choice there is nothing to tell', () => {
  assert.deepEqual(kernelLines({ kernel: null, threads: null, duty_cycle: null, trials: [] }), ['not chosen yet']);
});
