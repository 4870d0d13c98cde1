/** Whatever a system does to processes beside killing them: a node goes on, or ends in order, and has lost nothing. */
import { Random } from '../src/simulator/random.ts';
import type { World } from '../test/support/cairn-process.ts';
import { describeFailure } from './failure.ts';
import { withLifetime } from './lifetime.ts';
import { makeCalmWorld } from './node-process.ts';
import { amount, commandFor, type Figure, type Outcome, type Part } from './part.ts';
import { PAUSE_TRIALS, type PauseTrial } from './pauses/trials.ts';

export const pauses: Part = {
  name: 'pauses',
  about: 'processes put to sleep, asked to end, out of memory, with a hung miner, four on one folder',
  run: (effort, tell) =>
    pauseNodes({
      trials: PAUSE_TRIALS,
      rounds: amount(effort, { pullRequest: 1, nightly: 20 }),
      // Beyond the 50 s after which a silent peer is given up.
      sleepMs: effort.column === 'nightly' ? 90_000 : 3_000,
      seed: effort.seed,
      again: commandFor('pauses', effort),
      tell,
    }),
};

export interface PauseOptions {
  readonly trials: readonly PauseTrial[];
  readonly rounds: number;
  readonly sleepMs: number;
  readonly seed: number;
  /** The command that does the same. */
  readonly again: string;
  readonly tell: (line: string) => void;
}

export function pauseNodes(options: PauseOptions): Promise<Outcome> {
  return withLifetime(async (lifetime) => {
    const world = await makeCalmWorld(lifetime);
    const figures: Figure[] = [];
    const failures: string[] = [];
    for (const trial of options.trials) {
      const times: number[] = [];
      for (let round = 0; round < options.rounds; round++) {
        try {
          times.push(await runTrial(trial, round, world, options));
        } catch (error) {
          failures.push(describeFailure({ what: trial.name, error, world, again: options.again }));
        }
      }
      const slowestMs = Math.max(0, ...times);
      options.tell(`${trial.name}: ${times.length} of ${options.rounds}, ${slowestMs.toFixed(0)} ms at most`);
      figures.push({ name: trial.name, value: slowestMs, unit: 'ms at most' });
    }
    return { figures, failures };
  });
}

/** Whatever it starts has ended when this is over. */
function runTrial(trial: PauseTrial, round: number, world: World, options: PauseOptions): Promise<number> {
  const { seed, sleepMs } = options;
  const random = new Random(seed).stream(`${trial.name} ${round}`);
  return withLifetime((lifetime) => trial.run({ lifetime, world, random, sleepMs }));
}
