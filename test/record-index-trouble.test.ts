/** That a table of records comes through whatever happens to its file, its threads and the blocks that it reads. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, type TestContext, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { assertPresent } from '../src/core/assert.ts';
import { recordFilePath } from '../src/records/record-file.ts';
import type { RecordIndex, RecordIndexOptions } from '../src/records/record-index.ts';
import type { RecordSource } from '../src/records/record-source.ts';
import type { ChainStore } from '../src/storage/chain-store.ts';
import { createMemoryStore } from '../src/storage/memory-store.ts';
import { blockDamaged, StoreError } from '../src/storage/store-error.ts';
import { TEST_PARAMS } from './support/chain-fixture.ts';
import { ALL, chainOf, heightsOf, open, reached, reachedInTime, read, withEntries } from './support/record-index.ts';
import { chainPart, growth } from './support/store-change.ts';

const root = mkdtempSync(join(tmpdir(), 'cairn-record-index-'));
after(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;
const newFolder = (): string => mkdtempSync(join(root, `${folders++}-`));

const main = chainOf('main', 600);

test('a table that turns out damaged is begun anew', async () => {
  const folder = newFolder();
  const store = createMemoryStore(TEST_PARAMS);
  await store.commit(growth(main));
  const first = await open(folder, store);
  await reached(first, 600);
  await first.close();
  const path = recordFilePath(folder);
  const bytes = readFileSync(path);
  // All but the first page, which says that it is a file of ours.
  writeFileSync(path, bytes.fill(0xff, 4_096));
  const second = await open(folder, store);
  await reached(second, 600);
  assert.deepEqual(heightsOf(await read(second)), withEntries(1, 600));
  await second.close();
});

for (const table of ['blocks', 'ids', 'field_0', 'words_config']) {
  test(`a table is begun anew though nothing of its file is damaged but the first page of ${table}`, async (t) => {
    const folder = newFolder();
    const store = createMemoryStore(TEST_PARAMS);
    await store.commit(growth(chainPart(main, 0, 30)));
    const first = await open(folder, store);
    await reached(first, 30);
    await first.close();
    const path = recordFilePath(folder);
    const tool = new DatabaseSync(path);
    const page = Number(tool.prepare('SELECT rootpage FROM sqlite_schema WHERE name = ?').get(table)?.['rootpage']);
    tool.close();
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.fill(0xff, 4_096 * (page - 1), 4_096 * page));
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const second = await open(folder, store, { onTrouble: () => undefined });
    await store.commit(growth(chainPart(main, 30, 60)));
    await reachedInTime(t, second, 60);
    assert.deepEqual(heightsOf(await read(second)), withEntries(1, 60));
    const found = await read(second, { text: 'main', where: [{ pointer: '/height', op: '>', value: 50 }] });
    assert.deepEqual(heightsOf(found), withEntries(51, 60));
    await second.close();
  });
}

test('damage that a search meets has the table begun anew while it is searched', async () => {
  const folder = newFolder();
  const store = createMemoryStore(TEST_PARAMS);
  await store.commit(growth(main));
  const index = await open(folder, store, { onTrouble: () => undefined });
  await reached(index, 600);
  const tool = new DatabaseSync(recordFilePath(folder));
  tool.exec('DELETE FROM blocks WHERE height = 5');
  tool.close();
  const page = await read(index);
  assert.ok(page.records.length === 0 || page.indexed_to === 600);
  await reached(index, 600);
  assert.deepEqual(heightsOf(await read(index)), withEntries(1, 600));
  await index.close();
});

test('a block that cannot be read keeps the table behind it, which says why, until it can be', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const store = createMemoryStore(TEST_PARAMS);
  await store.commit(growth(chainPart(main, 0, 300)));
  let isDamaged = true;
  const source: RecordSource = {
    activeHashes: (from, max) => store.activeHashes(from, max),
    headersAfter: (locator, max) => store.headersAfter(locator, max),
    bodies: async (hashes, max) => {
      if (!isDamaged) return store.bodies(hashes, max);
      const at = hashes.indexOf(assertPresent(main.blocks[279], 'there are so many blocks').hash);
      if (at === 0) throw blockDamaged({ hash: hashes[0], height: 280 }, 'for this test');
      return store.bodies(at < 0 ? hashes : hashes.slice(0, at), max);
    },
  };
  const troubles = new Troubles();
  const index = await open(newFolder(), source, { onTrouble: troubles.hear });
  index.wake();
  t.mock.timers.tick(100);
  await troubles.reach(1);
  assert.equal(index.status.trouble, 'block-damaged');
  assert.equal((await index.page(ALL)).ok, true);
  isDamaged = false;
  await reachedInTime(t, index, 300);
  assert.deepEqual(troubles.told, ['block-damaged']);
  assert.equal(index.status.trouble, undefined);
  await index.close();
});

test('a question is answered though the thread that answers has ended, before it or over it', async () => {
  const store = createMemoryStore(TEST_PARAMS);
  await store.commit(growth(chainPart(main, 0, 30)));
  const ends: unknown[] = [];
  for (const isOver of [true, false]) {
    const { index, reader } = await openWithThreads(store, { onThreadEnd: (error) => ends.push(error) });
    await reached(index, 30);
    const ending = reader.terminate();
    if (isOver) await ending;
    const pages = await Promise.all([read(index), read(index)]);
    for (const page of pages) assert.deepEqual(heightsOf(page), withEntries(1, 30));
    await index.close();
  }
  assert.deepEqual(
    ends.map((error) => String(error)),
    Array(2).fill('Error: the thread cairn-record-reader has ended'),
  );
});

test('the table follows the chain though the thread that writes has ended', async () => {
  const store = createMemoryStore(TEST_PARAMS);
  await store.commit(growth(chainPart(main, 0, 30)));
  const ends: unknown[] = [];
  const { index, writer } = await openWithThreads(store, { onThreadEnd: (error) => ends.push(error) });
  await reached(index, 30);
  await writer.terminate();
  await store.commit(growth(chainPart(main, 30, 60)));
  await reached(index, 60);
  assert.deepEqual(heightsOf(await read(index)), withEntries(1, 60));
  assert.deepEqual(
    ends.map((error) => String(error)),
    ['Error: the thread cairn-record-writer has ended'],
  );
  await index.close();
});

test('a file that the thread which writes has to begin anew when it is started again is the one that is searched', async () => {
  const store = createMemoryStore(TEST_PARAMS);
  await store.commit(growth(chainPart(main, 0, 30)));
  const { index, writer, path } = await openWithThreads(store, { onThreadEnd: () => undefined });
  await reached(index, 30);
  assert.deepEqual(heightsOf(await read(index)), withEntries(1, 30));
  await writer.terminate();
  for (const file of [path, `${path}-wal`, `${path}-shm`]) rmSync(file, { force: true });
  writeFileSync(path, 'no file of ours');
  await store.commit(growth(chainPart(main, 30, 60)));
  await reached(index, 60);
  assert.deepEqual(heightsOf(await read(index)), withEntries(1, 60));
  await index.close();
});

test('a damaged table that cannot be begun anew is begun as soon as it can be', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const folder = newFolder();
  const store = createMemoryStore(TEST_PARAMS);
  await store.commit(growth(chainPart(main, 0, 30)));
  const troubles = new Troubles();
  const index = await open(folder, store, { onTrouble: troubles.hear });
  await reachedInTime(t, index, 30);
  assert.deepEqual(heightsOf(await read(index)), withEntries(1, 30));
  const path = recordFilePath(folder);
  const tool = new DatabaseSync(path);
  tool.exec('INSERT INTO blocks SELECT height + 1, hash, time FROM blocks ORDER BY height DESC LIMIT 1');
  tool.close();
  // What cannot be removed.
  mkdirSync(`${path}-journal`);
  await store.commit(growth(chainPart(main, 30, 60)));
  index.wake();
  t.mock.timers.tick(100);
  await troubles.reach(2);
  await assertAbsent(index);
  rmdirSync(`${path}-journal`);
  await reachedInTime(t, index, 60);
  assert.deepEqual(heightsOf(await read(index)), withEntries(1, 60));
  assert.deepEqual(troubles.told, ['store-damaged', 'store-io: there is no table']);
  await index.close();
});

test('a thread that ends as soon as it was started again is not started over and over', async (t) => {
  let nowMs = 0;
  t.mock.method(performance, 'now', () => nowMs);
  const store = createMemoryStore(TEST_PARAMS);
  const ends: unknown[] = [];
  const { index, reader } = await openWithThreads(store, { onThreadEnd: (error) => ends.push(error) });
  await reader.terminate();
  const [next] = await Promise.all([once(process, 'worker'), read(index)]);
  await next[0].terminate();
  await assert.rejects(read(index), /cairn-record-reader has ended/);
  await assert.rejects(read(index), /cairn-record-reader has ended/);
  assert.equal(ends.length, 1);
  nowMs += 10_000;
  await read(index);
  assert.equal(ends.length, 2);
  await index.close();
});

test('a table whose file cannot be opened is not there, which is said, and is there as soon as it can be', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const store = createMemoryStore(TEST_PARAMS);
  await store.commit(growth(chainPart(main, 0, 30)));
  const folder = newFolder();
  mkdirSync(recordFilePath(folder));
  const troubles = new Troubles();
  const { index, writer } = await openWithThreads(store, { folder, onTrouble: troubles.hear });
  await assertAbsent(index);
  let failures = 0;
  writer.on('message', ({ type }) => {
    if (type === 'failed') failures++;
  });
  while (failures < 2) await pass(t, 5_000);
  await assertAbsent(index);
  rmdirSync(recordFilePath(folder));
  while (index.status.indexed_to !== 30) await pass(t, 5_000);
  assert.equal(index.status.trouble, undefined);
  assert.deepEqual(heightsOf(await read(index)), withEntries(1, 30));
  assert.deepEqual(troubles.told, ['store-io: there is no table']);
  await index.close();
});

test('a good table that cannot be opened for a while is not thrown away', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const store = createMemoryStore(TEST_PARAMS);
  await store.commit(growth(chainPart(main, 0, 30)));
  const folder = newFolder();
  const first = await open(folder, store);
  await reachedInTime(t, first, 30);
  await first.close();
  const path = recordFilePath(folder);
  const bytes = readFileSync(path);
  // Where SQLite's log is to be.
  mkdirSync(`${path}-wal`);
  const index = await open(folder, store, { onTrouble: () => undefined });
  await assertAbsent(index);
  assert.ok(readFileSync(path).equals(bytes));
  rmdirSync(`${path}-wal`);
  await reachedInTime(t, index, 30);
  assert.deepEqual(heightsOf(await read(index)), withEntries(1, 30));
  await index.close();
});

test('damage that a search meets leaves no table, which is said, where it cannot be begun anew', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const store = createMemoryStore(TEST_PARAMS);
  await store.commit(growth(chainPart(main, 0, 30)));
  const folder = newFolder();
  const troubles = new Troubles();
  const index = await open(folder, store, { onTrouble: troubles.hear });
  await reachedInTime(t, index, 30);
  assert.deepEqual(heightsOf(await read(index)), withEntries(1, 30));
  const path = recordFilePath(folder);
  const tool = new DatabaseSync(path);
  tool.exec('DELETE FROM blocks WHERE height = 5');
  tool.close();
  mkdirSync(`${path}-journal`);
  const page = await index.page(ALL);
  assert.deepEqual(page, { ok: false, fault: { code: 'records-unavailable', trouble: 'store-io' } });
  await assertAbsent(index);
  rmdirSync(`${path}-journal`);
  await reachedInTime(t, index, 30);
  assert.deepEqual(heightsOf(await read(index)), withEntries(1, 30));
  assert.deepEqual(troubles.told, ['store-io: there is no table']);
  await index.close();
});

test('what is wrong with the settings, and not with the disk, is told at the start', async () => {
  const settings = { indexes: { pointers: ['height'], fullText: false }, onTrouble: () => undefined };
  await assert.rejects(open(newFolder(), createMemoryStore(TEST_PARAMS), settings), /declared is a pointer/);
});

test('a table is closed though a thread ends meanwhile by itself', async () => {
  const { index, reader, writer } = await openWithThreads(createMemoryStore(TEST_PARAMS));
  const ended = Promise.all([reader.terminate(), writer.terminate()]);
  await index.close();
  await ended;
});

/** Lets the timers of `t` go on by `ms`, and has whoever waits for a thread hear of it. */
async function pass(t: TestContext, ms: number): Promise<void> {
  t.mock.timers.tick(ms);
  await nextTurn();
}

/** No table is there, since the system does not let it be: the status says so, and so does the answer to a question. */
async function assertAbsent(index: RecordIndex): Promise<void> {
  assert.deepEqual(index.status, { indexed_to: -1, indexes: ['/height'], full_text: true, trouble: 'store-io' });
  const fault = { code: 'records-unavailable', trouble: 'store-io' };
  assert.deepEqual(await index.page(ALL), { ok: false, fault });
}

/** What a table tells of, one after the other: the code of the error, and whether there is no table at all. */
class Troubles {
  readonly told: string[] = [];

  readonly hear = (error: unknown, isThere: boolean): void => {
    const code = error instanceof StoreError ? error.code : String(error);
    this.told.push(isThere ? code : `${code}: there is no table`);
  };

  async reach(count: number): Promise<void> {
    while (this.told.length < count) await nextTurn();
  }
}

/** Opens a table, and its threads as Node knows them. */
async function openWithThreads(
  store: ChainStore,
  {
    folder = newFolder(),
    ...listeners
  }: { readonly folder?: string } & Partial<Pick<RecordIndexOptions, 'onTrouble' | 'onThreadEnd'>> = {},
): Promise<{ readonly index: RecordIndex; readonly writer: Worker; readonly reader: Worker; readonly path: string }> {
  const threads: Worker[] = [];
  const watch = (thread: Worker): void => void threads.push(thread);
  process.on('worker', watch);
  const index = await open(folder, store, listeners);
  process.off('worker', watch);
  const [reader, writer] = threads;
  assert.ok(writer !== undefined && reader !== undefined);
  return { index, writer, reader, path: recordFilePath(folder) };
}
