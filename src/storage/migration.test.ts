import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, describe, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { bodyOf, buildChain, TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { writeFormat1 } from '../../test/support/format-1.ts';
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

const old = join(root, 'format-1');
await writeFormat1(old, TEST_PARAMS, changes);

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
    assert.equal(without?.['count'], 0);
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
