/** The entries of a SQLite store that wait for a block, in the order in which they began to wait. */
import { type Hash, hashToBytes } from '../core/hash.ts';
import { hashLeaf } from '../core/merkle.ts';
import { hashAt } from './block-table.ts';
import type { PendingBatch, PendingEntry, PendingLimits } from './chain-store.ts';
import { bytesAt, type Database, integerAt, type Row, type Statement } from './sqlite-database.ts';
import { StoreError } from './store-error.ts';

export class PendingTable {
  readonly #insert: Statement;
  readonly #delete: Statement;
  readonly #selectAll: Statement;
  /** Where each entry stands, so that no index under random keys is needed. */
  readonly #seqs = new Map<Hash, number>();
  /** What the transaction under way changes in `#seqs`; undefined: no longer there. */
  readonly #draft = new Map<Hash, number | undefined>();
  #nextSeq = 0;

  constructor(database: Database) {
    this.#insert = database.statement('INSERT INTO pending (seq, id, bytes) VALUES (?, ?, ?)');
    this.#delete = database.statement('DELETE FROM pending WHERE seq = ?');
    this.#selectAll = database.statement('SELECT seq, id, bytes FROM pending ORDER BY seq');
    for (const row of database.statement('SELECT seq, id FROM pending ORDER BY seq').each()) {
      this.#nextSeq = integerAt(row, 0) + 1;
      this.#seqs.set(hashAt(row, 1), integerAt(row, 0));
    }
  }

  get isEmpty(): boolean {
    return this.#seqs.size === 0 && this.#draft.size === 0;
  }

  has(id: Hash): boolean {
    return this.#seqOf(id) !== undefined;
  }

  /** The oldest of them, each checked against its id. */
  read(limits: PendingLimits): PendingBatch {
    const entries: PendingEntry[] = [];
    let sizeBytes = 0;
    for (const row of this.#selectAll.each()) {
      const entry = pendingEntryOf(row);
      sizeBytes += entry.bytes.length;
      const isTooMuch = entries.length >= limits.entriesMax || sizeBytes > limits.bytesMax;
      if (entries.length > 0 && isTooMuch) return { entries, isAll: false };
      entries.push(entry);
    }
    return { entries, isAll: true };
  }

  /** Adds `entry` at the end, unless it waits already; within a transaction. */
  add(entry: PendingEntry): void {
    if (this.has(entry.id)) return;
    this.#insert.run(this.#nextSeq, hashToBytes(entry.id), entry.bytes);
    this.#draft.set(entry.id, this.#nextSeq);
    this.#nextSeq++;
  }

  /** Takes the entry away, within a transaction; whether it was waiting. */
  remove(id: Hash): boolean {
    const seq = this.#seqOf(id);
    if (seq === undefined) return false;
    this.#delete.run(seq);
    this.#draft.set(id, undefined);
    return true;
  }

  /** After a transaction: its changes hold. */
  settle(): void {
    for (const [id, seq] of this.#draft) {
      if (seq === undefined) this.#seqs.delete(id);
      else this.#seqs.set(id, seq);
    }
    this.#draft.clear();
  }

  /** After a transaction that was rolled back: nothing has changed. */
  discard(): void {
    this.#draft.clear();
  }

  #seqOf(id: Hash): number | undefined {
    return this.#draft.has(id) ? this.#draft.get(id) : this.#seqs.get(id);
  }
}

function pendingEntryOf(row: Row): PendingEntry {
  const entry = { id: hashAt(row, 1), bytes: bytesAt(row, 2) };
  if (hashLeaf(entry.bytes) !== entry.id) {
    throw new StoreError('store-damaged', `The pending entry ${entry.id} is damaged: its bytes do not have its id.`);
  }
  return entry;
}
