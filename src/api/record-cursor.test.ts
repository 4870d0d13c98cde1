import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashLeaf } from '../core/merkle.ts';
import { formatRecordCursor, parseRecordCursor, STREAM_START } from './record-cursor.ts';

const hash = hashLeaf(new Uint8Array(1));

test('a cursor is what its text spells', () => {
  for (const cursor of [
    { height: 0, hash, position: 0 },
    { height: 4_294_967_295, hash, position: 4_096 },
  ]) {
    assert.deepEqual(parseRecordCursor(formatRecordCursor(cursor)), cursor);
  }
});

test('the word for the beginning is none', () => {
  assert.equal(STREAM_START, 'start');
  assert.equal(parseRecordCursor(STREAM_START), undefined);
});

const BROKEN: Readonly<Record<string, string>> = {
  'no text': '',
  'a cursor without a position': `7-${hash}`,
  'a cursor with a sign': `7-${hash}--1`,
  'a height with a leading zero': `07-${hash}-0`,
  'a position with a leading zero': `7-${hash}-00`,
  'a height beyond 32 bits': `4294967296-${hash}-0`,
  'a position beyond 32 bits': `7-${hash}-4294967296`,
  'a hash in capitals': `7-${hash.toUpperCase()}-0`,
  'a hash that is short': `7-${hash.slice(1)}-0`,
  'white space behind': `7-${hash}-0 `,
};

for (const [what, text] of Object.entries(BROKEN)) {
  test(`${what} is no cursor`, () => {
    assert.equal(parseRecordCursor(text), undefined);
  });
}
