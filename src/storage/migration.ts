/**
 * Brings the tables of format 1 to format 2 (docs/decisions/0020-format-2.md).
 *
 * Bodies stay where they are: their digests are left out, and such a block is judged in full whenever it is read. The
 * index of entries, which has a file of its own now, is built again behind the tip.
 */
import { parseHash } from '../core/hash.ts';
import { BLOCK_HASH_TABLES, hash48 } from './block-hashes.ts';
import { hashAt } from './block-table.ts';
import { PENDING_TABLE } from './pending-table.ts';
import { bytesAt, type Database, integerAt, risingRows } from './sqlite-database.ts';
import { StoreError } from './store-error.ts';

/** Within a transaction. `onProgress` hears how many steps are done, of how many. */
export function migrateFrom1(database: Database, onProgress: (done: number, of: number) => void): void {
  onProgress(0, STEPS);
  database.exec(`ALTER TABLE blocks ADD COLUMN digest BLOB; ${BLOCK_HASH_TABLES}`);
  const insert = database.statement(
    'INSERT INTO hashes (key, block) SELECT hash48, id FROM blocks WHERE hash48 >= ? AND hash48 < ? ORDER BY hash48, id',
  );
  for (let step = 0; step < KEY_STEPS; step++) {
    insert.run(step * KEYS_A_STEP, (step + 1) * KEYS_A_STEP);
    onProgress(step + 1, STEPS);
  }
  database.exec('DROP INDEX blocks_by_hash; DROP TABLE entry_index; ALTER TABLE pending RENAME TO old_pending');
  database.exec(PENDING_TABLE);
  const add = database.statement('INSERT INTO pending (seq, key, id, bytes) VALUES (?, ?, ?, ?)');
  const next = database.statement('SELECT seq, id, bytes FROM old_pending WHERE seq > ? ORDER BY seq LIMIT 1');
  for (const row of risingRows(next, 0)) {
    const id = hashAt(row, 1);
    if (parseHash(id) === undefined) throw new StoreError('store-damaged', `The pending entry ${id} has no id.`);
    add.run(integerAt(row, 0), hash48(id), bytesAt(row, 1), bytesAt(row, 2));
  }
  database.exec('DROP TABLE old_pending');
  onProgress(STEPS, STEPS);
}

/** The keys, 48 bits, in as many parts. */
const KEY_STEPS = 64;
const KEYS_A_STEP = 2 ** 48 / KEY_STEPS;
/** And one for the rest. */
const STEPS = KEY_STEPS + 1;
