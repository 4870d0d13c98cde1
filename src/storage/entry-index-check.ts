/**
 * The check of the index of entries against the blocks (see fsck.ts).
 *
 * The blocks come by height and the index by word, so what both hold is summed up by height and the sums compared: in
 * a table of fixed size, in which the heights of a long chain share their places.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Hash } from '../core/hash.ts';
import { hashAt } from './block-table.ts';
import { entryWord } from './entry-index.ts';
import { findEntryIndex } from './entry-index-file.ts';
import type { ProblemList } from './fsck-problem.ts';
import { type Database, integerAt, type Row, textAt } from './sqlite-database.ts';

export class EntryIndexCheck {
  readonly #database: Database;
  /** What is above it has not been indexed yet. */
  readonly #reach: number;
  /** Blocks minus index, modulo 2^32: the words' sums, and how many they are. */
  readonly #sums = new Uint32Array(PLACES);
  readonly #counts = new Int32Array(PLACES);
  /** 1 where a block cannot be read, so that nothing can be said. */
  readonly #isUnknown = new Uint8Array(PLACES);
  #tipHeight = -1;

  private constructor(database: Database, reach: number) {
    this.#database = database;
    this.#reach = reach;
  }

  /** The check of the index in `folder`, if there is one, against the blocks of the store `chain`. */
  static open(folder: string, chain: Database): EntryIndexCheck | undefined {
    const database = findEntryIndex(folder);
    if (database === undefined) return undefined;
    try {
      return new EntryIndexCheck(database, readReach(database, chain));
    } catch (error) {
      database.close();
      throw error;
    }
  }

  /** Notes what the index should hold of the block at `height`; heights come in order. */
  expect(height: number, ids: readonly Hash[]): void {
    this.#tipHeight = height;
    if (height > this.#reach) return;
    for (const word of new Set(ids.map(entryWord))) this.#count(height, word, 1);
  }

  /** Notes that the block at `height` cannot be read. */
  skip(height: number): void {
    this.#tipHeight = height;
    this.#isUnknown[height % PLACES] = 1;
  }

  /** Reads the whole index and notes where it differs. */
  async compare(problems: ProblemList): Promise<void> {
    const words = problems.guard('entry-index-wrong', () => {
      this.#database.exec('CREATE VIRTUAL TABLE temp.entry_words USING fts5vocab(main, entry_index, instance)');
      return this.#database.statement('SELECT term, doc FROM temp.entry_words').each();
    });
    if (words === undefined) return;
    for (let read = 1; ; read++) {
      const isMore = problems.guard('entry-index-wrong', () => this.#countNext(words));
      // What cannot be read to its end cannot be compared.
      if (isMore === undefined) return;
      if (!isMore) break;
      if (read % WORDS_A_TURN === 0) await nextTurn();
    }
    for (let place = 0; place < PLACES && place <= this.#tipHeight; place++) {
      if (this.#isUnknown[place] === 1 || (this.#sums[place] === 0 && this.#counts[place] === 0)) continue;
      const others =
        this.#tipHeight >= place + PLACES ? `, or at a height that is a multiple of ${PLACES} above it` : '';
      const detail = `The index of entries does not hold what the block at height ${place} holds${others}.`;
      problems.add({ code: 'entry-index-wrong', height: place, detail });
    }
  }

  close(): void {
    this.#database.close();
  }

  /** Takes away the next of the words that the index holds. False: there is none. */
  #countNext(words: Iterator<Row>): boolean {
    const next = words.next();
    if (next.done === true) return false;
    const height = integerAt(next.value, 1);
    // What is beyond is forgotten when the store is opened: those blocks are on the active chain no longer.
    if (height <= this.#reach) this.#count(height, textAt(next.value, 0), -1);
    return true;
  }

  #count(height: number, word: string, sign: 1 | -1): void {
    const place = height % PLACES;
    // The last 32 of the 48 bits; an unsigned array keeps sums modulo 2^32.
    this.#sums[place] = (this.#sums[place] ?? 0) + sign * Number.parseInt(word.slice(-8), 16);
    this.#counts[place] = (this.#counts[place] ?? 0) + sign;
  }
}

/** The height of the last batch that ends in a block which is active. */
function readReach(index: Database, chain: Database): number {
  const active = chain.statement(
    'SELECT blocks.hash FROM chain JOIN blocks ON blocks.id = chain.block WHERE height = ?',
  );
  for (const row of index.statement('SELECT height, hash FROM reached ORDER BY height DESC').each()) {
    const height = integerAt(row, 0);
    const stored = active.one(height);
    if (stored !== undefined && hashAt(stored, 0) === hashAt(row, 1)) return height;
  }
  return -1;
}

const PLACES = 65_536;
const WORDS_A_TURN = 10_000;
