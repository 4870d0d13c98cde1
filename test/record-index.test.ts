/** That a table of records follows a chain, whatever happens to it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, type TestContext, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import type { RecordFilter } from '../src/api/record-filter.ts';
import type { RecordsPage } from '../src/api/record-shapes.ts';
import { assertPresent } from '../src/core/assert.ts';
import { genesisPoint } from '../src/core/validation.ts';
import { recordFilePath } from '../src/records/record-file.ts';
import { openRecordIndex, type RecordIndex, type RecordIndexOptions } from '../src/records/record-index.ts';
import type { RecordQuestion } from '../src/records/record-search.ts';
import type { RecordSource } from '../src/records/record-source.ts';
import type { ChainStore } from '../src/storage/chain-store.ts';
import { createMemoryStore } from '../src/storage/memory-store.ts';
import { blockDamaged } from '../src/storage/store-error.ts';
import { type BuiltChain, bodyOf, buildChain, TEST_PARAMS } from './support/chain-fixture.ts';
import { chainPart, growth, lastPoint, switchTo } from './support/store-change.ts';

const root = mkdtempSync(join(tmpdir(), 'cairn-record-index-'));
after(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;
const newFolder = (): string => mkdtempSync(join(root, `${folders++}-`));

/** Each block has an entry with its height and the chain's name, and every third one none. */
function chainOf(name: string, count: number, parent = genesisPoint(TEST_PARAMS)): BuiltChain {
  return buildChain(TEST_PARAMS, parent, count, (height) =>
    height % 3 === 0 ? bodyOf() : bodyOf(`{"chain":"${name}","height":${height}}`),
  );
}

const main = chainOf('main', 600);
const INDEXES = { pointers: ['/height'], fullText: true };
const ALL: RecordQuestion = { filter: {}, order: 'asc', limit: 1_000, cursor: undefined };

function open(
  folder: string,
  source: ChainStore,
  options: Partial<Pick<RecordIndexOptions, 'indexes' | 'onTrouble' | 'onThreadEnd'>> = {},
): Promise<RecordIndex> {
  const fail = (error: unknown): void => assert.fail(String(error));
  const told = { indexes: INDEXES, onTrouble: fail, onThreadEnd: fail, ...options };
  return openRecordIndex({ folder, params: TEST_PARAMS, source, ...told });
}

/** Has the table catch up, and waits until it says that it has come to `height`. */
async function reached(index: RecordIndex, height: number): Promise<void> {
  index.wake();
  while (index.status.indexed_to !== height) await nextTurn();
}

/** The same where the timers of `t` are those of the test. */
async function reachedInTime(t: TestContext, index: RecordIndex, height: number): Promise<void> {
  index.wake();
  while (index.status.indexed_to !== height) {
    t.mock.timers.tick(10_000);
    await nextTurn();
  }
}

async function read(index: RecordIndex, filter: RecordFilter = {}): Promise<RecordsPage> {
  const page = await index.page({ ...ALL, filter });
  assert.ok(page.ok);
  return JSON.parse(page.value);
}

const heightsOf = ({ records }: RecordsPage): number[] => records.map(({ height }) => height);
const withEntries = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i).filter((height) => height % 3 !== 0);

test('the table catches up with a chain of any length, and follows it from block to block', async () => {
  const store = createMemoryStore(TEST_PARAMS);
  await store.commit(growth(chainPart(main, 0, 590)));
  const index = await open(newFolder(), store);
  assert.deepEqual(index.status, { indexed_to: -1, indexes: ['/height'], full_text: true });
  await reached(index, 590);
  for (let height = 591; height <= 600; height++) {
    await store.commit(growth(chainPart(main, height - 1, height)));
    await reached(index, height);
  }
  const page = await read(index);
  assert.deepEqual([heightsOf(page), page.indexed_to], [withEntries(1, 600), 600]);
  await index.close();
});

test('records of blocks that leave the chain leave the table, however deep', async () => {
  const store = createMemoryStore(TEST_PARAMS);
  await store.commit(growth(main));
  const index = await open(newFolder(), store);
  await reached(index, 600);
  for (const forkHeight of [599, 570, 100, 0]) {
    const parent = forkHeight === 0 ? genesisPoint(TEST_PARAMS) : lastPoint(chainPart(main, 0, forkHeight));
    const branch = chainOf(`branch ${forkHeight}`, 610 - forkHeight, parent);
    await store.commit(switchTo(forkHeight, branch));
    await reached(index, 610);
    const { records } = await read(index);
    assert.deepEqual(
      records.map(({ data }) => data),
      withEntries(1, 610).map((height) => ({ chain: height > forkHeight ? `branch ${forkHeight}` : 'main', height })),
    );
    const left = await read(index, { text: `branch ${forkHeight}` });
    assert.deepEqual(heightsOf(left), withEntries(forkHeight + 1, 610));
    await store.commit(switchTo(forkHeight, chainPart(main, forkHeight, 600)));
    await reached(index, 600);
  }
  assert.deepEqual(heightsOf(await read(index)), withEntries(1, 600));
  const gone = await read(index, { text: 'branch' });
  assert.deepEqual([gone.records, gone.looked_at], [[], 0]);
  await index.close();
});

test('a table that is to have other indexes is made anew, and has them from then on', async () => {
  const folder = newFolder();
  const store = createMemoryStore(TEST_PARAMS);
  await store.commit(growth(chainPart(main, 0, 150)));
  await store.commit(growth(chainOf('rare', 1, lastPoint(chainPart(main, 0, 150)))));
  for (const [indexes, hasIndex] of [
    [{ pointers: [], fullText: false }, false],
    [{ pointers: [], fullText: true }, true],
    [{ pointers: ['/height'], fullText: false }, false],
    [INDEXES, true],
  ] as const) {
    const index = await open(folder, store, { indexes });
    assert.equal(index.status.indexed_to, -1);
    await reached(index, 151);
    const { records, looked_at } = await read(index, { text: 'rare' });
    assert.deepEqual([records.length, looked_at], [1, hasIndex ? 1 : 101]);
    await index.close();
    const again = await open(folder, store, { indexes });
    assert.equal((await read(again)).indexed_to, 151, 'it is there when it is opened again');
    await again.close();
  }
});

test('a table goes on where it was closed, also where the chain has become another meanwhile', async () => {
  const folder = newFolder();
  const store = createMemoryStore(TEST_PARAMS);
  await store.commit(growth(chainPart(main, 0, 400)));
  const first = await open(folder, store);
  await reached(first, 400);
  await first.close();

  await store.commit(growth(chainPart(main, 400, 500)));
  const second = await open(folder, store);
  assert.deepEqual(heightsOf(await read(second)), withEntries(1, 400));
  await reached(second, 500);
  assert.deepEqual(heightsOf(await read(second)), withEntries(1, 500));
  await second.close();

  const other = createMemoryStore(TEST_PARAMS);
  await other.commit(growth(chainOf('other', 10)));
  const third = await open(folder, other);
  await reached(third, 10);
  const { records } = await read(third);
  assert.deepEqual(
    records.map(({ data }) => data),
    withEntries(1, 10).map((height) => ({ chain: 'other', height })),
  );
  await third.close();
});

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
  const troubles: unknown[] = [];
  const told = Promise.withResolvers<void>();
  const index = await openRecordIndex({
    folder: newFolder(),
    params: TEST_PARAMS,
    indexes: { pointers: [], fullText: false },
    source,
    onTrouble: (error) => {
      troubles.push(error);
      told.resolve();
    },
    onThreadEnd: (error) => assert.fail(String(error)),
  });
  index.wake();
  t.mock.timers.tick(100);
  await told.promise;
  isDamaged = false;
  await reachedInTime(t, index, 300);
  assert.deepEqual(
    troubles.map((error) => (error instanceof Error && 'code' in error ? error.code : error)),
    ['block-damaged'],
  );
  await index.close();
});

/** Opens a table, and its threads as Node knows them. */
async function openWithThreads(
  store: ChainStore,
  onThreadEnd: (error: unknown) => void,
): Promise<{ readonly index: RecordIndex; readonly writer: Worker; readonly reader: Worker; readonly path: string }> {
  const threads: Worker[] = [];
  const watch = (thread: Worker): void => void threads.push(thread);
  const folder = newFolder();
  process.on('worker', watch);
  const index = await open(folder, store, { onThreadEnd });
  process.off('worker', watch);
  const [reader, writer] = threads;
  assert.ok(writer !== undefined && reader !== undefined);
  return { index, writer, reader, path: recordFilePath(folder) };
}

test('a question is answered though the thread that answers has ended, before it or over it', async () => {
  const store = createMemoryStore(TEST_PARAMS);
  await store.commit(growth(chainPart(main, 0, 30)));
  const ends: unknown[] = [];
  for (const isOver of [true, false]) {
    const { index, reader } = await openWithThreads(store, (error) => ends.push(error));
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
  const { index, writer } = await openWithThreads(store, (error) => ends.push(error));
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
  const { index, writer, path } = await openWithThreads(store, () => undefined);
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
  const troubles: unknown[] = [];
  const told = Promise.withResolvers<void>();
  const index = await open(folder, store, {
    onTrouble: (error) => {
      if (troubles.push(error) === 2) told.resolve();
    },
  });
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
  await told.promise;
  rmdirSync(`${path}-journal`);
  await reachedInTime(t, index, 60);
  assert.deepEqual(heightsOf(await read(index)), withEntries(1, 60));
  assert.deepEqual(
    troubles.map((error) => (error instanceof Error && 'code' in error ? error.code : error)),
    ['store-damaged', 'store-io'],
  );
  await index.close();
});

test('a thread that ends as soon as it was started again is not started over and over', async (t) => {
  let nowMs = 0;
  t.mock.method(performance, 'now', () => nowMs);
  const store = createMemoryStore(TEST_PARAMS);
  const ends: unknown[] = [];
  const { index, reader } = await openWithThreads(store, (error) => ends.push(error));
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

test('a table can be closed at any moment, and takes no questions from then on', async () => {
  const store = createMemoryStore(TEST_PARAMS);
  await store.commit(growth(main));
  const index = await open(newFolder(), store);
  index.wake();
  const asked = index.page(ALL);
  await Promise.all([index.close(), asked]);
  await assert.rejects(index.page(ALL), { code: 'store-closed' });
});
