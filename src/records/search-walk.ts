/**
 * The ways along which records can be looked for: the entries as they stand on the chain, or those with some key, which a
 * table has in order. Each is walked from any row on, up or down, in time that does not depend on how many there are.
 */
import { type FieldCondition, filterWords, type RecordFilter } from '../api/record-filter.ts';
import { assertPresent } from '../core/assert.ts';
import { integerAt, type Row } from '../storage/sqlite-database.ts';
import { type FieldKey, fieldKey, keyRange } from './field-key.ts';
import { idKey } from './record-cells.ts';
import { fieldTableName, type RecordIndexes } from './record-file.ts';
import { ENTRIES_A_BLOCK } from './record-place.ts';
import type { SearchOrder, WalkName } from './search-cursor.ts';
import { wordMatch } from './word-table.ts';

/** Places from `low` up, and below `high`. */
export interface PlaceRange {
  readonly low: number;
  readonly high: number;
}

export interface Walk {
  readonly name: WalkName;
  /** Undefined: the rows come in the order of their places. */
  readonly orderPointer: string | undefined;
  /**
   * How many rows there are in it, counted to `COUNTED_ROWS_MAX`. Where there are more, a fraction is added, the greater the closer
   * together they stand at first, and 1 where that is not known.
   */
  length(places: PlaceRange): number;
  /** The rows after `after`, or all: place, id, authors, data, hash and time of the block, and the key where it orders them. */
  rows(places: PlaceRange, order: SearchOrder, after: WalkPosition | undefined): Iterable<Row>;
}

/** A row of a walk. */
export interface WalkPosition {
  readonly key: number | string | undefined;
  readonly place: number;
}

/** What a search needs of a statement, and of a database. */
type SearchStatement = { each(...values: FieldKey[]): Iterable<Row>; one(...values: FieldKey[]): Row | undefined };
type StatementSource = { statement(sql: string): SearchStatement };

/** The statements of a file, prepared once each. */
export class Statements {
  readonly #database: StatementSource;
  readonly #prepared = new Map<string, SearchStatement>();

  constructor(database: StatementSource) {
    this.#database = database;
  }

  of(sql: string): SearchStatement {
    const prepared = this.#prepared.get(sql) ?? this.#database.statement(sql);
    this.#prepared.set(sql, prepared);
    return prepared;
  }
}

/**
 * The walks that lead to all records which pass `filter`, the most promising first where no more is known of them. None:
 * no record can pass.
 */
export function findWalks(
  statements: Statements,
  filter: RecordFilter,
  { pointers, fullText }: RecordIndexes,
): readonly Walk[] {
  const { id, author, text, where = [] } = filter;
  const walks: Walk[] = [];
  if (id !== undefined) walks.push(new KeyWalk(statements, { name: 'id', table: 'ids', key: idKey(id) }));
  if (author !== undefined) walks.push(new KeyWalk(statements, { name: 'author', table: 'authors', key: author }));
  const ranges: Walk[] = [];
  for (const [i, { pointer, op, value }] of where.entries()) {
    const number = pointers.indexOf(pointer);
    if (number < 0) continue;
    const table = fieldTableName(number);
    if (op === '=') {
      const key = assertPresent(fieldKey(value), 'what a condition compares with has a key');
      walks.push(new KeyWalk(statements, { name: `equal-${i}`, table, key }));
    } else if (where.findIndex((other) => isComparison(other, pointer)) === i) {
      // All that compare the same field make one range.
      const range = keyRange(where.filter((other) => isComparison(other, pointer)));
      if (range === undefined) return [];
      ranges.push(new RangeWalk(statements, { name: `range-${i}`, pointer, table, ...range }));
    }
  }
  const words = text === undefined || !fullText ? [] : filterWords(text);
  const wordWalks = words.map((word, i) => new WordWalk(statements, { name: `word-${i}`, word }));
  return [...walks, ...wordWalks, ...ranges, new PlaceWalk(statements)];
}

function isComparison({ pointer, op }: FieldCondition, of: string): boolean {
  return pointer === of && op !== '=';
}

/** Along the chain. */
class PlaceWalk implements Walk {
  readonly name = 'place';
  readonly orderPointer = undefined;
  readonly #statements: Statements;

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  length(places: PlaceRange): number {
    // Any other walk is a part of this one.
    return Math.ceil(
      lengthAlong(this.#statements, { source: 'entries WHERE place >= ? AND place < ?', keys: [], places }),
    );
  }

  rows(places: PlaceRange, order: SearchOrder, after: WalkPosition | undefined): Iterable<Row> {
    const { low, high } = placesAfter(places, order, after);
    const from = `SELECT ${ENTRY_COLUMNS} FROM entries ${BLOCK_JOIN} WHERE place >= ? AND place < ?`;
    return this.#statements.of(`${from} ORDER BY place ${order}`).each(low, high);
  }
}

/** Along the entries with one key, as they stand on the chain. */
class KeyWalk implements Walk {
  readonly name: WalkName;
  readonly orderPointer = undefined;
  readonly #statements: Statements;
  readonly #table: string;
  readonly #key: FieldKey;

  constructor(
    statements: Statements,
    { name, table, key }: { readonly name: WalkName; readonly table: string; readonly key: FieldKey },
  ) {
    this.#statements = statements;
    this.name = name;
    this.#table = table;
    this.#key = key;
  }

  length(places: PlaceRange): number {
    const source = `${this.#table} WHERE value = ? AND place >= ? AND place < ?`;
    return lengthAlong(this.#statements, { source, keys: [this.#key], places });
  }

  rows(places: PlaceRange, order: SearchOrder, after: WalkPosition | undefined): Iterable<Row> {
    const { low, high } = placesAfter(places, order, after);
    const where = 'keys.value = ? AND keys.place >= ? AND keys.place < ?';
    const sql = `${fromKeys(this.#table)} WHERE ${where} ORDER BY keys.place ${order}`;
    return this.#statements.of(sql).each(this.#key, low, high);
  }
}

/** Along the entries with a word, as they stand on the chain. */
class WordWalk implements Walk {
  readonly name: WalkName;
  readonly orderPointer = undefined;
  readonly #statements: Statements;
  readonly #match: string;

  constructor(statements: Statements, { name, word }: { readonly name: WalkName; readonly word: string }) {
    this.#statements = statements;
    this.name = name;
    this.#match = wordMatch(word);
  }

  length(places: PlaceRange): number {
    const source = `(SELECT rowid AS place FROM words WHERE ${WORD_PLACES})`;
    return lengthAlong(this.#statements, { source, keys: [this.#match], places });
  }

  rows(places: PlaceRange, order: SearchOrder, after: WalkPosition | undefined): Iterable<Row> {
    const { low, high } = placesAfter(places, order, after);
    const from = `SELECT ${ENTRY_COLUMNS} FROM words CROSS JOIN entries ON entries.place = words.rowid ${BLOCK_JOIN}`;
    const sql = `${from} WHERE ${WORD_PLACES} ORDER BY words.rowid ${order}`;
    return this.#statements.of(sql).each(this.#match, low, high);
  }
}

/** Along the entries with keys in a range, by key, and those with the same one as they stand on the chain. */
class RangeWalk implements Walk {
  readonly name: WalkName;
  readonly orderPointer: string;
  readonly #statements: Statements;
  readonly #table: string;
  readonly #lowest: FieldKey;
  readonly #highest: FieldKey;

  constructor(
    statements: Statements,
    options: {
      readonly name: WalkName;
      readonly pointer: string;
      readonly table: string;
      readonly lowest: FieldKey;
      readonly highest: FieldKey;
    },
  ) {
    this.#statements = statements;
    this.name = options.name;
    this.orderPointer = options.pointer;
    this.#table = options.table;
    this.#lowest = options.lowest;
    this.#highest = options.highest;
  }

  length(): number {
    const source = `SELECT 1 FROM ${this.#table} WHERE value >= ? AND value <= ?`;
    const sql = `SELECT count(*) FROM (${source} LIMIT ${COUNTED_ROWS_MAX})`;
    const row = this.#statements.of(sql).one(this.#lowest, this.#highest);
    const count = integerAt(assertPresent(row, 'a count has a row'), 0);
    return count < COUNTED_ROWS_MAX ? count : count + 1;
  }

  *rows(_places: PlaceRange, order: SearchOrder, after: WalkPosition | undefined): Iterable<Row> {
    const [lowest, highest] = [this.#lowest, this.#highest];
    const from = fromKeys(this.#table);
    const by = `ORDER BY keys.value ${order}, keys.place ${order}`;
    if (after?.key === undefined) {
      yield* this.#statements.of(`${from} WHERE keys.value >= ? AND keys.value <= ? ${by}`).each(lowest, highest);
      return;
    }
    // Two queries: as one, all rows with the key that the walk has come to would be passed over once more.
    const { key, place } = after;
    const beyond = order === 'asc' ? '>' : '<';
    yield* this.#statements.of(`${from} WHERE keys.value = ? AND keys.place ${beyond} ? ${by}`).each(key, place);
    const [start, end] = order === 'asc' ? ['>', '<='] : ['<', '>='];
    const rest = `${from} WHERE keys.value ${start} ? AND keys.value ${end} ? ${by}`;
    yield* this.#statements.of(rest).each(key, order === 'asc' ? highest : lowest);
  }
}

function placesAfter({ low, high }: PlaceRange, order: SearchOrder, after: WalkPosition | undefined): PlaceRange {
  if (after === undefined) return { low, high };
  return order === 'asc' ? { low: Math.max(low, after.place + 1), high } : { low, high: Math.min(high, after.place) };
}

/** The keys decide the order in which rows are taken, so they come first. */
function fromKeys(table: string): string {
  return `SELECT ${ENTRY_COLUMNS}, keys.value FROM ${table} AS keys CROSS JOIN entries ON entries.place = keys.place ${BLOCK_JOIN}`;
}

/** The `length` of a walk along the places in `source`, which has them in order, after its keys. */
function lengthAlong(
  statements: Statements,
  walk: { readonly source: string; readonly keys: readonly FieldKey[]; readonly places: PlaceRange },
): number {
  const { low, high } = walk.places;
  const first = `SELECT place FROM ${walk.source} ORDER BY place LIMIT ${COUNTED_ROWS_MAX}`;
  const counting = statements.of(`SELECT count(*), coalesce(max(place), 0) FROM (${first})`);
  const row = assertPresent(counting.one(...walk.keys, low, high), 'a count has a row');
  const [count, last] = [integerAt(row, 0), integerAt(row, 1)];
  return count < COUNTED_ROWS_MAX ? count : count + COUNTED_ROWS_MAX / (last + 1 - low);
}

// One row has all: a query for the block of each would take as long once more, and bytes are slower to hand over than texts.
const ENTRY_COLUMNS = `
  entries.place, lower(hex(entries.id)), entries.authors, entries.data, lower(hex(blocks.hash)), blocks.time
`;
const BLOCK_JOIN = `LEFT JOIN blocks ON blocks.height = entries.place / ${ENTRIES_A_BLOCK}`;
const COUNTED_ROWS_MAX = 250;
// The full-text index begins where it is told to only if it is told by whole numbers: otherwise it would go over all that stands before.
const WORD_PLACES = 'words MATCH ? AND words.rowid >= CAST(? AS INTEGER) AND words.rowid < CAST(? AS INTEGER)';
