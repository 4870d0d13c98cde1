import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readPage, sortExplained } from './mutation/explained.ts';
import { Hunt } from './mutation/hunt.ts';
import { describe } from './mutation/mutants.ts';
import { findAllMutants, MUTATED, sample } from './mutation.ts';
import { RULE_TESTS } from './rule-files.ts';

const MUTANTS = findAllMutants();

test('no small mistake in the choice between two chains goes unnoticed', async () => {
  const hunt = new Hunt(MUTATED, RULE_TESTS);
  try {
    for (const mutant of MUTANTS.filter(({ path }) => path === 'src/core/fork-choice.ts')) {
      assert.equal(await hunt.judge(mutant), 'killed', describe(mutant));
    }
  } finally {
    hunt.close();
  }
});

test('a change that does the same goes unnoticed, and one with which nothing ends is noticed by the time it takes', async () => {
  const hunt = new Hunt(MUTATED, RULE_TESTS);
  const mutantOf = (path: string, line: string, change: string) => {
    const found = MUTANTS.find((mutant) => mutant.path === path && mutant.line === line && mutant.change === change);
    assert.ok(found !== undefined, `there is such a mutant of ${path}`);
    return found;
  };
  try {
    const same = mutantOf('src/core/hash.ts', 'const CUT_FROM_ONE_TEXT = 16;', '16 → (16 + 1)');
    assert.equal(await hunt.judge(same), 'survived');
    const endless = mutantOf('src/core/merkle.ts', 'while (count > 1) {', '> → >=');
    assert.equal(await hunt.judge(endless), 'timed-out');
  } finally {
    hunt.close();
  }
});

test('the tests beside a source are asked about it, or those beside what imports it', () => {
  const hunt = new Hunt(MUTATED, RULE_TESTS);
  assert.deepEqual(hunt.testsFor('src/core/body.ts'), ['src/core/body.test.ts', 'test/vectors.test.ts']);
  assert.deepEqual(hunt.testsFor('src/core/canonical-number.ts'), [
    'src/core/canonical-json.test.ts',
    'src/core/canonical-scan.test.ts',
    'test/vectors.test.ts',
  ]);
  assert.deepEqual(hunt.testsFor('src/api/record-filter.ts'), ['src/api/record-filter.test.ts']);
  hunt.close();
});

test('every mutant that is explained is one that there is', () => {
  assert.deepEqual(sortExplained(MUTANTS, readPage()).leftOver, []);
});

test('a sample is spread over all rules, the same for the same seed, and all of them for a night', () => {
  const change = { column: 'pull-request', share: 1, seed: 7 } as const;
  const drawn = sample(MUTANTS, change);
  assert.equal(drawn.length, 200);
  assert.equal(new Set(drawn).size, 200);
  assert.deepEqual(sample(MUTANTS, change), drawn);
  assert.notDeepEqual(sample(MUTANTS, { ...change, seed: 8 }), drawn);
  assert.ok(new Set(drawn.map(({ path }) => path)).size > 15);
  assert.deepEqual(sample(MUTANTS, { column: 'nightly', share: 1, seed: 999 }), MUTANTS);
});
