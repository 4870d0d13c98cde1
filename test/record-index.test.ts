/** That a table of records follows a chain. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { genesisPoint } from '../src/core/validation.ts';
import { createMemoryStore } from '../src/storage/memory-store.ts';
import { TEST_PARAMS } from './support/chain-fixture.ts';
import { ALL, chainOf, heightsOf, INDEXES, open, reached, read, withEntries } from './support/record-index.ts';
import { chainPart, growth, lastPoint, switchTo } from './support/store-change.ts';

const root = mkdtempSync(join(tmpdir(), 'cairn-record-index-'));
after(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;
const newFolder = (): string => mkdtempSync(join(root, `${folders++}-`));

const main = chainOf('main', 600);

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

test('a table can be closed at any moment, and takes no questions from then on', async () => {
  const store = createMemoryStore(TEST_PARAMS);
  await store.commit(growth(main));
  const index = await open(newFolder(), store);
  index.wake();
  const asked = index.page(ALL);
  await Promise.all([index.close(), asked]);
  await assert.rejects(index.page(ALL), { code: 'store-closed' });
});
