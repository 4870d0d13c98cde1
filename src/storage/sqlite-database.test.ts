import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import { Database } from './sqlite-database.ts';

const root = mkdtempSync(join(tmpdir(), 'cairn-database-'));
after(() => rmSync(root, { recursive: true, force: true }));

test('rows that are not read to their end do not keep the log from being moved into the file', () => {
  const database = new Database(join(root, 'rows'));
  database.exec('PRAGMA journal_mode = WAL; CREATE TABLE numbers (value INTEGER); INSERT INTO numbers VALUES (1), (2)');
  for (const row of database.statement('SELECT value FROM numbers').each()) {
    assert.deepEqual(row, [1]);
    break;
  }
  assert.equal(database.integer('PRAGMA wal_checkpoint(TRUNCATE)'), 0);
  database.close();
});

test('a number that is larger than any that was written is damage', () => {
  const path = join(root, 'numbers');
  const other = new DatabaseSync(path);
  other.exec('CREATE TABLE numbers (value INTEGER); INSERT INTO numbers VALUES (9007199254740993)');
  other.close();
  const database = new Database(path);
  const select = database.statement('SELECT value FROM numbers');
  assert.throws(() => select.one(), { code: 'store-damaged' });
  assert.throws(() => select.all(), { code: 'store-damaged' });
  assert.throws(() => [...select.each()], { code: 'store-damaged' });
  database.close();
});
