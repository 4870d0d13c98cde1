/**
 * The check of the index of entries against the blocks (see fsck.ts).
 *
 * The blocks come by height and the index by word, so what both hold is summed up by height and the sums compared: in
 * a table of fixed size, in which the heights of a long chain share their places.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Hash } from '../core/hash.ts';
import { entryWord } from './entry-index.ts';
import type { ProblemList } from './fsck-problem.ts';
import { type Database, integerAt, textAt } from './sqlite-database.ts';

export class EntryIndexCheck {
  readonly #database: Database;
  /** Blocks minus index, modulo 2^32: the words' sums, and how many they are. */
  readonly #sums = new Uint32Array(PLACES);
  readonly #counts = new Int32Array(PLACES);
  /** 1 where a block cannot be read, so that nothing can be said. */
  readonly #isUnknown = new Uint8Array(PLACES);
  #tipHeight = -1;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Notes what the index should hold of the block at `height`; heights come in order. */
  expect(height: number, ids: readonly Hash[]): void {
    this.#tipHeight = height;
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
    let beyond: number | undefined;
    for (let read = 1; ; read++) {
      const next = problems.guard('entry-index-wrong', () => words.next());
      // What cannot be read to its end cannot be compared.
      if (next === undefined) return;
      if (next.done === true) break;
      const height = integerAt(next.value, 1);
      if (height <= this.#tipHeight) this.#count(height, textAt(next.value, 0), -1);
      else beyond = Math.min(height, beyond ?? height);
      if (read % WORDS_A_TURN === 0) await nextTurn();
    }
    if (beyond !== undefined) {
      problems.add({ code: 'entry-index-wrong', height: beyond, detail: 'The index of entries goes beyond the tip.' });
    }
    for (let place = 0; place < PLACES && place <= this.#tipHeight; place++) {
      if (this.#isUnknown[place] === 1 || (this.#sums[place] === 0 && this.#counts[place] === 0)) continue;
      const others =
        this.#tipHeight >= place + PLACES ? `, or at a height that is a multiple of ${PLACES} above it` : '';
      const detail = `The index of entries does not hold what the block at height ${place} holds${others}.`;
      problems.add({ code: 'entry-index-wrong', height: place, detail });
    }
  }

  #count(height: number, word: string, sign: 1 | -1): void {
    const place = height % PLACES;
    // The last 32 of the 48 bits; an unsigned array keeps sums modulo 2^32.
    this.#sums[place] = (this.#sums[place] ?? 0) + sign * Number.parseInt(word.slice(-8), 16);
    this.#counts[place] = (this.#counts[place] ?? 0) + sign;
  }
}

const PLACES = 65_536;
const WORDS_A_TURN = 10_000;
