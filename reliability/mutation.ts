/** Small mistakes are made in the rules and in what reads questions, one at a time, and the tests beside them have to notice each. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatItem, PAGE, readPage, sortExplained } from './mutation/explained.ts';
import { Hunt } from './mutation/hunt.ts';
import { describe, findMutants, type Mutant } from './mutation/mutants.ts';
import { amount, type Effort, type Outcome, type Part } from './part.ts';
import { QUESTIONS, ROOT, RULE_TESTS, RULES } from './rule-files.ts';

/** The sources that mistakes are made in. */
export const MUTATED: readonly string[] = [...RULES, ...QUESTIONS];

export const mutation: Part = {
  name: 'mutation',
  about: 'small mistakes in the rules, and in what reads questions, that the tests beside them notice',
  run: async (effort, tell) => {
    const all = findAllMutants();
    return await hunt(sample(all, effort), effort, tell);
  },
};

/** The mutants of all sources that are hunted in. */
export function findAllMutants(): Mutant[] {
  return MUTATED.flatMap((path) => findMutants(path, readFileSync(join(ROOT, path), 'utf8')));
}

/** As many as the effort asks for, spread over all of them. The seed says where the first one is. */
export function sample(mutants: readonly Mutant[], effort: Effort): Mutant[] {
  const count = Math.min(mutants.length, amount(effort, { pullRequest: EVERY_CHANGE, nightly: mutants.length }));
  const stride = mutants.length / count;
  const start = (effort.seed * GOLDEN_RATIO) % 1;
  return Array.from({ length: count }, (_, i) => mutants[Math.floor((i + start) * stride)]).filter(
    (mutant) => mutant !== undefined,
  );
}

async function hunt(mutants: readonly Mutant[], effort: Effort, tell: (line: string) => void): Promise<Outcome> {
  const hunters = new Hunt(MUTATED, RULE_TESTS);
  const survivors: Mutant[] = [];
  let timedOut = 0;
  try {
    for (const [i, mutant] of mutants.entries()) {
      const verdict = await hunters.judge(mutant);
      if (verdict === 'timed-out') timedOut++;
      if (verdict === 'survived') {
        survivors.push(mutant);
        tell(`lives: ${describe(mutant)}`);
      }
      if ((i + 1) % TOLD_EVERY === 0) tell(`${i + 1} of ${mutants.length} mutants, ${survivors.length} live`);
    }
  } finally {
    hunters.close();
  }
  const { explained, unexplained } = sortExplained(survivors, readPage());
  const killed = mutants.length - survivors.length;
  const column = effort.column === 'nightly' ? ' --nightly' : '';
  const again = `npm run reliability -- mutation${column} --seed ${effort.seed} --share ${effort.share}`;
  return {
    figures: [
      { name: 'mutants of the rules', value: mutants.length, unit: 'mutants' },
      { name: 'that the tests beside them notice', value: (100 * killed) / mutants.length, unit: '%', aim: SCORE },
      { name: 'of these, because the tests do not end', value: timedOut, unit: 'mutants' },
      { name: 'that live and do the same, as explained', value: explained.length, unit: 'mutants' },
      { name: 'that live without an explanation', value: unexplained.length, unit: 'mutants', aim: { atMost: 0 } },
    ],
    failures: unexplained.map(
      (mutant) => `no test notices ${describe(mutant)}; ${PAGE} lacks "${formatItem(mutant)}" (${again})`,
    ),
  };
}

/** How many mutants every change is held against. */
const EVERY_CHANGE = 200;
/** Its multiples are nowhere close together, so that seeds side by side begin far from each other. */
const GOLDEN_RATIO = 0.618_033_988_75;
const TOLD_EVERY = 100;
const SCORE = { atLeast: 90 };
