/** `scale`: every operation of a node on a million blocks and on a million entries, beside what users would pick instead. */
import { type Comparison, type ComparisonResult, compare, type Effort, FULL_EFFORT, QUICK_EFFORT } from './harness.ts';
import type { Measurement } from './measurement.ts';
import { appendEntries } from './scale/append-benchmark.ts';
import { BenchWorld } from './scale/bench-world.ts';
import { headers } from './scale/header-benchmark.ts';
import { minedBlock } from './scale/mined-block-benchmark.ts';
import { relay } from './scale/relay-benchmark.ts';
import { disk, lookups, open } from './scale/store-benchmarks.ts';
import { syncBlocks, syncEntries } from './scale/sync-benchmark.ts';
import { validate } from './scale/validate-benchmark.ts';

/** In the order in which they run. The first that wants a chain finds it in `bench/.cache`, or builds it. */
const PARTS: ReadonlyMap<string, Part> = new Map<string, Part>([
  ['headers', headers],
  ['open', open],
  ['lookups', lookups],
  ['disk', disk],
  ['mined-block', minedBlock],
  ['sync-entries', syncEntries],
  ['sync-blocks', syncBlocks],
  ['append', appendEntries],
  ['validate', validate],
  ['relay', relay],
]);

type Part = (world: BenchWorld, effort: Effort) => Promise<Measurement | Comparison>;

export const SCALE_PARTS: readonly string[] = [...PARTS.keys()];

/** Measures the parts named, all if none is. */
export async function* scale(options: {
  readonly isQuick: boolean;
  /** Whether what others have made is measured as well. It has to be installed for that. */
  readonly wantsPeers: boolean;
  readonly parts: readonly string[];
}): AsyncGenerator<Measurement | ComparisonResult> {
  const world = new BenchWorld(options);
  const effort = options.isQuick ? QUICK_EFFORT : FULL_EFFORT;
  try {
    for (const [name, measure] of PARTS) {
      if (options.parts.length > 0 && !options.parts.includes(name)) continue;
      const measured = await measure(world, effort);
      yield 'figures' in measured ? measured : await compare(measured, effort);
    }
  } finally {
    world.close();
  }
}
