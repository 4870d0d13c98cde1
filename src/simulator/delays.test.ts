import assert from 'node:assert/strict';
import { test } from 'node:test';
import { distanceDelays, evenDelays, stutteringDelays } from './delays.ts';
import { Random } from './random.ts';

const many = (draw: () => number) => Array.from({ length: 5_000 }, draw).toSorted((one, other) => one - other);

test('even delays take everything up to the most, and nothing beyond', () => {
  const model = evenDelays(new Random(1), 40);
  const drawn = many(() => model('a', 'b'));
  assert.deepEqual([drawn[0], drawn.at(-1)], [1, 40]);
});

test('each pair has its distance, the same both ways, whoever asked first', () => {
  const options = { minMs: 10, maxMs: 200, jitter: 0 };
  const [one, other] = [distanceDelays(new Random(1), options), distanceDelays(new Random(1), options)];
  other('c', 'd');
  assert.equal(one('a', 'b'), other('b', 'a'));
  const distances = Array.from({ length: 50 }, (_, i) => one('a', `${i}`));
  assert.ok(distances.every((ms) => ms >= 10 && ms <= 200));
  assert.ok(new Set(distances).size > 20);
});

test('a stuttering network is mostly quick, and now and then many times slower', () => {
  const model = stutteringDelays(new Random(1), { medianMs: 50, maxMs: 5_000 });
  const drawn = many(() => model('a', 'b'));
  const median = drawn[2_500] ?? 0;
  assert.ok(median > 45 && median < 55, `${median}`);
  assert.ok((drawn[4_950] ?? 0) > 500 && (drawn.at(-1) ?? 0) <= 5_000);
});
