/**
 * The entries of a SQLite store that wait for a block, in the order in which they began to wait.
 *
 * There may be many more than memory should hold: after a deep switch of branches all entries of the abandoned blocks
 * wait. They are found by the first 48 bits of their ids, which somebody could make alike, so whole ids are compared.
 */
import { type Hash, hashToBytes } from '../core/hash.ts';
import { hashLeaf } from '../core/merkle.ts';
import { hash48 } from './block-hashes.ts';
import { hashAt } from './block-table.ts';
import type { PendingBatch, PendingEntry, PendingLimits } from './chain-store.ts';
import { bytesAt, type Database, integerAt, type Row, type Statement } from './sqlite-database.ts';
import { StoreError } from './store-error.ts';

export const PENDING_TABLE = `
  CREATE TABLE pending (seq INTEGER PRIMARY KEY, key INTEGER NOT NULL, id BLOB NOT NULL, bytes BLOB NOT NULL) STRICT;
  CREATE INDEX pending_by_key ON pending (key);
`;

export class PendingTable {
  readonly #insert: Statement;
  readonly #delete: Statement;
  readonly #find: Statement;
  readonly #selectFrom: Statement;
  readonly #selectKeys: Statement;
  readonly #selectLast: Statement;
  /** Where those stand that came lately: most of what a block takes away is found without asking the disk. */
  readonly #places = new Map<Hash, number>();
  /** Undefined: to be read again. */
  #summary: PendingSummary | undefined;

  constructor(database: Database) {
    this.#insert = database.statement('INSERT INTO pending (seq, key, id, bytes) VALUES (?, ?, ?, ?)');
    this.#delete = database.statement('DELETE FROM pending WHERE seq BETWEEN ? AND ?');
    this.#find = database.statement('SELECT seq, id FROM pending WHERE key = ?');
    this.#selectFrom = database.statement('SELECT seq, id, bytes FROM pending WHERE seq >= ? ORDER BY seq');
    this.#selectKeys = database.statement('SELECT key FROM pending INDEXED BY pending_by_key');
    this.#selectLast = database.statement('SELECT max(seq) FROM pending');
  }

  get isEmpty(): boolean {
    return this.#known().count === 0;
  }

  /** What the next entry gets: those from here on are younger than all that wait now. */
  get nextSeq(): number {
    return this.#known().nextSeq;
  }

  /** The oldest of them from `firstSeq` on, each checked against its id. */
  read(limits: PendingLimits, firstSeq = 0): PendingBatch {
    const entries: PendingEntry[] = [];
    let sizeBytes = 0;
    for (const row of this.#selectFrom.each(firstSeq)) {
      const entry = pendingEntryOf(row);
      sizeBytes += entry.bytes.length;
      const isTooMuch = entries.length >= limits.entriesMax || sizeBytes > limits.bytesMax;
      if (entries.length > 0 && isTooMuch) return { entries, isAll: false };
      entries.push(entry);
    }
    return { entries, isAll: true };
  }

  /** The bytes of the entry `id`, checked against it; undefined where it does not wait. */
  find(id: Hash): Uint8Array | undefined {
    const seq = this.#seqOf(hash48(id), id);
    const row = seq === undefined ? undefined : this.#selectFrom.one(seq);
    return row === undefined ? undefined : pendingEntryOf(row).bytes;
  }

  /** Adds `entry` at the end, unless it waits already; within a transaction. */
  add(entry: PendingEntry): void {
    const key = hash48(entry.id);
    if (this.#seqOf(key, entry.id) !== undefined) return;
    const known = this.#known();
    this.#insert.run(known.nextSeq, key, hashToBytes(entry.id), entry.bytes);
    if (this.#places.size < PLACES_MAX) this.#places.set(entry.id, known.nextSeq);
    known.note(key, 1);
    known.nextSeq++;
  }

  /** Takes away those of `ids` that wait, within a transaction, and answers the ids of those that are older than `seq`. */
  remove(ids: readonly Hash[], seq: number): Hash[] {
    const removed = new Map<number, Hash>();
    for (const id of ids) {
      const place = this.#places.get(id) ?? this.#seqOf(hash48(id), id);
      if (place !== undefined) removed.set(place, id);
    }
    // Blocks take the oldest first, so that what leaves stands in a row. One by one, a full block would take 50 ms.
    for (const { first, last } of rowsOf([...removed.keys()])) this.#delete.run(first, last);
    for (const id of removed.values()) {
      this.#places.delete(id);
      this.#known().note(hash48(id), -1);
    }
    return [...removed].filter(([place]) => place < seq).map(([, id]) => id);
  }

  /** After a transaction that was rolled back: nothing has changed. */
  discard(): void {
    this.#summary = undefined;
    this.#places.clear();
  }

  #seqOf(key: number, id: Hash): number | undefined {
    if (!this.#known().mayHave(key)) return undefined;
    for (const row of this.#find.all(key)) if (hashAt(row, 1) === id) return integerAt(row, 0);
    return undefined;
  }

  #known(): PendingSummary {
    if (this.#summary === undefined) {
      const last = this.#selectLast.one() ?? [];
      this.#summary = new PendingSummary(last[0] === null ? 0 : integerAt(last, 0) + 1);
      for (const row of this.#selectKeys.each()) this.#summary.note(integerAt(row, 0), 1);
    }
    return this.#summary;
  }
}

/** What is remembered of all entries that wait, however many there are. */
class PendingSummary {
  /** How many there are under the keys of each kind: most questions are for entries that are not here. */
  readonly #counts = new Uint32Array(KEY_KINDS);
  count = 0;
  nextSeq: number;

  constructor(nextSeq: number) {
    this.nextSeq = nextSeq;
  }

  mayHave(key: number): boolean {
    return this.#counts[key % KEY_KINDS] !== 0;
  }

  note(key: number, change: 1 | -1): void {
    const kind = key % KEY_KINDS;
    this.#counts[kind] = (this.#counts[kind] ?? 0) + change;
    this.count += change;
  }
}

/** The longest rows of numbers that follow each other, of numbers that are there once. */
function rowsOf(numbers: number[]): readonly { readonly first: number; readonly last: number }[] {
  const rows: { first: number; last: number }[] = [];
  for (const number of numbers.sort((a, b) => a - b)) {
    const row = rows.at(-1);
    if (row?.last === number - 1) row.last = number;
    else rows.push({ first: number, last: number });
  }
  return rows;
}

function pendingEntryOf(row: Row): PendingEntry {
  const entry = { id: hashAt(row, 1), bytes: bytesAt(row, 2) };
  if (hashLeaf(entry.bytes) !== entry.id) {
    const message = `The pending entry ${entry.id} is damaged: its bytes do not have its id. cairn reindex takes it away.`;
    throw new StoreError('store-damaged', message);
  }
  return entry;
}

/** As many as a burst of submissions brings before blocks take them away: about 4 MB. */
const PLACES_MAX = 32_768;
/** 1 MiB of counts: with a full pool, one question in five is asked of the disk. */
const KEY_KINDS = 262_144;
