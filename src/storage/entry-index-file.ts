/** The file of the index of entries, beside the chain's: made anew wherever it cannot be used. */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ENTRY_INDEX_TABLES } from './entry-index.ts';
import { Database } from './sqlite-database.ts';
import { isDamage } from './store-error.ts';

/** In the folder of the store; SQLite keeps its log beside it. */
const INDEX_FILE = 'index.sqlite';

/** Opens the index in `folder`. One that is damaged, or of another version, is thrown away: it can be derived. */
export function openEntryIndex(folder: string): Database {
  try {
    return openIndexFile(folder);
  } catch (error) {
    if (!isDamage(error)) throw error;
    removeEntryIndex(folder);
    return openIndexFile(folder);
  }
}

/** Opens the index in `folder` as it is, if there is one. Throws where it is damaged. */
export function findEntryIndex(folder: string): Database | undefined {
  return existsSync(join(folder, INDEX_FILE)) ? openIndexFile(folder) : undefined;
}

/** Removes the index in `folder`, which nobody may have open. */
export function removeEntryIndex(folder: string): void {
  for (const suffix of ['', '-wal', '-journal']) rmSync(join(folder, INDEX_FILE + suffix), { force: true });
}

function openIndexFile(folder: string): Database {
  const database = new Database(join(folder, INDEX_FILE));
  try {
    database.exec(SETTINGS);
    const version = database.integer('PRAGMA user_version');
    if (version === INDEX_VERSION) return database;
    if (database.integer('SELECT count(*) FROM sqlite_schema') > 0) {
      database.close();
      removeEntryIndex(folder);
      return openIndexFile(folder);
    }
    database.transaction(() => database.exec(`${ENTRY_INDEX_TABLES}; PRAGMA user_version = ${INDEX_VERSION}`));
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

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
