/** Records as a table in a file, as any SQLite tool reads it. */
import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { makeWorld, runCairn, startNodeProcess } from './support/cairn-process.ts';

test('records are exported as a table: all, of a range, or those with some field', async (t) => {
  const world = await makeWorld(t);
  const { port } = await startNodeProcess(t, world, ['--mine', 'demand']);
  const at = String(port);
  const run = async (...args: readonly string[]) => {
    const outcome = await runCairn(world, args);
    assert.equal(outcome.exitCode, 0, outcome.stderr);
    return outcome.stdout;
  };
  await run('mine', at, '[{"kind":"order","total":12},{"kind":"order","total":30},{"kind":"note"}]');
  await run('mine', at, '{"kind":"order","total":"€"}');
  await run('mine', at, '[{"kind":"order","total":40}]');
  const file = join(world.home, 'table.sqlite');
  const rows = (sql = 'SELECT height, "index", data FROM records ORDER BY height, "index"') => {
    const database = new DatabaseSync(file, { readOnly: true });
    try {
      return database
        .prepare(sql)
        .all()
        .map((row) => Object.values(row).join(' '));
    } finally {
      database.close();
    }
  };

  await writeFile(file, 'what was there before');
  assert.match(await run('export', at, '--sqlite', file), /table\.sqlite: 4 blocks, 5 records, /);
  assert.deepEqual(rows(), [
    '1 0 {"kind":"order","total":12}',
    '1 1 {"kind":"order","total":30}',
    '1 2 {"kind":"note"}',
    '2 0 {"kind":"order","total":"€"}',
    '3 0 {"kind":"order","total":40}',
  ]);
  assert.deepEqual(rows("SELECT sum(data ->> '$.total') FROM records WHERE data ->> '$.kind' = 'order'"), ['82']);

  const flags = ['--where', '/kind="order"', '--where', '/total>20', '--index', '/total'];
  const told = JSON.parse(await run('export', at, '--sqlite', file, '--from', '1', '--to', '2', '--json', ...flags));
  assert.deepEqual([told.blocks, told.records], [2, 1]);
  assert.deepEqual(rows(), ['1 1 {"kind":"order","total":30}']);
  assert.deepEqual(rows('SELECT pointer FROM fields'), ['/total']);

  assert.match(await run('export', at, '--sqlite', file, '--text', 'Order €'), /4 blocks, 4 records/);
  await run('export', at, '--sqlite', file, '--full-text');
  assert.deepEqual(rows("SELECT count(*) FROM words WHERE words MATCH 'order'"), ['4']);
  const olderThan343 = "SELECT count(*) FROM sqlite_schema WHERE sql LIKE '%contentless_delete%'";
  assert.deepEqual(rows(olderThan343), ['0'], 'SQLite knows that option from 3.43 on');
  const later = ['--since', '2099-01-01'];
  assert.match(await run('export', at, '--sqlite', file, ...later), /4 blocks, 0 records/);
  for (const [args, says] of [
    [['--sqlite'], /name a file/],
    [['--sqlite', '--proof', file], /name one/],
    [[file, '--where', '/a=1'], /are for --sqlite/],
    [[file, '--full-text'], /are for --sqlite/],
    [['--sqlite', file, '--since', 'soon'], /--since /],
    [['--sqlite', file, '--where', 'no pointer'], /--where /],
    [['--sqlite', file, '--text', '€'], /--text must have a word/],
  ] as const) {
    const outcome = await runCairn(world, ['export', at, ...args]);
    assert.equal(outcome.exitCode, 2, args.join(' '));
    assert.match(outcome.stderr, says);
  }
  const left = (await readdir(world.home)).filter((name) => name.startsWith('table'));
  assert.deepEqual(left, ['table.sqlite'], 'nothing is left beside it');
});
