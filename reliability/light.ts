/** What forged chain proofs are worth: how often one passes, by how much of the work the forger has, held against what is claimed. */
import { missBound } from '../test/support/miss-bound.ts';
import { type Attempts, doneShare, forgeDraws, forgeProofs } from './light/forger.ts';
import { amount, commandFor, type Figure, type Outcome, type Part } from './part.ts';

export const light: Part = {
  name: 'light',
  about: 'forged proofs for light clients: how often one passes, by how much of the work the forger has',
  async run(effort, tell): Promise<Outcome> {
    const figures: Figure[] = [];
    const failures: string[] = [];
    const measure = (what: string, percent: number, { tips, passed }: Attempts) => {
      const done = doneShare(percent);
      const claimed = 2 ** missBound(done);
      // More than that by chance alone is one in millions.
      const most = tips * claimed + 5 * Math.sqrt(tips * claimed * (1 - claimed)) + 1e-3;
      const name = `${what} with ${percent} % of the work, of ${tips} tips`;
      figures.push({ name, value: passed, unit: 'passed', aim: { atMost: Math.floor(most) } });
      tell(`${name}: ${passed} passed, claimed are ${(tips * claimed).toPrecision(2)}`);
      if (passed > most) failures.push(`${name}: ${passed} passed\n${commandFor('light', effort)}`);
    };
    const draws = amount(effort, { pullRequest: 400, nightly: 100_000 });
    for (const percent of PERCENTAGES) measure('drawn', percent, forgeDraws(doneShare(percent), draws, effort.seed));
    const proofs = amount(effort, { pullRequest: 60, nightly: 3_000 });
    for (const percent of PERCENTAGES) measure('proved', percent, forgeProofs(doneShare(percent), proofs, effort.seed));
    return { figures, failures } satisfies Outcome;
  },
};

/** Those that are asked for, and two with which it passes often enough to be measured. */
const PERCENTAGES = [10, 30, 45, 48.5, 49.5];
