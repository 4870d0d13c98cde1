import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { bodyOf } from '../../test/support/chain-fixture.ts';
import { compareTexts, type FieldCondition, matchesFilter, type RecordFilter } from '../api/record-filter.ts';
import type { RecordsPage } from '../api/record-shapes.ts';
import { assertPresent } from '../core/assert.ts';
import { type Body, entryBytes, entryCount, entryIds } from '../core/body.ts';
import { hashBytes } from '../core/hash.ts';
import { authorsOf } from '../core/signed-entry.ts';
import { wordsOf } from '../core/words.ts';
import { bodies, filter, NOTES, POINTERS, SIGNERS, signed } from './record-arbitraries.fixture.ts';
import { createRecordFile, readRecordFile } from './record-file.ts';
import { placeOf } from './record-place.ts';
import { type RecordQuestion, RecordSearch } from './record-search.ts';
import { type RecordedBlock, RecordTable } from './record-table.ts';
import { findWalks, Statements } from './search-walk.ts';

const root = mkdtempSync(join(tmpdir(), 'cairn-records-'));
after(() => rmSync(root, { recursive: true, force: true }));
let files = 0;
const newPath = (): string => join(root, `${files++}.sqlite`);

const INDEXES = { pointers: POINTERS, fullText: true };

/** A table, and beside it all its records in a list. */
class World {
  readonly path = newPath();
  readonly #database = createRecordFile(this.path, INDEXES);
  readonly table = new RecordTable(this.#database);
  readonly #reading = readRecordFile(this.path);
  readonly search = new RecordSearch(this.#reading);
  #blocks: RecordedBlock[] = [];

  get height(): number {
    return this.#blocks.length - 1;
  }

  /** Blocks after the last one, each half a minute after the one before, or none; `salt` tells branches apart. */
  add(bodies: readonly Body[], salt = ''): void {
    const blocks = bodies.map((body, i): RecordedBlock => {
      const height = this.#blocks.length + i;
      return { height, hash: hashBytes(Buffer.from(`${salt}${height}`)), time: timeAt(height), body };
    });
    this.#blocks.push(...blocks);
    this.table.add(blocks);
  }

  cutAbove(height: number): void {
    this.#blocks = this.#blocks.slice(0, height + 1);
    this.table.cutAbove(height);
  }

  page(question: Partial<RecordQuestion> = {}): RecordsPage {
    const page = this.search.page({ filter: {}, order: 'asc', limit: 1_000, cursor: undefined, ...question });
    assert.ok(page.ok);
    return JSON.parse(page.value);
  }

  /** The places that pass, in the order in which a search of `orderBy` tells them. */
  expected(filter: RecordFilter, order: 'asc' | 'desc', orderBy: string): number[] {
    const sign = order === 'asc' ? 1 : -1;
    return this.#records()
      .filter((record) => matchesFilter(filter, record))
      .map((record) => ({ place: record.place, key: orderBy === 'place' ? 0 : fieldOf(record.data(), orderBy) }))
      .sort((one, other) => sign * (compare(one.key, other.key) || one.place - other.place))
      .map(({ place }) => place);
  }

  close(): void {
    this.#reading.close();
    this.#database.close();
  }

  #records() {
    return this.#blocks.flatMap(({ height, time, body }) =>
      Array.from({ length: entryCount(body) }, (_, index) => {
        const bytes = entryBytes(body, index);
        const id = assertPresent(entryIds(body)[index], 'it has an id');
        const data = (): unknown => JSON.parse(Buffer.from(bytes).toString());
        return { place: placeOf(height, index), id, time, authors: authorsOf(bytes), data };
      }),
    );
  }
}

const timeAt = (height: number): number => 1_000 + 30 * Math.floor(height / 2);
const placesOf = (page: RecordsPage): number[] => page.records.map(({ height, index }) => placeOf(height, index));

function fieldOf(data: unknown, pointer: string): unknown {
  return pointer
    .slice(1)
    .split('/')
    .reduce<unknown>((value, key) => new Map(Object.entries(Object(value))).get(key), data);
}

function compare(one: unknown, other: unknown): number {
  if (typeof one === 'number' && typeof other === 'number') return one - other;
  return compareTexts(String(one).slice(0, 128), String(other).slice(0, 128));
}

test('all pages together are what the filter lets pass, each record once, whatever joins meanwhile', () => {
  const world = new World();
  world.add([bodyOf()]);
  const step = fc.record({
    cut: fc.integer({ min: 0, max: 12 }),
    bodies,
    later: fc.option(bodies, { nil: undefined }),
    filter,
    order: fc.constantFrom('asc' as const, 'desc' as const),
    limit: fc.integer({ min: 1, max: 4 }),
  });
  let steps = 0;
  fc.assert(
    fc.property(step, ({ cut, bodies, later, filter, order, limit }) => {
      if (cut < 6) world.cutAbove(Math.max(0, world.height - cut));
      world.add(bodies, `${steps++}`);
      if (world.height > 60) world.cutAbove(20);
      const first = world.page({ filter, order, limit });
      const before = world.expected(filter, order, first.order_by);
      let joined = later;
      const told = placesOf(first);
      for (let page = first; page.next !== null; ) {
        if (joined !== undefined) world.add(joined, `${steps}`);
        joined = undefined;
        page = world.page({ filter, order, limit, cursor: page.next });
        assert.equal(page.reorganised, false);
        assert.ok(page.records.length <= limit);
        told.push(...placesOf(page));
      }
      const now = world.expected(filter, order, first.order_by);
      // What was there is told; what has joined may be, where the search still had to come by.
      assert.deepEqual(
        told.filter((place) => before.includes(place)),
        before,
      );
      assert.deepEqual(
        told,
        now.filter((place) => told.includes(place)),
      );
      if (order === 'asc' && first.order_by === 'place' && first.next !== null) assert.deepEqual(told, now);
    }),
    { seed: 20261122, numRuns: 300 },
  );
  world.close();
});

test('a search looks at a bounded number of records for a page, and goes on where it stood', () => {
  const world = new World();
  world.add([
    bodyOf(),
    ...Array.from({ length: 7 }, (_, i) => bodyOf(...Array.from({ length: 60 }, (_, j) => `{"rare":${i * 60 + j}}`))),
  ]);
  const filter: RecordFilter = { where: [{ pointer: '/rare', op: '=', value: 320 }] };
  const [first, second] = [
    world.page({ filter }),
    world.page({ filter, cursor: world.page({ filter }).next ?? undefined }),
  ];
  assert.deepEqual([first.records.length, first.looked_at, second.looked_at], [0, 150, 150]);
  const third = world.page({ filter, cursor: second.next ?? undefined });
  assert.deepEqual([placesOf(third), third.next], [[placeOf(6, 20)], null]);
  world.close();
});

test('of the indexes that serve, a search walks along the one with the fewest records', () => {
  const world = new World();
  const texts = Array.from({ length: 300 }, (_, i) => `{"n":${i % 100},"word":"${i % 3}"}`);
  world.add([bodyOf(), bodyOf(...texts), bodyOf(...texts)]);
  const word: FieldCondition = { pointer: '/word', op: '=', value: '1' };
  const lookedAt = (filter: RecordFilter): number => world.page({ filter }).looked_at;
  assert.equal(lookedAt({ where: [word] }), 200);
  assert.equal(lookedAt({ where: [word, { pointer: '/n', op: '>=', value: 98 }] }), 12);
  assert.equal(lookedAt({ where: [word, { pointer: '/n', op: '=', value: 4 }] }), 6);
  assert.equal(lookedAt({ from: timeAt(2), where: [word, { pointer: '/other', op: '=', value: 4 }] }), 100);
  assert.equal(lookedAt({ from: timeAt(2), where: [word] }), 100);
  assert.equal(
    lookedAt({
      where: [
        { pointer: '/n', op: '>', value: 'a' },
        { pointer: '/n', op: '<', value: 3 },
      ],
    }),
    0,
  );
  world.close();
});

test('of an empty table a page says that nothing was searched', () => {
  const world = new World();
  const { records, next, indexed_to, indexed_hash } = world.page();
  assert.deepEqual([records, next, indexed_to, indexed_hash], [[], null, -1, null]);
  world.close();
});

test('a search that goes on after a reorganisation says so, once, and tells of the chain as it is', () => {
  const world = new World();
  world.add([bodyOf(), bodyOf('1', '2'), bodyOf('3', '4')]);
  const first = world.page({ limit: 1 });
  assert.equal(first.indexed_hash, hashBytes(Buffer.from('2')));
  world.cutAbove(1);
  world.add([bodyOf('5'), bodyOf('6')], 'other');
  assert.equal(world.page().indexed_hash, hashBytes(Buffer.from('other3')));
  const second = world.page({ limit: 2, cursor: first.next ?? undefined });
  assert.deepEqual([second.records.map(({ data }) => data), second.reorganised], [[2, 5], true]);
  const third = world.page({ limit: 2, cursor: second.next ?? undefined });
  assert.deepEqual([third.records.map(({ data }) => data), third.reorganised, third.next], [[6], false, null]);
  world.close();
});

test('a cursor is one for its own question alone', () => {
  const world = new World();
  world.add([bodyOf(), bodyOf('1', '2')]);
  const { next } = world.page({ limit: 1 });
  const cursor = assertPresent(next ?? undefined, 'there is more');
  const forged = Buffer.from(Buffer.from(cursor, 'base64url').toString().replace('"place"', '"range-0"')).toString(
    'base64url',
  );
  const questions: readonly Partial<RecordQuestion>[] = [
    { cursor, order: 'desc' },
    { cursor, filter: { from: 1 } },
    { cursor: `${cursor.slice(0, -4)}` },
    { cursor: '' },
    { cursor: Buffer.from('[]').toString('base64url') },
    { cursor: forged },
  ];
  for (const question of questions) {
    const page = world.search.page({ filter: {}, order: 'asc', limit: 1, cursor: undefined, ...question });
    assert.deepEqual(page, { ok: false, fault: { code: 'cursor-invalid' } });
  }
  world.close();
});

test('no search sorts, or passes over rows that it does not look at', () => {
  const path = newPath();
  createRecordFile(path, INDEXES).close();
  const database = new DatabaseSync(path, { readOnly: true });
  const statements = new Statements({
    statement: (sql: string) => {
      const steps = database
        .prepare(`EXPLAIN QUERY PLAN ${sql}`)
        .all()
        .map(({ detail }) => String(detail));
      // The full-text index is asked for one word, and told where to begin and to end.
      assert.ok(
        steps.every((step) => !/TEMP B-TREE|^SCAN (?:keys|entries|words (?!.*:M1><$))/.test(step)),
        `${sql}\n${steps.join('\n')}`,
      );
      return { each: () => [], one: () => [0, 0] };
    },
  });
  const where: FieldCondition[] = [
    { pointer: '/n', op: '=', value: 1 },
    { pointer: '/word', op: '>=', value: 'a' },
  ];
  const walks = findWalks(statements, { id: hashBytes(Buffer.of(1)), author: 'x', text: 'left pad', where }, INDEXES);
  assert.equal(walks.length, 7);
  const places = { low: 0, high: 1 };
  for (const walk of walks) {
    walk.length(places);
    for (const order of ['asc', 'desc'] as const) {
      for (const after of [undefined, { key: walk.orderPointer === undefined ? undefined : 'a', place: 0 }]) {
        assert.deepEqual([...walk.rows(places, order, after)], []);
      }
    }
  }
  database.close();
});

test('records whose block is not there, and ids that are none, are damage', () => {
  for (const change of ['DELETE FROM blocks WHERE height = 1', "UPDATE entries SET id = x'07' WHERE place > 4096"]) {
    const world = new World();
    world.add([bodyOf(), bodyOf('{"n":1}', '{"n":2}'), bodyOf()]);
    const tool = new DatabaseSync(world.path);
    tool.exec(change);
    tool.close();
    const where: FieldCondition[] = [{ pointer: '/n', op: '=', value: 2 }];
    assert.throws(() => world.page({ filter: { where } }), { code: 'store-damaged' });
    world.close();
  }
});

test('any SQLite tool reads the records while they are written', () => {
  const world = new World();
  world.add([bodyOf(), bodyOf('{"n":1}', signed('{"n":2}', 0)), bodyOf('{"name":"Bolt"}', '"nut"')]);
  const tool = new DatabaseSync(world.path, { readOnly: true });
  const rows = tool
    .prepare(
      "SELECT height, \"index\", time, data ->> '$.n' AS n, authors ->> '$[0].author' AS author FROM records WHERE height = 1",
    )
    .all();
  assert.deepEqual(
    rows.map((row) => ({ ...row })),
    [
      { height: 1, index: 0, time: '1970-01-01T00:16:40Z', n: 1, author: null },
      { height: 1, index: 1, time: '1970-01-01T00:16:40Z', n: 2, author: SIGNERS[0]?.author },
    ],
  );
  const { id, hash } = assertPresent(world.page({ limit: 1 }).records[0], 'there are records');
  assert.equal(
    tool.prepare('SELECT count(*) AS count FROM records WHERE id = ? AND hash = ?').get(id, hash)?.['count'],
    1,
  );
  const words = tool.prepare(
    "SELECT data FROM entries WHERE place IN (SELECT rowid FROM words WHERE words MATCH 'bolt')",
  );
  assert.deepEqual(
    words.all().map(({ data }) => data),
    ['{"name":"Bolt"}'],
  );
  tool.close();
  world.close();
});

test('a search for words looks at the records that have the rarest of them, and at no others', () => {
  const world = new World();
  const texts = Array.from({ length: 3_000 }, (_, i) => {
    return JSON.stringify({ note: `every ${i % 2 === 0 ? 'second' : 'other'} ${i % 100 === 0 ? 'Hundredth' : ''}`, i });
  });
  world.add([bodyOf(), bodyOf(...texts)]);
  const lookedAt = (text: string): number => {
    const { records, looked_at } = world.page({ filter: { text } });
    assert.equal(records.length, looked_at, 'all of them pass');
    return looked_at;
  };
  assert.equal(lookedAt('every hundredth'), 30);
  assert.equal(lookedAt('second hundredth'), 30);
  assert.equal(lookedAt('nothing every'), 0);
  // Both have more than are counted: the one whose records lie further apart is the rarer one.
  assert.equal(lookedAt('every second'), 1_000);
  world.add([bodyOf(signed('{"note":"by hand"}', 0))]);
  assert.deepEqual([lookedAt('hand'), lookedAt('eddsa')], [1, 0]);
  world.close();
});

test('the table has for every word just the records that have it, whatever texts there are, and after every reorganisation', () => {
  const world = new World();
  world.add([bodyOf()]);
  const text = fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }), fc.constantFrom(...NOTES));
  const texts = fc.array(fc.array(text, { maxLength: 4 }), { minLength: 1, maxLength: 6 });
  let steps = 0;
  fc.assert(
    fc.property(fc.nat({ max: 4 }), texts, text, (cut, texts, asked) => {
      world.cutAbove(Math.max(0, world.height - cut));
      world.add(
        [bodyOf(...texts.map((strings) => JSON.stringify(strings.map((one) => one.toWellFormed()))))],
        `${steps++}`,
      );
      for (const word of new Set([asked, ...texts.flat()].flatMap((one) => wordsOf(one)))) {
        const filter: RecordFilter = { text: word };
        const page = world.page({ filter });
        assert.deepEqual(placesOf(page), world.expected(filter, 'asc', 'place'), word);
        assert.equal(page.looked_at, page.records.length, word);
      }
    }),
    { seed: 20261122, numRuns: 200 },
  );
  world.close();
});
