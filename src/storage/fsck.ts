/**
 * Checks a whole store: every byte against the rules, and everything that is derived against what it is derived from.
 *
 * Memory stays the same however long the chain. Nothing is changed, but that a folder of an older format is brought to
 * this one first.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { hashLeaf } from '../core/merkle.ts';
import type { NetworkParams } from '../core/params.ts';
import { bitsToTarget, targetToWork } from '../core/target.ts';
import { ActiveChainCheck } from './active-chain-check.ts';
import { hash48 } from './block-hashes.ts';
import { BlockTable, type HeaderRow, hashAt } from './block-table.ts';
import { EntryIndexCheck } from './entry-index-check.ts';
import { checkDigest, type FsckProblem, PROBLEMS_MAX, ProblemList, readable } from './fsck-problem.ts';
import { bytesAt, type Database, integerAt, risingRows, textAt } from './sqlite-database.ts';
import { openDatabase } from './sqlite-schema.ts';
import { isDamage } from './store-error.ts';

export interface FsckReport {
  /** Of the active chain, as far as it could be read. */
  readonly blockCount: number;
  readonly entryCount: number;
  /** Blocks that are not on the active chain. */
  readonly sideBlockCount: number;
  readonly pendingCount: number;
  /** The height up to which the chain is known to follow the rules from the genesis; -1: not even that one does. */
  readonly validHeight: number;
  /** The first of them, at most PROBLEMS_MAX. */
  readonly problems: readonly FsckProblem[];
  /** How many there are in all; 0: the store is whole. */
  readonly problemCount: number;
}

/**
 * Checks the store in `folder`, which nobody may have open. Throws a StoreError where there is none, or it is in use,
 * of another format or of another network; damage is in the report.
 */
export async function checkStore(options: {
  readonly folder: string;
  readonly params: NetworkParams;
  /** Called now and then on the way along the active chain. */
  readonly onProgress?: (progress: { readonly height: number; readonly tipHeight: number }) => void;
  /** Hears how far the migration of a folder of an older format is. */
  readonly onMigration?: (done: number, of: number) => void;
}): Promise<FsckReport> {
  const { onProgress, ...place } = options;
  const { folder, params } = place;
  const problems = new ProblemList();
  let database: Database;
  try {
    database = openDatabase({ ...place, create: false });
  } catch (error) {
    if (!isDamage(error)) throw error;
    problems.add({ code: 'database-damaged', detail: error.message });
    return { ...NOTHING_READ, problems: problems.first, problemCount: problems.count };
  }
  let index: EntryIndexCheck | undefined;
  try {
    problems.guard('database-damaged', () => checkDatabase(database, problems));
    const blocks = new BlockTable(database, params);
    index = problems.guard('entry-index-wrong', () => EntryIndexCheck.open(folder, database));
    const chain = new ActiveChainCheck({ database, params, blocks, index, problems });
    while (chain.checkNext()) {
      if (chain.height % BLOCKS_A_TURN !== 0) continue;
      onProgress?.({ height: chain.height, tipHeight: chain.tipHeight });
      await nextTurn();
    }
    await index?.compare(problems);
    const sideBlockCount = await checkBlocks(database, blocks, problems);
    checkKeys(database, problems);
    const pendingCount = checkPending(database, problems);
    return {
      blockCount: chain.blockCount,
      entryCount: chain.entryCount,
      sideBlockCount,
      pendingCount,
      validHeight: chain.validHeight,
      problems: problems.first,
      problemCount: problems.count,
    };
  } finally {
    index?.close();
    database.close();
  }
}

function checkDatabase(database: Database, problems: ProblemList): void {
  for (const row of database.statement(`PRAGMA integrity_check(${PROBLEMS_MAX})`).all()) {
    const finding = textAt(row, 0);
    if (finding !== 'ok') problems.add({ code: 'database-damaged', detail: `SQLite: ${finding}.` });
  }
}

/** Checks every block for what does not need the active chain, and answers how many are not on it. */
async function checkBlocks(database: Database, blocks: BlockTable, problems: ProblemList): Promise<number> {
  const next = database.statement('SELECT id, CAST(hash48 AS TEXT), hash FROM blocks WHERE id > ? ORDER BY id LIMIT 1');
  const activeId = database.statement('SELECT block FROM chain WHERE height = ?');
  const activeHeight = database.statement('SELECT height FROM chain WHERE block = ?');
  const checkBlock = (id: number): boolean => {
    const row = readable(() => blocks.readHeader(id, () => undefined));
    // Without a header this is a look through the whole chain.
    const isActive =
      row === undefined ? activeHeight.one(id) !== undefined : activeId.one(row.header.height)?.[0] === id;
    if (row !== undefined && blocks.find(row.hash) !== id) {
      const place = { height: row.header.height, hash: row.hash };
      problems.add({ code: 'block-lost', ...place, detail: 'The block is not found by its hash.' });
    }
    // The check of the active chain has read it.
    if (isActive) return false;
    if (row !== undefined && row.header.height > 0) checkWork(row, blocks, problems);
    const place = row === undefined ? {} : { height: row.header.height };
    const judged = problems.guard('block-damaged', () => blocks.judge(id, () => row?.header.height), place);
    if (judged !== undefined) checkDigest(judged, problems);
    return true;
  };
  let sideBlockCount = 0;
  const rows = risingRows(next, 0);
  for (let count = 1; ; count++) {
    const row = problems.guard('database-damaged', () => rows.next().value);
    if (row === undefined) return sideBlockCount;
    const id = integerAt(row, 0);
    if (row[2] instanceof Uint8Array && row[1] !== String(hash48(hashAt(row, 2)))) {
      problems.add({
        code: 'block-lost',
        hash: hashAt(row, 2),
        detail: 'The key of the block is not that of its hash.',
      });
    }
    if (problems.guard('database-damaged', () => checkBlock(id)) === true) sideBlockCount++;
    if (count % BLOCKS_A_TURN === 0) await nextTurn();
  }
}

/** Whether a side block has its parent and, with it, its work. */
function checkWork({ header, hash, work }: HeaderRow, blocks: BlockTable, problems: ProblemList): void {
  const place = { height: header.height, hash };
  const parentId = blocks.find(header.previousHash);
  if (parentId === undefined) {
    problems.add({ code: 'block-lost', ...place, detail: `Its parent ${header.previousHash} is missing.` });
    return;
  }
  const parent = readable(() => blocks.readHeader(parentId, () => undefined));
  const target = bitsToTarget(header.bits);
  if (parent !== undefined && target !== undefined && work !== parent.work + targetToWork(target)) {
    problems.add({ code: 'work-wrong', ...place, detail: `The work ${work} is not its parent's and its own.` });
  }
}

/** Every block has been looked for by its key; what is left are keys that stand there for nothing. */
function checkKeys(database: Database, problems: ProblemList): void {
  problems.guard('database-damaged', () => {
    const keys = database.integer('SELECT (SELECT count(*) FROM hashes) + (SELECT count(*) FROM new_hashes)');
    const blocks = database.integer('SELECT count(*) FROM blocks');
    if (keys > blocks) problems.add({ code: 'block-lost', detail: `There are ${keys} keys for ${blocks} blocks.` });
  });
}

function checkPending(database: Database, problems: ProblemList): number {
  let count = 0;
  problems.guard('pending-damaged', () => {
    const all = database.statement('SELECT id, bytes, CAST(key AS TEXT), CAST(seq AS TEXT) FROM pending ORDER BY seq');
    for (const row of all.each()) {
      count++;
      const id = hashAt(row, 0);
      const place = Number(textAt(row, 3));
      if (row[2] !== String(hash48(id))) {
        problems.add({ code: 'pending-key-wrong', detail: `The pending entry ${id} is not found by its id.` });
      }
      if (!Number.isSafeInteger(place) || place < 0) {
        problems.add({ code: 'pending-damaged', detail: `The pending entry ${id} stands at no place in the order.` });
      }
      if (hashLeaf(bytesAt(row, 1)) === id) continue;
      problems.add({ code: 'pending-damaged', detail: `The bytes of the pending entry ${id} do not have its id.` });
    }
    const twice = database.statement('SELECT id FROM pending GROUP BY key, id HAVING count(*) > 1');
    for (const row of twice.each()) {
      problems.add({ code: 'pending-damaged', detail: `The pending entry ${hashAt(row, 0)} waits more than once.` });
    }
  });
  return count;
}

const BLOCKS_A_TURN = 64;
const NOTHING_READ = { blockCount: 0, entryCount: 0, sideBlockCount: 0, pendingCount: 0, validHeight: -1 };
