import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import { Database, risingRows } from './sqlite-database.ts';

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

test('rows that are read one by one end where their numbers do not rise, as in a damaged tree', () => {
  const database = new Database(join(root, 'rising'));
  database.exec('CREATE TABLE numbers (value INTEGER PRIMARY KEY); INSERT INTO numbers VALUES (0), (3), (7)');
  const next = database.statement('SELECT value FROM numbers WHERE value > ? ORDER BY value LIMIT 1');
  assert.deepEqual([...risingRows(next, 0)], [[0], [3], [7]]);
  const round = database.statement(
    'SELECT coalesce((SELECT value FROM numbers WHERE value > ? AND value < 7 LIMIT 1), 0)',
  );
  const seen: unknown[] = [];
  assert.throws(
    () => {
      for (const [value] of risingRows(round, 0)) seen.push(value);
    },
    { code: 'store-damaged' },
  );
  assert.deepEqual(seen, [0, 3]);
  database.close();
});
