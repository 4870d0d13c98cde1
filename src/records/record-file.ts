/**
 * The file of the table of records, in a node's data folder or by itself.
 *
 * It is made for people, too: any SQLite tool reads it while the node runs, best by the view `records`. All of it follows from
 * the chain, so a file that cannot be used, or has other indexes, is thrown away and made anew.
 */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Database, textAt } from '../storage/sqlite-database.ts';
import { isDamage, StoreError } from '../storage/store-error.ts';
import { ENTRIES_A_BLOCK } from './record-place.ts';
import { WORD_TABLE } from './word-table.ts';

/** By what records are found at once, beside their ids, authors and times. */
export interface RecordIndexes {
  /** Fields, as JSON Pointers, in the order in which they are declared. */
  readonly pointers: readonly string[];
  /** Whether by the words in them, too. */
  readonly fullText: boolean;
}

/** Where the table of the node with this data folder lies. */
export function recordFilePath(folder: string): string {
  return join(folder, RECORD_FILE);
}

/** Opens the file at `path` for the one who writes it; made anew where it must be. */
export function openRecordFile(path: string, indexes: RecordIndexes): Database {
  try {
    const database = findRecordFile(path, indexes);
    if (database !== undefined) return database;
  } catch (error) {
    if (!isDamage(error)) throw error;
  }
  removeRecordFile(path);
  return createRecordFile(path, indexes);
}

/** Makes the file at `path`, which is not there, with the table of words that `wordTable` makes, where one is wanted. */
export function createRecordFile(
  path: string,
  { pointers, fullText }: RecordIndexes,
  wordTable = WORD_TABLE,
): Database {
  const database = new Database(path, 'shared');
  try {
    database.exec(SETTINGS);
    database.transaction(() => {
      database.exec(TABLES);
      const declare = database.statement('INSERT INTO fields (number, pointer) VALUES (?, ?)');
      for (const [number, pointer] of pointers.entries()) {
        declare.run(number, pointer);
        database.exec(fieldTable(number));
      }
      if (fullText) {
        database.exec(wordTable);
        database.exec('CREATE TABLE full_text (unicode TEXT NOT NULL) STRICT');
        database.statement('INSERT INTO full_text (unicode) VALUES (?)').run(UNICODE_VERSION);
      }
      database.exec(`PRAGMA user_version = ${RECORD_FILE_VERSION}`);
    });
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Opens the file at `path` for one who only reads; it is there, and its writer has it open. */
export function readRecordFile(path: string): Database {
  const database = new Database(path, 'read-only');
  try {
    database.exec(READER_SETTINGS);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Removes the file at `path`, which no node may have open. Answers whether there was one. */
export function removeRecordFile(path: string): boolean {
  const isThere = existsSync(path);
  try {
    for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(path + suffix, { force: true });
  } catch (cause) {
    throw new StoreError('store-io', `${path} cannot be removed.`, { cause });
  }
  return isThere;
}

/** The indexes that the file has. Words that were told apart by another version of Unicode may be others than those that are asked for. */
export function declaredIndexes(database: Database): RecordIndexes {
  const pointers = database
    .statement('SELECT pointer FROM fields ORDER BY number')
    .all()
    .map((row) => textAt(row, 0));
  const hasWords = database.integer("SELECT count(*) FROM sqlite_schema WHERE name = 'full_text'") > 0;
  const unicode = hasWords ? database.statement('SELECT unicode FROM full_text').one()?.[0] : undefined;
  return { pointers, fullText: hasWords && unicode === UNICODE_VERSION };
}

/** The table with the keys of the field that was declared at `number`, counted from 0. */
export function fieldTableName(number: number): string {
  return `field_${number}`;
}

/** The file, if it is there in this version and has just these indexes. Throws where it is damaged. */
function findRecordFile(path: string, indexes: RecordIndexes): Database | undefined {
  if (!existsSync(path)) return undefined;
  const database = new Database(path, 'shared');
  try {
    if (database.integer('PRAGMA user_version') === RECORD_FILE_VERSION) {
      database.exec(SETTINGS);
      const expected = TABLE_COUNT + indexes.pointers.length + (indexes.fullText ? WORD_TABLE_COUNT : 0);
      const isWhole = database.integer(COUNT_TABLES) === expected;
      if (isWhole && isDeepStrictEqual(declaredIndexes(database), indexes)) return database;
    }
    database.close();
    return undefined;
  } catch (error) {
    database.close();
    throw error;
  }
}

function fieldTable(number: number): string {
  // The key has no type of its own: numbers, texts and bytes are ordered each among themselves.
  const key = 'value NOT NULL, place INTEGER NOT NULL, PRIMARY KEY (value, place)';
  return `CREATE TABLE ${fieldTableName(number)} (${key}) WITHOUT ROWID`;
}

/** Of the letters, marks and digits that make words here. */
const UNICODE_VERSION = String(process.versions['unicode']);
const RECORD_FILE = 'records.sqlite';
const RECORD_FILE_VERSION = 1;

/**
 * `place` is height × 4096 + index. Keys stand in tables of their own, beside the entries: an entry without a field costs nothing
 * there. `ids` has the first 48 bits of ids.
 */
const TABLES = `
  CREATE TABLE blocks (height INTEGER PRIMARY KEY, hash BLOB NOT NULL, time INTEGER NOT NULL) STRICT;
  CREATE TABLE entries (place INTEGER PRIMARY KEY, id BLOB NOT NULL, authors TEXT, data TEXT NOT NULL) STRICT;
  CREATE TABLE ids (value INTEGER NOT NULL, place INTEGER NOT NULL, PRIMARY KEY (value, place)) WITHOUT ROWID, STRICT;
  CREATE TABLE authors (value TEXT NOT NULL, place INTEGER NOT NULL, PRIMARY KEY (value, place)) WITHOUT ROWID, STRICT;
  CREATE TABLE fields (number INTEGER PRIMARY KEY, pointer TEXT NOT NULL) STRICT;
  CREATE VIEW records AS
    SELECT
      lower(hex(entries.id)) AS id,
      blocks.height AS height,
      entries.place % ${ENTRIES_A_BLOCK} AS "index",
      strftime('%Y-%m-%dT%H:%M:%SZ', blocks.time, 'unixepoch') AS time,
      lower(hex(blocks.hash)) AS hash,
      coalesce(entries.authors, '[]') AS authors,
      entries.data AS data
    FROM entries JOIN blocks ON blocks.height = entries.place / ${ENTRIES_A_BLOCK};
`;
const TABLE_COUNT = 6;
const WORD_TABLE_COUNT = 2;
const COUNT_TABLES = `
  SELECT count(*) FROM sqlite_schema
  WHERE name IN ('blocks', 'entries', 'ids', 'authors', 'fields', 'records', 'words', 'full_text')
    OR name LIKE 'field\\_%' ESCAPE '\\'
`;

/** NORMAL: power loss may take the last batches, never the order of what is written, and no batch waits for the disk. */
const SETTINGS = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  PRAGMA trusted_schema = OFF;
  PRAGMA cell_size_check = ON;
  PRAGMA cache_size = -32768;
  PRAGMA journal_size_limit = 67108864;
`;
const READER_SETTINGS = `
  PRAGMA trusted_schema = OFF;
  PRAGMA cell_size_check = ON;
  PRAGMA cache_size = -16384;
`;
