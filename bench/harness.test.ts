import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compare, QUICK_EFFORT } from './harness.ts';

test('beside baselines, every variant is told as a multiple of the fastest variant of each, round by round', async () => {
  const constant = (name: string, rates: readonly number[]) => {
    const left = rates.values();
    return { name, measure: () => left.next().value ?? 0 };
  };
  // The first rate is that of the warm-up.
  const variants = [constant('a', [1, 60, 60]), constant('b', [1, 20, 30]), constant('c', [1, 30, 20])];
  const baselines = [
    { name: 'plain', variants: ['b'] },
    { name: 'best', variants: ['b', 'c'] },
  ];
  const { variants: results } = await compare({ name: '', unit: '', variants, baselines }, QUICK_EFFORT);
  assert.deepEqual(
    results.map(({ multiples }) => multiples?.map(({ baseline, times: { min, max } }) => [baseline, min, max])),
    [
      [
        ['plain', 2, 3],
        ['best', 2, 2],
      ],
      [['best', 2 / 3, 1]],
      [
        ['plain', 2 / 3, 1.5],
        ['best', 2 / 3, 1],
      ],
    ],
  );
});
