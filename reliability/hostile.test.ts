import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CHARACTERS } from './hostile/characters.ts';
import { hostile } from './hostile.ts';

test('a node outlives hostile peers of every kind, loses nothing, and keeps and wins honest ones', async (t) => {
  const { figures, failures } = await hostile.run(
    { column: 'pull-request', share: 0.1, seed: 20261122 },
    t.diagnostic.bind(t),
  );
  for (const { name, value, unit } of figures) t.diagnostic(`${name}: ${value.toFixed(1)} ${unit}`);
  assert.deepEqual(failures, []);
  assert.equal(new Set(CHARACTERS.map(({ name }) => name)).size, CHARACTERS.length);
});
