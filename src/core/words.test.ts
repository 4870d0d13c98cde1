import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hasWords, textsOf, wordsOf } from './words.ts';

const WORDS: Readonly<Record<string, readonly string[]>> = {
  '': [],
  ' .,;!?-_/ \u{1f600} ': [],
  'Left-pad, 1.3.0': ['left', 'pad', '1', '3', '0'],
  "don't": ['don', 't'],
  order_id: ['order', 'id'],
  'said said': ['said', 'said'],
  'Zürich ZÜRICH Zu\u0308rich': ['zürich', 'zürich', 'zürich'],
  'Straße STRASSE STRAẞE': ['strasse', 'strasse', 'strasse'],
  'ΟΔΟΣ οδός, ΟΔΟΣ.Α': ['οδοσ', 'οδόσ', 'οδοσ', 'α'],
  'ﬁn ＦＩＮ 𝐟𝐢𝐧': ['fin', 'fin', 'fin'],
  'हिन्दी ภาษาไทย': ['हिन्दी', 'ภาษาไทย'],
  '東京、大阪': ['東京', '大阪'],
  '٣٤ Ⅳ': ['٣٤', 'iv'],
  'a\u0000b\ud800c': ['a', 'b', 'c'],
};

for (const [text, words] of Object.entries(WORDS)) {
  test(`the words of ${JSON.stringify(text)} are ${words.join(' ') || 'none'}`, () => {
    assert.deepEqual(
      wordsOf(text),
      words.map((word) => word.normalize('NFKC')),
    );
  });
}

test('of a long word the first 128 characters count', () => {
  for (const character of ['x', 'ж', '𞤢', '\u{20000}']) {
    const cut = character.repeat(128);
    assert.deepEqual(wordsOf(`${cut} ${cut}${character} ${cut}y`), [cut, cut, cut]);
  }
});

test('of marks in a row the first 128 count, which is before they are put in order', () => {
  for (const marks of ['\u0301\u0316', '\uff9e\u0316']) {
    const cut = wordsOf(`a${marks.repeat(64)}b`);
    assert.deepEqual(wordsOf(`a${marks.repeat(64)}\u0316b`), cut);
    assert.deepEqual(wordsOf(`a${marks.repeat(30_000)}b`), cut);
  }
});

test('words are the same whatever the case and the spelling of each character, and stay the same when they are asked for', () => {
  const told = (text: string): string => wordsOf(text).join(' ');
  // Behind these planes there are no letters.
  for (let codePoint = 0; codePoint < 0x4_0000; codePoint++) {
    const character = String.fromCodePoint(codePoint);
    const words = told(character);
    const others = new Set([words, character.toLowerCase(), character.toUpperCase(), character.normalize('NFD')]);
    others.delete(character);
    for (const other of others) if (told(other) !== words) assert.fail(`U+${codePoint.toString(16)}`);
  }
});

test('words that are put together with spaces are told apart as those words', () => {
  const character = fc.oneof(fc.string({ unit: 'binary', minLength: 1, maxLength: 2 }), fc.constantFrom('\u0345', 'Σ'));
  fc.assert(
    fc.property(fc.array(character, { maxLength: 300 }), (characters) => {
      const words = wordsOf(characters.join(''));
      assert.deepEqual(wordsOf(words.join(' ')), words);
    }),
    { seed: 20261122, numRuns: 1_000 },
  );
});

const ENTRY = JSON.parse(
  '{"kind":"bolt","n":7,"list":["two words",{"__proto__":"deep","proof":"inside"}],"proof":{"p":"signed"}}',
);

test('texts are the strings of a value, wherever they stand, and no names', () => {
  assert.deepEqual([...textsOf(ENTRY, { isSigned: false })], ['bolt', 'two words', 'deep', 'inside', 'signed']);
  assert.deepEqual([...textsOf('alone', { isSigned: false })], ['alone']);
  for (const value of [7, true, null, [], {}]) assert.deepEqual([...textsOf(value, { isSigned: false })], []);
});

test('of a signed entry the proof is no text', () => {
  assert.deepEqual([...textsOf(ENTRY, { isSigned: true })], ['bolt', 'two words', 'deep', 'inside']);
});

test('a value has words where each of them stands in one of its texts', () => {
  const has = (...words: readonly string[]): boolean => hasWords(words, ENTRY, { isSigned: true });
  assert.ok(has('words'));
  assert.ok(has('deep', 'bolt', 'two'));
  assert.ok(has());
  assert.ok(!has('bolt', 'three'));
  assert.ok(!has('bol'));
  assert.ok(!has('signed'));
  assert.ok(!has('kind'));
});
