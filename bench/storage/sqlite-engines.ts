/**
 * Engines of which SQLite is all or a part: whole blocks in tables, found by hash in one of two ways, and an append-only
 * file that tables point into.
 */
import { closeSync, fdatasyncSync, openSync, readSync, writevSync } from 'node:fs';
import { join } from 'node:path';
import { assertPresent } from '../../src/core/assert.ts';
import { type Hash, hashesIn } from '../../src/core/hash.ts';
import { BLOCK_HASH_TABLES, BlockHashes, hash48 } from '../../src/storage/block-hashes.ts';
import { bytesAt, Database, integerAt, type Row } from '../../src/storage/sqlite-database.ts';
import type { BlockEngine, EngineKind, StoredRecord } from './block-engine.ts';

/** As the store has them: what is new is found through a small table in front of the large one. */
export const SQLITE: EngineKind = {
  name: 'node:sqlite, hashes in a small table before a large one',
  open: (folder) => {
    const database = openDatabase(folder, `${WHOLE_BLOCKS} ${BLOCK_HASH_TABLES}`);
    return new SqliteEngine(database, new WholeBlocks(database), new BlockHashes(database));
  },
};

/** The plain way: every hash goes into one index at once. */
export const SQLITE_INDEX: EngineKind = {
  name: 'node:sqlite, hashes in one index',
  open: (folder) => {
    const database = openDatabase(folder, `${WHOLE_BLOCKS} ${HASH_INDEX}`);
    return new SqliteEngine(database, new WholeBlocks(database), new HashIndex(database));
  },
};

/** The bodies in a file to which is only ever appended, synced before the tables that say where they are. */
export const SEGMENT: EngineKind = {
  name: 'append-only file, node:sqlite for where things are',
  open: (folder) => {
    const database = openDatabase(folder, `${BLOCK_PLACES} ${BLOCK_HASH_TABLES}`);
    return new SqliteEngine(database, new SegmentFile(folder, database), new BlockHashes(database));
  },
};

/** Where the bodies are. */
interface Bodies {
  keep(records: readonly StoredRecord[]): void;
  body(id: number): Uint8Array | undefined;
  close?(): void;
}

/** Where a hash leads. */
interface Hashes {
  candidates(hash: Hash): readonly number[];
  add(hash: Hash, block: number): void;
}

class SqliteEngine implements BlockEngine {
  readonly #database: Database;
  readonly #bodies: Bodies;
  readonly #hashes: Hashes;
  readonly #insertPlace;
  readonly #insertNode;
  readonly #selectId;
  readonly #selectHash;

  constructor(database: Database, bodies: Bodies, hashes: Hashes) {
    this.#database = database;
    this.#bodies = bodies;
    this.#hashes = hashes;
    this.#insertPlace = database.statement('INSERT INTO chain (height, block, json_end) VALUES (?, ?, ?)');
    this.#insertNode = database.statement('INSERT INTO history (position, hash) VALUES (?, ?)');
    this.#selectId = database.statement('SELECT block FROM chain WHERE height = ?');
    this.#selectHash = database.statement('SELECT hash FROM blocks WHERE id = ?');
  }

  commit(records: readonly StoredRecord[]): void {
    this.#database.transaction(() => {
      this.#bodies.keep(records);
      for (const { height, hash, nodes } of records) {
        this.#hashes.add(textOf(hash), height);
        this.#insertPlace.run(height, height, 500 * height);
        for (const [i, node] of nodes.entries()) this.#insertNode.run(2 * height + i, node);
      }
    });
  }

  bodyAt(height: number): Uint8Array | undefined {
    const row = this.#selectId.one(height);
    return row === undefined ? undefined : this.#bodies.body(integerAt(row, 0));
  }

  bodyOf(hash: Buffer): Uint8Array | undefined {
    const id = this.#hashes.candidates(textOf(hash)).find((candidate) => {
      return hash.equals(bytesAt(this.#selectHash.one(candidate) ?? [], 0));
    });
    return id === undefined ? undefined : this.#bodies.body(id);
  }

  close(): void {
    this.#database.close();
    this.#bodies.close?.();
  }
}

class WholeBlocks implements Bodies {
  readonly #insert;
  readonly #select;

  constructor(database: Database) {
    this.#insert = database.statement('INSERT INTO blocks (id, hash48, hash, head, body) VALUES (?, ?, ?, ?, ?)');
    this.#select = database.statement('SELECT body FROM blocks WHERE id = ?');
  }

  keep(records: readonly StoredRecord[]): void {
    for (const { height, hash, head, body } of records)
      this.#insert.run(height, hash48(textOf(hash)), hash, head, body);
  }

  body(id: number): Uint8Array | undefined {
    const row = this.#select.one(id);
    return row === undefined ? undefined : bytesAt(row, 0);
  }
}

class SegmentFile implements Bodies {
  readonly #file: number;
  readonly #insert;
  readonly #select;
  #end = 0;

  constructor(folder: string, database: Database) {
    this.#file = openSync(join(folder, 'segment'), 'a+');
    this.#insert = database.statement('INSERT INTO blocks (id, hash, head, start, size) VALUES (?, ?, ?, ?, ?)');
    this.#select = database.statement('SELECT start, size FROM blocks WHERE id = ?');
  }

  keep(records: readonly StoredRecord[]): void {
    const bodies = records.map(({ body }) => body);
    writevSync(this.#file, bodies);
    fdatasyncSync(this.#file);
    for (const { height, hash, head, body } of records) {
      this.#insert.run(height, hash, head, this.#end, body.length);
      this.#end += body.length;
    }
  }

  body(id: number): Uint8Array | undefined {
    const row: Row | undefined = this.#select.one(id);
    if (row === undefined) return undefined;
    const body = Buffer.allocUnsafe(integerAt(row, 1));
    readSync(this.#file, body, 0, body.length, integerAt(row, 0));
    return body;
  }

  close(): void {
    closeSync(this.#file);
  }
}

class HashIndex implements Hashes {
  readonly #select;

  constructor(database: Database) {
    this.#select = database.statement('SELECT id FROM blocks WHERE hash48 = ?');
  }

  candidates(hash: Hash): readonly number[] {
    return this.#select.all(hash48(hash)).map((row) => integerAt(row, 0));
  }

  /** It stands in the row of its block. */
  add(): void {}
}

function textOf(hash: Buffer): Hash {
  return assertPresent(hashesIn(hash)[0], 'it is one hash');
}

/** With the settings of the store (src/storage/sqlite-schema.ts). */
function openDatabase(folder: string, tables: string): Database {
  const path = join(folder, 'blocks.sqlite');
  const database = new Database(path);
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA fullfsync = ON;
    PRAGMA checkpoint_fullfsync = ON;
    PRAGMA cache_size = -16384;
    PRAGMA journal_size_limit = 67108864;
  `);
  if (database.integer('SELECT count(*) FROM sqlite_schema') === 0) {
    database.exec(`
      ${tables}
      CREATE TABLE chain (height INTEGER PRIMARY KEY, block INTEGER NOT NULL, json_end INTEGER NOT NULL) STRICT;
      CREATE TABLE history (position INTEGER PRIMARY KEY, hash BLOB NOT NULL) STRICT;
    `);
  }
  return database;
}

const WHOLE_BLOCKS = `
  CREATE TABLE blocks (
    id INTEGER PRIMARY KEY, hash48 INTEGER NOT NULL, hash BLOB NOT NULL, head BLOB NOT NULL, body BLOB NOT NULL
  ) STRICT;
`;
const HASH_INDEX = 'CREATE INDEX blocks_by_hash ON blocks (hash48);';
const BLOCK_PLACES = `
  CREATE TABLE blocks (
    id INTEGER PRIMARY KEY, hash BLOB NOT NULL, head BLOB NOT NULL, start INTEGER NOT NULL, size INTEGER NOT NULL
  ) STRICT;
`;
