/** `mining`: how many nonces a second, by each kernel and by what it is held against, and through the whole miner. */
import { assertPresent } from '../src/core/assert.ts';
import { type Comparison, PROCESSOR_CLOCK, WALL_CLOCK } from './harness.ts';
import { PROCESS_MINER, THREADED_MINER } from './metered-miner.ts';
import { twoThreads, wholeMiner } from './miner-rate.ts';
import { loadKernels, nonceSearch } from './nonce-search.ts';

export async function* mining(isQuick: boolean): AsyncGenerator<Comparison> {
  const kernels = loadKernels();
  const fastest = assertPresent(kernels[0], 'one kernel works anywhere');
  yield await nonceSearch(kernels, isQuick ? 2 ** 10 : 2 ** 16);
  for (const kernel of kernels.filter(({ name }) => name === fastest.name || (name === 'wasm-simd' && !isQuick))) {
    yield twoThreads(kernel, PROCESSOR_CLOCK);
    if (!isQuick) yield twoThreads(kernel, WALL_CLOCK);
  }
  yield wholeMiner(fastest, { sort: THREADED_MINER, clock: PROCESSOR_CLOCK });
  if (!isQuick) yield wholeMiner(fastest, { sort: THREADED_MINER, clock: WALL_CLOCK });
  yield wholeMiner(fastest, { sort: PROCESS_MINER, clock: WALL_CLOCK });
}
