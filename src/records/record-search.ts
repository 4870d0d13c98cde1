/**
 * Looks for records by a filter, page by page (docs/spec/records.md#queries).
 *
 * A search walks along one table, the shortest that leads to all that may pass, and holds each row against the rest of the
 * filter. A page ends where so many rows did not pass, so that its time is bounded whatever is asked.
 */

import { matchesFilter, type RecordFilter } from '../api/record-filter.ts';
import { recordText } from '../api/record-text.ts';
import { ZERO_HASH } from '../core/hash.ts';
import type { JsonText } from '../core/json-text.ts';
import { jsonArray, jsonObject, jsonValue } from '../core/json-text.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { bytesAt, type Database, integerAt, type Row, textAt } from '../storage/sqlite-database.ts';
import { hashAt, hashOf } from './record-cells.ts';
import { declaredIndexes, type RecordIndexes } from './record-file.ts';
import { heightAt, indexAt, placeOf } from './record-place.ts';
import type { BlockPlace } from './record-table.ts';
import { formatSearchCursor, parseSearchCursor, type SearchOrder } from './search-cursor.ts';
import { findWalks, type PlaceRange, Statements, type Walk, type WalkPosition } from './search-walk.ts';

export interface RecordQuestion {
  readonly filter: RecordFilter;
  readonly order: SearchOrder;
  /** Records on the page, at most; at least 1. */
  readonly limit: number;
  /** `next` of the page before. */
  readonly cursor: string | undefined;
}

/** The cursor is none, or is one of another question or of other indexes. */
export interface SearchFault {
  readonly code: 'cursor-invalid';
}

export class RecordSearch {
  readonly #database: Database;
  readonly #statements: Statements;
  readonly #indexes: RecordIndexes;

  constructor(database: Database) {
    this.#database = database;
    this.#statements = new Statements(database);
    this.#indexes = declaredIndexes(database);
  }

  /** The text of a `RecordsPageShape`: all of it as the table is at one moment. */
  page(question: RecordQuestion): Result<JsonText, SearchFault> {
    return this.#database.reading(() => this.#page(question));
  }

  #page(question: RecordQuestion): Result<JsonText, SearchFault> {
    const { filter, order } = question;
    const after = question.cursor === undefined ? undefined : parseSearchCursor(question.cursor, question);
    if (question.cursor !== undefined && after === undefined) return fail({ code: 'cursor-invalid' });
    const tip = this.#tip();
    const walks = findWalks(this.#statements, filter, this.#indexes);
    const places = this.#placesIn(filter, tip.height);
    const walk = after === undefined ? shortest(walks, places) : walks.find(({ name }) => name === after.walk);
    if (walk === undefined && after !== undefined) return fail({ code: 'cursor-invalid' });

    const isReorganised = after !== undefined && this.#blockAt(after.tip.height)?.hash !== after.tip.hash;
    const { records, last, lookedAt } = this.#look(walk?.rows(places, order, after) ?? [], question);
    const begunAt = after === undefined || isReorganised ? tip : after.tip;
    const next =
      last === undefined || walk === undefined
        ? null
        : formatSearchCursor({ walk: walk.name, ...last, tip: begunAt }, question);
    return ok(
      jsonObject({
        records: jsonArray(records),
        next: jsonValue(next),
        order_by: jsonValue(walk?.orderPointer ?? 'place'),
        looked_at: jsonValue(lookedAt),
        indexed_to: jsonValue(tip.height),
        indexed_hash: jsonValue(tip === NO_BLOCK ? null : tip.hash),
        reorganised: jsonValue(isReorganised),
      }),
    );
  }

  /** `last` is the row after which the next page begins; undefined where there is none. */
  #look(
    rows: Iterable<Row>,
    { filter, limit }: RecordQuestion,
  ): { readonly records: readonly JsonText[]; readonly last: WalkPosition | undefined; readonly lookedAt: number } {
    const records: JsonText[] = [];
    let last: WalkPosition | undefined;
    let [lookedAt, characters] = [0, 0];
    for (const row of rows) {
      const missed = lookedAt - records.length;
      if (records.length >= limit || missed >= ROWS_MISSED_MAX || characters >= CHARACTERS_LOOKED_AT_MAX) {
        return { records, last, lookedAt };
      }
      const place = integerAt(row, 0);
      last = { key: orderKey(row[6]), place };
      lookedAt++;
      const data = textAt(row, 3) as JsonText;
      characters += data.length;
      const id = hashAt(row, 1);
      const authors = row[2] === null ? [] : JSON.parse(textAt(row, 2));
      const time = integerAt(row, 5);
      if (!matchesFilter(filter, { id, time, authors, data: () => JSON.parse(data) })) continue;
      const [height, index] = [heightAt(place), indexAt(place)];
      records.push(recordText({ id, height, hash: hashAt(row, 4), index, time, authors, data }));
    }
    return { records, last: undefined, lookedAt };
  }

  #tip(): BlockPlace {
    const [height, hash] =
      this.#statements.of('SELECT height, hash FROM blocks ORDER BY height DESC LIMIT 1').one() ?? [];
    return hash instanceof Uint8Array ? { height: Number(height), hash: hashOf(hash) } : NO_BLOCK;
  }

  #blockAt(height: number): { readonly hash: BlockPlace['hash']; readonly time: number } | undefined {
    const row = this.#statements.of('SELECT hash, time FROM blocks WHERE height = ?').one(height);
    return row === undefined ? undefined : { hash: hashOf(bytesAt(row, 0)), time: integerAt(row, 1) };
  }

  /** Where records of the stretch of time that is asked for stand: times never fall along a chain. */
  #placesIn({ from, to }: RecordFilter, tipHeight: number): PlaceRange {
    const low = from === undefined ? 0 : this.#firstHeight(from, tipHeight);
    const high = to === undefined ? tipHeight + 1 : this.#firstHeight(to, tipHeight);
    return { low: placeOf(low, 0), high: placeOf(high, 0) };
  }

  /** The lowest height whose block is of `time` or later; the one above the tip where there is none. */
  #firstHeight(time: number, tipHeight: number): number {
    let [low, high] = [Number(this.#statements.of('SELECT min(height) FROM blocks').one()?.[0] ?? 0), tipHeight + 1];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if ((this.#blockAt(middle)?.time ?? 0) < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** The shortest walk, of several that are as long the first. */
function shortest(walks: readonly Walk[], places: PlaceRange): Walk | undefined {
  const [first, ...others] = walks;
  if (first === undefined || first.name === 'id' || others.length === 0) return first;
  let [best, least] = [first, first.length(places)];
  for (const walk of others) {
    const length = walk.length(places);
    if (length < least) [best, least] = [walk, length];
  }
  return best;
}

function orderKey(cell: unknown): number | string | undefined {
  return typeof cell === 'number' || typeof cell === 'string' ? cell : undefined;
}

const NO_BLOCK: BlockPlace = { height: -1, hash: ZERO_HASH };
/** Measured over a million records of 300 bytes: 10 µs each, half of it SQLite's, to find a row that lies anywhere. */
const ROWS_MISSED_MAX = 150;
const CHARACTERS_LOOKED_AT_MAX = 1_048_576;
