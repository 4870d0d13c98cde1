/** Engines of which SQLite is all or a part: whole blocks in tables, and an append-only file that tables point into. */
import { closeSync, fdatasyncSync, openSync, readSync, writevSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { BlockEngine, EngineKind, StoredRecord } from './block-engine.ts';

/** Tables and settings as the store has them (src/storage/sqlite-schema.ts). */
export const SQLITE: EngineKind = {
  name: 'node:sqlite, whole blocks in tables',
  open: (folder) => {
    const database = openDatabase(folder, 'head BLOB NOT NULL, body BLOB NOT NULL');
    const insert = database.prepare('INSERT INTO blocks (id, hash48, hash, head, body) VALUES (?, ?, ?, ?, ?)');
    const selectAt = database.prepare('SELECT body FROM blocks JOIN chain ON blocks.id = chain.block WHERE height = ?');
    const selectOf = database.prepare('SELECT hash, body FROM blocks WHERE hash48 = ?');
    return new SqliteEngine(database, {
      keep: (records) => {
        for (const { height, hash, head, body } of records) insert.run(height, hash48(hash), hash, head, body);
      },
      bodyAt: (height) => bytesOf(selectAt.get(height)?.['body']),
      bodyOf: (hash) => bytesOf(selectOf.all(hash48(hash)).find((row) => hash.equals(bytesOf(row['hash'])))?.['body']),
      close: () => undefined,
    });
  },
};

/** The bytes in a file to which is only ever appended, synced before the tables that say where they are. */
export const SEGMENT: EngineKind = {
  name: 'append-only file + node:sqlite for where things are',
  open: (folder) => {
    const file = openSync(join(folder, 'segment'), 'a+');
    const database = openDatabase(folder, 'head BLOB NOT NULL, start INTEGER NOT NULL, size INTEGER NOT NULL');
    const insert = database.prepare(
      'INSERT INTO blocks (id, hash48, hash, head, start, size) VALUES (?, ?, ?, ?, ?, ?)',
    );
    const selectAt = database.prepare(
      'SELECT start, size FROM blocks JOIN chain ON blocks.id = chain.block WHERE height = ?',
    );
    const selectOf = database.prepare('SELECT hash, start, size FROM blocks WHERE hash48 = ?');
    let end = 0;
    const read = (row: Record<string, unknown> | undefined): Uint8Array | undefined => {
      if (row === undefined) return undefined;
      const body = Buffer.allocUnsafe(Number(row['size']));
      readSync(file, body, 0, body.length, Number(row['start']));
      return body;
    };
    return new SqliteEngine(database, {
      keep: (records) => {
        writevSync(
          file,
          records.map(({ body }) => body),
        );
        fdatasyncSync(file);
        for (const { height, hash, head, body } of records) {
          insert.run(height, hash48(hash), hash, head, end, body.length);
          end += body.length;
        }
      },
      bodyAt: (height) => read(selectAt.get(height)),
      bodyOf: (hash) => read(selectOf.all(hash48(hash)).find((row) => hash.equals(bytesOf(row['hash'])))),
      close: () => closeSync(file),
    });
  },
};

/** In what the two differ. */
interface BodyKeeping {
  keep(records: readonly StoredRecord[]): void;
  bodyAt(height: number): Uint8Array | undefined;
  bodyOf(hash: Buffer): Uint8Array | undefined;
  close(): void;
}

class SqliteEngine implements BlockEngine {
  readonly #database: DatabaseSync;
  readonly #bodies: BodyKeeping;
  readonly #insertPlace;
  readonly #insertNode;

  constructor(database: DatabaseSync, bodies: BodyKeeping) {
    this.#database = database;
    this.#bodies = bodies;
    this.#insertPlace = database.prepare('INSERT INTO chain (height, block, json_end) VALUES (?, ?, ?)');
    this.#insertNode = database.prepare('INSERT INTO history (position, hash) VALUES (?, ?)');
  }

  commit(records: readonly StoredRecord[]): void {
    this.#database.exec('BEGIN IMMEDIATE');
    this.#bodies.keep(records);
    for (const { height, nodes } of records) {
      this.#insertPlace.run(height, height, 500 * height);
      for (const [i, node] of nodes.entries()) this.#insertNode.run(2 * height + i, node);
    }
    this.#database.exec('COMMIT');
  }

  bodyAt(height: number): Uint8Array | undefined {
    return this.#bodies.bodyAt(height);
  }

  bodyOf(hash: Buffer): Uint8Array | undefined {
    return this.#bodies.bodyOf(hash);
  }

  close(): void {
    this.#database.close();
    this.#bodies.close();
  }
}

function openDatabase(folder: string, bodyColumns: string): DatabaseSync {
  const database = new DatabaseSync(join(folder, 'blocks.sqlite'));
  database.exec(`
    PRAGMA page_size = 8192;
    PRAGMA locking_mode = EXCLUSIVE;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA cache_size = -16384;
    PRAGMA journal_size_limit = 67108864;
    CREATE TABLE IF NOT EXISTS blocks (
      id INTEGER PRIMARY KEY, hash48 INTEGER NOT NULL, hash BLOB NOT NULL, ${bodyColumns}
    ) STRICT;
    CREATE INDEX IF NOT EXISTS blocks_by_hash ON blocks (hash48);
    CREATE TABLE IF NOT EXISTS chain (
      height INTEGER PRIMARY KEY, block INTEGER NOT NULL, json_end INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE IF NOT EXISTS history (position INTEGER PRIMARY KEY, hash BLOB NOT NULL) STRICT;
  `);
  return database;
}

function hash48(hash: Buffer): number {
  return hash.readUIntBE(0, 6);
}

function bytesOf(cell: unknown): Uint8Array {
  return cell instanceof Uint8Array ? cell : new Uint8Array();
}
