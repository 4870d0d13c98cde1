/** Two branches of one chain, each in a data folder of its own: what a node follows when it reorganises at depth. */
import { createHash } from 'node:crypto';
import { bodyFromEntries, entryIds } from '../../src/core/body.ts';
import type { Hash } from '../../src/core/hash.ts';
import { type ChainPoint, genesisPoint } from '../../src/core/validation.ts';
import { openSqliteStore } from '../../src/storage/sqlite-store.ts';
import { type BuiltChain, buildChain, TEST_PARAMS } from './chain-fixture.ts';
import { growth } from './store-change.ts';

export interface BranchSize {
  /** In blocks. The better branch has one more. */
  readonly depth: number;
  readonly entriesPerBlock: number;
  readonly entryBytes: number;
}

export interface DeepBranches {
  readonly old: Branch;
  readonly better: Branch;
  /** Entries of the old branch that the better one lacks: they have to be pending once it is followed. */
  readonly onlyOld: ReadonlySet<Hash>;
}

export interface Branch {
  readonly folder: string;
  readonly tip: Hash;
}

/** Builds both, block by block. Every second entry of the old branch stands in the better one, too. */
export async function buildDeepBranches(
  folders: { readonly old: string; readonly better: string },
  size: BranchSize,
): Promise<DeepBranches> {
  const trunk = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), TRUNK_BLOCKS, (height) =>
    bodyFromEntries([entryBytes('trunk', height, size.entryBytes)]),
  );
  const onlyOld = new Set<Hash>();
  const old = await buildBranch(folders.old, trunk, {
    depth: size.depth,
    makeEntries: (height) => entriesOf(height, size, 'old'),
    onEntries: (ids) => {
      for (const [i, id] of ids.entries()) if (i % 2 === 0) onlyOld.add(id);
    },
  });
  const better = await buildBranch(folders.better, trunk, {
    depth: size.depth + 1,
    makeEntries: (height) => entriesOf(height, size, 'better'),
  });
  return { old, better, onlyOld };
}

async function buildBranch(
  folder: string,
  trunk: BuiltChain,
  branch: {
    readonly depth: number;
    readonly makeEntries: (height: number) => Uint8Array[];
    readonly onEntries?: (ids: readonly Hash[]) => void;
  },
): Promise<Branch> {
  const store = await openSqliteStore({ folder, params: TEST_PARAMS });
  await store.commit(growth(trunk));
  let parent = lastOf(trunk);
  for (let built = 0; built < branch.depth; ) {
    const count = Math.min(BLOCKS_PER_COMMIT, branch.depth - built);
    const chain = buildChain(TEST_PARAMS, parent, count, (height) => bodyFromEntries(branch.makeEntries(height)));
    for (const { body } of chain.blocks) branch.onEntries?.(entryIds(body));
    await store.commit(growth(chain));
    parent = lastOf(chain);
    built += count;
  }
  await store.close();
  return { folder, tip: parent.hash };
}

/** Those with an odd index are the same on both branches. */
function entriesOf(height: number, size: BranchSize, label: string): Uint8Array[] {
  return Array.from({ length: size.entriesPerBlock }, (_, i) =>
    entryBytes(i % 2 === 0 ? label : 'both', height * size.entriesPerBlock + i, size.entryBytes),
  );
}

/** A string that does not compress, of exactly `sizeBytes` where that is more than its name. */
function entryBytes(label: string, number: number, sizeBytes: number): Uint8Array {
  const name = `${label} ${number} `;
  const noise = createHash('sha512').update(name).digest('hex');
  return Buffer.from(JSON.stringify(name.padEnd(sizeBytes - 2, noise)));
}

function lastOf(chain: BuiltChain): ChainPoint {
  const last = chain.points.at(-1);
  if (last === undefined) throw new Error('a branch has blocks');
  return last;
}

const TRUNK_BLOCKS = 5;
const BLOCKS_PER_COMMIT = 50;
