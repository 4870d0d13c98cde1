import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TextPattern } from './text-pattern.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);

const FOUND: readonly (readonly [what: string, text: string, pattern: string, at: number])[] = [
  ['the same letters', '{"name":"alice"}', 'alice', 9],
  ['letters of the other case', '{"name":"ALICE"}', 'aliCe', 9],
  ['letters beyond ASCII, as they are', '"Zürich"', 'zürich', 1],
  ['letters beyond ASCII in the other case', '"ZÜRICH"', 'zürich', -1],
  ['signs of JSON', '{"a":[1,2]}', '":[1,', 3],
  ['what is longer', '"a"', 'aaaaaaa', -1],
  ['bytes that differ from letters by the bit of the case', '"[@]"', '{', -1],
];
for (const [what, text, pattern, at] of FOUND) {
  test(`${what}: ${at < 0 ? 'not found' : 'found'}`, () => {
    assert.equal(new TextPattern(pattern).in(bytesOf(text))(0), at);
  });
}

test('the next place is at the offset or further on', () => {
  const findNext = new TextPattern('ab').in(bytesOf('abABab'));
  assert.deepEqual([findNext(0), findNext(1), findNext(2), findNext(3), findNext(5)], [0, 2, 2, 4, -1]);
});

test('an excerpt is the text itself, in the case in which it stands there', () => {
  const bytes = bytesOf('{"name":"ALICE","age":7}');
  assert.deepEqual(new TextPattern('alice').excerpt(bytes, 9), {
    before: '{"name":"',
    match: 'ALICE',
    after: '","age":7}',
    cut_before: false,
    cut_after: false,
  });
});

test('an excerpt has 48 characters on either side, whatever they take in bytes', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme', maxLength: 80 }),
      fc.string({ unit: 'grapheme', maxLength: 80 }),
      (before, after) => {
        const bytes = bytesOf(`${before}MATCH${after}`);
        const told = new TextPattern('match').excerpt(bytes, bytesOf(before).length);
        const [left, right] = [[...before], [...after]];
        assert.equal(told.before, left.slice(-48).join(''));
        assert.equal(told.after, right.slice(0, 48).join(''));
        assert.deepEqual([told.match, told.cut_before, told.cut_after], ['MATCH', left.length > 48, right.length > 48]);
      },
    ),
    { seed: 20261122, numRuns: 300 },
  );
});

test('an excerpt of bytes that stand in the middle of others is of these alone', () => {
  const all = bytesOf('"left","alice","right"');
  const entry = all.subarray(7, 14);
  const { before, match, after } = new TextPattern('alice').excerpt(entry, 1);
  assert.deepEqual([before, match, after], ['"', 'alice', '"']);
});
