/** A node that is killed while entries and blocks arrive: what it had said is there when it comes back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { killNodes } from './kill.ts';

test('kill -9 under load, during recovery and in reorganisations loses nothing that was acknowledged', async (t) => {
  const { figures, failures } = await killNodes({
    cycles: 7,
    lanes: 1,
    seed: 20261122,
    again: 'node --test reliability/kill.test.ts',
    tell: (line) => t.diagnostic(line),
  });
  assert.deepEqual(failures, []);
  const figureOf = (name: string) => figures.find((figure) => figure.name === name)?.value ?? 0;
  assert.equal(figureOf('kill -9'), 7);
  assert.ok(figureOf('acknowledged entries') > 0 && figureOf('announced blocks') > 0);
});
