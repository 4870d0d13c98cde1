import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, describe, test } from 'node:test';
import { breakLog } from '../../test/support/broken-log.ts';
import { bodyOf, buildChain, TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import {
  ALL_PENDING,
  growth,
  hashesOf,
  mixedBody,
  NO_CHANGE,
  pendingEntry,
  readAll,
  stateOf,
} from '../../test/support/store-change.ts';
import type { GrowStep } from '../../test/support/store-child.ts';
import { createGenesis } from '../core/genesis.ts';
import { genesisPoint } from '../core/validation.ts';
import type { ChainStore } from './chain-store.ts';
import { checkStore } from './fsck.ts';
import { openSqliteStore } from './sqlite-store.ts';

const root = mkdtempSync(join(tmpdir(), 'cairn-crash-'));
after(() => rmSync(root, { recursive: true, force: true }));
const children: ChildProcess[] = [];
after(() => {
  for (const child of children) child.kill('SIGKILL');
});
let folders = 0;
const newFolder = (): string => join(root, `${folders++}`);
const open = (folder: string): Promise<ChainStore> => openSqliteStore({ folder, params: TEST_PARAMS });

describe('two processes', () => {
  test('do not share a folder: the second is refused until the first is gone', async () => {
    const folder = newFolder();
    const child = startChild('hold', folder);
    await once(createInterface({ input: child.stdout ?? assert.fail() }), 'line');
    await assert.rejects(open(folder), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'store-in-use');
      assert.ok(error.message.includes(folder));
      return true;
    });
    await assert.rejects(checkStore({ folder, params: TEST_PARAMS }), { code: 'store-in-use' });
    await kill(child);
    await (await open(folder)).close();
  });
});

describe('a full disk', () => {
  test('rolls the commit back, serves what is there, and goes on when there is room', async () => {
    const folder = newFolder();
    const chain = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 40, (height) =>
      bodyOf(...Array.from({ length: 20 }, (_, i) => `"${height} ${i} ${'x'.repeat(1_000)}"`)),
    );
    const store = await openSqliteStore({ folder, params: TEST_PARAMS, sizeBytesMax: 500_000 });
    const first = growth({ blocks: chain.blocks.slice(0, 2), points: chain.points.slice(0, 2) });
    const rest = growth({ blocks: chain.blocks.slice(2), points: chain.points.slice(2) });
    await store.commit(first);
    await store.commit({ ...NO_CHANGE, pendingAdded: [pendingEntry('"waits"')] });
    const before = await stateOf(store);
    await assert.rejects(store.commit({ ...rest, pendingAdded: [pendingEntry('"too much"')] }), { code: 'store-full' });
    assert.deepEqual(await stateOf(store), before);
    await store.commit({ ...NO_CHANGE, pendingAdded: [pendingEntry('"fits"')] });
    await assert.rejects(store.commit(NO_CHANGE), { code: 'store-full' }, 'a change of nothing says so, too');
    await store.close();
    const roomier = await open(folder);
    await roomier.commit(NO_CHANGE);
    await roomier.commit(rest);
    assert.equal((await roomier.chainJson()).tip, hashesOf(chain).at(-1));
    assert.equal(
      (await roomier.load({ windowLength: 1, milestoneInterval: 1_000, pending: ALL_PENDING })).pending.entries.length,
      2,
    );
    await roomier.close();
    assert.deepEqual((await checkStore({ folder, params: TEST_PARAMS })).problems, []);
  });
});

describe('a disk that fails', () => {
  const options = process.platform === 'linux' ? {} : { skip: 'takes the file away through /proc/self/fd' };
  test('ends all writing until the store is opened again, which then holds the last commit', options, async () => {
    const folder = newFolder();
    const chain = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 2, mixedBody);
    const [first, second] = [0, 1].map((i) =>
      growth({ blocks: chain.blocks.slice(i, i + 1), points: chain.points.slice(i, i + 1) }),
    );
    assert.ok(first !== undefined && second !== undefined);
    const store = await open(folder);
    await store.commit(first);
    const before = await stateOf(store);
    breakLog(folder);
    await assert.rejects(store.commit(second), { code: 'store-io' });
    await assert.rejects(store.commit({ ...NO_CHANGE, pendingAdded: [] }), { code: 'store-io' });
    await store.close();
    const mended = await open(folder);
    assert.deepEqual(await stateOf(mended), before);
    await mended.commit(second);
    await mended.close();
  });
});

describe('kill -9', () => {
  for (const { name, thread } of [
    { name: 'a store', thread: [] },
    { name: 'a threaded store', thread: ['threaded'] },
  ]) {
    test(`loses nothing that ${name} has acknowledged, and leaves a whole chain`, async () => {
      const folder = newFolder();
      let model: Model = { blocks: [{ hash: createGenesis(TEST_PARAMS).hash, entry: '' }], pending: [] };
      for (const acknowledged of [1, 12, 5, 40, 23]) {
        const { done, tried } = await growUntilKilled([folder, ...thread], acknowledged, model);
        const store = await open(folder);
        const hashes = await readAll(store);
        const { pending } = await store.load({ windowLength: 1, milestoneInterval: 1_000, pending: ALL_PENDING });
        await store.close();
        const found = { hashes, pending: pending.entries.map(({ id }) => id) };
        const possible = [done, tried].map(({ blocks, pending }) => ({
          hashes: blocks.map(({ hash }) => hash),
          pending,
        }));
        const isTried = hashes.at(-1) === possible[1]?.hashes.at(-1);
        assert.deepEqual(found, possible[isTried ? 1 : 0]);
        model = isTried ? tried : done;
        assert.deepEqual((await checkStore({ folder, params: TEST_PARAMS })).problems, []);
      }
    });
  }
});

interface Model {
  readonly blocks: readonly { readonly hash: string; readonly entry: string }[];
  readonly pending: readonly string[];
}

/**
 * Lets a child grow the store and kills it at the line after it has acknowledged so many commits. `done` is what was
 * acknowledged when it died, `tried` what it had begun besides.
 */
async function growUntilKilled(
  args: readonly string[],
  acknowledged: number,
  model: Model,
): Promise<{ done: Model; tried: Model }> {
  const child = startChild('grow', ...args);
  let [done, tried, count] = [model, model, 0];
  for await (const line of createInterface({ input: child.stdout ?? assert.fail() })) {
    const message: { try?: GrowStep } = JSON.parse(line);
    if (message.try === undefined) {
      done = tried;
      count++;
    } else {
      tried = afterStep(done, message.try);
      if (count >= acknowledged) child.kill('SIGKILL');
    }
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  assert.equal(child.signalCode, 'SIGKILL');
  return { done, tried };
}

function afterStep(model: Model, step: GrowStep): Model {
  const leaving = model.blocks.slice(step.forkHeight + 1);
  return {
    blocks: [...model.blocks.slice(0, step.forkHeight + 1), ...step.added],
    pending: [...model.pending, step.pending, ...leaving.map(({ entry }) => entry)],
  };
}

function startChild(mode: 'hold' | 'grow', ...args: readonly string[]): ChildProcess {
  const script = join(import.meta.dirname, '../../test/support/store-child.ts');
  const child = spawn(process.execPath, [script, mode, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}
