/**
 * `npm run bench -- <name> [part]... [--quick] [--no-peers]`: runs one benchmark, or the parts of it that are named. Without a
 * name, lists them. With `BENCH_PROFILES=FOLDER`, the nodes of `scale` and of appending leave their profiles there.
 */

import { spawnSync } from 'node:child_process';
import { PACKING_FLAGS } from '../src/mining/process-miner.ts';
import { HEAP_FLAGS } from '../src/node/heap-flags.ts';
import { convergence } from './convergence.ts';
import { core } from './core.ts';
import { EXPLORER_PARTS, explorer } from './explorer.ts';
import { type Comparison, type ComparisonResult, compare, FULL_EFFORT, QUICK_EFFORT } from './harness.ts';
import { http } from './http.ts';
import { light } from './light.ts';
import { formatMeasurement, type Measurement } from './measurement.ts';
import { mining } from './mining.ts';
import { RECORDS_PARTS, recordQueries } from './record-queries.ts';
import { createReport, formatComparison, formatWaiting } from './report.ts';
import { SCALE_PARTS, scale } from './scale.ts';
import { storage } from './storage.ts';
import { streams } from './streams.ts';
import type { Waiting } from './waiting.ts';

interface Benchmark {
  readonly about: string;
  /** What Node has to be started with. */
  readonly nodeFlags?: readonly string[];
  /** What can be asked for by itself. */
  readonly parts?: readonly string[];
  /** Measures something, prints it, and gives back what goes into the report. */
  run(choice: Choice): Promise<readonly (ComparisonResult | Waiting | Measurement)[]>;
}

/** What was asked for. */
interface Choice {
  readonly isQuick: boolean;
  /** Whether what others have made, and has to be installed first, is measured beside. */
  readonly wantsPeers: boolean;
  /** None: all. */
  readonly parts: readonly string[];
}

const BENCHMARKS: ReadonlyMap<string, Benchmark> = new Map([
  [
    'core',
    {
      about: 'canonical JSON, hashing, validation, and appending through a node',
      run: ({ isQuick }: Choice) => compareAll(core(isQuick), isQuick),
    },
  ],
  [
    'mining',
    {
      about: 'kernels and their peers, threads, and the whole miner',
      nodeFlags: PACKING_FLAGS,
      run: ({ isQuick }: Choice) => compareAll(mining(isQuick), isQuick),
    },
  ],
  [
    'convergence',
    { about: 'how soon real nodes agree', run: ({ isQuick }: Choice) => tellAll(convergence(isQuick), formatWaiting) },
  ],
  [
    'scale',
    {
      about: 'every operation on a million blocks, beside what users would pick instead',
      parts: SCALE_PARTS,
      run: (choice: Choice) =>
        tellAll(scale(choice), (result) =>
          'figures' in result ? formatMeasurement(result) : formatComparison(result),
        ),
    },
  ],
  [
    'explorer',
    {
      about: 'what a visitor waits for, in a real browser',
      parts: EXPLORER_PARTS,
      run: (choice: Choice) => tellAll(explorer(choice), formatMeasurement),
    },
  ],
  [
    'light',
    {
      about: 'showing a chain to who has none of it: proofs of a thousand to a million blocks',
      run: (choice: Choice) => tellAll(light(choice), formatMeasurement),
    },
  ],
  [
    'http',
    {
      about: 'entries over HTTP at 64 connections, beside a service with a plain table',
      run: (choice: Choice) => tellAll(http(choice), formatMeasurement),
    },
  ],
  [
    'records',
    {
      about: 'a table of records beside the chain: what it costs to append, and how soon it answers',
      // Whoever measures has appended a million entries, too, and would wait for itself.
      nodeFlags: HEAP_FLAGS,
      parts: RECORDS_PARTS,
      run: (choice: Choice) => tellAll(recordQueries(choice), formatMeasurement),
    },
  ],
  [
    'streams',
    {
      about: 'a consumer who was away catches up on the records of a node: with the probe, over HTTP, and proving each',
      run: (choice: Choice) => tellAll(streams(choice), formatMeasurement),
    },
  ],
  [
    'storage',
    {
      about: 'engines that could keep the blocks, each doing what a store does',
      run: (choice: Choice) => tellAll(storage(choice), formatMeasurement),
    },
  ],
]);

const FLAGS = ['--quick', '--no-peers'];
const args = process.argv.slice(2);
const isQuick = args.includes('--quick');
const wantsPeers = !isQuick && !args.includes('--no-peers');
const [name, ...parts] = args.filter((arg) => !arg.startsWith('--'));
const benchmark = BENCHMARKS.get(name ?? '');
const strangers = [
  ...parts.filter((part) => benchmark?.parts?.includes(part) !== true),
  ...args.filter((arg) => arg.startsWith('--') && !FLAGS.includes(arg)),
];
if (name === undefined || benchmark === undefined || strangers.length > 0) {
  if (name !== undefined && benchmark === undefined) console.error(`There is no benchmark "${name}".`);
  else if (strangers.length > 0) console.error(`"${strangers[0]}" is no part of it, and no flag.`);
  console.log('Benchmarks, for `npm run bench -- <name>`; with --quick, only to see that they run:');
  for (const [known, { about, parts: named = [] }] of BENCHMARKS) {
    console.log(`  ${known}  ${about}`);
    if (named.length > 0) console.log(`    parts that can be named: ${named.join(' ')}`);
  }
  process.exitCode = name === undefined && strangers.length === 0 ? 0 : 2;
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
  const results = await measure({ isQuick, wantsPeers, parts });
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

/** What is measured once, as it comes. */
async function tellAll<Result>(results: AsyncIterable<Result>, format: (result: Result) => string): Promise<Result[]> {
  const told: Result[] = [];
  for await (const result of results) {
    told.push(result);
    console.log(`${format(result)}\n`);
  }
  return told;
}
