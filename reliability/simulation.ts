/** Whole networks from seeds: every invariant holds, and one seed gives one history. */
import { simulate } from '../src/simulator/simulation.ts';
import { drawPlan } from '../src/simulator/swarm.ts';
import { amount, type Effort, type Outcome, type Part } from './part.ts';
import type { SeedResult } from './simulation/seed-child.ts';
import { simulateSeeds } from './simulation/seed-threads.ts';

export const simulation: Part = {
  name: 'simulation',
  about: 'whole networks from seeds, with every fault and hostile peer that there is: every invariant holds',
  async run(effort, tell) {
    const amounts = {
      seeds: amount(effort, { pullRequest: 200, nightly: 20_000 }),
      nodeHours: amount(effort, { pullRequest: 2_000, nightly: 200_000 }),
    };
    const timesRealTime = await measureSpeed();
    tell(`${SPEED_NODES} nodes: ${Math.round(timesRealTime)} times real time`);
    const results = await simulateAll(amounts, effort, tell);
    return judge(results, amounts, timesRealTime);
  },
};

interface Amounts {
  readonly seeds: number;
  readonly nodeHours: number;
}

/** Half of the seeds are always the same, half are new. They go on until there are hours enough. Some are simulated twice. */
async function simulateAll(amounts: Amounts, effort: Effort, tell: (line: string) => void): Promise<SeedResult[]> {
  const results: SeedResult[] = [];
  const fixed = Math.ceil(amounts.seeds / 2);
  let nodeHours = 0;
  let started = 0;
  const isEnough = () => started >= amounts.seeds && nodeHours >= amounts.nodeHours;
  const next = (): number | undefined => {
    if (isEnough()) return undefined;
    started++;
    return seedAt(started, fixed, effort);
  };
  await simulateSeeds(next, (result) => {
    results.push(result);
    nodeHours += result.nodeHours;
    if (result.failure !== undefined) tell(`seed ${result.seed} broke: ${result.failure}`);
    if (results.length % 50 === 0) tell(`${results.length} seeds, ${Math.round(nodeHours)} node-hours`);
  });
  const again = results.filter((_, i) => i % REPEAT_INTERVAL === 0).map(({ seed }) => seed);
  await simulateSeeds(
    () => again.pop(),
    (result) => results.push(result),
  );
  return results;
}

/** The first `fixed` count from 1, the others from a place that the run's own seed says. */
function seedAt(number: number, fixed: number, { seed }: Effort): number {
  return number <= fixed ? number : FIXED_SEEDS_END + seed + number;
}

function judge(results: readonly SeedResult[], amounts: Amounts, timesRealTime: number): Outcome {
  const sum = (of: (result: SeedResult) => number): number => results.reduce((total, result) => total + of(result), 0);
  const first = new Map<number, SeedResult>();
  const failures: string[] = [];
  const checks = new Map<string, number>();
  let repeated = 0;
  for (const result of results) {
    const { seed, failure, traceHash } = result;
    const before = first.get(seed);
    if (before !== undefined) {
      repeated++;
      if (before.traceHash !== traceHash) failures.push(`seed ${seed} gave two histories: ${again(seed)}`);
      continue;
    }
    first.set(seed, result);
    if (failure !== undefined) failures.push(`seed ${seed}: ${failure}; again: ${again(seed)}`);
    for (const [name, count] of result.checks) checks.set(name, (checks.get(name) ?? 0) + count);
  }
  return {
    figures: [
      { name: 'networks', value: first.size, unit: 'seeds', aim: { atLeast: amounts.seeds } },
      {
        name: 'simulated',
        value: sum(({ nodeHours }) => nodeHours),
        unit: 'node-hours',
        aim: { atLeast: amounts.nodeHours },
      },
      {
        name: `${SPEED_NODES} nodes on one core, every invariant checked`,
        value: timesRealTime,
        unit: 'x real time',
        aim: { atLeast: 1_000 },
      },
      { name: 'events', value: sum(({ events }) => events), unit: 'events' },
      { name: 'simulated twice, with the same history', value: repeated, unit: 'seeds' },
      {
        name: 'deepest reorganisation',
        value: results.reduce((most, { deepest }) => Math.max(most, deepest), 0),
        unit: 'blocks',
      },
      ...[...checks].map(([name, value]) => ({ name: `checked: ${name}`, value, unit: 'times' })),
    ],
    failures,
  };
}

function again(seed: number): string {
  return `npm run sim -- --seed ${seed}`;
}

/** How much faster than the world it shows a simulation is, of networks as they are drawn. */
async function measureSpeed(): Promise<number> {
  const startMs = performance.now();
  let worldMs = 0;
  for (const seed of SPEED_SEEDS) worldMs += (await simulate(drawPlan(seed, { nodes: SPEED_NODES }))).worldMs;
  return worldMs / (performance.now() - startMs);
}

const SPEED_NODES = 7;
const SPEED_SEEDS = [1, 2];
/** Seeds that every run has are below. */
const FIXED_SEEDS_END = 100_000;
/** One of so many is simulated twice. */
const REPEAT_INTERVAL = 100;
