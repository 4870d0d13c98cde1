/**
 * Where blocks are found by their hashes: by the first 48 bits, in two tables.
 *
 * Hashes come in random order, and a row under a random key costs the writing of a page. So new ones go into a small
 * table, which is merged into the large one in the order of the keys when it is full: a page of the large one then takes
 * many of them at once. Measured at 10^6 blocks, in commits of 512: see docs/decisions/0020-format-2.md.
 */
import type { Hash } from '../core/hash.ts';
import { type Database, integerAt, type Statement } from './sqlite-database.ts';

/** Keys need not be unique: whoever looks for a block compares the whole hash. */
export const BLOCK_HASH_TABLES = `
  CREATE TABLE hashes (key INTEGER NOT NULL, block INTEGER NOT NULL, PRIMARY KEY (key, block)) STRICT, WITHOUT ROWID;
  CREATE TABLE new_hashes (key INTEGER NOT NULL, block INTEGER NOT NULL, PRIMARY KEY (key, block)) STRICT, WITHOUT ROWID;
`;

export class BlockHashes {
  readonly #find: Statement;
  readonly #insert: Statement;
  readonly #merge: Statement;
  readonly #empty: Statement;
  readonly #count: Statement;
  /** The rows of the small table; undefined: to be counted. */
  #newCount: number | undefined;

  constructor(database: Database) {
    this.#find = database.statement(
      'SELECT block FROM new_hashes WHERE key = ?1 UNION ALL SELECT block FROM hashes WHERE key = ?1',
    );
    this.#insert = database.statement('INSERT INTO new_hashes (key, block) VALUES (?, ?)');
    this.#merge = database.statement('INSERT INTO hashes (key, block) SELECT key, block FROM new_hashes ORDER BY key');
    this.#empty = database.statement('DELETE FROM new_hashes');
    this.#count = database.statement('SELECT count(*) FROM new_hashes');
  }

  /** The rows of the blocks whose hashes begin as `hash` does. */
  candidates(hash: Hash): readonly number[] {
    return this.#find.all(hash48(hash)).map((row) => integerAt(row, 0));
  }

  /** Notes that the block `hash` stands in the row `block`, within a transaction. */
  add(hash: Hash, block: number): void {
    const before = this.#newCount ?? integerAt(this.#count.one() ?? [], 0);
    this.#insert.run(hash48(hash), block);
    this.#newCount = before + 1;
    if (this.#newCount < NEW_HASHES_MAX) return;
    this.#merge.run();
    this.#empty.run();
    this.#newCount = 0;
  }

  /** After a transaction that was rolled back: nothing has changed. */
  discard(): void {
    this.#newCount = undefined;
  }
}

/** The first 48 bits of `hash`: as much of it as an integer of JavaScript holds. */
export function hash48(hash: Hash): number {
  return Number.parseInt(hash.slice(0, 12), 16);
}

/** As many as make a merge worth its while: about 60 pages, and a merge takes some tens of milliseconds. */
const NEW_HASHES_MAX = 32_768;
