/** Stores that are damaged here, and all that may be true of them. */
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Block } from '../../src/core/block.ts';
import { entryIds } from '../../src/core/body.ts';
import { createGenesis } from '../../src/core/genesis.ts';
import type { Hash } from '../../src/core/hash.ts';
import type { ChainChange } from '../../src/storage/chain-store.ts';
import { createMemoryStore } from '../../src/storage/memory-store.ts';
import { rebuildStore } from '../../src/storage/rebuild.ts';
import { openSqliteStore } from '../../src/storage/sqlite-store.ts';
import { TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { writeFormat1 } from '../../test/support/format-1.ts';
import { drawChanges, fingerprint } from '../store-changes.ts';
import type { StoreFiles } from './damage.ts';

export interface Specimens {
  /** A store that was closed, one whose process was killed, so that it has a log, and one of format 1. */
  readonly subjects: ReadonlyMap<string, StoreFiles>;
  readonly older: StoreFiles;
  readonly other: StoreFiles;
  readonly truth: Truth;
}

/** What stores that saw these changes, or the first of them, can say without being wrong. */
export interface Truth {
  readonly blocks: ReadonlyMap<Hash, Block>;
  /** The blocks that hold an entry. */
  readonly holders: ReadonlyMap<Hash, readonly Block[]>;
  /** The canonical bytes of entries that were made pending. */
  readonly pending: ReadonlyMap<Hash, Uint8Array>;
  /** The fingerprints of all states that there ever were. */
  readonly states: ReadonlySet<string>;
}

export async function makeSpecimens(): Promise<Specimens> {
  const folder = await mkdtemp(join(tmpdir(), 'cairn-specimens-'));
  try {
    const changes = drawChanges(45, { entryCharacters: 6_000 });
    const others = drawChanges(30, { entryCharacters: 6_000, seed: 'other' });
    const path = (name: string): string => join(folder, name);
    const older = await writeStore(path('older'), changes.slice(0, 25));
    const other = await writeStore(path('other'), others);
    await writeFormat1(path('format-1'), TEST_PARAMS, changes);
    const subjects = new Map([
      ['closed', await writeStore(path('closed'), changes)],
      ['killed', await writeKilled(path('killed'), changes)],
      ['format-1', await readFiles(path('format-1'))],
    ]);
    return { subjects, older, other, truth: await gatherTruth([changes, others]) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function writeStore(folder: string, changes: readonly ChainChange[]): Promise<StoreFiles> {
  const store = await openSqliteStore({ folder, params: TEST_PARAMS });
  for (const change of changes) await store.commit(change);
  await store.close();
  // With the index of entries whole.
  await rebuildStore({ folder, params: TEST_PARAMS });
  return readFiles(folder);
}

/** Its files as they are while it is open: the last changes, and half of the index, are in the logs. */
async function writeKilled(folder: string, changes: readonly ChainChange[]): Promise<StoreFiles> {
  await writeStore(folder, changes.slice(0, 20));
  const store = await openSqliteStore({ folder, params: TEST_PARAMS });
  for (const change of changes.slice(20)) await store.commit(change);
  const copy = `${folder}-copy`;
  await cp(folder, copy, { recursive: true });
  await store.close();
  return readFiles(copy);
}

async function readFiles(folder: string): Promise<StoreFiles> {
  const files = new Map<string, Uint8Array>();
  for (const name of (await readdir(folder)).sort())
    files.set(name, new Uint8Array(await readFile(join(folder, name))));
  return files;
}

async function gatherTruth(histories: readonly (readonly ChainChange[])[]): Promise<Truth> {
  const genesis = createGenesis(TEST_PARAMS);
  const blocks = new Map<Hash, Block>([[genesis.hash, genesis]]);
  const holders = new Map<Hash, Block[]>();
  const pending = new Map<Hash, Uint8Array>();
  const states = new Set<string>();
  for (const changes of histories) {
    const twin = createMemoryStore(TEST_PARAMS);
    states.add(await fingerprint(twin));
    for (const change of changes) {
      const { returned } = await twin.commit(change);
      states.add(await fingerprint(twin));
      for (const { id, bytes } of [...change.pendingAdded, ...returned]) pending.set(id, bytes);
      for (const { block } of change.blocks) {
        blocks.set(block.hash, block);
        for (const id of new Set(entryIds(block.body))) holders.set(id, [...(holders.get(id) ?? []), block]);
      }
    }
  }
  return { blocks, holders, pending, states };
}
