/**
 * How far each author of this home has signed in each network, and what was signed that no node is known to have.
 *
 * Two entries of one author with one number are evidence against the author (docs/spec/authors.md#conflict). So a number is
 * given to one entry only, durably and together with the entry, before anybody else gets to see it: whatever crashes in
 * between, what was signed is still here, to be handed in again. A SQLite file in the folder of the keys; several processes
 * may sign as one author.
 */
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Did } from '../core/did-key.ts';
import { type Hash, parseHash } from '../core/hash.ts';
import type { CairnHome } from '../probe/cairn-home.ts';
import { CommandError, EXIT_CODES } from './command-error.ts';

/** Whose entries, in which network. */
export interface AuthorPlace {
  readonly author: Did;
  readonly genesis: Hash;
}

/** What the next entry of an author is signed with. */
export interface AuthorPosition {
  readonly sequence: number;
  /** The author's last statement; undefined before the first. */
  readonly previous: Hash | undefined;
}

/** An entry as it was signed. */
export interface KeptEntry {
  readonly id: Hash;
  readonly bytes: Uint8Array;
  readonly statement: Hash;
  /** For who reads `waiting` after a crash. */
  readonly note: string | undefined;
}

/** Why a node refuses an entry. */
export interface EntryRefusal {
  readonly code: string;
  /** One English sentence. */
  readonly message: string;
}

/** An entry that no node is known to have. */
export interface WaitingEntry {
  readonly sequence: number;
  readonly bytes: Uint8Array;
  readonly note: string | undefined;
  /** Why a node has refused it, the last time that it was handed in. */
  readonly refusal: EntryRefusal | undefined;
}

/** An entry that a node has refused, as people are shown it. */
export interface RefusedEntry extends EntryRefusal {
  readonly sequence: number;
  readonly id: string;
}

/** What an author has signed in a network. */
export interface SignedInNetwork {
  readonly genesis: string;
  /** How many numbers are given. */
  readonly sequence: number;
  /** How many entries no node is known to have. */
  readonly waiting: number;
  /** Those of them that a node has refused, in the order of their numbers. */
  readonly refused: readonly RefusedEntry[];
}

export class AuthorBook {
  readonly #database: DatabaseSync;

  private constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** The book of `home`, whose folder of keys is there. Throws a `CommandError`. */
  static open({ keysFolder }: CairnHome): AuthorBook {
    const path = join(keysFolder, FILE_NAME);
    try {
      // Made here, so that it is for the user alone from the moment it exists.
      closeSync(openSync(path, 'a', 0o600));
      const database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
      database.exec(`PRAGMA synchronous = EXTRA; ${SCHEMA}`);
      return new AuthorBook(database);
    } catch (cause) {
      throw unusable(path, cause);
    }
  }

  /** Notes that nothing was ever signed as `author`, in any network: its key is new. */
  addNew(author: Did): void {
    this.#database.prepare('INSERT OR IGNORE INTO new_author (author) VALUES (?)').run(author);
  }

  /** Whether `author` had signed nothing when it was noted here. */
  isNew(author: Did): boolean {
    return this.#database.prepare('SELECT 1 FROM new_author WHERE author = ?').get(author) !== undefined;
  }

  /** What the author's next entry is signed with; undefined where this book knows nothing of the author in that network. */
  position({ author, genesis }: AuthorPlace): AuthorPosition | undefined {
    const row = this.#database
      .prepare('SELECT sequence, previous FROM position WHERE author = ? AND genesis = ?')
      .get(author, genesis);
    if (row === undefined) return undefined;
    return { sequence: Number(row['sequence']), previous: parseHash(String(row['previous'])) };
  }

  /** Has the author go on at `position`, unless it is further already. */
  catchUp({ author, genesis }: AuthorPlace, { sequence, previous }: AuthorPosition): void {
    this.#database
      .prepare(
        `INSERT INTO position (author, genesis, sequence, previous) VALUES (?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET sequence = excluded.sequence, previous = excluded.previous
         WHERE excluded.sequence > sequence`,
      )
      .run(author, genesis, sequence, previous ?? null);
  }

  /**
   * Keeps entries that were signed from `position` on, one number each, durably. False where another process has signed as the
   * author meanwhile: then nothing was kept, and they must be thrown away and signed again.
   */
  keep(place: AuthorPlace, position: AuthorPosition, entries: readonly KeptEntry[]): boolean {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      const isCurrent = (this.position(place)?.sequence ?? 0) === position.sequence;
      if (isCurrent) this.#insert(place, position, entries);
      this.#database.exec('COMMIT');
      return isCurrent;
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  /** What was signed and not yet taken, in the order of the numbers. */
  waiting({ author, genesis }: AuthorPlace): readonly WaitingEntry[] {
    const rows = this.#database
      .prepare(
        `SELECT sequence, note, entry, code, message FROM outbox LEFT JOIN refusal USING (author, genesis, id)
         WHERE author = ? AND genesis = ? ORDER BY sequence`,
      )
      .iterate(author, genesis);
    const entries: WaitingEntry[] = [];
    for (const { sequence, note, entry, code, message } of rows) {
      if (!(entry instanceof Uint8Array)) continue;
      const refusal = code === null ? undefined : { code: String(code), message: String(message) };
      const told = typeof note === 'string' ? note : undefined;
      entries.push({ sequence: Number(sequence), bytes: entry, note: told, refusal });
    }
    return entries;
  }

  /** Notes that a node has refused the entry. It goes on waiting: its number is given, and another node may take it. */
  refuse({ author, genesis }: AuthorPlace, id: Hash, { code, message }: EntryRefusal): void {
    this.#database
      .prepare('INSERT OR REPLACE INTO refusal (author, genesis, id, code, message) VALUES (?, ?, ?, ?, ?)')
      .run(author, genesis, id, code, message);
  }

  /** Forgets entries that a node has taken. */
  settle({ author, genesis }: AuthorPlace, ids: readonly Hash[]): void {
    const forget = TABLES_OF_WAITING.map((table) =>
      this.#database.prepare(`DELETE FROM ${table} WHERE author = ? AND genesis = ? AND id = ?`),
    );
    this.#database.exec('BEGIN IMMEDIATE');
    for (const id of ids) for (const statement of forget) statement.run(author, genesis, id);
    this.#database.exec('COMMIT');
  }

  #insert(place: AuthorPlace, { sequence }: AuthorPosition, entries: readonly KeptEntry[]): void {
    const keep = this.#database.prepare(
      'INSERT INTO outbox (author, genesis, sequence, id, note, entry) VALUES (?, ?, ?, ?, ?, ?)',
    );
    for (const [i, { id, bytes, note }] of entries.entries()) {
      keep.run(place.author, place.genesis, sequence + i, id, note ?? null, bytes);
    }
    const last = entries.at(-1);
    if (last !== undefined) this.catchUp(place, { sequence: sequence + entries.length, previous: last.statement });
  }

  /** What the author has signed, network by network. */
  networksOf(author: Did): readonly SignedInNetwork[] {
    return this.#database
      .prepare(
        `SELECT genesis, sequence,
           (SELECT count(*) FROM outbox WHERE outbox.author = position.author AND outbox.genesis = position.genesis) AS waiting
         FROM position WHERE author = ? ORDER BY genesis`,
      )
      .all(author)
      .map((row) => ({
        genesis: String(row['genesis']),
        sequence: Number(row['sequence']),
        waiting: Number(row['waiting']),
        refused: this.#refusedOf(author, String(row['genesis'])),
      }));
  }

  #refusedOf(author: Did, genesis: string): readonly RefusedEntry[] {
    return this.#database
      .prepare(
        `SELECT sequence, id, code, message FROM refusal JOIN outbox USING (author, genesis, id)
         WHERE author = ? AND genesis = ? ORDER BY sequence`,
      )
      .all(author, genesis)
      .map(({ sequence, id, code, message }) => ({
        sequence: Number(sequence),
        id: String(id),
        code: String(code),
        message: String(message),
      }));
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }
}

function unusable(path: string, cause: unknown): CommandError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const message = `${path}: what was signed cannot be read or kept (${reason}), so nothing more is signed.`;
  return new CommandError(EXIT_CODES.failed, 'author-book-unusable', message, cause);
}

const FILE_NAME = 'signed.sqlite';
const TABLES_OF_WAITING = ['outbox', 'refusal'] as const;
/** Another process signs a batch in a fraction of that. */
const BUSY_TIMEOUT_MS = 30_000;
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS new_author (author TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS position (
    author TEXT NOT NULL, genesis TEXT NOT NULL, sequence INTEGER NOT NULL, previous TEXT,
    PRIMARY KEY (author, genesis)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS outbox (
    author TEXT NOT NULL, genesis TEXT NOT NULL, sequence INTEGER NOT NULL, id TEXT NOT NULL, note TEXT, entry BLOB NOT NULL,
    PRIMARY KEY (author, genesis, sequence)
  ) STRICT;
  CREATE INDEX IF NOT EXISTS outbox_by_entry ON outbox (author, genesis, id);
  CREATE TABLE IF NOT EXISTS refusal (
    author TEXT NOT NULL, genesis TEXT NOT NULL, id TEXT NOT NULL, code TEXT NOT NULL, message TEXT NOT NULL,
    PRIMARY KEY (author, genesis, id)
  ) STRICT, WITHOUT ROWID;
`;
