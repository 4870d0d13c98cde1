/** What making a store anew does with its pending entries, which follow from nothing else. */
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import { TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { ALL_PENDING, NO_CHANGE, pendingEntry } from '../../test/support/store-change.ts';
import { checkStore } from './fsck.ts';
import { rebuildStore } from './rebuild.ts';
import { openSqliteStore } from './sqlite-store.ts';

const root = mkdtempSync(join(tmpdir(), 'cairn-rebuild-'));
after(() => rmSync(root, { recursive: true, force: true }));

/** One pending entry. Tests damage copies of it. */
const whole = join(root, 'whole');
const store = await openSqliteStore({ folder: whole, params: TEST_PARAMS });
await store.commit({ ...NO_CHANGE, pendingAdded: [pendingEntry('"waits"')] });
await store.close();

for (const { name, sql, pendingRemoved } of [
  { name: 'with other bytes', sql: `UPDATE pending SET bytes = CAST('"no"' AS BLOB)`, pendingRemoved: 1 },
  { name: 'with another id', sql: "UPDATE pending SET id = x'00'", pendingRemoved: 1 },
  {
    name: 'that waits twice',
    sql: 'INSERT INTO pending SELECT seq + 1, key, id, bytes FROM pending',
    pendingRemoved: 0,
  },
  { name: 'at a place too high', sql: 'UPDATE pending SET seq = 9007199254740993', pendingRemoved: 0 },
  { name: 'at a place below all', sql: 'UPDATE pending SET seq = -5', pendingRemoved: 0 },
]) {
  test(`a pending entry ${name} keeps nobody from going on: it is made right, or taken away`, async () => {
    const folder = join(root, name);
    cpSync(whole, folder, { recursive: true });
    const database = new DatabaseSync(join(folder, 'chain.sqlite'));
    database.exec(sql);
    database.close();
    assert.deepEqual(await rebuildStore({ folder, params: TEST_PARAMS }), { pendingRemoved });
    assert.deepEqual((await checkStore({ folder, params: TEST_PARAMS })).problems, []);
    const again = await openSqliteStore({ folder, params: TEST_PARAMS });
    const { entries } = await again.pending(ALL_PENDING);
    assert.deepEqual(
      entries.map(({ bytes }) => Buffer.from(bytes).toString()),
      pendingRemoved === 0 ? ['"waits"'] : [],
    );
    await again.close();
  });
}
