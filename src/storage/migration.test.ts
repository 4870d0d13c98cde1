import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, describe, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { bodyOf, buildChain, TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { growth, kept, mixedBody, NO_CHANGE, pendingEntry, stateOf } from '../../test/support/store-change.ts';
import { createParams } from '../core/params.ts';
import { genesisPoint } from '../core/validation.ts';
import { checkStore } from './fsck.ts';
import { createMemoryStore } from './memory-store.ts';
import { rebuildStore } from './rebuild.ts';
import { openSqliteStore } from './sqlite-store.ts';

const root = mkdtempSync(join(tmpdir(), 'cairn-migration-'));
after(() => rmSync(root, { recursive: true, force: true }));

const main = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 150, mixedBody);
const side = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 2, () => bodyOf('"side"'));
const changes = [growth(main), kept(side), { ...NO_CHANGE, pendingAdded: ['"b"', '"a"', '"c"'].map(pendingEntry) }];

/** The tables of format 1, as they were. */
const FORMAT_1 = `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE blocks (
    id INTEGER PRIMARY KEY,
    hash48 INTEGER NOT NULL,
    hash BLOB NOT NULL,
    header BLOB NOT NULL,
    work BLOB NOT NULL,
    body BLOB NOT NULL
  ) STRICT;
  CREATE INDEX blocks_by_hash ON blocks (hash48);
  CREATE TABLE chain (height INTEGER PRIMARY KEY, block INTEGER NOT NULL, json_end INTEGER NOT NULL) STRICT;
  CREATE TABLE history (position INTEGER PRIMARY KEY, hash BLOB NOT NULL) STRICT;
  CREATE TABLE pending (seq INTEGER PRIMARY KEY, id BLOB NOT NULL, bytes BLOB NOT NULL) STRICT;
  CREATE VIRTUAL TABLE entry_index USING fts5(
    ids, content = '', contentless_delete = 1, detail = 'none', tokenize = 'ascii'
  );
  INSERT INTO entry_index (rowid, ids) VALUES (1, '0123456789ab');
  PRAGMA application_id = ${0x4361726e};
  PRAGMA user_version = 1;
`;

const old = join(root, 'format-1');
await writeFormat1(old);

/** A store of format 1 in `folder`, with what `changes` come to. */
async function writeFormat1(folder: string): Promise<void> {
  const source = join(root, 'format-2');
  const store = await openSqliteStore({ folder: source, params: TEST_PARAMS });
  for (const change of changes) await store.commit(change);
  await store.close();
  mkdirSync(folder);
  const database = new DatabaseSync(join(folder, 'chain.sqlite'));
  database.exec(`PRAGMA journal_mode = WAL; ${FORMAT_1}`);
  database.prepare('ATTACH ? AS source').run(join(source, 'chain.sqlite'));
  database.exec(`
    INSERT INTO meta SELECT key, value FROM source.meta;
    INSERT INTO blocks SELECT id, hash48, hash, header, work, body FROM source.blocks;
    INSERT INTO chain SELECT * FROM source.chain;
    INSERT INTO history SELECT * FROM source.history;
    INSERT INTO pending SELECT seq, id, bytes FROM source.pending;
    DETACH source;
    PRAGMA wal_checkpoint(TRUNCATE)`);
  database.close();
}

function copyOf(name: string): string {
  const folder = join(root, name);
  cpSync(old, folder, { recursive: true });
  return folder;
}

describe('a folder of format 1', () => {
  test('opens as if it had always been of this one, and says how far it is', async () => {
    const folder = copyOf('opens');
    const told: number[] = [];
    const onMigration = (done: number, of: number): void => {
      told.push(done);
      assert.ok(done <= of);
    };
    const twin = createMemoryStore(TEST_PARAMS);
    for (const change of changes) await twin.commit(change);
    const { indexedTo } = await twin.entryPlaces(pendingEntry('"a"').id, 1);
    const store = await openSqliteStore({ folder, params: TEST_PARAMS, onMigration });
    assert.ok(told.length > 10 && told.at(-1) === 65, `${told}`);
    while ((await store.entryPlaces(pendingEntry('"a"').id, 1)).indexedTo < indexedTo) await nextTurn();
    assert.deepEqual(await stateOf(store), await stateOf(twin));
    await store.close();
    const again = await openSqliteStore({ folder, params: TEST_PARAMS, onMigration: () => assert.fail() });
    await again.close();
    assert.deepEqual((await checkStore({ folder, params: TEST_PARAMS })).problems, []);
  });

  test('goes on growing, and finds what it has', async () => {
    const store = await openSqliteStore({ folder: copyOf('grows'), params: TEST_PARAMS });
    const more = buildChain(TEST_PARAMS, main.points.at(-1) ?? genesisPoint(TEST_PARAMS), 3, () => bodyOf('"c"'));
    const { included } = await store.commit(growth(more));
    assert.deepEqual(included, [pendingEntry('"c"').id]);
    for (const { hash } of [...main.blocks, ...side.blocks]) assert.ok(await store.blockByHash(hash));
    await store.close();
  });

  test('still has its damage found, though its blocks have no digests', async () => {
    const folder = copyOf('damaged');
    const database = new DatabaseSync(join(folder, 'chain.sqlite'));
    database.exec(`UPDATE blocks SET body = CAST('["no"]' AS BLOB) WHERE id = 4`);
    database.close();
    const store = await openSqliteStore({ folder, params: TEST_PARAMS });
    const hash = main.blocks[2]?.hash ?? assert.fail();
    await assert.rejects(store.bodies([hash], 1), { code: 'block-damaged', block: { hash, height: 3 } });
    await store.close();
  });

  test('gets its digests when it is rebuilt', async () => {
    const folder = copyOf('rebuilt');
    await rebuildStore({ folder, params: TEST_PARAMS });
    const database = new DatabaseSync(join(folder, 'chain.sqlite'));
    const without = database.prepare('SELECT count(*) AS count FROM blocks WHERE digest IS NULL').get();
    database.close();
    assert.equal(without?.['count'], side.blocks.length);
    assert.deepEqual((await checkStore({ folder, params: TEST_PARAMS })).problems, []);
  });

  test('of another network is refused before anything is changed', async () => {
    const folder = copyOf('other');
    const before = readFileSync(join(folder, 'chain.sqlite'));
    const params = createParams({ name: 'other' });
    await assert.rejects(openSqliteStore({ folder, params }), { code: 'store-network-other' });
    assert.deepEqual(readFileSync(join(folder, 'chain.sqlite')), before);
  });

  test('stays as it is where the migration is broken off, and the next opening begins again', async () => {
    const folder = copyOf('broken-off');
    const onMigration = (done: number): void => {
      if (done === 30) throw new Error('a test');
    };
    await assert.rejects(openSqliteStore({ folder, params: TEST_PARAMS, onMigration }), /a test/);
    const database = new DatabaseSync(join(folder, 'chain.sqlite'));
    assert.equal(database.prepare('PRAGMA user_version').get()?.['user_version'], 1);
    database.close();
    const store = await openSqliteStore({ folder, params: TEST_PARAMS });
    assert.equal((await store.chainJson()).length, 151);
    await store.close();
  });
});
