/** What stands in JSON as UTF-8 bytes, for those that read it there: `canonical-scan.ts`, `canonical-json.ts`, the probe. */
import { decodeUtf8 } from '#host';

/** What a function answers that found no end. */
export const NONE = -1;

/** Whether `byte` is white space in JSON (RFC 8259 §2). */
export function isWhiteSpace(byte = 0): boolean {
  return byte <= SPACE && (byte === SPACE || byte === LINE_FEED || byte === TAB || byte === CARRIAGE_RETURN);
}

/** The end of the `true`, `false` or `null` that begins at `start`, or NONE. */
export function literalEnd(bytes: Uint8Array, start: number): number {
  const literal = bytes[start] === LETTER_T ? TRUE : bytes[start] === LETTER_F ? FALSE : NULL;
  for (let i = 0; i < literal.length; i++) {
    if (bytes[start + i] !== literal[i]) return NONE;
  }
  return start + literal.length;
}

/**
 * The end of the number at `start` if the digits alone show that its spelling is canonical: the usual ones of up to
 * 15 digits. NONE says nothing about the others.
 */
export function plainNumberEnd(bytes: Uint8Array, start: number): number {
  const isNegative = bytes[start] === MINUS;
  const integerStart = isNegative ? start + 1 : start;
  const integerEnd = digitsEnd(bytes, integerStart);
  const isZero = bytes[integerStart] === DIGIT_0;
  if (integerEnd === integerStart || (isZero && integerEnd > integerStart + 1)) return NONE;
  const next = integerEnd < bytes.length ? (bytes[integerEnd] as number) : COMMA;
  if (next !== POINT) {
    const isPlain = integerEnd - integerStart <= PLAIN_DIGITS_MAX && !(isZero && isNegative);
    return isPlain && !isExponent(next) ? integerEnd : NONE;
  }
  // No two numbers of 15 significant digits are one double, so the shortest spelling is the one that ends in no 0.
  // The smallest numbers are left out, for from 1e-7 on they are spelt with an exponent.
  const end = digitsEnd(bytes, integerEnd + 1);
  const isPlain =
    end > integerEnd + 1 &&
    end - integerStart <= PLAIN_DIGITS_MAX + 1 &&
    bytes[end - 1] !== DIGIT_0 &&
    !(isZero && bytes[integerEnd + 1] === DIGIT_0);
  return isPlain && !(end < bytes.length && isExponent(bytes[end] as number)) ? end : NONE;
}

/** The number that begins at `start`, or undefined where no well-formed one does. */
export function numberToken(bytes: Uint8Array, start: number): string | undefined {
  let end = start;
  while (end < bytes.length && NUMBER_BYTES.includes(bytes[end] as number)) end++;
  const token = decodeUtf8(bytes.subarray(start, end));
  return token !== undefined && NUMBER.test(token) ? token : undefined;
}

/**
 * Compares two canonical strings of `bytes`, by their quotes' positions, in the order of UTF-16 code units (RFC 8785
 * §3.2.3): negative where `a` comes first, 0 where they are equal. Says something of well-formed UTF-8 only.
 */
export function compareStrings(bytes: Uint8Array, aStart: number, aEnd: number, bStart: number, bEnd: number): number {
  const contentEnd = Math.min(aEnd - aStart, bEnd - bStart) - 1;
  for (let i = 1; i < contentEnd; i++) {
    const a = bytes[aStart + i] as number;
    const b = bytes[bStart + i] as number;
    if (a === BACKSLASH || b === BACKSLASH) {
      return compareTexts(decodeString(bytes, aStart, aEnd), decodeString(bytes, bStart, bEnd));
    }
    if (a !== b) {
      // UTF-8 has the order of UTF-16 but for one thing: what takes four bytes here is a surrogate pair there, and
      // comes before U+E000.
      const isReversed = a >= LEAD_OF_U_E000 && b >= LEAD_OF_U_E000 && a >= LEAD_OF_FOUR !== b >= LEAD_OF_FOUR;
      return isReversed ? b - a : a - b;
    }
  }
  return aEnd - aStart - (bEnd - bStart);
}

/** The text of the well-formed string between the quotes at `start` and before `end`, or undefined if it is not UTF-8. */
export function decodeString(bytes: Uint8Array, start: number, end: number): string | undefined {
  const text = decodeUtf8(bytes.subarray(start, end));
  return text === undefined ? undefined : JSON.parse(text);
}

/** Whether the escape at `position` is spelt as RFC 8785 §3.2.2.2 spells it: its size, or NONE. */
export function canonicalEscapeSize(bytes: Uint8Array, position: number): number {
  const letter = bytes[position + 1] ?? 0;
  if (SHORT_ESCAPES.includes(letter)) return 2;
  const isLong = letter === LETTER_U && LONG_ESCAPE.test(ascii(bytes, position + 2, position + 6));
  return isLong ? 6 : NONE;
}

/** The size of the escape at `position`, however it is spelt, or NONE where it is none. */
export function escapeSize(bytes: Uint8Array, position: number): number {
  const letter = bytes[position + 1] ?? 0;
  if (SHORT_ESCAPES.includes(letter) || letter === SLASH) return 2;
  return letter === LETTER_U && HEX_4.test(ascii(bytes, position + 2, position + 6)) ? 6 : NONE;
}

/** Compares by UTF-16 code units. An undefined text is one that is not UTF-8, and refused wherever it stands. */
function compareTexts(a = '', b = ''): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * How many of the 4 bytes of a little-endian `word`, from the first, are characters that stand in a string as they are:
 * ASCII, and no control character, quote or backslash.
 *
 * Looks at all four at once. A byte to stop at sets its upper bit in one of the terms; what it borrows from the bytes
 * behind it may set theirs, so that the lowest bit set is the one to go by.
 */
export function countPlain(word: number): number {
  const isControl = word - 0x20202020;
  const isQuote = (word ^ 0x22222222) - 0x01010101;
  const isBackslash = (word ^ 0x5c5c5c5c) - 0x01010101;
  const stops = (word | isControl | isQuote | isBackslash) & 0x80808080;
  return stops === 0 ? WORD_BYTES : (31 - Math.clz32(stops & -stops)) >> 3;
}

/** The end of the string whose quote stands at `start`, however it is spelt; or `~position` of what is wrong in it. */
export function stringEnd(bytes: Uint8Array, start: number): number {
  let position = start + 1;
  while (position < bytes.length) {
    const byte = bytes[position] as number;
    if (byte === QUOTE) return position + 1;
    const sizeBytes = byte === BACKSLASH ? escapeSize(bytes, position) : byte < SPACE ? NONE : 1;
    if (sizeBytes === NONE) break;
    position += sizeBytes;
  }
  return ~position;
}

function digitsEnd(bytes: Uint8Array, start: number): number {
  let end = start;
  while (end < bytes.length) {
    const byte = bytes[end] as number;
    if (byte < DIGIT_0 || byte > DIGIT_9) break;
    end++;
  }
  return end;
}

function isExponent(byte: number): boolean {
  return (byte | LOWER_CASE) === LETTER_E;
}

/** For a few bytes. */
function ascii(bytes: Uint8Array, start: number, end: number): string {
  return String.fromCharCode(...bytes.subarray(start, end));
}

function asciiBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

const PLAIN_DIGITS_MAX = 15;
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const NUMBER_BYTES = asciiBytes('0123456789+-.eE');
const TRUE = asciiBytes('true');
const FALSE = asciiBytes('false');
const NULL = asciiBytes('null');
const SHORT_ESCAPES = asciiBytes('"\\bfnrt');
const SLASH = 0x2f;
const HEX_4 = /^[0-9a-fA-F]{4}$/;
/** Control characters, but for \b \t \n \f \r, which have a short form. */
const LONG_ESCAPE = /^00(?:0[0-7bef]|1[0-9a-f])$/;
const LEAD_OF_U_E000 = 0xee;
const LEAD_OF_FOUR = 0xf0;

// Here and not in a file of their own: an imported constant is loaded at each use, which costs a quarter of the speed.
const BACKSLASH = 0x5c;
const CARRIAGE_RETURN = 0x0d;
const COMMA = 0x2c;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
const LETTER_E = 0x65;
const LETTER_F = 0x66;
const LETTER_T = 0x74;
const LETTER_U = 0x75;
const LINE_FEED = 0x0a;
const LOWER_CASE = 0x20;
const MINUS = 0x2d;
const POINT = 0x2e;
const SPACE = 0x20;
const TAB = 0x09;
const WORD_BYTES = 4;
const QUOTE = 0x22;
