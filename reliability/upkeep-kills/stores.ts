/** The stores that upkeep is done to, made once and copied for every kill, and what has to be in them ever after. */
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { assert } from '../../src/core/assert.ts';
import type { Hash } from '../../src/core/hash.ts';
import { genesisPoint } from '../../src/core/validation.ts';
import type { ChainChange } from '../../src/storage/chain-store.ts';
import { checkStore } from '../../src/storage/fsck.ts';
import { openSqliteStore } from '../../src/storage/sqlite-store.ts';
import { bodyOf, buildChain, TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { writeFormat1 } from '../../test/support/format-1.ts';
import { ALL_PENDING, chainPart, growth, NO_CHANGE, pendingEntry } from '../../test/support/store-change.ts';
import { drawChanges } from '../store-changes.ts';

/** How large the stores are. */
export interface StoreSizes {
  /** Changes of the chain: each fifth only adds entries that wait, most others a block or two. */
  readonly changes: number;
  /** In each block, at most. */
  readonly entryCharacters: number;
  /** Entries that wait. */
  readonly pending: number;
}

export interface Stores {
  /** A store of format 1, one of today with the same in it, and one that ends where `chainFile` goes on. */
  readonly folders: Readonly<Record<StoreKind, string>>;
  readonly states: Readonly<Record<StoreKind, StoreState>>;
  /** A chain as JSON. */
  readonly chainFile: string;
  /** Of its blocks, from the genesis up. */
  readonly chainHashes: readonly Hash[];
}

export type StoreKind = 'old' | 'used' | 'begun';

/** All of a store that must not get lost. */
export interface StoreState {
  readonly tip: Hash;
  readonly length: number;
  /** SHA-256 of the chain as JSON, of every byte of it. */
  readonly digest: string;
  readonly pending: readonly Hash[];
  readonly sideBlockCount: number;
}

export async function makeStores(root: string, sizes: StoreSizes): Promise<Stores> {
  const at = (name: string): string => join(root, name);
  const waiting = { ...NO_CHANGE, pendingAdded: waitingEntries(sizes.pending) };
  const changes = [...drawChanges(sizes.changes, { entryCharacters: sizes.entryCharacters }), waiting];
  await writeFormat1(at('old'), TEST_PARAMS, changes);
  const chain = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), sizes.changes, (height) =>
    bodyOf(JSON.stringify({ at: height, filling: 'y'.repeat(sizes.entryCharacters) })),
  );
  const begun = Math.floor(sizes.changes / 3);
  await writeStore(at('begun'), [growth(chainPart(chain, 0, begun)), waiting]);
  await writeStore(at('whole'), [growth(chain)]);
  const chainFile = at('chain.json');
  await exportChain(at('whole'), chainFile);
  // What the old store was made from.
  const used = `${at('old')}-2`;
  const states = { used: await readState(used), begun: await readState(at('begun')) };
  return {
    folders: { old: at('old'), used, begun: at('begun') },
    states: { ...states, old: states.used },
    chainFile,
    chainHashes: [genesisPoint(TEST_PARAMS).hash, ...chain.blocks.map(({ hash }) => hash)],
  };
}

/** What the store in `folder` holds, once all of it is found to be whole and nothing else to lie there. */
export async function readState(folder: string): Promise<StoreState> {
  const strange = readdirSync(folder).filter((name) => !STORE_FILES.has(name));
  assert(strange.length === 0, `nothing is left over, but ${strange.join(', ')} is`);
  const { problems, sideBlockCount } = await checkStore({ folder, params: TEST_PARAMS });
  assert(problems.length === 0, `fsck finds nothing, but it does: ${JSON.stringify(problems)}`);
  const store = await openSqliteStore({ folder, params: TEST_PARAMS });
  try {
    const { tip, length, chunks } = await store.chainJson();
    const digest = createHash('sha256');
    for await (const chunk of chunks()) digest.update(chunk);
    const { entries } = await store.pending(ALL_PENDING);
    return { tip, length, digest: digest.digest('hex'), pending: entries.map(({ id }) => id), sideBlockCount };
  } finally {
    await store.close();
  }
}

function waitingEntries(count: number): ChainChange['pendingAdded'] {
  return Array.from({ length: count }, (_, i) => pendingEntry(JSON.stringify(`is in no block ${i}`)));
}

async function writeStore(folder: string, changes: readonly ChainChange[]): Promise<void> {
  const store = await openSqliteStore({ folder, params: TEST_PARAMS });
  for (const change of changes) await store.commit(change);
  await store.close();
}

async function exportChain(folder: string, path: string): Promise<void> {
  const store = await openSqliteStore({ folder, params: TEST_PARAMS });
  await using file = await open(path, 'wx');
  const { chunks } = await store.chainJson();
  for await (const chunk of chunks()) await file.write(chunk);
  await store.close();
}

/** All that may lie in the folder of a store at rest. */
const STORE_FILES: ReadonlySet<string> = new Set([
  'chain.sqlite',
  'chain.sqlite-wal',
  'index.sqlite',
  'index.sqlite-wal',
  'node.key',
]);
