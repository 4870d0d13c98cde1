import assert from 'node:assert/strict';
import { test } from 'node:test';
import { literalEnd, numberEnd, spaceEnd, stringEnd } from './json-tokens.ts';

type End = (text: string, position: number) => number;

/** Where a token ends that begins at the text's beginning; `~` of a position: what cannot stand there. */
const TOKENS: readonly (readonly [end: End, text: string, ends: number])[] = [
  [spaceEnd, '', 0],
  [spaceEnd, 'x', 0],
  [spaceEnd, ' \t\n\rx', 4],
  [spaceEnd, '  ', 2],
  [numberEnd, '0', 1],
  [numberEnd, '-0', 2],
  [numberEnd, '9', 1],
  [numberEnd, '1234567890', 10],
  [numberEnd, '12,', 2],
  [numberEnd, '1/', 1],
  [numberEnd, '1:', 1],
  [numberEnd, '0.5]', 3],
  [numberEnd, '-10.25e-07}', 10],
  [numberEnd, '1E+05 ', 5],
  [numberEnd, '1e5', 3],
  [numberEnd, '1-2', 1],
  [numberEnd, '1d5', 1],
  [numberEnd, '1D5', 1],
  [numberEnd, '1.5g', 3],
  [numberEnd, '', ~0],
  [numberEnd, '-', ~1],
  [numberEnd, '-x', ~1],
  [numberEnd, '+1', ~0],
  [numberEnd, '.5', ~0],
  [numberEnd, '01', ~1],
  [numberEnd, '-01', ~2],
  [numberEnd, '00', ~1],
  [numberEnd, '1.', ~2],
  [numberEnd, '1.e5', ~2],
  [numberEnd, '1e', ~2],
  [numberEnd, '1e+', ~3],
  [numberEnd, '1.5E-x', ~5],
  [numberEnd, '1e++1', ~3],
  [stringEnd, '""', 2],
  [stringEnd, '"a"b"', 3],
  [stringEnd, '" !#[]~\u007f\uffff\ud800"', 11],
  [stringEnd, '"\\""', 4],
  [stringEnd, '"\\\\"', 4],
  [stringEnd, '"\\u00e9\\u00E9x"', 15],
  [stringEnd, '"', ~1],
  [stringEnd, '"ab', ~3],
  [stringEnd, '"\\"', ~3],
  [stringEnd, '"ab\\', ~3],
  [stringEnd, '"ab\\u12', ~3],
  [stringEnd, '"ab\\u12g4"', ~3],
  [stringEnd, '"ab\\u123"', ~3],
  [stringEnd, '"ab\\U1234"', ~3],
  [stringEnd, '"ab\\x"', ~3],
  [stringEnd, '"a\\nb\n"', ~5],
  [stringEnd, '"\u001f"', ~1],
  [stringEnd, '"\u0000"', ~1],
  [literalEnd, 'true', 4],
  [literalEnd, 'false,', 5],
  [literalEnd, 'nullx', 4],
  [literalEnd, 'tru', ~0],
  [literalEnd, 'True', ~0],
  [literalEnd, '', ~0],
];
for (const [end, text, ends] of TOKENS) {
  const what = ends < 0 ? `cannot go on at ${~ends}` : `ends at ${ends}`;
  test(`${end.name}: ${JSON.stringify(text)} ${what}`, () => {
    assert.equal(end(text, 0), ends);
    const shifted = end(`"1 ${text}`, 3);
    assert.equal(shifted, ends < 0 ? ~(~ends + 3) : ends + 3, 'wherever it stands');
  });
}

test('white space is four characters and no others', () => {
  for (let code = 0; code <= 0xffff; code++) {
    const character = String.fromCharCode(code);
    assert.equal(spaceEnd(character, 0), ' \t\n\r'.includes(character) ? 1 : 0, `U+${code.toString(16)}`);
  }
});

test('every character stands in a string as itself but for controls, and after a backslash but for eight', () => {
  for (let code = 0; code <= 0xffff; code++) {
    const character = String.fromCharCode(code);
    const isPlain = code >= 0x20 && character !== '"' && character !== '\\';
    if (character !== '"') assert.equal(stringEnd(`"${character}"`, 0), isPlain ? 3 : character === '\\' ? ~3 : ~1);
    assert.equal(stringEnd(`"\\${character}"`, 0), '"\\/bfnrt'.includes(character) ? 4 : ~1, `U+${code.toString(16)}`);
  }
});

test('each digit of an escape is hexadecimal', () => {
  for (let code = 0; code < 0x80; code++) {
    for (let place = 0; place < 4; place++) {
      const digits = [...'1a9F'].with(place, String.fromCharCode(code)).join('');
      const isHex = /[0-9a-fA-F]/.test(digits.charAt(place));
      assert.equal(stringEnd(`"\\u${digits}"`, 0), isHex ? 8 : ~1, digits);
    }
  }
});

test('a number is what JSON.parse takes for one', () => {
  const alphabet = [...'-+.eE019'];
  let texts = [''];
  for (let length = 1; length <= 5; length++) {
    texts = texts.flatMap((text) => alphabet.map((character) => text + character));
    for (const text of texts) assert.equal(numberEnd(text, 0) === text.length, isNumber(text), text);
  }
});

function isNumber(text: string): boolean {
  try {
    return typeof JSON.parse(text) === 'number';
  } catch {
    return false;
  }
}
