import assert from 'node:assert/strict';
import { test } from 'node:test';
import { simulation } from './simulation.ts';

test('some networks from seeds hold every invariant, and one of them gives the same history twice', async () => {
  const told: string[] = [];
  const { figures, failures } = await simulation.run(
    { column: 'pull-request', share: 0.005, seed: 20_261_122 },
    (line) => told.push(line),
  );
  assert.deepEqual(failures, []);
  const value = (name: string) => figures.find((figure) => figure.name === name)?.value ?? 0;
  assert.ok(value('networks') >= 1 && value('simulated') >= 10, told.join('\n'));
  assert.ok(value('simulated twice, with the same history') >= 1);
});
