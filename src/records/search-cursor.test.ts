import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ZERO_HASH } from '../core/hash.ts';
import { formatSearchCursor, parseSearchCursor, type SearchCursor } from './search-cursor.ts';

const QUESTION = { filter: { from: 7 }, order: 'asc' } as const;
const CURSOR: SearchCursor = { walk: 'place', key: undefined, place: 9, tip: { height: 12, hash: ZERO_HASH } };

for (const cursor of [
  CURSOR,
  { ...CURSOR, place: 0, tip: { height: 0, hash: ZERO_HASH } },
  { ...CURSOR, walk: 'id', place: Number.MAX_SAFE_INTEGER },
  { ...CURSOR, walk: 'author' },
  { ...CURSOR, walk: 'equal-0' },
  { ...CURSOR, walk: 'word-9' },
  { ...CURSOR, walk: 'range-7', key: -0.5 },
  { ...CURSOR, walk: 'range-0', key: 'ü' },
  { ...CURSOR, walk: 'range-0', key: '' },
] as const) {
  test(`a cursor along ${cursor.walk} at ${cursor.key ?? 'no key'} is read again from its text`, () => {
    const text = formatSearchCursor(cursor, QUESTION);
    assert.match(text, /^[\w-]+$/);
    assert.deepEqual(parseSearchCursor(text, QUESTION), cursor);
  });
}

test('a cursor is none for another question', () => {
  const text = formatSearchCursor(CURSOR, QUESTION);
  for (const other of [
    { ...QUESTION, order: 'desc' },
    { ...QUESTION, filter: {} },
    { ...QUESTION, filter: { from: 8 } },
  ] as const) {
    assert.equal(parseSearchCursor(text, other), undefined);
  }
});

const PARTS: readonly unknown[] = JSON.parse(Buffer.from(formatSearchCursor(CURSOR, QUESTION), 'base64url').toString());
const BROKEN: Readonly<Record<string, readonly unknown[]>> = {
  'a part too few': PARTS.slice(0, -1),
  'a part too many': [...PARTS, 1],
  'an unknown walk': PARTS.with(1, 'height'),
  'a walk with something before it': PARTS.with(1, 'xplace'),
  'a walk with something behind it': PARTS.with(1, 'place-1'),
  'a walk without its number': PARTS.with(1, 'range-'),
  'a walk with two digits': PARTS.with(1, 'range-10'),
  'a walk in a list': PARTS.with(1, ['place']),
  'true as its key': PARTS.with(2, true),
  'a list as its key': PARTS.with(2, [1]),
  'a place below nothing': PARTS.with(3, -1),
  'half a place': PARTS.with(3, 0.5),
  'a place as text': PARTS.with(3, '9'),
  'a place beyond counting': PARTS.with(3, 2 ** 53),
  'a height below nothing': PARTS.with(4, -1),
  'no height': PARTS.with(4, null),
  'a hash that is none': PARTS.with(5, 'x'),
  'a hash in a list': PARTS.with(5, [ZERO_HASH]),
};
for (const [what, parts] of Object.entries(BROKEN)) {
  test(`a text with ${what} is no cursor`, () => {
    assert.equal(parseSearchCursor(encoded(JSON.stringify(parts)), QUESTION), undefined);
  });
}

for (const text of ['', 'x', encoded('{}'), encoded('null'), encoded('[1'), Buffer.of(0xff).toString('base64url')]) {
  test(`${JSON.stringify(text)} is no cursor`, () => assert.equal(parseSearchCursor(text, QUESTION), undefined));
}

function encoded(text: string): string {
  return Buffer.from(text).toString('base64url');
}
