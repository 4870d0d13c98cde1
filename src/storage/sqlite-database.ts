/**
 * SQLite as the store needs it: the one file that knows `node:sqlite`.
 *
 * Every failure leaves as a StoreError. Rows are arrays of cells, read by functions that check the type, because what
 * comes from a disk is not to be believed.
 */
import { closeSync, openSync } from 'node:fs';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { StoreError, type StoreErrorCode, storeUnwritable } from './store-error.ts';
import { writeObstacle } from './write-access.ts';

/** Of a new file. Measured with bodies of 300 kB: 900 blocks/s, against 430 with 4,096 bytes and 750 with 16,384. */
export const PAGE_BYTES = 8_192;

/** What SQLite answers for one row, in the order of the columns. */
export type Row = readonly unknown[];

/**
 * Who else may open the file: with `exclusive` nobody until `close`; with `shared` other threads and other programs, too, who
 * wait for each other to have written; with `read-only` the same, and nothing is written here.
 */
export type DatabaseAccess = 'exclusive' | 'shared' | 'read-only';

export class Database {
  readonly path: string;
  readonly #connection: DatabaseSync;
  #isAtRest = false;
  /**
   * Of the file, for who reads it past SQLite: opened once, and closed after SQLite has closed its own. A process that closes any
   * descriptor of a file loses all locks that it has on the file, SQLite's among them (https://www.sqlite.org/howtocorrupt.html §2.2).
   */
  #descriptor: number | undefined;

  /** Opens or creates the file at `path`; one that is only read is there already. */
  constructor(path: string, access: DatabaseAccess = 'exclusive') {
    this.path = path;
    const isExclusive = access === 'exclusive';
    this.#connection = this.#guard(
      () =>
        new DatabaseSync(path, {
          timeout: isExclusive ? 0 : BUSY_TIMEOUT_MS,
          readOnly: access === 'read-only',
          enableDoubleQuotedStringLiterals: false,
          defensive: true,
        }),
    );
    try {
      // In this mode a lock once taken is kept, and WAL needs no shared memory file. The page size holds for a file that
      // is still empty, and the first lock fixes it.
      if (isExclusive) {
        this.exec(`PRAGMA page_size = ${PAGE_BYTES}; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT`);
      }
    } catch (error) {
      this.#connection.close();
      throw error;
    }
  }

  /** Runs statements that answer nothing. */
  exec(sql: string): void {
    this.#guard(() => this.#connection.exec(sql));
  }

  /** A prepared statement; prepare once, use often. */
  statement(sql: string): Statement {
    return this.#guard(() => {
      const prepared = this.#connection.prepare(sql);
      prepared.setReturnArrays(true);
      return new Statement(prepared, this.path);
    });
  }

  /** The integer that a query of one row and one column answers. */
  integer(sql: string): number {
    const row = this.statement(sql).one();
    if (row === undefined) throw new StoreError('store-damaged', `${this.path}: no answer to ${sql}.`);
    return integerAt(row, 0);
  }

  /** Runs `work`, which only reads, on the state of this moment. */
  reading<Value>(work: () => Value): Value {
    this.exec('BEGIN');
    try {
      return work();
    } finally {
      this.exec('COMMIT');
    }
  }

  /** Runs `work` as one durable transaction: all of it when this returns, nothing of it when this throws. */
  transaction<Value>(work: () => Value): Value {
    this.exec('BEGIN IMMEDIATE');
    try {
      const value = work();
      this.exec('COMMIT');
      return value;
    } catch (error) {
      // SQLite has rolled back by itself where the disk is full or failed.
      if (this.#connection.isTransaction) this.exec('ROLLBACK');
      throw error;
    }
  }

  /** As `transaction`, for long work that gives way to others. Nobody else may use this database meanwhile. */
  async longTransaction(work: () => Promise<void>): Promise<void> {
    this.exec('BEGIN IMMEDIATE');
    try {
      await work();
      this.exec('COMMIT');
    } catch (error) {
      if (this.#connection.isTransaction) this.exec('ROLLBACK');
      throw error;
    }
  }

  /**
   * Has `copy` read the file behind a descriptor, which it leaves open, while the file holds everything that has been committed
   * until now, and does not change: what is committed meanwhile stays in the log. One copy at a time, and it is over before
   * `close`, which moves the log into the file.
   */
  async whileAtRest(copy: (descriptor: number) => Promise<void>): Promise<void> {
    if (this.#isAtRest) throw new StoreError('store-io', `${this.path} is being copied already.`);
    this.#isAtRest = true;
    try {
      const isBusy = this.integer('PRAGMA wal_checkpoint(TRUNCATE)') !== 0;
      if (isBusy) throw new StoreError('store-io', `${this.path}: the log cannot be moved into the file.`);
      this.exec('PRAGMA wal_autocheckpoint = 0');
      await copy(this.#openFile());
    } finally {
      this.#isAtRest = false;
      this.exec(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
    }
  }

  /** Lets others in. Closing what is closed does nothing. */
  close(): void {
    if (this.#connection.isOpen) this.#guard(() => this.#connection.close());
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #openFile(): number {
    try {
      this.#descriptor ??= openSync(this.path, 'r');
      return this.#descriptor;
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new StoreError('store-io', `${this.path} cannot be read: ${why}.`, { cause });
    }
  }

  #guard<Value>(work: () => Value): Value {
    return guard(this.path, work);
  }
}

export class Statement {
  readonly #prepared: StatementSync;
  readonly #path: string;

  constructor(prepared: StatementSync, path: string) {
    this.#prepared = prepared;
    this.#path = path;
  }

  run(...values: SQLInputValue[]): void {
    guard(this.#path, () => this.#prepared.run(...values));
  }

  /** Inserts one row and answers its row id. */
  insert(...values: SQLInputValue[]): number {
    const { lastInsertRowid } = guard(this.#path, () => this.#prepared.run(...values));
    return Number(lastInsertRowid);
  }

  /** The first row. */
  one(...values: SQLInputValue[]): Row | undefined {
    const row: unknown = guard(this.#path, () => this.#prepared.get(...values));
    return row === undefined ? undefined : cells(row);
  }

  /** All rows, in memory at once: for queries with a bound. */
  all(...values: SQLInputValue[]): readonly Row[] {
    return guard(this.#path, () => this.#prepared.all(...values)).map(cells);
  }

  /** Row by row. Nothing may be written before the end of it. */
  *each(...values: SQLInputValue[]): Generator<Row, void, undefined> {
    const rows: Iterator<unknown> = guard(this.#path, () => this.#prepared.iterate(...values));
    try {
      for (;;) {
        const next = guard(this.#path, () => rows.next());
        if (next.done === true) return;
        yield cells(next.value);
      }
    } finally {
      // A query that is left open keeps the log from being moved into the file.
      guard(this.#path, () => rows.return?.());
    }
  }
}

/**
 * Rows one at a time, so that others have their turn in between, and may write: `next` answers the row after the number
 * that it is given, which stands in its `column`. Throws `store-damaged` where the numbers do not rise: from a damaged
 * tree the same rows would come for ever.
 */
export function* risingRows(next: Statement, column: number): Generator<Row, void, undefined> {
  let last = -1;
  for (let row = next.one(last); row !== undefined; row = next.one(last)) {
    const number = integerAt(row, column);
    if (number <= last) throw new StoreError('store-damaged', `The row after number ${last} has the number ${number}.`);
    last = number;
    yield row;
  }
}

/** The whole number, at least 0, in a row's `column`. */
export function integerAt(row: Row, column: number): number {
  const cell = row[column];
  if (Number.isSafeInteger(cell) && Number(cell) >= 0) return Number(cell);
  throw cellError(column, 'a whole number');
}

/** The bytes in a row's `column`. */
export function bytesAt(row: Row, column: number): Uint8Array {
  const cell = row[column];
  if (cell instanceof Uint8Array) return cell;
  throw cellError(column, 'bytes');
}

/** The text in a row's `column`. */
export function textAt(row: Row, column: number): string {
  const cell = row[column];
  if (typeof cell === 'string') return cell;
  throw cellError(column, 'text');
}

function cellError(column: number, expected: string): StoreError {
  return new StoreError('store-damaged', `Column ${column} of a stored row is not ${expected}.`);
}

function cells(row: unknown): Row {
  if (Array.isArray(row)) return row;
  throw new StoreError('store-damaged', 'A stored row cannot be read.');
}

function guard<Value>(path: string, work: () => Value): Value {
  try {
    return work();
  } catch (error) {
    throw storeErrorOf(error, path);
  }
}

/** `error` as a StoreError where it comes from SQLite. */
function storeErrorOf(error: unknown, path: string): unknown {
  if (!(error instanceof Error)) return error;
  if ('code' in error && error.code === 'ERR_INVALID_STATE') {
    return new StoreError('store-closed', `${path}: the store has been closed.`, { cause: error });
  }
  // A number in a row that is none of ours.
  if ('code' in error && error.code === 'ERR_OUT_OF_RANGE') {
    return new StoreError('store-damaged', `${path}: a stored row cannot be read.`, { cause: error });
  }
  if (!('errcode' in error) || typeof error.errcode !== 'number') return error;
  // The low byte is the primary result code, the rest says more about it (sqlite.org/rescode.html).
  const { code, meaning } = RESULT_CODES.get(error.errcode & 0xff) ?? OTHER_RESULT;
  const obstacle = code === 'store-io' ? writeObstacle(path) : undefined;
  if (obstacle !== undefined) return storeUnwritable(path, obstacle, error);
  return new StoreError(code, `${path}: ${meaning} (SQLite: ${error.message}).`, { cause: error });
}

interface ResultMeaning {
  readonly code: StoreErrorCode;
  readonly meaning: string;
}

const IN_USE: ResultMeaning = { code: 'store-in-use', meaning: 'another process has this data folder open' };
const DAMAGED: ResultMeaning = { code: 'store-damaged', meaning: 'the file is damaged' };
const FULL: ResultMeaning = { code: 'store-full', meaning: 'no room is left to write' };
const NOT_OPENED: ResultMeaning = { code: 'store-io', meaning: 'the file cannot be opened' };
const OTHER_RESULT: ResultMeaning = { code: 'store-io', meaning: 'reading or writing failed' };

/** SQLITE_BUSY, LOCKED, CORRUPT, FULL, CANTOPEN, CONSTRAINT (our keys are unique unless a row is damaged), NOTADB. */
const RESULT_CODES: ReadonlyMap<number, ResultMeaning> = new Map([
  [5, IN_USE],
  [6, IN_USE],
  [11, DAMAGED],
  [13, FULL],
  [14, NOT_OPENED],
  [19, DAMAGED],
  [26, DAMAGED],
]);

/** In the log, before it is moved into the file: as SQLite has it unless told. */
const CHECKPOINT_PAGES = 1_000;
/** How long others may be at a shared file before it is said to be in use. */
const BUSY_TIMEOUT_MS = 5_000;
