import assert from 'node:assert/strict';
import { test } from 'node:test';
import { measureCoverage } from './coverage.ts';
import { PARSERS, RULE_TESTS, RULES } from './rule-files.ts';

const silent = () => {};

test('a source is covered where its tests take every branch, and what they leave out is told by line', async () => {
  const sources = ['src/core/fork-choice.ts', 'src/core/target.ts', 'src/core/merkle.ts'];
  const { figures, failures } = await measureCoverage(sources, ['src/core/target.test.ts'], silent);
  assert.deepEqual(failures, ['src/core/fork-choice.ts: no test loads it', 'src/core/merkle.ts: no test loads it']);
  assert.deepEqual(figures.at(-1)?.value, 100);
  const partly = await measureCoverage(['src/core/hash.ts'], ['src/core/fork-choice.test.ts'], silent);
  assert.ok(partly.failures.some((failure) => /^src\/core\/hash\.ts:\d+: no test runs all of it$/.test(failure)));
  assert.ok((partly.figures.at(-1)?.value ?? 100) < 100);
});

test('every source of the rules is among those that are measured, and tests are beside them', () => {
  for (const path of ['src/core/validation.ts', 'src/core/canonical-scan.ts', 'src/core/merkle.ts']) {
    assert.ok(RULES.includes(path));
    assert.ok(RULE_TESTS.includes(path.replace('.ts', '.test.ts')));
  }
  assert.ok(!RULES.some((path) => /\.(?:test|contract|d)\.ts$/.test(path)));
  assert.equal(PARSERS.length, 4);
});
