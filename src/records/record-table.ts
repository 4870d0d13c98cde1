/**
 * The table of records for the one who writes it: blocks join it at its end and leave it there, each change as one
 * transaction.
 */
import { decodeUtf8 } from '#host';
import { type PointerTokens, parsePointer, valueAt } from '../api/json-pointer.ts';
import { assert, assertPresent } from '../core/assert.ts';
import { type Body, entryBytes, entryCount, entryIds } from '../core/body.ts';
import { type Hash, hashToBytes } from '../core/hash.ts';
import { authorsOf } from '../core/signed-entry.ts';
import { bytesAt, type Database, integerAt, type Statement, textAt } from '../storage/sqlite-database.ts';
import { type FieldKey, fieldKey } from './field-key.ts';
import { hashOf, idKey } from './record-cells.ts';
import { declaredIndexes, fieldTableName } from './record-file.ts';
import { placeOf } from './record-place.ts';
import { WordTable } from './word-table.ts';

/** A block whose entries are to be recorded. */
export interface RecordedBlock {
  readonly height: number;
  readonly hash: Hash;
  /** Unix seconds. */
  readonly time: number;
  readonly body: Body;
}

/** A block by its place. */
export interface BlockPlace {
  readonly height: number;
  readonly hash: Hash;
}

/** An entry of a block that is being recorded. */
export interface OfferedEntry {
  readonly id: Hash;
  readonly time: number;
  readonly authors: readonly { readonly author: string }[];
  /** As `JSON.parse` gives it. */
  readonly data: () => unknown;
}

export class RecordTable {
  readonly #database: Database;
  readonly #fields: readonly PointerTokens[];
  readonly #insertBlock: Statement;
  readonly #insertEntry: Statement;
  readonly #deleteBlocks: Statement;
  readonly #deleteEntry: Statement;
  readonly #selectHash: Statement;
  readonly #selectEntriesFrom: Statement;
  /** Of ids, of authors, and of each field. */
  readonly #keys: readonly KeyTable[];
  readonly #words: WordTable | undefined;
  #height: number;

  /** `database` is one that `openRecordFile` or `createRecordFile` has opened. */
  constructor(database: Database) {
    this.#database = database;
    const { pointers, fullText } = declaredIndexes(database);
    this.#fields = pointers.map((pointer) => assertPresent(parsePointer(pointer), 'what was declared is a pointer'));
    const names = ['ids', 'authors', ...this.#fields.map((_, number) => fieldTableName(number))];
    this.#keys = names.map((name) => new KeyTable(database, name));
    this.#words = fullText ? new WordTable(database) : undefined;
    this.#insertBlock = database.statement('INSERT INTO blocks (height, hash, time) VALUES (?, ?, ?)');
    // As they are hashed: UTF-8 is what SQLite keeps texts in.
    const columns = 'INSERT INTO entries (place, id, authors, data)';
    this.#insertEntry = database.statement(`${columns} VALUES (?, ?, ?, CAST(? AS TEXT))`);
    this.#deleteBlocks = database.statement('DELETE FROM blocks WHERE height > ?');
    this.#deleteEntry = database.statement('DELETE FROM entries WHERE place = ?');
    this.#selectHash = database.statement('SELECT hash FROM blocks WHERE height = ?');
    this.#selectEntriesFrom = database.statement(
      'SELECT place, id, authors, data FROM entries WHERE place >= ? ORDER BY place LIMIT ?',
    );
    this.#height = Number(database.statement('SELECT max(height) FROM blocks').one()?.[0] ?? -1);
  }

  /** Of the last block; -1 where there is none. */
  get height(): number {
    return this.#height;
  }

  /** The blocks by which it is found out how far the table follows a chain: the last one, and others ever further down. */
  locator(): readonly BlockPlace[] {
    const places: BlockPlace[] = [];
    for (let [height, step] = [this.#height, 1]; height >= 0; ) {
      const row = this.#selectHash.one(height);
      if (row !== undefined) places.push({ height, hash: hashOf(bytesAt(row, 0)) });
      height -= step;
      if (places.length > LINKED_PLACES) step *= 2;
    }
    return places;
  }

  /**
   * Records `blocks`, in order, the first of which follows the last one in the table or, where that is empty, begins it
   * wherever it stands. Of their entries those that `isWanted` lets pass.
   */
  add(blocks: readonly RecordedBlock[], isWanted: (entry: OfferedEntry) => boolean = () => true): void {
    const last = blocks.at(-1);
    if (last === undefined) return;
    try {
      this.#database.transaction(() => {
        for (const block of blocks) this.#addBlock(block, isWanted);
        for (const table of this.#keys) table.flush();
      });
      this.#height = last.height;
    } finally {
      for (const table of this.#keys) table.forget();
    }
  }

  /** Takes away all blocks above `height`. */
  cutAbove(height: number): void {
    this.#database.transaction(() => {
      if (height < 1) this.#clear();
      else for (const row of this.#entriesAbove(height)) this.#removeEntry(row);
      this.#deleteBlocks.run(height);
    });
    this.#height = Math.min(this.#height, height);
  }

  #addBlock({ height, hash, time, body }: RecordedBlock, isWanted: (entry: OfferedEntry) => boolean): void {
    this.#insertBlock.run(height, hashToBytes(hash), time);
    const ids = entryIds(body);
    for (let index = 0; index < entryCount(body); index++) {
      const bytes = entryBytes(body, index);
      const id = assertPresent(ids[index], 'every entry has an id');
      const authors = authorsOf(bytes).map(({ author, sequence, previous }) => ({ author, sequence, previous }));
      let parsed: { readonly value: unknown } | undefined;
      const data = (): unknown => {
        parsed ??= { value: JSON.parse(assertPresent(decodeUtf8(bytes), 'an entry is UTF-8')) };
        return parsed.value;
      };
      if (!isWanted({ id, time, authors, data })) continue;
      const place = placeOf(height, index);
      this.#insertEntry.run(place, hashToBytes(id), authors.length === 0 ? null : JSON.stringify(authors), bytes);
      for (const [table, key] of this.#keysOf(id, authors, data)) table.add(key, place);
      this.#words?.add(place, data(), { isSigned: authors.length > 0 });
    }
  }

  #removeEntry({ place, id, authors, data }: StoredEntry): void {
    for (const [table, key] of this.#keysOf(id, authors, () => JSON.parse(data))) table.remove(key, place);
    this.#words?.remove(place);
    this.#deleteEntry.run(place);
  }

  *#keysOf(
    id: Hash,
    authors: readonly { readonly author: string }[],
    data: () => unknown,
  ): Generator<readonly [KeyTable, FieldKey], void, undefined> {
    const [ids, byAuthor, ...fields] = this.#keys;
    assert(ids !== undefined && byAuthor !== undefined, 'every file has these tables');
    yield [ids, idKey(id)];
    // An author may have signed once only, in a valid entry.
    for (const { author } of authors) yield [byAuthor, author];
    for (const [number, table] of fields.entries()) {
      const key = fieldKey(valueAt(data(), this.#fields[number] ?? []));
      if (key !== undefined) yield [table, key];
    }
  }

  /** A few at a time: nothing may be written while a query is open. */
  *#entriesAbove(height: number): Generator<StoredEntry, void, undefined> {
    for (let from = placeOf(height + 1, 0); ; ) {
      const rows = this.#selectEntriesFrom.all(from, ROWS_AT_ONCE);
      for (const row of rows) {
        const [place, id, authors] = [integerAt(row, 0), hashOf(bytesAt(row, 1)), row[2] ?? null];
        yield { place, id, authors: authors === null ? [] : JSON.parse(textAt(row, 2)), data: textAt(row, 3) };
        from = place + 1;
      }
      if (rows.length < ROWS_AT_ONCE) return;
    }
  }

  #clear(): void {
    this.#database.exec('DELETE FROM entries');
    for (const table of this.#keys) table.clear();
    this.#words?.clear();
  }
}

interface StoredEntry {
  readonly place: number;
  readonly id: Hash;
  readonly authors: readonly { readonly author: string }[];
  readonly data: string;
}

/** A table of keys. What is added to it waits for `flush`, to go in by key: so rows that lie together are written together. */
class KeyTable {
  readonly #database: Database;
  readonly #name: string;
  readonly #insert: Statement;
  readonly #delete: Statement;
  #added: (readonly [key: FieldKey, place: number])[] = [];

  constructor(database: Database, name: string) {
    this.#database = database;
    this.#name = name;
    this.#insert = database.statement(`INSERT INTO ${name} (value, place) VALUES (?, ?)`);
    this.#delete = database.statement(`DELETE FROM ${name} WHERE value = ? AND place = ?`);
  }

  add(key: FieldKey, place: number): void {
    this.#added.push([key, place]);
  }

  /** Writes what was added. */
  flush(): void {
    this.#added.sort(([one], [other]) => compareKeys(one, other));
    for (const [key, place] of this.#added) this.#insert.run(key, place);
  }

  /** Whether it was written or not: what was added is not to be written again. */
  forget(): void {
    this.#added = [];
  }

  remove(key: FieldKey, place: number): void {
    this.#delete.run(key, place);
  }

  clear(): void {
    this.#database.exec(`DELETE FROM ${this.#name}`);
  }
}

/** Near enough to the order of the table: it is for speed alone. */
function compareKeys(one: FieldKey, other: FieldKey): number {
  if (typeof one === 'number' && typeof other === 'number') return one - other;
  if (typeof one === 'string' && typeof other === 'string') return one < other ? -1 : one > other ? 1 : 0;
  return typeof one < typeof other ? -1 : 1;
}

/** Of the locator, one after the other: reorganisations are shorter as a rule, and nothing but theirs is recorded again. */
const LINKED_PLACES = 8;
const ROWS_AT_ONCE = 256;
