/**
 * Real nodes whose links are cut in every shape, worked on at all sides meanwhile, and healed: they agree again, and
 * every entry that any of them has acknowledged is on the one chain.
 */
import { assertPresent } from '../src/core/assert.ts';
import { Random } from '../src/simulator/random.ts';
import { describeFailure } from './failure.ts';
import { withLifetime } from './lifetime.ts';
import { makeCalmWorld } from './node-process.ts';
import { amount, commandFor, type Outcome, type Part } from './part.ts';
import { startLinkedNodes } from './partitions/linked-nodes.ts';
import { SHAPES, type Shape } from './partitions/shapes.ts';
import { runTrial, type Trial, type TrialResult } from './partitions/trial.ts';

export const partitions: Part = {
  name: 'partitions',
  about: 'five processes cut off from each other in every shape, and healed: they agree, and nothing is lost',
  run: (effort, tell) =>
    partitionNodes({
      nodeCount: 5,
      trialCount: amount(effort, { pullRequest: 5, nightly: 200 }),
      shapes: SHAPES,
      cutMsMax: effort.column === 'nightly' ? 60_000 : 6_000,
      seed: effort.seed,
      again: commandFor('partitions', effort),
      tell,
    }),
};

export interface PartitionOptions {
  readonly nodeCount: number;
  readonly trialCount: number;
  /** Taken in turn. */
  readonly shapes: readonly Shape[];
  readonly cutMsMax: number;
  readonly seed: number;
  /** The command that does the same. */
  readonly again: string;
  readonly tell: (line: string) => void;
}

export function partitionNodes(options: PartitionOptions): Promise<Outcome> {
  return withLifetime(async (lifetime) => {
    const world = await makeCalmWorld(lifetime);
    const random = new Random(options.seed);
    const linked = await startLinkedNodes(lifetime, { world, count: options.nodeCount, random });
    const results: TrialResult[] = [];
    const failures: string[] = [];
    for (let i = 0; i < options.trialCount && failures.length === 0; i++) {
      const trial = drawTrial(options, i, random.stream(`trial ${i}`));
      try {
        const result = await runTrial(linked, trial, random.stream(`course of ${i}`));
        results.push(result);
        options.tell(`${describe(trial)}: ${result.tipCount} tips, agreed after ${result.agreementMs.toFixed(0)} ms`);
      } catch (error) {
        failures.push(describeFailure({ what: describe(trial), error, world, again: options.again }));
      }
    }
    return { figures: figuresOf(results), failures };
  });
}

function drawTrial({ shapes, cutMsMax }: PartitionOptions, i: number, random: Random): Trial {
  return {
    shape: assertPresent(shapes[i % shapes.length], 'there are shapes'),
    cutMs: random.between(cutMsMax / 4, cutMsMax),
    cut: random.pick(['refused', 'held']),
    isSlow: random.chance(SLOW_SHARE),
  };
}

function describe({ shape, cut, cutMs, isSlow }: Trial): string {
  return `${shape}, ${cut} for ${(cutMs / 1_000).toFixed(1)} s${isSlow ? ', on slow lines' : ''}`;
}

function figuresOf(results: readonly TrialResult[]): Outcome['figures'] {
  const sum = (of: (result: TrialResult) => number): number => results.reduce((total, one) => total + of(one), 0);
  const agreements = results.map(({ agreementMs }) => agreementMs).sort((a, b) => a - b);
  return [
    { name: 'partitions of real nodes', value: results.length, unit: 'partitions' },
    {
      name: 'tips at the moment of healing',
      value: sum(({ tipCount }) => tipCount) / results.length,
      unit: 'on average',
    },
    { name: 'entries acknowledged meanwhile', value: sum(({ entryCount }) => entryCount), unit: 'entries' },
    { name: 'blocks mined meanwhile', value: sum(({ blockCount }) => blockCount), unit: 'blocks' },
    { name: 'until all agreed, half of them', value: agreements[Math.floor(agreements.length / 2)] ?? 0, unit: 'ms' },
    { name: 'until all agreed, the longest', value: agreements.at(-1) ?? 0, unit: 'ms', aim: { atMost: 100_000 } },
  ];
}

const SLOW_SHARE = 0.3;
