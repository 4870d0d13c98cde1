/** The search for a nonce as machine code of x86-64, written without a compiler: which one, for which processor. */
import { createShaNiSearch } from './sha-ni-search.ts';
import type { MachineSearch } from './x86-search-function.ts';
import { createVectorSearch, type VectorTarget } from './x86-vector-search.ts';

/** What a processor has to have: AVX-512 (its foundation, AVX512F), the SHA extensions (and SSE4.1), or AVX2. */
export type MachineTarget = VectorTarget | 'sha-ni';

/** Writes the search for processors that are `target`. The same code comes out every time. */
export function createMachineSearch(target: MachineTarget): MachineSearch {
  return target === 'sha-ni' ? createShaNiSearch() : createVectorSearch(target);
}
