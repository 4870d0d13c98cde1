/** `npm run bench -- <name> [--quick]`: runs one benchmark. Without a name, lists them. */
import { core } from './core.ts';
import { type Comparison, type ComparisonResult, compare, FULL_EFFORT, QUICK_EFFORT } from './harness.ts';
import { createReport, formatComparison } from './report.ts';

type Benchmark = (isQuick: boolean) => AsyncIterable<Comparison>;

const BENCHMARKS: ReadonlyMap<string, { readonly about: string; readonly run: Benchmark }> = new Map([
  ['core', { about: 'canonical JSON, hashing, validation, plain mining, and appending through a node', run: core }],
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
  await run(name, benchmark.run);
}

async function run(benchmarkName: string, comparisons: Benchmark): Promise<void> {
  const effort = isQuick ? QUICK_EFFORT : FULL_EFFORT;
  const results: ComparisonResult[] = [];
  for await (const comparison of comparisons(isQuick)) {
    try {
      const result = await compare(comparison, effort);
      results.push(result);
      console.log(`${formatComparison(result)}\n`);
    } finally {
      await comparison.close?.();
    }
  }
  console.log(JSON.stringify(createReport(benchmarkName, effort, results)));
}
