/** Makes everything in a store that is derived from its blocks anew. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { encodeHeader } from '../core/header.ts';
import { hashLeaf } from '../core/merkle.ts';
import type { NetworkParams } from '../core/params.ts';
import { bitsToTarget, targetToWork } from '../core/target.ts';
import { type ChainPoint, genesisPoint, hashedHeader, validateHeader } from '../core/validation.ts';
import { ActiveChain } from './active-chain.ts';
import { hash48 } from './block-hashes.ts';
import { BlockTable, hashAt } from './block-table.ts';
import { removeEntryIndex } from './entry-index-file.ts';
import { EntryIndexer } from './entry-indexer.ts';
import { readable } from './fsck-problem.ts';
import { LatestEntries } from './latest-entries.ts';
import { bytesAt, type Database, integerAt, risingRows } from './sqlite-database.ts';
import { openDatabase } from './sqlite-schema.ts';
import { blockDamaged, StoreError } from './store-error.ts';

export interface RebuildProgress {
  /** First all blocks are read and their places made, then their entries are indexed. */
  readonly step: 'blocks' | 'entries';
  readonly height: number;
  readonly tipHeight: number;
}

export interface RebuildReport {
  /** Pending entries whose bytes were not theirs: nobody can tell what was submitted, and they are gone. */
  readonly pendingRemoved: number;
}

/**
 * Makes anew, in one transaction, what the blocks of the store in `folder` determine: the keys they are found by, their
 * digests, the works, the history and the places in the JSON form, and the keys of pending entries, of which those that are
 * damaged are taken away; and after it, in a file of its own, the index of entries. Which block is active at which height is taken as it stands, and every one of them must be whole: throws
 * `block-damaged` otherwise, and nothing is changed. Memory stays the same however long the chain.
 */
export async function rebuildStore(options: {
  readonly folder: string;
  readonly params: NetworkParams;
  /** Called now and then. */
  readonly onProgress?: (progress: RebuildProgress) => void;
  /** Hears how far the migration of a folder of an older format is. */
  readonly onMigration?: (done: number, of: number) => void;
}): Promise<RebuildReport> {
  const { onProgress = () => undefined, ...place } = options;
  const { folder, params } = place;
  const database = openDatabase({ ...place, create: false });
  let pendingRemoved = 0;
  try {
    await database.longTransaction(async () => {
      await rebuildKeys(database);
      await rebuildChain(database, params, onProgress);
      await rebuildSideBlocks(database, params);
      pendingRemoved = await rebuildPending(database);
    });
    await rebuildIndex({ folder, database, params, onProgress });
    return { pendingRemoved };
  } finally {
    database.close();
  }
}

async function rebuildKeys(database: Database): Promise<void> {
  const next = database.statement('SELECT id, hash, CAST(hash48 AS TEXT) FROM blocks WHERE id > ? ORDER BY id LIMIT 1');
  const update = database.statement('UPDATE blocks SET hash48 = ? WHERE id = ?');
  let count = 0;
  for (const row of risingRows(next, 0)) {
    const key = hash48(hashAt(row, 1));
    if (row[2] !== String(key)) update.run(key, integerAt(row, 0));
    if (++count % BLOCKS_A_TURN === 0) await nextTurn();
  }
  database.exec(`
    DELETE FROM hashes;
    DELETE FROM new_hashes;
    INSERT INTO hashes (key, block) SELECT hash48, id FROM blocks ORDER BY hash48, id`);
}

async function rebuildChain(
  database: Database,
  params: NetworkParams,
  onProgress: (progress: RebuildProgress) => void,
): Promise<void> {
  database.exec(`
    CREATE TEMP TABLE old_chain (height INTEGER PRIMARY KEY, block INTEGER NOT NULL);
    INSERT INTO temp.old_chain SELECT height, block FROM chain ORDER BY height;
    DELETE FROM chain;
    DELETE FROM history`);
  const tipHeight = database.integer('SELECT coalesce(max(height), 0) FROM temp.old_chain');
  const next = database.statement('SELECT block, height FROM temp.old_chain WHERE height > ? ORDER BY height LIMIT 1');
  const blocks = new BlockTable(database, params);
  const chain = new ActiveChain(database);
  let point: ChainPoint | undefined;
  for (const row of risingRows(next, 1)) {
    const height = integerAt(row, 1);
    const { block } = blocks.judge(integerAt(row, 0), () => height);
    if (point === undefined) {
      point = genesisPoint(params);
      if (block.hash !== point.hash) throw blockDamaged({ hash: block.hash, height }, 'it is not the genesis');
    } else {
      const judged = validateHeader(hashedHeader(block.header), point, params);
      if (!judged.ok) throw blockDamaged({ hash: block.hash, height }, `it does not follow (${judged.fault.code})`);
      point = judged.value;
    }
    // Mends the work where it is not the sum, and the digest where there is none or another.
    const headerBytes = encodeHeader(block.header);
    chain.push(blocks.keep(block, point.work, headerBytes), { block, headerBytes, work: point.work });
    if (height % BLOCKS_A_TURN !== 0) continue;
    onProgress({ step: 'blocks', height, tipHeight });
    await nextTurn();
  }
  if (point === undefined) throw new StoreError('store-damaged', 'The store has no active chain.');
  database.exec('DROP TABLE temp.old_chain');
}

/** The digests and works of blocks off the chain, parents first. One that is damaged, or has lost its parent, stays as it is. */
async function rebuildSideBlocks(database: Database, params: NetworkParams): Promise<void> {
  const next = database.statement('SELECT id FROM blocks WHERE id > ? ORDER BY id LIMIT 1');
  const blocks = new BlockTable(database, params);
  const chain = new ActiveChain(database);
  let count = 0;
  for (const row of risingRows(next, 0)) {
    readable(() => rebuildSideBlock({ blocks, chain }, integerAt(row, 0)));
    if (++count % BLOCKS_A_TURN === 0) await nextTurn();
  }
}

function rebuildSideBlock(tables: { readonly blocks: BlockTable; readonly chain: ActiveChain }, id: number): void {
  const { blocks, chain } = tables;
  const { header } = blocks.readHeader(id, () => undefined);
  if (chain.idAt(header.height) === id) return;
  const target = bitsToTarget(header.bits);
  const parentId = blocks.find(header.previousHash);
  if (target === undefined || parentId === undefined) return;
  const parent = blocks.readHeader(parentId, () => undefined);
  const { block } = blocks.judge(id, () => undefined);
  blocks.keep(block, parent.work + targetToWork(target));
}

/** Gives each its place and its key, takes away those that are not what was acknowledged, and answers how many these were. */
async function rebuildPending(database: Database): Promise<number> {
  // Their order cannot be told: they become the youngest.
  const misplaced = `SELECT min(seq) FROM pending WHERE NOT ${IS_PLACE}`;
  const replace = database.statement(
    `UPDATE pending SET seq = (SELECT coalesce(max(seq), -1) + 1 FROM pending WHERE ${IS_PLACE}) WHERE seq = (${misplaced})`,
  );
  const countMisplaced = database.statement(`SELECT count(*) FROM pending WHERE NOT ${IS_PLACE}`);
  for (let left = integerAt(countMisplaced.one() ?? [], 0); left > 0; left--) replace.run();
  const next = database.statement(
    'SELECT seq, id, CAST(key AS TEXT), bytes FROM pending WHERE seq > ? ORDER BY seq LIMIT 1',
  );
  const update = database.statement('UPDATE pending SET key = ? WHERE seq = ?');
  const remove = database.statement('DELETE FROM pending WHERE seq = ?');
  let removed = 0;
  let count = 0;
  for (const row of risingRows(next, 0)) {
    const [seq, id] = [integerAt(row, 0), hashAt(row, 1)];
    if (hashLeaf(bytesAt(row, 3)) !== id) {
      remove.run(seq);
      removed++;
    } else if (row[2] !== String(hash48(id))) update.run(hash48(id), seq);
    if (++count % BLOCKS_A_TURN === 0) await nextTurn();
  }
  // Of those that wait twice, the older stays, and nothing is lost.
  database.exec('DELETE FROM pending WHERE seq NOT IN (SELECT min(seq) FROM pending GROUP BY key, id)');
  return removed;
}

async function rebuildIndex(options: {
  readonly folder: string;
  readonly database: Database;
  readonly params: NetworkParams;
  readonly onProgress: (progress: RebuildProgress) => void;
}): Promise<void> {
  const { folder, database, params, onProgress } = options;
  removeEntryIndex(folder);
  const chain = new ActiveChain(database);
  const indexer = new EntryIndexer({
    folder,
    chain,
    blocks: new BlockTable(database, params),
    latest: new LatestEntries(),
  });
  try {
    while (indexer.indexSome()) {
      onProgress({ step: 'entries', height: indexer.reach(), tipHeight: chain.tip.height });
      await nextTurn();
    }
  } finally {
    indexer.close();
  }
}

/** Whether `seq` is a place in the order, with room for those that come after it. */
const IS_PLACE = `(seq BETWEEN 0 AND ${Number.MAX_SAFE_INTEGER - 1_000_000})`;
const BLOCKS_A_TURN = 64;
