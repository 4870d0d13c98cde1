/** Search kernels of machine code: they use all the width that a processor has. */
import { createMachineSearch, type MachineTarget } from '../codegen/x86-search.ts';
import { MACHINE_SEARCH_LAYOUT } from '../codegen/x86-search-function.ts';
import type { SearchKernel } from './kernel.ts';
import { createLaneKernel } from './lane-kernel.ts';
import type { LaneSearch } from './lane-search.ts';
import { loadMachineCode } from './machine-code.ts';
import { requirePlatform, requireProcessorFeatures } from './machine-support.ts';

/**
 * Writes the search for processors that are `target`, and loads it into this thread.
 *
 * Throws a `KernelError` where that cannot be done: `platform-unsupported`, `processor-unsupported`, `not-permitted` or
 * `load-failed`.
 */
export function loadMachineKernel(target: MachineTarget): SearchKernel {
  requirePlatform();
  requireProcessorFeatures(FEATURES[target]);
  const { code, lanes, table } = createMachineSearch(target);
  const memory = new Uint32Array(MACHINE_SEARCH_LAYOUT.table + table.length);
  const run = loadMachineCode({ code, memoryWords: memory.length });
  const search: LaneSearch = {
    lanes,
    table: memory.subarray(MACHINE_SEARCH_LAYOUT.table),
    search: (nonceWord, groups, threshold) => {
      memory[MACHINE_SEARCH_LAYOUT.nonceWord] = nonceWord;
      memory[MACHINE_SEARCH_LAYOUT.groups] = groups;
      memory[MACHINE_SEARCH_LAYOUT.threshold] = threshold;
      run(memory);
      return memory[MACHINE_SEARCH_LAYOUT.passed] ?? groups;
    },
  };
  return createLaneKernel({ name: target, table, code: search });
}

/** What a processor has to have, by the names that Linux gives it. */
const FEATURES: Readonly<Record<MachineTarget, readonly string[]>> = {
  avx512: ['avx512f'],
  'sha-ni': ['sha_ni', 'sse4_1', 'ssse3'],
  avx2: ['avx2'],
};
