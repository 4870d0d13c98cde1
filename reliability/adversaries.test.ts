/** A small run of what attackers gain in simulated networks. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adversaries } from './adversaries.ts';

test('a surrounded node follows the chain as long as one of its chosen peers is honest, and a minority undoes little', async () => {
  const { figures, failures } = await adversaries.run(
    { column: 'pull-request', share: 0.25, seed: 7 },
    () => undefined,
  );
  assert.deepEqual(failures, []);
  const figure = (start: string): number => figures.find(({ name }) => name.startsWith(start))?.value ?? Number.NaN;
  assert.ok(figure('node with 7 of 8') <= 1, 'one honest peer is enough');
  assert.ok(figure('node with 8 of 8') > 10, 'without any honest peer it sees nothing');
  assert.ok(figure('selfish miner with 10 % of the work: its share') < 10);
  assert.ok(figure('miner of deep forks with 65 % of the work: its share') > 60);
});
