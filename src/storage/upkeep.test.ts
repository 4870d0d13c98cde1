/** Copying, compacting and rebuilding: what a store looks like after it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { bodyOf, buildChain, TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import {
  ALL_PENDING,
  growth,
  lastPoint,
  mixedBody,
  NO_CHANGE,
  pendingEntry,
  readAll,
  stateOf,
  switchTo,
} from '../../test/support/store-change.ts';
import { genesisPoint } from '../core/validation.ts';
import type { ChainStore } from './chain-store.ts';
import { compactStore } from './compact.ts';
import { checkStore } from './fsck.ts';
import { type RebuildProgress, rebuildStore } from './rebuild.ts';
import { openSqliteStore } from './sqlite-store.ts';

const OPEN_FILES = '/proc/self/fd';
const STORE_CHILD = join(import.meta.dirname, '../../test/support/store-child.ts');
const root = mkdtempSync(join(tmpdir(), 'cairn-upkeep-'));
after(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;
const newFolder = (): string => join(root, `${folders++}`);
const open = (folder: string): Promise<ChainStore> => openSqliteStore({ folder, params: TEST_PARAMS });

const trunk = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 20, mixedBody);
const main = buildChain(TEST_PARAMS, lastPoint(trunk), 200, (height) => bodyOf(`"${height}${'x'.repeat(4_000)}"`));
const side = buildChain(TEST_PARAMS, lastPoint(trunk), 5, () => bodyOf('"side"'));

/** An open store that has seen a switch of branches and back, so that its file has gaps. */
async function usedStore(folder: string): Promise<ChainStore> {
  const store = await open(folder);
  await store.commit(growth(trunk));
  await store.commit({ ...growth(main), pendingAdded: [pendingEntry('"waits"')] });
  await store.commit(switchTo(20, side));
  await store.commit({ ...switchTo(20, main), blocks: [] });
  return store;
}

/** Until the index of entries reaches the tip. */
async function indexed(store: ChainStore): Promise<void> {
  const { length } = await store.chainJson();
  while ((await store.entryPlaces(pendingEntry('"a"').id, 1)).indexedTo < length - 1) await nextTurn();
}

describe('a backup', () => {
  test('is the store as it was when it was begun, in one file that a folder is made of, while the store goes on', async () => {
    const store = await usedStore(newFolder());
    const copy = newFolder();
    mkdirSync(copy);
    const told: (readonly number[])[] = [];
    const path = join(copy, 'chain.sqlite');
    const done = store.backup(path, (...progress) => {
      told.push(progress);
      assert.ok(!existsSync(path), 'what is not whole has another name');
    });
    await store.commit(growth(buildChain(TEST_PARAMS, lastPoint(main), 3, () => bodyOf('"meanwhile"'))));
    await done;
    const copied = await open(copy);
    const { length } = await copied.chainJson();
    assert.equal(length, 221);
    assert.deepEqual(await readAll(copied), (await readAll(store)).slice(0, length));
    assert.deepEqual(await copied.pending(ALL_PENDING), await store.pending(ALL_PENDING));
    await copied.close();
    await store.close();
    assert.deepEqual((await checkStore({ folder: copy, params: TEST_PARAMS })).problems, []);
    assert.ok(told.every(([part = 0, whole = 0]) => part <= whole));
  });

  test('leaves other processes kept out of the folder', async () => {
    const folder = newFolder();
    const store = await usedStore(folder);
    for (const copy of ['first', 'second']) {
      await store.backup(join(root, copy));
      const { status, stderr } = spawnSync(process.execPath, [STORE_CHILD, 'hold', folder], {
        encoding: 'utf8',
        input: '',
      });
      assert.equal(status, 1, 'it is told of, and ends');
      // By the lock on the file that was copied, and not only by that on the index beside it.
      assert.match(stderr, /Another process has the data folder/);
    }
    await store.close();
  });

  test('is read through one descriptor, however often, which is closed with the store, also where it is given up', {
    skip: existsSync(OPEN_FILES) ? false : 'this system does not tell which files a process has open',
  }, async () => {
    const folder = newFolder();
    const path = join(folder, 'chain.sqlite');
    const store = await usedStore(folder);
    const before = timesOpen(path);
    assert.ok(before > 0);
    await store.backup(join(folder, 'first'));
    await store.backup(join(folder, 'second'));
    assert.equal(timesOpen(path), before + 1);
    await store.close();
    assert.equal(timesOpen(path), 0);

    const again = await open(folder);
    const copy = assert.rejects(again.backup(join(folder, 'given-up')), { code: 'store-closed' });
    await again.close();
    await copy;
    assert.equal(timesOpen(path), 0);
  });

  test('of a store that is closed meanwhile is given up, and one at a time is written', async () => {
    const store = await usedStore(newFolder());
    const folder = newFolder();
    mkdirSync(folder);
    const copy = assert.rejects(store.backup(join(folder, 'given-up')), { code: 'store-closed' });
    await assert.rejects(store.backup(join(folder, 'second')), { code: 'store-io', message: /already/ });
    await store.close();
    assert.deepEqual(readdirSync(folder), []);
    await copy;
  });

  test('is not kept from its place by what a process of the same number has left, as in a container that was started again', async () => {
    const store = await usedStore(newFolder());
    const folder = newFolder();
    mkdirSync(folder);
    const target = join(folder, 'copy');
    writeFileSync(`${target}.part-${process.pid}`, 'half of one');
    await store.backup(target);
    assert.ok(existsSync(target));
    await store.close();
  });

  test('is not written over what is there, nor where nothing can be written', async () => {
    const store = await usedStore(newFolder());
    const there = join(root, 'there');
    writeFileSync(there, 'a diary');
    await assert.rejects(store.backup(there), { code: 'store-io', message: /exist/ });
    const nowhere = join(root, 'no', 'such', 'folder');
    await assert.rejects(store.backup(nowhere), { name: 'StoreError' });
    assert.ok(!existsSync(nowhere));
    assert.equal((await store.chainJson()).length, 221);
    await store.close();
  });
});

/** How often this process has the file at `path` open just now. */
function timesOpen(path: string): number {
  const file = realpathSync(path);
  return readdirSync(OPEN_FILES).filter((descriptor) => targetOf(descriptor) === file).length;
}

/** Undefined where it is closed by now, as the one by which the list was read. */
function targetOf(descriptor: string): string | undefined {
  try {
    return readlinkSync(join(OPEN_FILES, descriptor));
  } catch {
    return undefined;
  }
}

test('a compacted store is smaller, and the same', async () => {
  const folder = newFolder();
  const store = await usedStore(folder);
  await indexed(store);
  const before = await stateOf(store);
  await store.close();
  const { bytesBefore, bytesAfter } = await compactStore({ folder, params: TEST_PARAMS });
  assert.ok(bytesAfter < bytesBefore, `${bytesBefore} ${bytesAfter}`);
  const again = await open(folder);
  assert.deepEqual(await stateOf(again), before);
  await again.close();
  assert.deepEqual((await checkStore({ folder, params: TEST_PARAMS })).problems, []);
});

test('a rebuilt store says how far it is, twice over, and is the same', async () => {
  const folder = newFolder();
  const store = await usedStore(folder);
  await store.commit({ ...NO_CHANGE, pendingAdded: [pendingEntry('"more"')] });
  await indexed(store);
  const before = await stateOf(store);
  await store.close();
  const copy = newFolder();
  cpSync(folder, copy, { recursive: true });
  const told: RebuildProgress[] = [];
  await rebuildStore({ folder: copy, params: TEST_PARAMS, onProgress: (progress) => told.push(progress) });
  const heights = told.filter(({ step }) => step === 'blocks').map(({ height }) => height);
  assert.deepEqual(heights, [0, 64, 128, 192]);
  assert.ok(told.every(({ tipHeight }) => tipHeight === 220));
  const again = await open(copy);
  assert.deepEqual(await stateOf(again), before);
  await again.close();
});
