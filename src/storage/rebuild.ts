/** Makes everything in a store that is derived from its blocks anew. */
import { entryIds } from '../core/body.ts';
import type { NetworkParams } from '../core/params.ts';
import { type ChainPoint, genesisPoint, hashedHeader, validateHeader } from '../core/validation.ts';
import { ActiveChain } from './active-chain.ts';
import { BlockTable, hash48, hashAt } from './block-table.ts';
import { ENTRY_INDEX_TABLE, EntryIndex } from './entry-index.ts';
import { type Database, integerAt } from './sqlite-database.ts';
import { openDatabase } from './sqlite-schema.ts';
import { blockDamaged, StoreError } from './store-error.ts';

/**
 * Makes anew, in one transaction, what the blocks of the store in `folder` determine: the keys they are found by, the
 * works, the history, the places in the JSON form and the index of entries. Which block is active at which height is
 * taken as it stands, and every one of them must be whole: throws `block-damaged` otherwise, and nothing is changed.
 */
export async function rebuildStore(options: {
  readonly folder: string;
  readonly params: NetworkParams;
}): Promise<void> {
  const database = openDatabase({ ...options, create: false });
  try {
    database.transaction(() => {
      rebuildKeys(database);
      rebuildChain(database, options.params);
    });
  } finally {
    database.close();
  }
}

function rebuildKeys(database: Database): void {
  const next = database.statement('SELECT id, hash, hash48 FROM blocks WHERE id > ? ORDER BY id LIMIT 1');
  const update = database.statement('UPDATE blocks SET hash48 = ? WHERE id = ?');
  for (let row = next.one(-1); row !== undefined; row = next.one(integerAt(row, 0))) {
    const key = hash48(hashAt(row, 1));
    if (row[2] !== key) update.run(key, integerAt(row, 0));
  }
}

function rebuildChain(database: Database, params: NetworkParams): void {
  database.exec(`
    CREATE TEMP TABLE old_chain AS SELECT height, block FROM chain;
    DELETE FROM chain;
    DELETE FROM history;
    DROP TABLE entry_index;
    ${ENTRY_INDEX_TABLE}`);
  const blocks = new BlockTable(database, params);
  const chain = new ActiveChain(database);
  const entries = new EntryIndex(database);
  let point: ChainPoint | undefined;
  for (const row of database.statement('SELECT block, height FROM temp.old_chain ORDER BY height').each()) {
    const height = integerAt(row, 1);
    const { block } = blocks.read(integerAt(row, 0), () => height);
    if (point === undefined) {
      point = genesisPoint(params);
      if (block.hash !== point.hash) throw blockDamaged({ hash: block.hash, height }, 'it is not the genesis');
    } else {
      const next = validateHeader(hashedHeader(block.header), point, params);
      if (!next.ok) throw blockDamaged({ hash: block.hash, height }, `it does not follow (${next.fault.code})`);
      point = next.value;
    }
    // Mends the work where it is not the sum.
    chain.push(blocks.keep(block, point.work), block, point.work);
    entries.add(height, entryIds(block.body));
  }
  if (point === undefined) throw new StoreError('store-damaged', 'The store has no active chain.');
  database.exec('DROP TABLE temp.old_chain');
}
