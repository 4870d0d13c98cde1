import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from './random.ts';

const draws = (random: Random, count = 1_000) => Array.from({ length: count }, () => random.fraction());

test('one seed gives one sequence, and neighbours have nothing in common', () => {
  assert.deepEqual(draws(new Random(7)), draws(new Random(7)));
  const other = new Set(draws(new Random(8)));
  assert.equal(draws(new Random(7)).filter((draw) => other.has(draw)).length, 0);
});

test('a stream depends on its name and not on what was drawn before', () => {
  const random = new Random(7);
  const fresh = draws(random.stream('network'));
  draws(random);
  assert.deepEqual(draws(random.stream('network')), fresh);
  assert.notDeepEqual(draws(random.stream('disk')), fresh);
});

test('draws are spread evenly', () => {
  const counts = new Array<number>(10).fill(0);
  const random = new Random(1);
  for (let i = 0; i < 100_000; i++) {
    const digit = random.integer(0, 9);
    counts[digit] = (counts[digit] ?? 0) + 1;
  }
  for (const count of counts) assert.ok(Math.abs(count - 10_000) < 500, `${counts}`);
});

test('waiting times have the mean that was asked for', () => {
  const random = new Random(2);
  let sum = 0;
  for (let i = 0; i < 100_000; i++) sum += random.waiting(250);
  assert.ok(Math.abs(sum / 100_000 - 250) < 5, `${sum / 100_000}`);
});

test('a sample has no item twice, and is all there is where more is asked for', () => {
  const random = new Random(3);
  const items = [1, 2, 3, 4, 5];
  assert.equal(new Set(random.sample(items, 3)).size, 3);
  assert.deepEqual(random.sample(items, 9).toSorted(), items);
  assert.throws(() => random.pick([]), RangeError);
});
