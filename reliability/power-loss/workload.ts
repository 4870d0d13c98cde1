/**
 * What is done to a store while every operation on its disk is written down.
 *
 * The store is in `ROOT/data`; a copy of it is made in `ROOT/copy`.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ChainChange } from '../../src/storage/chain-store.ts';
import { compactStore } from '../../src/storage/compact.ts';
import { createMemoryStore } from '../../src/storage/memory-store.ts';
import { rebuildStore } from '../../src/storage/rebuild.ts';
import { openSqliteStore } from '../../src/storage/sqlite-store.ts';
import { TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { writeFormat1 } from '../../test/support/format-1.ts';
import { drawChanges, fingerprint, SWITCH_BLOCKS } from '../store-changes.ts';

/** What a workload says of the store as it goes on, each as a fingerprint. */
export type Saying =
  /** The store is about to become this. */
  | { readonly type: 'try'; readonly state: string }
  /** It has, and has said so: it will be this after any power loss, or what it is about to become. */
  | { readonly type: 'sure'; readonly state: string };

export interface Workload {
  readonly name: string;
  /** Makes what is there at the beginning, in an empty `root`. */
  prepare(root: string): Promise<void>;
  run(root: string, say: (saying: Saying) => void): Promise<void>;
}

const dataIn = (root: string): string => join(root, 'data');
/** Where the workload `backup` puts its copy, under the root. */
export const COPY_PATH = join('copy', 'chain.sqlite');

export const WORKLOADS: readonly Workload[] = [
  {
    name: 'commits',
    prepare: async () => undefined,
    run: async (root, say) => {
      const twin = createMemoryStore(TEST_PARAMS);
      say({ type: 'try', state: await fingerprint(twin) });
      const store = await openSqliteStore({ folder: dataIn(root), params: TEST_PARAMS });
      say({ type: 'sure', state: await fingerprint(twin) });
      for (const change of drawChanges(70, { entryCharacters: 60_000 })) {
        await twin.commit(change);
        const state = await fingerprint(twin);
        say({ type: 'try', state });
        await store.commit(change);
        say({ type: 'sure', state });
      }
      await store.close();
    },
  },
  {
    name: 'indexing',
    prepare: async () => undefined,
    run: async (root, say) => {
      const twin = createMemoryStore(TEST_PARAMS);
      const store = await openSqliteStore({ folder: dataIn(root), params: TEST_PARAMS });
      say({ type: 'sure', state: await fingerprint(twin) });
      for (const change of drawChanges(28, { entryCharacters: 30 })) {
        await twin.commit(change);
        const state = await fingerprint(twin);
        say({ type: 'try', state });
        await store.commit(change);
        say({ type: 'sure', state });
        // The index is built when the store has had nothing to do for a while.
        if (change.activate !== undefined && change.activate.added.length === SWITCH_BLOCKS) await delay(INDEX_MS);
      }
      await store.close();
    },
  },
  {
    name: 'migration',
    prepare: (root) => writeFormat1(dataIn(root), TEST_PARAMS, drawChanges(60, { entryCharacters: 3_000 })),
    run: async (root, say) => {
      say({ type: 'sure', state: await stateAfter(drawChanges(60, { entryCharacters: 3_000 })) });
      await (await openSqliteStore({ folder: dataIn(root), params: TEST_PARAMS })).close();
    },
  },
  {
    name: 'compaction',
    prepare: prepareUsed,
    run: async (root, say) => {
      say({ type: 'sure', state: await stateAfter(USED) });
      await compactStore({ folder: dataIn(root), params: TEST_PARAMS });
    },
  },
  {
    name: 'reindex',
    prepare: prepareUsed,
    run: async (root, say) => {
      say({ type: 'sure', state: await stateAfter(USED) });
      await rebuildStore({ folder: dataIn(root), params: TEST_PARAMS });
    },
  },
  {
    name: 'backup',
    prepare: async (root) => {
      await prepareUsed(root);
      await mkdir(join(root, 'copy'));
    },
    run: async (root, say) => {
      const state = await stateAfter(USED);
      say({ type: 'sure', state });
      const store = await openSqliteStore({ folder: dataIn(root), params: TEST_PARAMS });
      await store.backup(join(root, COPY_PATH));
      await store.close();
    },
  },
];

async function prepareUsed(root: string): Promise<void> {
  const store = await openSqliteStore({ folder: dataIn(root), params: TEST_PARAMS });
  for (const change of USED) await store.commit(change);
  await store.close();
}

async function stateAfter(changes: readonly ChainChange[]): Promise<string> {
  const twin = createMemoryStore(TEST_PARAMS);
  for (const change of changes) await twin.commit(change);
  return fingerprint(twin);
}

const INDEX_MS = 700;
const USED = drawChanges(60, { entryCharacters: 12_000 });
