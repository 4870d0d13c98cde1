/**
 * kill -9 at any moment, also while a node recovers from the kill before: all that it had acknowledged and announced is
 * there again, and it ends up as its twin that was never killed.
 */
import { Random } from '../src/simulator/random.ts';
import type { World } from '../test/support/cairn-process.ts';
import { describeFailure } from './failure.ts';
import { Lane } from './kill/lane.ts';
import { withLifetime } from './lifetime.ts';
import { makeCalmWorld } from './node-process.ts';
import { amount, commandFor, type Outcome, type Part } from './part.ts';

export const kill: Part = {
  name: 'kill',
  about: 'kill -9 at any moment, also during recovery: nothing that was acknowledged or announced is lost',
  run: (effort, tell) =>
    killNodes({
      cycles: amount(effort, { pullRequest: 100, nightly: 2_000 }),
      lanes: LANES,
      seed: effort.seed,
      again: commandFor('kill', effort),
      tell,
    }),
};

export interface KillOptions {
  /** How often a node is killed, over all lanes. */
  readonly cycles: number;
  /** How many nodes are killed beside each other. */
  readonly lanes: number;
  readonly seed: number;
  /** The command that does the same. */
  readonly again: string;
  readonly tell: (line: string) => void;
}

export async function killNodes(options: KillOptions): Promise<Outcome> {
  return withLifetime(async (lifetime) => {
    const world = await makeCalmWorld(lifetime);
    const random = new Random(options.seed);
    const lanes = await Promise.all(
      Array.from({ length: options.lanes }, (_, i) =>
        Lane.start(lifetime, { world, name: `lane-${i}`, random: random.stream(`lane ${i}`) }),
      ),
    );
    const failures: string[] = [];
    await Promise.all(lanes.map((lane, i) => runLane(lane, i, world, options, failures)));
    return judge(lanes, failures, options);
  });
}

/** Kills one node as often as it has to be. What breaks ends the lane, and is kept. */
async function runLane(lane: Lane, i: number, world: World, options: KillOptions, failures: string[]): Promise<void> {
  const cycles = Math.ceil(options.cycles / options.lanes);
  try {
    for (let cycle = 1; cycle <= cycles; cycle++) {
      await lane.killOnce(cycle);
      if (cycle % CHECK_INTERVAL === 0 || cycle === cycles) await lane.checkFolder();
      if (cycle % COMPARISON_INTERVAL !== 0 && cycle !== cycles) continue;
      await lane.compare(cycle === cycles);
      const { entryCount, blockCount } = lane.promises;
      options.tell(`node ${i}: killed ${cycle} times, ${entryCount} entries and ${blockCount} blocks are all there`);
    }
  } catch (error) {
    failures.push(
      describeFailure({ what: `node ${i}, kill ${lane.promises.cycle}`, error, world, again: options.again }),
    );
  }
}

function judge(lanes: readonly Lane[], failures: string[], { again }: KillOptions): Outcome {
  const sum = (of: (lane: Lane) => number): number => lanes.reduce((total, lane) => total + of(lane), 0);
  const recovering = sum(({ moments }) => moments.recovering);
  const kills = sum(({ moments }) => moments.starting + moments.recovering + moments.up);
  const recoveringPercent = (100 * recovering) / kills;
  // Where the system does not tell what a process has open, it is not known.
  const isKnown = process.platform === 'linux';
  if (isKnown && kills >= KILLS_TO_JUDGE && recoveringPercent < RECOVERING_PERCENT_MIN) {
    failures.push(
      `only ${recoveringPercent.toFixed(0)} % of the kills hit a node that was recovering; again: ${again}`,
    );
  }
  const starts = lanes.flatMap(({ startsMs }) => startsMs).sort((a, b) => a - b);
  return {
    figures: [
      { name: 'kill -9', value: kills, unit: 'times' },
      {
        name: 'of them while the node recovered',
        value: recoveringPercent,
        unit: '%',
        aim: { atLeast: RECOVERING_PERCENT_MIN },
      },
      { name: 'acknowledged entries', value: sum(({ promises }) => promises.entryCount), unit: 'entries' },
      { name: 'announced blocks', value: sum(({ promises }) => promises.blockCount), unit: 'blocks' },
      { name: 'of them undone by better branches', value: sum(({ abandonedCount }) => abandonedCount), unit: 'blocks' },
      { name: 'promises looked for after a kill', value: sum(({ promises }) => promises.lookups), unit: 'look-ups' },
      { name: 'folders checked whole', value: sum(({ checkCount }) => checkCount), unit: 'checks' },
      {
        name: 'compared with a twin that was not killed',
        value: sum(({ comparisonCount }) => comparisonCount),
        unit: 'times',
      },
      { name: 'start after a kill, half of them', value: starts[Math.floor(starts.length / 2)] ?? 0, unit: 'ms' },
      { name: 'start after a kill, the slowest', value: starts.at(-1) ?? 0, unit: 'ms', aim: { atMost: START_MS_MAX } },
    ],
    failures,
  };
}

/** As many as a small machine has processors. */
const LANES = 2;
const CHECK_INTERVAL = 10;
const COMPARISON_INTERVAL = 25;
const RECOVERING_PERCENT_MIN = 20;
/** Of fewer, the share says nothing. */
const KILLS_TO_JUDGE = 50;
const START_MS_MAX = 5_000;
