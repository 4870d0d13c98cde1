import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entriesOf, entryOf } from '../../test/support/entry-fixture.ts';
import { entryCount, entryIds, parseBody } from '../core/body.ts';
import { createSigner, type Signer } from '../core/ed25519.ts';
import { signEntry } from '../core/entry-signing.ts';
import { createParams } from '../core/params.ts';
import type { PooledEntry } from './effects.ts';
import { EntryPool } from './entry-pool.ts';
import {
  PENDING_BYTES_OF_PEERS_MAX,
  PENDING_BYTES_PER_AUTHOR_MAX,
  PENDING_BYTES_PER_PEER_MAX,
  PENDING_ENTRIES_MAX,
  PENDING_ENTRIES_OF_PEERS_MAX,
  PENDING_ENTRIES_PER_PEER_MAX,
  RECENT_IDS_MAX,
} from './limits.ts';

const PARAMS = createParams({ name: 'test', entriesMax: 3, bodyBytesMax: 40, entryBytesMax: 38 });

test('entries wait in the order in which they came, and only stored ones are mined', () => {
  const [kept, ...added] = entriesOf('e', 4);
  assert.ok(kept);
  const pool = new EntryPool([kept]);
  for (const entry of added) assert.ok(pool.add(entry, undefined));
  assert.deepEqual(
    [...pool.stored()].map(({ id }) => id),
    [kept.id],
  );
  pool.markStored(added.slice(1));
  assert.deepEqual(
    [...pool.stored()].map(({ id }) => id),
    [kept, ...added.slice(1)].map(({ id }) => id),
  );
  assert.equal(pool.count, 4);
  assert.equal(pool.isStored(added[0]?.id ?? kept.id), false);
});

test('an entry that waits already is not taken again', () => {
  const entry = entryOf('1');
  const pool = new EntryPool([]);
  assert.ok(pool.add(entry, undefined));
  assert.equal(pool.add(entry, undefined), false);
  assert.equal(pool.add(entry, 'p'), false);
  assert.deepEqual([pool.count, pool.sizeBytes], [1, 1]);
});

test('one peer fills no more than its share, by number or by bytes, and gets it back as blocks take the entries', () => {
  const pool = new EntryPool([]);
  const many = entriesOf('p', PENDING_ENTRIES_PER_PEER_MAX);
  for (const entry of many) assert.ok(pool.add(entry, 'p'));
  const another = entryOf('"one more"');
  assert.equal(pool.add(another, 'p'), false);
  assert.ok(pool.add(another, 'q'), 'others still have theirs');
  const [first] = many;
  assert.ok(first);
  pool.removeIncluded([first.id]);
  assert.ok(pool.add(entryOf('"again"'), 'p'));

  const large = new EntryPool([]);
  const sizeBytes = 64 * 1024;
  const count = PENDING_BYTES_PER_PEER_MAX / sizeBytes;
  for (let i = 0; i < count; i++)
    assert.ok(large.add({ id: entryOf(`${i}`).id, bytes: new Uint8Array(sizeBytes) }, 'p'));
  assert.equal(large.add(entryOf('1.5'), 'p'), false);
});

test('a full pool takes no more of peers, has no room for its own user, and still takes what is returned', () => {
  const pool = new EntryPool(entriesOf('stored', PENDING_ENTRIES_MAX));
  const entry = entryOf('"more"');
  assert.equal(pool.lackFor([entry])?.code, 'pool-full');
  assert.equal(pool.add(entry, 'p'), false);
  pool.addReturned([entry]);
  assert.equal(pool.count, PENDING_ENTRIES_MAX + 1);
});

test('however many keys strangers have, there is room left for what the own user hands in', () => {
  const pool = new EntryPool([]);
  const spam = entriesOf('spam', PENDING_ENTRIES_MAX);
  const taken = spam.filter((entry, i) => pool.add(entry, `stranger-${i % 100}`));
  assert.equal(taken.length, PENDING_ENTRIES_OF_PEERS_MAX);
  const own = entriesOf('own', PENDING_ENTRIES_MAX - PENDING_ENTRIES_OF_PEERS_MAX);
  assert.equal(pool.lackFor(own), undefined);
  for (const entry of own) assert.ok(pool.add(entry, undefined));
  assert.equal(pool.count, PENDING_ENTRIES_MAX);

  const large = new EntryPool([]);
  const sizeBytes = 64 * 1024;
  const fitting = PENDING_BYTES_OF_PEERS_MAX / sizeBytes;
  const bulk = Array.from({ length: fitting + 1 }, (_, i) => ({
    id: entryOf(`${i}`).id,
    bytes: new Uint8Array(sizeBytes),
  }));
  assert.equal(bulk.filter((entry, i) => large.add(entry, `stranger-${i % 8}`)).length, fitting);
  assert.equal(large.lackFor([entryOf('"own"')]), undefined);
});

test('one author fills no more than a share, whoever hands the entries in, and gets it back as blocks take them', () => {
  const [one, other] = [createSigner(new Uint8Array(32).fill(1)), createSigner(new Uint8Array(32).fill(2))];
  const sizeBytes = 60 * 1024;
  const signed = (signer: Signer, n: number) => {
    const document = entryOf(JSON.stringify({ n, text: 'x'.repeat(sizeBytes) })).bytes;
    const newly = signEntry(document, { signer, sequence: 0, previous: undefined, params: PARAMS });
    assert.ok(newly.ok);
    return newly.value;
  };
  const pool = new EntryPool([]);
  const entries: PooledEntry[] = [];
  let next = signed(one, 0);
  for (let filled = next.bytes.length; filled <= PENDING_BYTES_PER_AUTHOR_MAX; filled += next.bytes.length) {
    assert.equal(pool.lackFor([next]), undefined);
    assert.ok(pool.add(next, entries.length % 2 === 0 ? undefined : `peer ${entries.length % 5}`));
    entries.push(next);
    next = signed(one, entries.length);
  }
  assert.equal(pool.add(next, 'peer'), false);
  const lack = pool.lackFor([entryOf('1'), next]);
  assert.deepEqual([lack?.code, lack?.code === 'author-share-full' && lack.author], ['author-share-full', one.author]);
  assert.equal(pool.lackFor([signed(other, 0)]), undefined, 'others have theirs');
  pool.removeIncluded(entries.slice(0, 1).map(({ id }) => id));
  assert.equal(pool.lackFor([next]), undefined);
  pool.addReturned(entries);
  assert.equal(pool.count, entries.length, 'what came back is never refused');
});

test('an entry that came back from an abandoned block says so, and each says since when it waits', () => {
  const [kept, own, returned] = entriesOf('w', 3);
  assert.ok(kept && own && returned);
  const pool = new EntryPool([kept]);
  pool.add(own, undefined, 17);
  pool.addReturned([returned], true, 18);
  const facts = [kept, own, returned].map(({ id }) => {
    const found = pool.find(id);
    return [found?.isStored, found?.isReturned, found?.sinceMs];
  });
  assert.deepEqual(facts, [
    [true, false, undefined],
    [false, false, 17],
    [true, true, 18],
  ]);
});

test('an entry in a block is remembered as recent, until so many came after it or it is returned', () => {
  const [oldest, returned] = entriesOf('r', 2);
  assert.ok(oldest && returned);
  const pool = new EntryPool([oldest, returned]);
  pool.removeIncluded([oldest.id, returned.id]);
  assert.ok(pool.isRecent(oldest.id) && !pool.has(oldest.id));
  assert.deepEqual([...pool.stored()], []);
  pool.addReturned([returned]);
  assert.ok(!pool.isRecent(returned.id) && pool.isStored(returned.id));
  assert.equal(pool.storedCount, 1);
  pool.removeIncluded(entriesOf('later', RECENT_IDS_MAX).map(({ id }) => id));
  assert.equal(pool.isRecent(oldest.id), false);
});

test('the ids that a body is given with are those of its entries', () => {
  const body = new EntryPool([entryOf('1'), entryOf('"two"')]).nextBody(PARAMS);
  const read = parseBody(body.bytes, PARAMS);
  assert.ok(read.ok);
  assert.deepEqual(entryIds(body), entryIds(read.value));
});

test('the next body has the oldest entries that fit, by number and by bytes', () => {
  const bodyOf = (...texts: string[]) => new EntryPool(texts.map(entryOf)).nextBody(PARAMS);
  assert.deepEqual(textOf(bodyOf('1', '2', '3', '4').bytes), '[1,2,3]');
  const long = `"${'x'.repeat(30)}"`;
  assert.deepEqual(textOf(bodyOf(long, `"${'y'.repeat(30)}"`).bytes), `[${long}]`);
  const exact = `"${'x'.repeat(36)}"`;
  assert.equal(bodyOf(exact).bytes.length, PARAMS.bodyBytesMax);
  assert.equal(bodyOf(long, `"${'y'.repeat(3)}"`).bytes.length, PARAMS.bodyBytesMax);
  assert.equal(entryCount(bodyOf()), 0);
});

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

test('what the latest blocks held before the start is no news, and is forgotten like the rest', () => {
  const [old, newer] = entriesOf('mined', 2);
  assert.ok(old !== undefined && newer !== undefined);
  const pool = new EntryPool([], [old.id, newer.id]);
  assert.ok(pool.isRecent(old.id) && pool.isRecent(newer.id));
  pool.removeIncluded(entriesOf('later', RECENT_IDS_MAX - 1).map(({ id }) => id));
  assert.deepEqual([pool.isRecent(old.id), pool.isRecent(newer.id)], [false, true]);
});

test('while entries wait on disk nothing new is taken, of the user or of peers; once all are here it is', () => {
  const [first, second, third] = entriesOf('w', 3);
  assert.ok(first && second && third);
  const pool = new EntryPool([first], [], false);
  assert.equal(pool.lackFor([third])?.code, 'pool-full');
  assert.equal(pool.add(third, 'peer'), false);
  assert.deepEqual(pool.addLoaded([first, second], true), [second]);
  assert.equal(pool.lackFor([third]), undefined);
  assert.equal(pool.add(third, 'peer'), true);
});
