import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  canonicalEscapeSize,
  compareStrings,
  countPlain,
  decodeString,
  escapeSize,
  isWhiteSpace,
  literalEnd,
  NONE,
  numberToken,
  plainNumberEnd,
  stringEnd,
} from './json-bytes.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);

test('white space is four bytes and no others', () => {
  for (let byte = 0; byte < 256; byte++) assert.equal(isWhiteSpace(byte), [0x20, 0x09, 0x0a, 0x0d].includes(byte));
  assert.equal(isWhiteSpace(undefined), false, 'nor is the end of them');
});

/** What a function finds at the beginning. */
const FOUND: readonly (readonly [find: (bytes: Uint8Array, start: number) => number, text: string, end: number])[] = [
  [literalEnd, 'true', 4],
  [literalEnd, 'false,', 5],
  [literalEnd, 'nullx', 4],
  [literalEnd, 'tru', NONE],
  [literalEnd, 'falsE', NONE],
  [literalEnd, 'nul', NONE],
  [literalEnd, 'ture', NONE],
  [literalEnd, 'xull', NONE],
  [plainNumberEnd, '0', 1],
  [plainNumberEnd, '7,', 1],
  [plainNumberEnd, '-5]', 2],
  [plainNumberEnd, '10', 2],
  [plainNumberEnd, '9/', 1],
  [plainNumberEnd, '9d', 1],
  [plainNumberEnd, '9D', 1],
  [plainNumberEnd, '9.5g', 3],
  [plainNumberEnd, '9:', 1],
  [plainNumberEnd, '0,', 1],
  [plainNumberEnd, '123456789012345', 15],
  [plainNumberEnd, '-123456789012345', 16],
  [plainNumberEnd, '1.5', 3],
  [plainNumberEnd, '-0.5}', 4],
  [plainNumberEnd, '10.01 ', 5],
  [plainNumberEnd, '12345678901234.5', 16],
  [plainNumberEnd, '1.2345678901234', 15],
  [plainNumberEnd, '-1.23456789012345', 17],
  [plainNumberEnd, '-0', NONE],
  [plainNumberEnd, '00', NONE],
  [plainNumberEnd, '01', NONE],
  [plainNumberEnd, '01.5', NONE],
  [plainNumberEnd, '1234567890123456', NONE],
  [plainNumberEnd, '123456789012345.6', NONE],
  [plainNumberEnd, '1.50', NONE],
  [plainNumberEnd, '0.05', NONE],
  [plainNumberEnd, '1.', NONE],
  [plainNumberEnd, '1.e5', NONE],
  [plainNumberEnd, '.5', NONE],
  [plainNumberEnd, '1e5', NONE],
  [plainNumberEnd, '1E5', NONE],
  [plainNumberEnd, '1.5e5', NONE],
  [plainNumberEnd, '1.5E5', NONE],
  [plainNumberEnd, '-', NONE],
  [plainNumberEnd, '--1', NONE],
  [plainNumberEnd, '', NONE],
  [plainNumberEnd, 'x', NONE],
  [canonicalEscapeSize, '\\n', 2],
  [canonicalEscapeSize, '\\"', 2],
  [canonicalEscapeSize, '\\u001f', 6],
  [canonicalEscapeSize, '\\u000b', 6],
  [canonicalEscapeSize, '\\u0000x', 6],
  [canonicalEscapeSize, '\\u001F', NONE],
  [canonicalEscapeSize, '\\u000a', NONE],
  [canonicalEscapeSize, '\\u0020', NONE],
  [canonicalEscapeSize, '\\u1001', NONE],
  [canonicalEscapeSize, '\\U001f', NONE],
  [canonicalEscapeSize, '\\u001', NONE],
  [canonicalEscapeSize, '\\/', NONE],
  [canonicalEscapeSize, '\\', NONE],
  [escapeSize, '\\/', 2],
  [escapeSize, '\\n', 2],
  [escapeSize, '\\\\', 2],
  [escapeSize, '\\u00Ffx', 6],
  [escapeSize, '\\U00ff', NONE],
  [escapeSize, '\\u00f', NONE],
  [escapeSize, '\\u00fg', NONE],
  [escapeSize, '\\x', NONE],
  [escapeSize, '\\', NONE],
  [stringEnd, '""', 2],
  [stringEnd, '"a"b"', 3],
  [stringEnd, '" !\u007f\u00e9"', 7],
  [stringEnd, '"\\"\\u00e9\\/"', 12],
  [stringEnd, '"ab', ~3],
  [stringEnd, '"', ~1],
  [stringEnd, '"a\u001f"', ~2],
  [stringEnd, '"a\\x"', ~2],
  [stringEnd, '"\\"', ~3],
];
for (const [find, text, end] of FOUND) {
  test(`${find.name}: in ${JSON.stringify(text)} it is ${end}`, () => {
    assert.equal(find(bytesOf(text), 0), end);
    const isSize = find === canonicalEscapeSize || find === escapeSize;
    const shifted = isSize || end === NONE ? end : end < 0 ? ~(~end + 3) : end + 3;
    assert.equal(find(bytesOf(`"1 ${text}`), 3), shifted, 'wherever it stands');
  });
}

test('digits that are plain are spelt as ECMAScript spells them', () => {
  const alphabet = [...'-.e0159'];
  let texts = [''];
  for (let length = 1; length <= 5; length++) {
    texts = texts.flatMap((text) => alphabet.map((character) => text + character));
    for (const text of texts) {
      const end = plainNumberEnd(bytesOf(text), 0);
      if (end !== NONE) assert.equal(String(Number(text.slice(0, end))), text.slice(0, end));
    }
  }
});

test('a number token goes as far as what may stand in a number, and is one', () => {
  for (const [text, token] of [
    ['12,', '12'],
    ['-1.5e+3]', '-1.5e+3'],
    ['0.0E-07', '0.0E-07'],
    ['1e5x', '1e5'],
    ['90', '90'],
    ['01', undefined],
    ['-', undefined],
    ['1.', undefined],
    ['1e', undefined],
    ['1-2', undefined],
    ['+1', undefined],
    ['.5', undefined],
    ['', undefined],
    ['x', undefined],
  ] as const) {
    assert.equal(numberToken(bytesOf(text), 0), token, text);
    assert.equal(numberToken(bytesOf(`"x ${text}`), 3), token, text);
  }
});

test('canonical strings have the order of their UTF-16 code units, wherever they stand', () => {
  const character = fc.constantFrom('a', 'b', '\n', '"', '\u0001', '!', 'é', '\ud7ff', '\ue000', '\uffff', '\u{10000}');
  const text = fc.array(character, { maxLength: 6 }).map((characters) => characters.join(''));
  fc.assert(
    fc.property(text, text, text, (shared, aRest, bRest) => {
      const [a, b] = [shared + aRest, shared + bRest];
      const [aBytes, bBytes] = [bytesOf(JSON.stringify(a)), bytesOf(JSON.stringify(b))];
      const bytes = Buffer.concat([Buffer.from('xyz'), aBytes, Buffer.from(','), bBytes]);
      const bStart = 4 + aBytes.length;
      const order = compareStrings(bytes, 3, 3 + aBytes.length, bStart, bStart + bBytes.length);
      assert.equal(Math.sign(order), a < b ? -1 : a > b ? 1 : 0);
      assert.equal(decodeString(bytes, 3, 3 + aBytes.length), a);
    }),
    { seed: 20261122, numRuns: 5000 },
  );
});

test('bytes that are no UTF-8 are no string', () => {
  assert.equal(decodeString(Uint8Array.of(0x22, 0x80, 0x22), 0, 3), undefined);
});

test('of four bytes those are counted that stand before the first quote, backslash, control or end of ASCII', () => {
  const bytes = [0x00, 0x1f, 0x20, 0x21, 0x22, 0x23, 0x5b, 0x5c, 0x5d, 0x61, 0x7e, 0x7f, 0x80, 0xff];
  const isPlain = (byte: number) => byte >= 0x20 && byte < 0x80 && byte !== 0x22 && byte !== 0x5c;
  for (const a of bytes) {
    for (const b of bytes) {
      for (const c of bytes) {
        for (const d of bytes) {
          const plain = [a, b, c, d].findIndex((byte) => !isPlain(byte));
          const word = Buffer.of(a, b, c, d).readInt32LE();
          assert.equal(countPlain(word), plain === -1 ? 4 : plain);
        }
      }
    }
  }
});
