/** `npm run bench -- <name> [--quick]`: runs one benchmark. Without a name, lists them. */

import { spawnSync } from 'node:child_process';
import { PACKING_FLAGS } from '../src/mining/process-miner.ts';
import { convergence } from './convergence.ts';
import { core } from './core.ts';
import { type Comparison, type ComparisonResult, compare, FULL_EFFORT, QUICK_EFFORT } from './harness.ts';
import { mining } from './mining.ts';
import { createReport, formatComparison, formatWaiting } from './report.ts';
import type { Waiting } from './waiting.ts';

interface Benchmark {
  readonly about: string;
  /** What Node has to be started with. */
  readonly nodeFlags?: readonly string[];
  /** Measures something, prints it, and gives back what goes into the report. */
  run(isQuick: boolean): Promise<readonly (ComparisonResult | Waiting)[]>;
}

const BENCHMARKS: ReadonlyMap<string, Benchmark> = new Map([
  [
    'core',
    {
      about: 'canonical JSON, hashing, validation, and appending through a node',
      run: (isQuick: boolean) => compareAll(core(isQuick), isQuick),
    },
  ],
  [
    'mining',
    {
      about: 'kernels and their peers, threads, and the whole miner',
      nodeFlags: PACKING_FLAGS,
      run: (isQuick: boolean) => compareAll(mining(isQuick), isQuick),
    },
  ],
  ['convergence', { about: 'how soon real nodes agree', run: (isQuick: boolean) => waitAll(convergence(isQuick)) }],
]);

const args = process.argv.slice(2);
const isQuick = args.includes('--quick');
const [name] = args.filter((arg) => arg !== '--quick');
const benchmark = BENCHMARKS.get(name ?? '');
if (name === undefined || benchmark === undefined) {
  if (name !== undefined) console.error(`There is no benchmark "${name}".`);
  console.log('Benchmarks, for `npm run bench -- <name>`; with --quick, only to see that they run:');
  for (const [known, { about }] of BENCHMARKS) console.log(`  ${known}  ${about}`);
  process.exitCode = name === undefined ? 0 : 2;
} else {
  const missing = (benchmark.nodeFlags ?? []).filter((flag) => !process.execArgv.includes(flag));
  if (missing.length === 0) await run(name, benchmark);
  else process.exitCode = runAgain(missing);
}

/** This very command, in a Node that has `flags` as well. */
function runAgain(flags: readonly string[]): number {
  const { status } = spawnSync(process.execPath, [...process.execArgv, ...flags, ...process.argv.slice(1)], {
    stdio: 'inherit',
  });
  return status ?? 1;
}

async function run(benchmarkName: string, { run: measure }: Benchmark): Promise<void> {
  const results = await measure(isQuick);
  console.log(JSON.stringify(createReport(benchmarkName, isQuick ? QUICK_EFFORT : FULL_EFFORT, results)));
}

async function compareAll(comparisons: AsyncIterable<Comparison>, quick: boolean): Promise<ComparisonResult[]> {
  const results: ComparisonResult[] = [];
  for await (const comparison of comparisons) {
    try {
      const result = await compare(comparison, quick ? QUICK_EFFORT : FULL_EFFORT);
      results.push(result);
      console.log(`${formatComparison(result)}\n`);
    } finally {
      await comparison.close?.();
    }
  }
  return results;
}

async function waitAll(waitings: AsyncIterable<Waiting>): Promise<Waiting[]> {
  const results: Waiting[] = [];
  for await (const waiting of waitings) {
    results.push(waiting);
    console.log(`${formatWaiting(waiting)}\n`);
  }
  return results;
}
