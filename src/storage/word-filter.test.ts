import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { WordFilter } from './word-filter.ts';

test('what was added is known, and of what was not, next to nothing', () => {
  const filter = new WordFilter();
  const words = Array.from({ length: 100_000 }, (_, i) =>
    createHash('sha256').update(`${i}`).digest('hex').slice(0, 12),
  );
  const added = words.slice(0, 50_000);
  for (const word of added) filter.add(word);
  assert.equal(filter.count, 50_000);
  assert.ok(added.every((word) => filter.mayHave(word)));
  const mistaken = words.slice(50_000).filter((word) => filter.mayHave(word));
  assert.ok(mistaken.length < 50, `${mistaken.length} of 50,000`);
});

test('words with one half in common with a word that is held are told from it', () => {
  const filter = new WordFilter();
  for (const word of ['000000000000', 'ffffffffffff']) filter.add(word);
  assert.ok(filter.mayHave('000000000000') && filter.mayHave('ffffffffffff'));
  for (const word of ['000000000001', '100000000000', 'fffffffffffe', 'efffffffffff']) {
    assert.ok(!filter.mayHave(word), word);
  }
});
