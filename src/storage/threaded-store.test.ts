import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import type { Worker } from 'node:worker_threads';
import { bodyOf, buildChain, TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { writeFormat1 } from '../../test/support/format-1.ts';
import { gather, growth, hashesOf, lastPoint, mixedBody } from '../../test/support/store-change.ts';
import { encodeBlockJson } from '../core/block-json.ts';
import { createGenesis } from '../core/genesis.ts';
import { ZERO_HASH } from '../core/hash.ts';
import { createParams } from '../core/params.ts';
import { genesisPoint } from '../core/validation.ts';
import { testChainStore } from './chain-store.contract.ts';
import type { ChainStore } from './chain-store.ts';
import { openSqliteStore } from './sqlite-store.ts';
import type { StoreError } from './store-error.ts';
import { openThreadedStore } from './threaded-store.ts';

const root = mkdtempSync(join(tmpdir(), 'cairn-threaded-'));
after(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;
const newFolder = (): string => join(root, `${folders++}`);
const open = (folder: string): Promise<ChainStore> =>
  openThreadedStore({ folder, params: TEST_PARAMS, onFailure: assert.fail });

testChainStore(() => open(newFolder()));

describe('opening', () => {
  test('fails as it does without a thread, and leaves no thread behind', async () => {
    const folder = newFolder();
    await (await open(folder)).close();
    const params = createParams({ name: 'another' });
    const refusal = await openSqliteStore({ folder, params }).catch((error: StoreError) => error);
    const threads = await threadsOf(async () => {
      await assert.rejects(openThreadedStore({ folder, params, onFailure: assert.fail }), {
        name: 'StoreError',
        code: 'store-network-other',
        message: refusal instanceof Error ? refusal.message : assert.fail(),
      });
    });
    assert.deepEqual(
      threads.map((thread) => thread.threadId),
      [-1],
    );
  });

  test('brings a folder of an older format to this one, and tells how far it is', async () => {
    const folder = newFolder();
    const chain = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 5, mixedBody);
    await writeFormat1(folder, TEST_PARAMS, [growth(chain)]);
    const told: number[] = [];
    const onMigration = (done: number, of: number): void => {
      told.push(done / of);
    };
    const options = { folder, params: TEST_PARAMS, onFailure: assert.fail, onMigration };
    const store = await openThreadedStore(options);
    assert.ok(told.length > 10 && told[0] === 0 && told.at(-1) === 1, `${told}`);
    assert.deepEqual(await store.activeHashes(1, 100), hashesOf(chain));
    await store.close();
    await (await openThreadedStore({ ...options, onMigration: () => assert.fail() })).close();
  });

  test('sees what a store without a thread has written, and the other way round', async () => {
    const folder = newFolder();
    const chain = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 5, mixedBody);
    const plain = await openSqliteStore({ folder, params: TEST_PARAMS });
    await plain.commit(growth(chain));
    await plain.close();
    const threaded = await open(folder);
    assert.deepEqual(await threaded.activeHashes(1, 100), hashesOf(chain));
    const more = buildChain(TEST_PARAMS, lastPoint(chain), 5, mixedBody);
    await threaded.commit(growth(more));
    await threaded.close();
    const again = await openSqliteStore({ folder, params: TEST_PARAMS });
    assert.deepEqual(await again.activeHashes(6, 100), hashesOf(more));
    await again.close();
  });
});

describe('a change that is handed in', () => {
  test('is still whole afterwards: its bytes were not given away', async () => {
    const store = await open(newFolder());
    const chain = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 3, mixedBody);
    const before = chain.blocks.map((block) => Buffer.from(encodeBlockJson(block)));
    await store.commit(growth(chain));
    assert.deepEqual(
      chain.blocks.map((block) => Buffer.from(encodeBlockJson(block))),
      before,
    );
    await store.close();
  });
});

describe('a long reading', () => {
  test('lets a commit pass, and reads on along the same blocks', async () => {
    const store = await open(newFolder());
    const chain = await growLarge(store);
    const json = await store.chainJson();
    const chunks = json.chunks()[Symbol.asyncIterator]();
    const read = [await chunks.next()];
    await store.commit(growth(buildChain(TEST_PARAMS, lastPoint(chain), 1, mixedBody)));
    while (read.at(-1)?.done !== true) read.push(await chunks.next());
    const bytes = Buffer.concat(read.flatMap(({ value }) => (value instanceof Uint8Array ? [value] : [])));
    assert.equal(bytes.length, json.sizeBytes);
    assert.deepEqual(
      JSON.parse(bytes.toString()).map(({ hash }: { hash: string }) => hash),
      [createGenesis(TEST_PARAMS).hash, ...hashesOf(chain)],
    );
    await store.close();
  });

  test('that was begun before a commit is not what the commit waits for', async () => {
    const store = await open(newFolder());
    let tip = lastPoint(await growLarge(store));
    await untilInTime(async () => {
      const more = buildChain(TEST_PARAMS, tip, 1, mixedBody);
      tip = lastPoint(more);
      const ended: string[] = [];
      const checking = checkOf(store).then(() => ended.push('check'));
      await store.commit(growth(more)).then(() => ended.push('commit'));
      await checking;
      return ended[0] === 'commit';
    });
    await store.close();
  });

  test('can be left half way, and another one begun', async () => {
    const store = await open(newFolder());
    await growLarge(store);
    const json = await store.chainJson();
    for await (const chunk of json.chunks()) {
      assert.ok(chunk.length > 0);
      break;
    }
    assert.equal(Buffer.concat(await gather(json.chunks())).length, json.sizeBytes);
    await store.close();
  });

  test('that is given up ends with the reason that was given', async () => {
    const store = await open(newFolder());
    await growLarge(store);
    const reason = new Error('the caller has gone');
    await untilInTime(async () => {
      const begun = new AbortController();
      const checking = checkOf(store, begun.signal);
      begun.abort(reason);
      return !(await isDone(checking, reason));
    });
    await assert.rejects(store.check({ onProgress: assert.fail, signal: AbortSignal.abort(reason) }), reason);
    assert.equal((await store.blockAt(0))?.block.hash, createGenesis(TEST_PARAMS).hash);
    await store.close();
  });
});

describe('closing', () => {
  test('ends the thread; whoever waits or asks hears that the store is closed', async () => {
    const closed = { name: 'StoreError', code: 'store-closed' };
    await untilInTime(async () => {
      let wasInTime = false;
      const threads = await threadsOf(async () => {
        const store = await open(newFolder());
        await growLarge(store);
        const chunks = (await store.chainJson()).chunks()[Symbol.asyncIterator]();
        await chunks.next();
        const [isChecked] = await Promise.all([isDone(checkOf(store), closed), store.close(), store.close()]);
        wasInTime = !isChecked;
        await assert.rejects(store.blockAt(0), closed);
        await assert.rejects(chunks.next(), closed);
      });
      assert.deepEqual(
        threads.map((thread) => thread.threadId),
        [-1],
      );
      return wasInTime;
    });
  });
});

test('a backup that is under way when the store is closed leaves nothing behind', async () => {
  await untilInTime(async () => {
    const store = await open(newFolder());
    await growLarge(store);
    const target = newFolder();
    mkdirSync(target);
    const [isCopied] = await Promise.all([
      isDone(store.backup(join(target, 'copy')), { code: 'store-closed' }),
      store.close(),
    ]);
    assert.deepEqual(readdirSync(target), isCopied ? ['copy'] : []);
    return !isCopied;
  });
});

describe('a thread that ends by itself', () => {
  for (const { name, end } of [
    { name: 'is killed', end: (thread: Worker) => void thread.terminate() },
    { name: 'meets a mistake', end: (thread: Worker) => thread.postMessage({ type: 'nonsense' }) },
  ]) {
    test(`because it ${name}: everybody who waits or asks hears of it, and the folder is free`, async () => {
      const lost = { name: 'StoreError', code: 'store-io', message: /thread of the store has failed/ };
      await untilInTime(async () => {
        const folder = newFolder();
        const failures: StoreError[] = [];
        const failed = Promise.withResolvers<void>();
        const onFailure = (error: StoreError): void => {
          failures.push(error);
          failed.resolve();
        };
        let wasInTime = false;
        await threadsOf(async (threads) => {
          const store = await openThreadedStore({ folder, params: TEST_PARAMS, onFailure });
          const chain = await growLarge(store);
          const checked = isDone(checkOf(store), lost);
          end(threads[0] ?? assert.fail('the store has a thread'));
          wasInTime = !(await checked);
          await failed.promise;
          await assert.rejects(store.blockByHash(ZERO_HASH), lost);
          await assert.rejects(store.commit(growth(chain)), lost);
          await store.close();
          assert.equal(failures.length, 1);
          const again = await open(folder);
          assert.deepEqual(await again.activeHashes(1, 1_000), hashesOf(chain));
          await again.close();
        });
        return wasInTime;
      });
    });
  }
});

/** A chain that takes long to check: 4 MB. */
async function growLarge(store: ChainStore): Promise<ReturnType<typeof buildChain>> {
  const chain = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 200, (height) =>
    bodyOf(...Array.from({ length: 20 }, (_, i) => `"${height} ${i} ${'x'.repeat(1_000)}"`)),
  );
  await store.commit(growth(chain));
  return chain;
}

function checkOf(store: ChainStore, signal = new AbortController().signal): Promise<unknown> {
  return store.check({ onProgress: () => undefined, signal });
}

/** Whether `work` comes to its end; that, or it fails as `failure` says. */
async function isDone(work: Promise<unknown>, failure: Error | object): Promise<boolean> {
  const [outcome] = await Promise.allSettled([work]);
  if (outcome.status === 'rejected') await assert.rejects(work, failure);
  return outcome.status === 'fulfilled';
}

/**
 * Repeats `round` until it says that what it had the store's thread begin was still under way when it went on. So it is nearly
 * always; but the machine may keep this thread waiting in between while the other one does all of it.
 */
async function untilInTime(round: () => Promise<boolean>): Promise<void> {
  for (let rounds = 1; !(await round()); rounds++) assert.ok(rounds < 20, 'all is done before anything else is begun');
}

/** The threads that were started meanwhile. */
async function threadsOf(work: (threads: readonly Worker[]) => Promise<void>): Promise<readonly Worker[]> {
  const threads: Worker[] = [];
  const note = (thread: Worker): void => {
    threads.push(thread);
  };
  process.on('worker', note);
  try {
    await work(threads);
  } finally {
    process.off('worker', note);
  }
  return threads;
}
