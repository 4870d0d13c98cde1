import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatItem, sortExplained } from './explained.ts';
import { findMutants } from './mutants.ts';

const SOURCE = 'let a = b < c;\nlet a = b < c;\nlet d = `x`;\n';
const MUTANTS = findMutants('src/x.ts', SOURCE);

test('a mutant is explained by its file, its line and its change, as often as it stands on the page', () => {
  const [first, , , , last] = MUTANTS;
  assert.ok(first !== undefined && last !== undefined);
  assert.equal(formatItem(first), '- `src/x.ts`: `let a = b < c;` · `< → <=`');
  assert.equal(formatItem(last), "- `src/x.ts`: `` let d = `x`; `` · `` `x` → '' ``");
  const page = ['# Page', 'Text.', formatItem(first), formatItem(last)].join('\n');
  const { explained, unexplained, leftOver } = sortExplained(MUTANTS, page);
  assert.deepEqual(explained, [first, last]);
  assert.equal(unexplained.length, 3);
  assert.deepEqual(leftOver, []);
  assert.equal(sortExplained(MUTANTS, `${page}\n${formatItem(first)}`).unexplained.length, 2);
});

test('what explains no mutant is left over', () => {
  const item = '- `src/x.ts`: `let gone = 1;` · `1 → (1 + 1)`';
  assert.deepEqual(sortExplained(MUTANTS, item).leftOver, [item]);
});
