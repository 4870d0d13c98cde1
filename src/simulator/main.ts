/**
 * `npm run sim -- --seeds 200`, `--seed 7 [--trace]`, `--scenario NAME`: simulates networks, says what broke, and how to see it again.
 */
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import type { Plan } from './plan.ts';
import { play, readScenario, scenarioNames } from './scenario.ts';
import { shrink } from './shrink.ts';
import { type SimulationResult, simulate } from './simulation.ts';
import { drawPlan, type SwarmOptions } from './swarm.ts';

const HELP = `Simulates whole networks of nodes from seeds, and checks every invariant all the while.

  npm run sim -- --seeds 200            two hundred networks, from the seeds 1 to 200
  npm run sim -- --seeds 200 --from 500 from the seeds 500 to 699
  npm run sim -- --seed 7               one of them again, with more words
  npm run sim -- --seed 7 --trace       and all that happens in it
  npm run sim -- --scenario halves      a story; without a name, all of them: --scenario

  --nodes N     so many nodes in each network, instead of as many as the seed says
  --minutes M   so long until all is put right, instead of as long as the seed says
  --no-shrink   leaves a plan that fails as it is
  --help        this

Exits with 0 where all held, 1 where something broke, 2 where it was not understood.`;

interface Choice extends SwarmOptions {
  readonly seeds: readonly number[];
  readonly isOne: boolean;
  readonly hasTrace: boolean;
  readonly isShrunk: boolean;
  /** Undefined: no scenario; empty: all of them. */
  readonly scenario: string | undefined;
}

async function main(args: readonly string[]): Promise<number> {
  if (args.includes('--help')) {
    console.log(HELP);
    return 0;
  }
  let choice: Choice;
  try {
    choice = readArguments(args);
  } catch (error) {
    console.error(
      `${error instanceof Error ? error.message : String(error)}\nnpm run sim -- --help says what there is.`,
    );
    return 2;
  }
  console.log(`commit ${commit()}`);
  return choice.scenario === undefined ? runSeeds(choice) : playScenarios(choice, choice.scenario);
}

/** Throws an Error for people where the arguments make no sense. */
function readArguments(args: readonly string[]): Choice {
  // The name may be left out, which parseArgs does not know.
  const whole = args.flatMap((arg, i) => (arg === '--scenario' && isFlag(args[i + 1]) ? ['--scenario', ''] : [arg]));
  const { values } = parseArgs({
    args: whole,
    options: {
      seeds: { type: 'string' },
      seed: { type: 'string' },
      from: { type: 'string' },
      nodes: { type: 'string' },
      minutes: { type: 'string' },
      scenario: { type: 'string' },
      trace: { type: 'boolean', default: false },
      'no-shrink': { type: 'boolean', default: false },
    },
  });
  const { seed, scenario, trace } = values;
  if (seed === undefined && values.seeds === undefined && scenario === undefined) {
    throw new Error('Say which: --seeds 200, --seed 7 or --scenario halves.');
  }
  if (scenario !== undefined && scenario !== '' && !scenarioNames().includes(scenario)) {
    throw new Error(`There is no scenario '${scenario}'; there are ${scenarioNames().join(', ')}.`);
  }
  const from = readCount('--from', values.from, 0) ?? 1;
  const count = readCount('--seeds', values.seeds, 1) ?? 1;
  const one = readCount('--seed', seed, 0);
  return {
    seeds: one === undefined ? Array.from({ length: count }, (_, i) => from + i) : [one],
    isOne: one !== undefined,
    hasTrace: trace,
    isShrunk: !values['no-shrink'],
    scenario,
    nodes: readCount('--nodes', values.nodes, 2, NODES_MOST),
    minutes: readCount('--minutes', values.minutes, 1),
  };
}

function isFlag(arg: string | undefined): boolean {
  return arg === undefined || arg.startsWith('--');
}

function readCount(flag: string, text: string | undefined, min: number, max = 1_000_000_000): number | undefined {
  if (text === undefined) return undefined;
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= min && count <= max) return count;
  throw new Error(`${flag} wants a whole number from ${min} to ${max}, not '${text}'.`);
}

async function runSeeds(choice: Choice): Promise<number> {
  const startMs = performance.now();
  const failed: number[] = [];
  let nodeHours = 0;
  let checks = 0;
  for (const [i, seed] of choice.seeds.entries()) {
    const plan = drawPlan(seed, choice);
    const seedMs = performance.now();
    const result = await simulate(plan, choice.hasTrace ? { print: console.log } : {});
    nodeHours += result.nodeHours;
    for (const count of result.checks.values()) checks += count;
    if (choice.isOne) console.log(describeNetwork(plan));
    if (choice.isOne || result.failure !== undefined)
      console.log(describeResult(seed, result, performance.now() - seedMs));
    if (result.failure !== undefined) {
      failed.push(seed);
      await explain(plan, result, choice);
    }
    if (process.stderr.isTTY && !choice.isOne) process.stderr.write(`\r${i + 1} of ${choice.seeds.length} seeds`);
  }
  if (process.stderr.isTTY && !choice.isOne) process.stderr.write('\r');
  const seconds = (performance.now() - startMs) / 1000;
  const held = failed.length === 0 ? 'all held' : `${failed.length} failed: ${failed.join(', ')}`;
  console.log(
    `${choice.seeds.length} seeds, ${nodeHours.toFixed(1)} node-hours in ${seconds.toFixed(1)} s ` +
      `(${((nodeHours * 3_600) / seconds).toFixed(0)} node-seconds a second), ${checks} checks: ${held}`,
  );
  return failed.length === 0 ? 0 : 1;
}

/** Says what broke, how to see it again, and the least that it takes. */
async function explain(plan: Plan, result: SimulationResult, choice: Choice): Promise<void> {
  const { error, atMs } = result.failure ?? { error: undefined, atMs: 0 };
  console.log(`  broke after ${formatTime(atMs)}: ${error?.stack ?? ''}`);
  console.log(
    `  again: npm run sim -- --seed ${plan.seed}${again('--nodes', choice.nodes)}${again('--minutes', choice.minutes)}`,
  );
  if (!choice.isShrunk) return;
  const small = await shrink(plan, result, { simulate: (smaller) => simulate(smaller), triesMax: SHRINK_TRIES });
  console.log(`  what it takes, found in ${small.tries} runs: ${describeNetwork(small.plan)}`);
  for (const event of small.plan.events) console.log(`    ${JSON.stringify(event)}`);
}

function again(flag: string, value: number | undefined): string {
  return value === undefined ? '' : ` ${flag} ${value}`;
}

function describeNetwork({ setting, events, faultyMs }: Plan): string {
  const { nodes, topology, blockInterval, delays, hostile } = setting;
  const company = hostile.map(({ character, nodes: dialled }) => `${character} at ${dialled.join(' ')}`);
  return (
    `${nodes.length} nodes in a ${topology}, a block every ${blockInterval} s, messages take up to ${delays.maxMs} ms, ` +
    `${events.length} events in ${formatTime(faultyMs)}, hostile: ${company.join(', ') || 'none'}`
  );
}

function describeResult(seed: number, result: SimulationResult, tookMs: number): string {
  const { traceHash, nodeHours, worldMs, events, height, reorganisations } = result;
  return (
    `seed ${seed}: ${result.failure === undefined ? 'held' : 'FAILED'}, trace ${traceHash}, ${events} events, ` +
    `${nodeHours.toFixed(1)} node-hours, ${(worldMs / tookMs).toFixed(0)} times real time, height ${height}, ` +
    `${reorganisations.count} reorganisations of up to ${reorganisations.deepest} blocks`
  );
}

async function playScenarios(choice: Choice, name: string): Promise<number> {
  let failures = 0;
  for (const each of name === '' ? scenarioNames() : [name]) {
    const scenario = readScenario(each);
    const options = { seed: choice.seeds[0] ?? 1, ...(choice.hasTrace ? { print: console.log } : {}) };
    try {
      const { traceHash, worldMs } = await play(scenario, options);
      console.log(`held: ${each}: ${scenario.about} (${formatTime(worldMs)}, trace ${traceHash.slice(0, 16)})`);
    } catch (error) {
      failures++;
      console.log(`FAILED: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return failures === 0 ? 0 : 1;
}

function formatTime(ms: number): string {
  return ms < 120_000 ? `${(ms / 1000).toFixed(3)} s` : `${(ms / 60_000).toFixed(1)} min`;
}

/** Of these sources; they may have been changed since. */
function commit(): string {
  const git = spawnSync('git', ['describe', '--always', '--dirty', '--abbrev=12'], { encoding: 'utf8' });
  return git.status === 0 ? git.stdout.trim() : 'unknown';
}

/** More are for the measurements of scale. */
const NODES_MOST = 26;
const SHRINK_TRIES = 200;

process.exitCode = await main(process.argv.slice(2));
