/**
 * The index of the words of records: SQLite's full-text index, which is fed words as we tell them apart and asked for one of them at a time.
 *
 * It is contentless: what it leads to is held against the filter in the record itself. Its tokenizer splits at spaces alone, as far
 * as words go, so SQLite has no rule of its own in it.
 */
import { textsOf, wordsOf } from '../core/words.ts';
import type { Database, Statement } from '../storage/sqlite-database.ts';

/** `detail = none`: which records have the word, and not where in them it stands. SQLite 3.43 or newer is needed to read it. */
export const WORD_TABLE = `
  CREATE VIRTUAL TABLE words USING fts5(text, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii')
`;

/** The same for a file from which nothing is taken away: older versions of SQLite read it, too. */
export const LASTING_WORD_TABLE = `
  CREATE VIRTUAL TABLE words USING fts5(text, content = '', detail = none, tokenize = 'ascii')
`;

/** The table for the one who writes it. */
export class WordTable {
  readonly #database: Database;
  readonly #insert: Statement;
  readonly #delete: Statement;

  constructor(database: Database) {
    this.#database = database;
    this.#insert = database.statement('INSERT INTO words (rowid, text) VALUES (?, ?)');
    this.#delete = database.statement('DELETE FROM words WHERE rowid = ?');
  }

  /** The words of the entry `data`, as `JSON.parse` gives it. */
  add(place: number, data: unknown, options: { readonly isSigned: boolean }): void {
    const words = new Set<string>();
    for (const text of textsOf(data, options)) for (const word of wordsOf(text)) words.add(word);
    if (words.size > 0) this.#insert.run(place, [...words].join(' '));
  }

  remove(place: number): void {
    this.#delete.run(place);
  }

  clear(): void {
    this.#database.exec("INSERT INTO words (words) VALUES ('delete-all')");
  }
}

/** What finds the records with `word` in the table. */
export function wordMatch(word: string): string {
  // No word has a quote in it.
  return `"${word}"`;
}
