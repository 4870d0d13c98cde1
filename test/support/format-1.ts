/** Data folders as format 1 wrote them: the tables of then, with what a store of today has. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { NetworkParams } from '../../src/core/params.ts';
import type { ChainChange } from '../../src/storage/chain-store.ts';
import { openSqliteStore } from '../../src/storage/sqlite-store.ts';

/** A store of format 1 in the new folder `folder`, with what `changes` come to. Another is made beside it, at `folder`-2. */
export async function writeFormat1(
  folder: string,
  params: NetworkParams,
  changes: readonly ChainChange[],
): Promise<void> {
  const source = `${folder}-2`;
  const store = await openSqliteStore({ folder: source, params });
  for (const change of changes) await store.commit(change);
  await store.close();
  mkdirSync(folder);
  const database = new DatabaseSync(join(folder, 'chain.sqlite'));
  database.exec(`PRAGMA journal_mode = WAL; ${FORMAT_1}`);
  database.prepare('ATTACH ? AS source').run(join(source, 'chain.sqlite'));
  database.exec(`
    INSERT INTO meta SELECT key, value FROM source.meta;
    INSERT INTO blocks SELECT id, hash48, hash, header, work, body FROM source.blocks;
    INSERT INTO chain SELECT * FROM source.chain;
    INSERT INTO history SELECT * FROM source.history;
    INSERT INTO pending SELECT seq, id, bytes FROM source.pending;
    DETACH source;
    PRAGMA wal_checkpoint(TRUNCATE)`);
  database.close();
}

/** The tables of format 1, as they were. */
const FORMAT_1 = `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE blocks (
    id INTEGER PRIMARY KEY,
    hash48 INTEGER NOT NULL,
    hash BLOB NOT NULL,
    header BLOB NOT NULL,
    work BLOB NOT NULL,
    body BLOB NOT NULL
  ) STRICT;
  CREATE INDEX blocks_by_hash ON blocks (hash48);
  CREATE TABLE chain (height INTEGER PRIMARY KEY, block INTEGER NOT NULL, json_end INTEGER NOT NULL) STRICT;
  CREATE TABLE history (position INTEGER PRIMARY KEY, hash BLOB NOT NULL) STRICT;
  CREATE TABLE pending (seq INTEGER PRIMARY KEY, id BLOB NOT NULL, bytes BLOB NOT NULL) STRICT;
  CREATE VIRTUAL TABLE entry_index USING fts5(
    ids, content = '', contentless_delete = 1, detail = 'none', tokenize = 'ascii'
  );
  INSERT INTO entry_index (rowid, ids) VALUES (1, '0123456789ab');
  PRAGMA application_id = ${0x4361726e};
  PRAGMA user_version = 1;
`;
