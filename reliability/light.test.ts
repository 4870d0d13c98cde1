/** A small run of what forged chain proofs are worth. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { light } from './light.ts';

test('a forged chain proof passes as seldom as is claimed, and where it can be measured, about as often', async () => {
  const { figures, failures } = await light.run({ column: 'pull-request', share: 0.2, seed: 7 }, () => undefined);
  assert.deepEqual(failures, []);
  const passed = (start: string): number => figures.find(({ name }) => name.startsWith(start))?.value ?? Number.NaN;
  for (const percent of [10, 30, 45]) {
    assert.equal(passed(`drawn with ${percent} %`), 0);
    assert.equal(passed(`proved with ${percent} %`), 0);
  }
  // Of 80 and of 12 tips about a third: else the forger would not do what is best for him, and the figures say nothing.
  assert.ok(passed('drawn with 49.5 %') >= 10, String(passed('drawn with 49.5 %')));
  assert.ok(passed('proved with 49.5 %') >= 1, String(passed('proved with 49.5 %')));
});
