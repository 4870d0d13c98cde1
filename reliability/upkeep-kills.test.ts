/** Processes that are killed while they migrate, compact, reindex, copy and import: done again, it succeeds, and nothing is lost. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { killUpkeep } from './upkeep-kills.ts';

test('kill -9 during a migration, compact, reindex, backup and import loses nothing, and each succeeds when done again', async (t) => {
  const { figures, failures } = await killUpkeep({
    kills: 5,
    sizes: { changes: 30, entryCharacters: 60_000, pending: 2_000 },
    seed: 20261122,
    again: 'node --test reliability/upkeep-kills.test.ts',
    tell: (line) => t.diagnostic(line),
  });
  assert.deepEqual(failures, []);
  assert.equal(figures[0]?.value, 5);
});
