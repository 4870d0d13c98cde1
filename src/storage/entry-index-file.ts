/** The file of the index of entries, beside the chain's: made anew wherever it cannot be used. */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ENTRY_INDEX_TABLES } from './entry-index.ts';
import { Database } from './sqlite-database.ts';
import { StoreError } from './store-error.ts';

/** In the folder of the store; SQLite keeps its log beside it. */
const INDEX_FILE = 'index.sqlite';

/** Opens the index in `folder`. One that cannot be used, whatever is wrong with it, is thrown away: it can be derived. */
export function openEntryIndex(folder: string): Database {
  try {
    const database = findEntryIndex(folder);
    if (database !== undefined) return database;
  } catch (error) {
    if (!(error instanceof StoreError) || error.code === 'store-in-use') throw error;
  }
  removeEntryIndex(folder);
  const database = new Database(join(folder, INDEX_FILE));
  try {
    database.exec(SETTINGS);
    database.transaction(() => database.exec(`${ENTRY_INDEX_TABLES}; PRAGMA user_version = ${INDEX_VERSION}`));
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Opens the index in `folder`, if there is one of this version, and changes nothing. Throws where it is damaged. */
export function findEntryIndex(folder: string): Database | undefined {
  const path = join(folder, INDEX_FILE);
  if (!existsSync(path)) return undefined;
  const database = new Database(path);
  try {
    if (database.integer('PRAGMA user_version') !== INDEX_VERSION) {
      database.close();
      return undefined;
    }
    database.exec(SETTINGS);
    if (database.integer(COUNT_TABLES) === 2) return database;
    throw new StoreError('store-damaged', `${path}: a table is missing.`);
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Removes the index in `folder`, which nobody may have open. */
export function removeEntryIndex(folder: string): void {
  const path = join(folder, INDEX_FILE);
  try {
    for (const suffix of ['', '-wal', '-journal']) rmSync(path + suffix, { force: true });
  } catch (cause) {
    throw new StoreError('store-io', `${path} cannot be removed.`, { cause });
  }
}

const COUNT_TABLES = "SELECT count(*) FROM sqlite_schema WHERE name IN ('entry_index', 'reached')";
const INDEX_VERSION = 1;

/** NORMAL: power loss may take the last batches, never the order of what is written, and no batch waits for the disk. */
const SETTINGS = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  PRAGMA trusted_schema = OFF;
  PRAGMA cell_size_check = ON;
  PRAGMA cache_size = -8192;
  PRAGMA journal_size_limit = 16777216;
`;
