/** Callers that come and go. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { soakNodes } from './soak.ts';

test('callers that come and go leave no handle open at a node, and all that they appended is there', async (t) => {
  const { figures, failures } = await soakNodes({
    seconds: 3,
    seed: 20261122,
    again: 'node --test reliability/soak.test.ts',
    tell: (line) => t.diagnostic(line),
  });
  assert.deepEqual(failures, []);
  const figureOf = (name: string) => figures.find((figure) => figure.name === name)?.value ?? 0;
  assert.ok(figureOf('callers that came and went') >= 24);
});
