/** The database file of a store: its format, which is this program's own affair, and which network it belongs to. */
import { closeSync, existsSync, mkdirSync, openSync, readSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createGenesis } from '../core/genesis.ts';
import { parseHash } from '../core/hash.ts';
import type { NetworkParams } from '../core/params.ts';
import { BLOCK_HASH_TABLES } from './block-hashes.ts';
import { syncFolder } from './file-copy.ts';
import { markJudged } from './judged-mark.ts';
import { headersInLog } from './log-header.ts';
import { migrateFrom1 } from './migration.ts';
import { PENDING_TABLE } from './pending-table.ts';
import { Database, PAGE_BYTES, textAt } from './sqlite-database.ts';
import { StoreError, storeUnwritable } from './store-error.ts';
import { isWriteRefusal } from './write-access.ts';

/** The one file of a store, in its folder; SQLite keeps its log beside it. */
const DATABASE_FILE = 'chain.sqlite';

/**
 * Opens the database in `folder` and keeps other processes out of it. Where there is none yet, makes one with empty
 * tables, or throws `store-missing` if `create` is false. A folder of an older format is brought to this one; one of a newer
 * format, or of another network, is refused as it is.
 */
export function openDatabase(options: {
  readonly folder: string;
  readonly params: NetworkParams;
  readonly create: boolean;
  readonly sizeBytesMax?: number;
  /** Hears how far the migration of a folder of an older format is. */
  readonly onMigration?: (done: number, of: number) => void;
}): Database {
  const { folder, params, create } = options;
  const path = join(folder, DATABASE_FILE);
  if (create) createFolder(folder);
  else if (!existsSync(path)) throw new StoreError('store-missing', `There is no store in ${folder}.`);
  checkFileHeader(path, folder);
  const database = openExclusively(path, folder);
  try {
    const isNew = database.integer('SELECT count(*) FROM sqlite_schema') === 0;
    if (!isNew) checkFormat(database, folder);
    database.exec(SETTINGS);
    if (options.sizeBytesMax !== undefined) {
      database.integer(`PRAGMA max_page_count = ${Math.floor(options.sizeBytesMax / PAGE_BYTES)}`);
    }
    if (isNew) createTables(database, params);
    checkNetwork(database, folder, params);
    if (database.integer('PRAGMA user_version') < FORMAT_VERSION) migrate(database, options.onMigration);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function createFolder(folder: string): void {
  try {
    makeFolder(folder);
  } catch (cause) {
    if (isWriteRefusal(cause) || isOfPath(cause))
      throw storeUnwritable(`The data folder ${folder}`, cause.message, cause);
    throw new StoreError('store-io', `The data folder ${folder} cannot be created: ${messageOf(cause)}.`, { cause });
  }
}

/** Whether no folder can be there, whoever makes it: a file is where one should be, or a name that can be none. */
function isOfPath(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && PATH_CODES.has(error.code);
}

/** With the folders above it, level by level: `mkdir` of Node goes on for ever where a file system takes no folders. */
function makeFolder(folder: string): void {
  if (isFolder(folder)) return;
  const parent = dirname(folder);
  if (parent !== folder) makeFolder(parent);
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    // Somebody else may have made it meanwhile.
    if (!isFolder(folder)) throw error;
  }
  syncFolder(parent);
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** Refuses, without SQLite, a file that says it is another's or of another version: not a byte of it may change. */
function checkFileHeader(path: string, folder: string): void {
  const header = Buffer.alloc(HEADER_BYTES);
  let sizeBytes = 0;
  try {
    const descriptor = openSync(path, 'r');
    try {
      sizeBytes = readSync(descriptor, header, 0, header.length, 0);
    } finally {
      closeSync(descriptor);
    }
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return;
    throw new StoreError('store-io', `${path} cannot be read: ${messageOf(cause)}.`, { cause });
  }
  if (sizeBytes === 0) return;
  const { isDatabase, application, version } = readIdentity(header.subarray(0, sizeBytes));
  if (isDatabase) {
    // Both are 0 until the first checkpoint of a new file.
    if ((application === 0 && version === 0) || isKnown(application, version)) return;
    throw formatUnknown(folder, application, version);
  }
  // It may be ours all the same, and only torn.
  for (const logged of headersInLog(path)) {
    const identity = readIdentity(logged);
    if (identity.isDatabase && isKnown(identity.application, identity.version)) return;
  }
  throw new StoreError('store-damaged', `${path} is no database: it is damaged, or another program's.`);
}

/** What the first 100 bytes of a file say of it (https://www.sqlite.org/fileformat2.html §1.3). */
function readIdentity(header: Buffer): { isDatabase: boolean; application: number; version: number } {
  if (header.length < HEADER_BYTES || header.toString('latin1', 0, 16) !== SQLITE_MAGIC) {
    return { isDatabase: false, application: 0, version: 0 };
  }
  return { isDatabase: true, version: header.readUInt32BE(60), application: header.readUInt32BE(68) };
}

function openExclusively(path: string, folder: string): Database {
  try {
    return new Database(path);
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== 'store-in-use') throw error;
    const message = `Another process has the data folder ${folder} open: stop it, or use another folder.`;
    throw new StoreError('store-in-use', message, { cause: error });
  }
}

function checkFormat(database: Database, folder: string): void {
  const application = database.integer('PRAGMA application_id');
  const version = database.integer('PRAGMA user_version');
  if (!isKnown(application, version)) throw formatUnknown(folder, application, version);
}

function isKnown(application: number, version: number): boolean {
  return application === APPLICATION_ID && version >= OLDEST_FORMAT && version <= FORMAT_VERSION;
}

/** In one transaction: a crash leaves the old format, and the next opening begins again. */
function migrate(database: Database, onProgress: (done: number, of: number) => void = () => undefined): void {
  database.transaction(() => {
    migrateFrom1(database, onProgress);
    database.exec(`PRAGMA user_version = ${FORMAT_VERSION}`);
  });
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
}

function formatUnknown(folder: string, application: number, version: number): StoreError {
  const found = application === APPLICATION_ID ? `format ${version}` : "another program's database";
  const message = `The data folder ${folder} holds ${found}; this version of Cairn reads formats ${OLDEST_FORMAT} to ${FORMAT_VERSION}. Use the version that wrote it, or another folder.`;
  return new StoreError('store-format-unknown', message);
}

function createTables(database: Database, params: NetworkParams): void {
  database.transaction(() => {
    database.exec(TABLES);
    const insert = database.statement('INSERT INTO meta (key, value) VALUES (?, ?)');
    insert.run('genesis', createGenesis(params).hash);
    insert.run('network', params.name);
    markJudged(database, 'pending');
    markJudged(database, 'chain');
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${FORMAT_VERSION}`);
  });
  // So that the file itself says what it is.
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
}

function checkNetwork(database: Database, folder: string, params: NetworkParams): void {
  const select = database.statement('SELECT value FROM meta WHERE key = ?');
  const genesis = select.one('genesis');
  const network = select.one('network');
  if (genesis === undefined || network === undefined || parseHash(textAt(genesis, 0)) === undefined) {
    throw new StoreError('store-damaged', `The data folder ${folder} does not say which network it belongs to.`);
  }
  const expected = createGenesis(params).hash;
  if (textAt(genesis, 0) !== expected) {
    const message = `The data folder ${folder} belongs to the network ${textAt(network, 0)} (genesis ${textAt(genesis, 0)}), not to ${params.name} (genesis ${expected}). Use another folder for this network.`;
    throw new StoreError('store-network-other', message);
  }
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

const PATH_CODES: ReadonlySet<string> = new Set(['EEXIST', 'ENOTDIR', 'ENOENT', 'ELOOP', 'ENAMETOOLONG']);
const HEADER_BYTES = 100;
const SQLITE_MAGIC = 'SQLite format 3\0';

/** "Carn" in ASCII. */
const APPLICATION_ID = 0x4361726e;
const FORMAT_VERSION = 2;
/** The oldest that can be migrated. */
const OLDEST_FORMAT = 1;

/**
 * FULL: a commit is on the disk before it is answered. The cache is a negative number of KiB; a log that one large
 * commit has grown is cut back to 64 MiB.
 */
const SETTINGS = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA fullfsync = ON;
  PRAGMA checkpoint_fullfsync = ON;
  PRAGMA trusted_schema = OFF;
  PRAGMA cell_size_check = ON;
  PRAGMA cache_size = -32768;
  PRAGMA journal_size_limit = 67108864;
`;

/**
 * `blocks.digest` is SHA-256 over header and body; a block that was stored in format 1 has none. It comes last, and the body
 * before it, so that reading a header touches neither. `blocks.hash48` is the key under which `hashes` has the block.
 *
 * `chain.json_end` is where the block ends in the JSON form of the chain, `[block,block]`. `history` holds the nodes of
 * the history tree in the order in which they are completed (core/history.ts).
 */
const TABLES = `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE blocks (
    id INTEGER PRIMARY KEY,
    hash48 INTEGER NOT NULL,
    hash BLOB NOT NULL,
    header BLOB NOT NULL,
    work BLOB NOT NULL,
    body BLOB NOT NULL,
    digest BLOB
  ) STRICT;
  ${BLOCK_HASH_TABLES}
  CREATE TABLE chain (height INTEGER PRIMARY KEY, block INTEGER NOT NULL, json_end INTEGER NOT NULL) STRICT;
  CREATE TABLE history (position INTEGER PRIMARY KEY, hash BLOB NOT NULL) STRICT;
  ${PENDING_TABLE}
`;
