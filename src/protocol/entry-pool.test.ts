import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entriesOf, entryOf } from '../../test/support/entry-fixture.ts';
import { entryCount, entryIds, parseBody } from '../core/body.ts';
import { createParams } from '../core/params.ts';
import { EntryPool } from './entry-pool.ts';
import {
  PENDING_BYTES_OF_PEERS_MAX,
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
  assert.equal(pool.hasRoomFor([entry]), false);
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
  assert.ok(pool.hasRoomFor(own));
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
  assert.ok(large.hasRoomFor([entryOf('"own"')]));
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
  assert.equal(pool.hasRoomFor([third]), false);
  assert.equal(pool.add(third, 'peer'), false);
  assert.deepEqual(pool.addLoaded([first, second], true), [second]);
  assert.equal(pool.hasRoomFor([third]), true);
  assert.equal(pool.add(third, 'peer'), true);
});
