/** How much of the rules and of the parsers their own tests run: all of it, down to the last branch. */
import { execFile } from 'node:child_process';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CoveredSource } from './coverage-child.ts';
import type { Outcome, Part } from './part.ts';
import { PARSERS, QUESTIONS, ROOT, RULE_TESTS, RULES } from './rule-files.ts';

export const coverage: Part = {
  name: 'coverage',
  about:
    'branches of the rules and of the parsers of peers’ bytes and clients’ questions that the tests beside them take',
  run: (_effort, tell) => measureCoverage([...RULES, ...PARSERS, ...QUESTIONS], RULE_TESTS, tell),
};

/** What `tests` run of `sources`. Every branch that they never take, and every source that they never load, is a failure. */
export async function measureCoverage(
  sources: readonly string[],
  tests: readonly string[],
  tell: (line: string) => void,
): Promise<Outcome> {
  const covered = await runCovered(sources, tests);
  const failures: string[] = [];
  let branches = 0;
  let branchesRun = 0;
  for (const path of sources) {
    const source = covered.find((known) => relative(ROOT, known.path) === path);
    if (source === undefined) {
      failures.push(`${path}: no test loads it`);
      continue;
    }
    branches += source.branches;
    branchesRun += source.branchesRun;
    for (const line of source.missed) failures.push(`${path}:${line}: no test runs all of it`);
  }
  tell(`${tests.length} files of tests for ${sources.length} sources`);
  const percent = branches === 0 ? 0 : (100 * branchesRun) / branches;
  return {
    figures: [
      { name: 'branches in the rules and the parsers', value: branches, unit: 'branches' },
      { name: 'of them taken by the tests beside them', value: percent, unit: '%', aim: { atLeast: 100 } },
    ],
    failures,
  };
}

function runCovered(sources: readonly string[], tests: readonly string[]): Promise<CoveredSource[]> {
  // Inside of a test run, Node would not run tests again; of code that was kept compiled, V8 counts less exactly.
  const { NODE_TEST_CONTEXT: _, ...own } = process.env;
  const environment = { ...own, NODE_DISABLE_COMPILE_CACHE: '1' };
  return new Promise((resolve, reject) => {
    const options = { cwd: ROOT, env: environment, maxBuffer: OUTPUT_BYTES_MAX };
    execFile(process.execPath, [CHILD, ...sources, '--', ...tests], options, (error, stdout, stderr) => {
      if (error !== null) reject(new Error(`The tests fail: ${stderr}`, { cause: error }));
      else resolve(JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '[]'));
    });
  });
}

const CHILD = fileURLToPath(new URL('coverage-child.ts', import.meta.url));
const OUTPUT_BYTES_MAX = 64 * 2 ** 20;
