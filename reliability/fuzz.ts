/**
 * Malformed inputs for everything that reads what others wrote, and for the machine: mutations of kept inputs, held against
 * second implementations, libraries and what must stay true of any input.
 *
 * The fuzzer is our own: Jazzer.js is compiled or downloaded, and reads no modules that Node runs as they stand.
 */
import { keepCase, lineOf } from './fuzz/corpus.ts';
import { FUZZ_TARGETS } from './fuzz/targets.ts';
import { type FuzzJob, runWatched } from './fuzz/watched-run.ts';
import { amount, type Effort, type Outcome, type Part } from './part.ts';

export const fuzz: Part = {
  name: 'fuzz',
  about: 'malformed inputs for every parser and for the machine',
  async run(effort, tell): Promise<Outcome> {
    const jobs = shareOut(amount(effort, INPUTS));
    const startMs = performance.now();
    const { tried, failures } = await runWatched(jobs, { seed: effort.seed, isGuided: isGuided(effort), tell });
    const seconds = (performance.now() - startMs) / 1000;
    for (const { target, input } of failures) await keepCase(target, input);
    return {
      figures: [
        { name: 'malformed inputs', value: tried, unit: 'inputs', aim: { atLeast: amount(effort, INPUTS) } },
        { name: 'targets', value: jobs.length, unit: 'targets' },
        { name: 'inputs each second', value: Math.round(tried / seconds), unit: '1/s' },
        { name: 'inputs that broke a claim', value: failures.length, unit: 'inputs', aim: { atMost: 0 } },
      ],
      failures: failures.map(
        ({ target, input, message }) =>
          `${target}: ${message}; kept in reliability/fuzz/cases/${target}.txt as ${lineOf(input).slice(0, 200)} and ` +
          'repeated by: node --test reliability/fuzz.test.ts',
      ),
    };
  },
};

/** A night has time to look where it has been; for every change, what earlier nights have found is enough to begin with. */
function isGuided({ column }: Effort): boolean {
  return column === 'nightly';
}

/** `inputs` among the targets by their weights, and at least one for each. */
function shareOut(inputs: number): FuzzJob[] {
  const weights = FUZZ_TARGETS.reduce((sum, { weight }) => sum + weight, 0);
  return FUZZ_TARGETS.map(({ name, weight }) => ({ name, inputs: Math.ceil((inputs * weight) / weights) }));
}

const INPUTS = { pullRequest: 100_000, nightly: 50_000_000 };
