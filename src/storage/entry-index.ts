/**
 * Where entries stand on the active chain, by the first 48 bits of their ids: a file of its own, beside the chain's.
 *
 * The index only says where to look: whoever asks reads the block at that height and compares the whole id. No rule needs
 * it, so no commit waits for it. It is filled behind the tip (entry-indexer.ts), may lag, and is made again from the blocks
 * where it is missing or torn.
 */
import type { Hash } from '../core/hash.ts';
import { hashAt } from './block-table.ts';
import { type Database, integerAt, type Statement, textAt } from './sqlite-database.ts';
import { WordFilter } from './word-filter.ts';

/**
 * A full-text index that holds no text: its documents are the active blocks, by height, and their words the first 48
 * bits of the ids of the entries. It is a log-structured index, made for words that come in random order: 1,000 entries
 * a block cost 0.9 ms, where rows under random keys cost 10 ms (10^6 entries, one core).
 *
 * `reached` has a row for each batch of blocks: the last height of it, and the block that stood there.
 */
export const ENTRY_INDEX_TABLES = `
  CREATE VIRTUAL TABLE entry_index USING fts5(
    ids, content = '', contentless_delete = 1, detail = 'none', tokenize = 'ascii'
  );
  CREATE TABLE reached (height INTEGER PRIMARY KEY, hash BLOB NOT NULL) STRICT;
`;

/** How far the index reaches. */
export interface Reach {
  /** Before the genesis: -1. */
  readonly height: number;
  readonly hash: Hash | undefined;
}

export class EntryIndex {
  readonly #insert: Statement;
  readonly #deleteAbove: Statement;
  readonly #next: Statement;
  readonly #selectReaches: Statement;
  readonly #insertReach: Statement;
  readonly #deleteReach: Statement;
  readonly #wordsAfter: Statement;
  readonly #filter = new WordFilter();
  /** The filter knows the words of the file up to this one, and those that were added since; undefined: it knows them all. */
  #filteredTo: string | undefined = '';

  constructor(database: Database) {
    database.exec("CREATE VIRTUAL TABLE IF NOT EXISTS temp.known_words USING fts5vocab('main', 'entry_index', 'row')");
    this.#wordsAfter = database.statement(`SELECT term FROM temp.known_words WHERE term > ? LIMIT ${FILTERED_AT_ONCE}`);
    this.#insert = database.statement('INSERT INTO entry_index (rowid, ids) VALUES (?, ?)');
    this.#deleteAbove = database.statement('DELETE FROM entry_index WHERE rowid > ?');
    this.#next = database.statement(
      'SELECT rowid FROM entry_index WHERE entry_index MATCH ? AND rowid >= ? ORDER BY rowid LIMIT 1',
    );
    this.#selectReaches = database.statement('SELECT height, hash FROM reached ORDER BY height DESC');
    this.#insertReach = database.statement('INSERT INTO reached (height, hash) VALUES (?, ?)');
    this.#deleteReach = database.statement('DELETE FROM reached WHERE height > ?');
  }

  get reach(): Reach {
    for (const last of this.reaches()) return last;
    return { height: -1, hash: undefined };
  }

  /** Notes the entries of the block at `height`, within a transaction that ends in `reachedTo`. */
  add(height: number, ids: readonly Hash[]): void {
    if (ids.length === 0) return;
    const words = ids.map(entryWord);
    this.#insert.run(height, words.join(' '));
    for (const word of words) this.#filter.add(word);
  }

  /** Tells the filter of some more words in the file. False: there are no more that it should know. */
  filterSome(): boolean {
    // Beyond that, it would take nearly every word for held.
    if (this.#filteredTo === undefined || this.#filter.count > FILTERED_MAX) return false;
    const words = this.#wordsAfter.all(this.#filteredTo).map((row) => textAt(row, 0));
    for (const word of words) this.#filter.add(word);
    this.#filteredTo = words.at(-1);
    return this.#filteredTo !== undefined;
  }

  /** Notes that the index reaches up to the block `hash` at `height`. */
  reachedTo(height: number, hash: Uint8Array): void {
    this.#insertReach.run(height, hash);
  }

  /** The batches from the last one down. */
  *reaches(): Generator<Reach, void, undefined> {
    for (const row of this.#selectReaches.each()) yield { height: integerAt(row, 0), hash: hashAt(row, 1) };
  }

  /** Forgets the batches that end above `height`, within a transaction. */
  cutAbove(height: number): void {
    this.#deleteReach.run(height);
    this.#deleteAbove.run(height);
  }

  /** The lowest height from `from` up whose block may hold the entry `id`. */
  nextHeight(id: Hash, from: number): number | undefined {
    const word = entryWord(id);
    if (this.#filteredTo === undefined && !this.#filter.mayHave(word)) return undefined;
    const row = this.#next.one(`"${word}"`, from);
    return row === undefined ? undefined : integerAt(row, 0);
  }
}

/** What the index keeps of `id`. */
export function entryWord(id: Hash): string {
  return id.slice(0, 12);
}

/** Words: 3 ms, and 0.6 s for a million. */
const FILTERED_AT_ONCE = 4_096;
const FILTERED_MAX = 16_777_216;
