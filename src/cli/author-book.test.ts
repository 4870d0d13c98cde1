/** That no number is given twice and nothing that was signed is lost, wherever a process ends. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { ALICE, BOB } from '../../test/support/signers.ts';
import { AuthorChain } from '../core/author-chain.ts';
import { type Hash, hashBytes } from '../core/hash.ts';
import { hashLeaf } from '../core/merkle.ts';
import { type CairnHome, resolveHome } from '../probe/cairn-home.ts';
import { AuthorBook, type AuthorPlace, type KeptEntry } from './author-book.ts';

async function makeHome(t: TestContext): Promise<CairnHome> {
  const root = await mkdtemp(join(tmpdir(), 'cairn-book-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  const home = resolveHome({ CAIRN_HOME: root });
  await mkdir(home.keysFolder);
  return home;
}

const GENESIS = hashBytes(Buffer.from('network'));
const PLACE: AuthorPlace = { author: ALICE.author, genesis: GENESIS };

/** Stands for a signed entry: what a proof would say is its text. */
function entryOf(sequence: number, previous: Hash | undefined, name: string): KeptEntry {
  const bytes = Buffer.from(JSON.stringify({ sequence, previous, name }));
  return { id: hashLeaf(bytes), bytes, statement: hashLeaf(bytes), note: name };
}

function entriesFrom(book: AuthorBook, names: readonly string[], place = PLACE): KeptEntry[] {
  let { sequence, previous } = book.position(place) ?? { sequence: 0, previous: undefined };
  return names.map((name) => {
    const entry = entryOf(sequence, previous, name);
    [sequence, previous] = [sequence + 1, entry.statement];
    return entry;
  });
}

function keep(book: AuthorBook, names: readonly string[], place = PLACE): boolean {
  const position = book.position(place) ?? { sequence: 0, previous: undefined };
  return book.keep(place, position, entriesFrom(book, names, place));
}

const notesOf = (book: AuthorBook, place = PLACE) => book.waiting(place).map(({ note }) => note);

test('what was signed waits in order, with its notes, until it is settled', async (t) => {
  const home = await makeHome(t);
  const first = AuthorBook.open(home);
  assert.ok(keep(first, ['a', 'b']));
  assert.ok(keep(first, ['c']));
  // Never closed, as in a process that was killed.
  const book = AuthorBook.open(home);
  t.after(() => [first, book].map((one) => one.close()));
  assert.deepEqual(notesOf(book), ['a', 'b', 'c']);
  const [, second] = book.waiting(PLACE);
  assert.ok(second);
  book.settle(PLACE, [hashLeaf(second.bytes)]);
  assert.deepEqual(notesOf(book), ['a', 'c']);
  assert.equal(book.position(PLACE)?.sequence, 3);
});

test('of two who sign at once, one must sign again', async (t) => {
  const home = await makeHome(t);
  const [one, other] = [AuthorBook.open(home), AuthorBook.open(home)];
  t.after(() => [one, other].map((book) => book.close()));
  const position = { sequence: 0, previous: undefined };
  const [ours, theirs] = [entriesFrom(one, ['ours']), entriesFrom(other, ['theirs'])];
  assert.ok(one.keep(PLACE, position, ours));
  assert.ok(!other.keep(PLACE, position, theirs));
  assert.deepEqual(notesOf(other), ['ours']);
  assert.ok(keep(other, ['theirs']));
  assert.deepEqual(notesOf(one), ['ours', 'theirs']);
});

test('authors and networks have numbers of their own', async (t) => {
  const book = AuthorBook.open(await makeHome(t));
  t.after(() => book.close());
  const places = [PLACE, { ...PLACE, author: BOB.author }, { ...PLACE, genesis: hashBytes(Buffer.from('other')) }];
  for (const [i, place] of places.entries()) assert.ok(keep(book, Array(i + 1).fill('x'), place));
  assert.deepEqual(
    places.map((place) => [book.position(place)?.sequence, book.waiting(place).length]),
    [
      [1, 1],
      [2, 2],
      [3, 3],
    ],
  );
  const [first, , other] = places;
  const expected = [first, other].map((place) => place?.genesis).toSorted();
  assert.deepEqual(
    book.networksOf(ALICE.author).map(({ genesis }) => genesis),
    expected,
  );
});

test('a position is caught up with, and never gone back behind', async (t) => {
  const book = AuthorBook.open(await makeHome(t));
  t.after(() => book.close());
  assert.equal(book.position(PLACE), undefined);
  book.catchUp(PLACE, { sequence: 0, previous: undefined });
  assert.deepEqual(book.position(PLACE), { sequence: 0, previous: undefined });
  for (const sequence of [7, 3, 7]) book.catchUp(PLACE, { sequence, previous: hashBytes(Buffer.from(`${sequence}`)) });
  assert.deepEqual(book.position(PLACE), { sequence: 7, previous: hashBytes(Buffer.from('7')) });
});

test('an author is new in this home only if that was said', async (t) => {
  const book = AuthorBook.open(await makeHome(t));
  t.after(() => book.close());
  book.addNew(ALICE.author);
  book.addNew(ALICE.author);
  assert.deepEqual([book.isNew(ALICE.author), book.isNew(BOB.author)], [true, false]);
});

test('what cannot be opened signs nothing', async (t) => {
  const home = await makeHome(t);
  await mkdir(join(home.keysFolder, 'signed.sqlite'));
  assert.throws(() => AuthorBook.open(home), { code: 'author-book-unusable' });
});

/** What a process has come to when it ends. */
const ENDS = ['before-keep', 'after-keep', 'after-send', 'after-settle'] as const;

test('wherever processes end, all that came out is one record, complete and without conflict', async (t) => {
  const home = await makeHome(t);
  const runs = fc.array(fc.record({ count: fc.nat(3), end: fc.constantFrom(...ENDS) }), { maxLength: 8 });
  let network = 0;
  fc.assert(
    fc.property(runs, (some) => {
      const place = { ...PLACE, genesis: hashBytes(Buffer.from(`network ${network++}`)) };
      const node = new Map<Hash, Uint8Array>();
      const send = (entries: readonly Uint8Array[]) => {
        for (const bytes of entries) node.set(hashLeaf(bytes), bytes);
      };
      const handInBacklog = (book: AuthorBook) => {
        const waiting = book.waiting(place).map(({ bytes }) => bytes);
        send(waiting);
        book.settle(place, waiting.map(hashLeaf));
      };
      for (const [run, { count, end }] of some.entries()) {
        const book = AuthorBook.open(home);
        handInBacklog(book);
        const position = book.position(place) ?? { sequence: 0, previous: undefined };
        const entries = entriesFrom(
          book,
          Array.from({ length: count }, (_, i) => `${run} ${i}`),
          place,
        );
        if (end !== 'before-keep') {
          assert.ok(book.keep(place, position, entries));
          if (end !== 'after-keep') send(entries.map(({ bytes }) => bytes));
          if (end === 'after-settle')
            book.settle(
              place,
              entries.map(({ id }) => id),
            );
        }
        book.close();
      }
      const last = AuthorBook.open(home);
      handInBacklog(last);
      last.close();

      const chain = new AuthorChain();
      for (const [statement, bytes] of node) chain.add({ ...JSON.parse(Buffer.from(bytes).toString()), statement });
      const { missing, conflictCount, count } = chain.report();
      const kept = some.reduce((sum, { count: signed, end }) => sum + (end === 'before-keep' ? 0 : signed), 0);
      assert.deepEqual([missing, conflictCount, count], [0, 0, kept]);
    }),
    { seed: 20_261_122, numRuns: 40 },
  );
});
