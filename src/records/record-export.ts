/** A file of records to be carried away: the table of a node, with the blocks and records that somebody wants in it. */
import { matchesFilter, type RecordFilter } from '../api/record-filter.ts';
import type { Database } from '../storage/sqlite-database.ts';
import { createRecordFile, type RecordIndexes } from './record-file.ts';
import { type RecordedBlock, RecordTable } from './record-table.ts';
import { LASTING_WORD_TABLE } from './word-table.ts';

export class RecordExport {
  readonly #database: Database;
  readonly #table: RecordTable;
  readonly #filter: RecordFilter;
  #count = 0;

  /** Begins the file at `path`, which is not there yet. Throws a StoreError where it cannot. */
  constructor(path: string, options: { readonly indexes: RecordIndexes; readonly filter: RecordFilter }) {
    this.#database = createRecordFile(path, options.indexes, LASTING_WORD_TABLE);
    this.#table = new RecordTable(this.#database);
    this.#filter = options.filter;
  }

  /** Puts the records of `blocks` in that the filter lets pass; a thousand or more blocks or entries at a time go in fastest. */
  add(blocks: readonly RecordedBlock[]): void {
    this.#table.add(blocks, (entry) => {
      const isWanted = matchesFilter(this.#filter, entry);
      if (isWanted) this.#count++;
      return isWanted;
    });
  }

  /** How many records are in it. */
  get recordCount(): number {
    return this.#count;
  }

  /** Makes the file whole, and one: nothing of it is left in a log beside it. */
  close(): void {
    this.#database.exec('PRAGMA journal_mode = DELETE');
    this.#database.close();
  }
}
