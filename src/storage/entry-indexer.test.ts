import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type BuiltChain, bodyOf, buildChain, TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { chainPart, growth, lastPoint, pendingEntry, switchTo } from '../../test/support/store-change.ts';
import { genesisPoint } from '../core/validation.ts';
import type { ChainStore } from './chain-store.ts';
import { checkStore } from './fsck.ts';
import { rebuildStore } from './rebuild.ts';
import { openSqliteStore } from './sqlite-store.ts';

const root = mkdtempSync(join(tmpdir(), 'cairn-index-'));
after(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;
const newFolder = (): string => join(root, `${folders++}`);
const open = (folder: string): Promise<ChainStore> => openSqliteStore({ folder, params: TEST_PARAMS });

/** Every block holds an entry of its own, and every tenth one the entry `"a"` besides. */
function chainOf(name: string, count: number, parent = genesisPoint(TEST_PARAMS)): BuiltChain {
  return buildChain(TEST_PARAMS, parent, count, (height) =>
    bodyOf(`"${name} ${height}"`, ...(height % 10 === 0 ? ['"a"'] : [])),
  );
}

const main = chainOf('main', 400);
const A = pendingEntry('"a"').id;

async function heightsOf(store: ChainStore, entry: string): Promise<readonly number[]> {
  const { places } = await store.entryPlaces(pendingEntry(entry).id, 100);
  return places.map(({ height }) => height);
}

/** Until the index reaches the tip. */
async function settled(store: ChainStore): Promise<void> {
  const { length } = await store.chainJson();
  while ((await store.entryPlaces(A, 1)).indexedTo < length - 1) await nextTurn();
}

/** A closed store of `chain`, indexed to its tip. */
async function indexedFolder(chain: BuiltChain): Promise<string> {
  const folder = newFolder();
  const store = await open(folder);
  await store.commit(growth(chain));
  await store.close();
  await rebuildStore({ folder, params: TEST_PARAMS });
  return folder;
}

const tens = (from: number, to: number): number[] =>
  Array.from({ length: to + 1 }, (_, height) => height).filter((height) => height >= from && height % 10 === 0);

test('a commit does not wait for the index, which says how far it is, and reaches the tip by itself', async () => {
  const store = await open(newFolder());
  await store.commit(growth(main));
  const before = await store.entryPlaces(A, 100);
  assert.deepEqual(before, { places: [], indexedTo: -1, pending: undefined });
  await settled(store);
  assert.deepEqual(await heightsOf(store, '"a"'), tens(10, 400));
  assert.deepEqual(await heightsOf(store, '"main 399"'), [399]);
  await store.close();
});

test('up to 64 blocks above the index are read, one more are not', async (t) => {
  const folder = await indexedFolder(chainPart(main, 0, 300));
  // What is behind is not caught up with before the test has a while go by.
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const store = await open(folder);
  await store.commit(growth(chainPart(main, 300, 364)));
  assert.equal((await store.entryPlaces(A, 1)).indexedTo, 364);
  assert.deepEqual(await heightsOf(store, '"a"'), tens(10, 364));
  await store.commit(growth(chainPart(main, 364, 365)));
  assert.equal((await store.entryPlaces(A, 1)).indexedTo, 300);
  assert.deepEqual(await heightsOf(store, '"a"'), tens(10, 300));
  t.mock.timers.tick(1_000);
  await settled(store);
  assert.deepEqual(await heightsOf(store, '"main 365"'), [365]);
  await store.close();
});

test('a switch of branches takes abandoned blocks out of the index, at whatever depth', async () => {
  const folder = await indexedFolder(main);
  const store = await open(folder);
  for (const forkHeight of [390, 120, 3]) {
    const side = chainOf(`side ${forkHeight}`, 20, lastPoint(chainPart(main, 0, forkHeight)));
    await store.commit(switchTo(forkHeight, side));
    await settled(store);
    assert.deepEqual(await heightsOf(store, '"a"'), tens(10, forkHeight + 20));
    assert.deepEqual(await heightsOf(store, `"main ${forkHeight + 1}"`), []);
    assert.deepEqual(await heightsOf(store, `"side ${forkHeight} ${forkHeight + 5}"`), [forkHeight + 5]);
  }
  await store.close();
  assert.deepEqual((await checkStore({ folder, params: TEST_PARAMS })).problems, []);
});

for (const { what, change } of [
  { what: 'that is gone', change: (folder: string) => rmSync(join(folder, 'index.sqlite')) },
  {
    what: 'that is no database',
    change: (folder: string) => writeFileSync(join(folder, 'index.sqlite'), 'x'.repeat(9_000)),
  },
  { what: 'that is cut short', change: (folder: string) => writeFileSync(join(folder, 'index.sqlite'), '') },
  { what: 'that lacks a table', change: (folder: string) => edit(folder, 'DROP TABLE reached') },
  { what: 'that lacks the other table', change: (folder: string) => edit(folder, 'DROP TABLE entry_index') },
  {
    what: 'that takes no question',
    change: (folder: string) => edit(folder, 'UPDATE entry_index_config SET v = 99'),
  },
  { what: 'of a later version', change: (folder: string) => edit(folder, 'PRAGMA user_version = 99') },
  {
    what: 'whose reach is no height',
    change: (folder: string) => edit(folder, 'UPDATE reached SET height = 9007199254740993 WHERE height > 300'),
  },
]) {
  test(`an index ${what} is made again, and the store opens meanwhile`, async () => {
    const folder = await indexedFolder(main);
    change(folder);
    const store = await open(folder);
    assert.equal((await store.chainJson()).length, 401);
    await settled(store);
    assert.deepEqual(await heightsOf(store, '"a"'), tens(10, 400));
    await store.close();
    assert.deepEqual((await checkStore({ folder, params: TEST_PARAMS })).problems, []);
  });
}

test('an index of a later version is left as it is by who only checks', async () => {
  const folder = await indexedFolder(main);
  edit(folder, 'PRAGMA user_version = 99');
  const before = readFileSync(join(folder, 'index.sqlite'));
  assert.deepEqual((await checkStore({ folder, params: TEST_PARAMS })).problems, []);
  assert.ok(readFileSync(join(folder, 'index.sqlite')).equals(before));
});

test('an index that cannot be made is an error of the disk', async () => {
  const folder = await indexedFolder(main);
  rmSync(join(folder, 'index.sqlite'));
  mkdirSync(join(folder, 'index.sqlite'));
  await assert.rejects(open(folder), { name: 'StoreError', code: 'store-io' });
});

test('the index of another chain is not believed', async () => {
  const other = await indexedFolder(chainOf('other', 380));
  const folder = await indexedFolder(main);
  copyFileSync(join(other, 'index.sqlite'), join(folder, 'index.sqlite'));
  assert.deepEqual((await checkStore({ folder, params: TEST_PARAMS })).problems, []);
  const store = await open(folder);
  assert.equal((await store.entryPlaces(A, 1)).indexedTo, -1);
  await settled(store);
  assert.deepEqual(await heightsOf(store, '"other 7"'), []);
  assert.deepEqual(await heightsOf(store, '"main 7"'), [7]);
  await store.close();
});

test('a block that cannot be read holds the index up below it, until it is mended', async () => {
  const folder = newFolder();
  const store = await open(folder);
  await store.commit(growth(main));
  await store.close();
  const database = new DatabaseSync(join(folder, 'chain.sqlite'));
  database.exec('UPDATE blocks SET body = zeroblob(3) WHERE id = (SELECT block FROM chain WHERE height = 200)');
  database.close();
  const damaged = await open(folder);
  while ((await damaged.entryPlaces(A, 1)).indexedTo < 199) await nextTurn();
  assert.deepEqual(await heightsOf(damaged, '"a"'), tens(10, 199));
  await damaged.commit({ ...growth(main), activate: undefined });
  await settled(damaged);
  assert.deepEqual(await heightsOf(damaged, '"a"'), tens(10, 400));
  await damaged.close();
});

test('a damaged index that cannot be made again is made as soon as it can be', async () => {
  const folder = await indexedFolder(main);
  damage(folder);
  const opening = open(folder);
  // What cannot be removed.
  mkdirSync(join(folder, 'index.sqlite-journal'));
  const store = await opening;
  for (let looks = 0; looks < 2; looks++) {
    await assert.rejects(store.firstPlaces([A]), { name: 'StoreError', code: 'store-io' });
  }
  rmdirSync(join(folder, 'index.sqlite-journal'));
  assert.equal((await store.firstPlaces([A])).places[0]?.height, 10);
  await settled(store);
  assert.deepEqual(await heightsOf(store, '"a"'), tens(10, 400));
  await store.close();
});

test('an index that turns out damaged while entries are looked for does not make them new', async () => {
  const folder = await indexedFolder(main);
  const path = join(folder, 'index.sqlite');
  damage(folder);
  const damaged = readFileSync(path);
  for (const look of [
    async (store: ChainStore) => (await store.firstPlaces([A])).places[0]?.height,
    async (store: ChainStore) => {
      const { places, indexedTo } = await store.entryPlaces(A, 1);
      return indexedTo < 10 ? 10 : places[0]?.height;
    },
  ]) {
    writeFileSync(path, damaged);
    const store = await open(folder);
    assert.equal(await look(store), 10);
    await store.close();
  }
});

test('an entry that moves to another height while it is looked for is found where it stands in the end', async () => {
  const store = await open(newFolder());
  await store.commit(growth(chainPart(main, 0, 30)));
  const looking = store.entryPlaces(pendingEntry('"main 25"').id, 10);
  for (let turn = 0; turn < 5; turn++) await nextTurn();
  const side = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 31, (height) =>
    bodyOf(height === 1 ? '"main 25"' : `"side ${height}"`),
  );
  await store.commit(switchTo(0, side));
  assert.deepEqual(await looking, {
    places: [{ height: 1, hash: side.blocks[0]?.hash, index: 0 }],
    indexedTo: 31,
    pending: undefined,
  });
  await store.close();
});

test('a question for many entries brings the index to the tip, however far it was behind, if not in one go', async () => {
  const store = await open(newFolder());
  await store.commit(growth(main));
  const wanted = ['"a"', '"main 399"', '"nowhere"', '"a"'].map((text) => pendingEntry(text).id);
  const { places, indexedTo } = await store.firstPlaces(wanted);
  assert.equal(indexedTo, 400);
  assert.deepEqual(
    places.map((place) => place?.height),
    [10, 399, undefined, 10],
  );
  await store.commit(growth(chainPart(chainOf('main', 2_000), 400, 2_000)));
  const heights: number[] = [];
  for (let asked = 0; asked < 3; asked++) heights.push((await store.firstPlaces(wanted)).indexedTo);
  assert.deepEqual(heights, [400 + 4 * 256, 2_000, 2_000]);
  await store.close();
});

test('an entry that moves while many are looked for is found where it stands in the end', async () => {
  const store = await open(newFolder());
  await store.commit(growth(chainPart(main, 0, 30)));
  const looking = store.firstPlaces(['"main 3"', '"main 25"', '"a"'].map((text) => pendingEntry(text).id));
  await nextTurn();
  const side = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 31, (height) =>
    bodyOf(height === 1 ? '"main 25"' : `"side ${height}"`),
  );
  await store.commit(switchTo(0, side));
  assert.deepEqual(await looking, {
    places: [undefined, { height: 1, hash: side.blocks[0]?.hash, index: 0 }, undefined],
    indexedTo: 31,
  });
  await store.close();
});

/** What is only met when entries are looked for. */
function damage(folder: string): void {
  edit(folder, 'UPDATE entry_index_data SET block = zeroblob(length(block)) WHERE id > 10');
}

function edit(folder: string, sql: string): void {
  const database = new DatabaseSync(join(folder, 'index.sqlite'), { defensive: false });
  database.exec(sql);
  database.close();
}
