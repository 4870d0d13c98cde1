/**
 * Where the tokens of JSON text end (RFC 8259, strictly).
 *
 * Each function takes the position of a token's first character and answers with the position after its last. Where
 * the token is not well formed the answer is negative: `~position` of the character that cannot stand there.
 */

/** The first position at or after `position` that is no white space. Never negative. */
export function spaceEnd(text: string, position: number): number {
  let end = position;
  while (end < text.length) {
    const code = text.charCodeAt(end);
    if (code > SPACE || (code !== SPACE && code !== LINE_FEED && code !== TAB && code !== CARRIAGE_RETURN)) break;
    end++;
  }
  return end;
}

/**
 * The string whose quote stands at `position`. Surrogates are not looked at.
 */
export function stringEnd(text: string, position: number): number {
  let end = position + 1;
  for (;;) {
    end = plainEnd(text, end);
    // NaN where the text ends.
    const code = text.charCodeAt(end);
    if (code === QUOTE) return end + 1;
    if (code !== BACKSLASH) return ~end;
    const letter = text[end + 1];
    if (letter === 'u') {
      if (!HEX_4.test(text.slice(end + 2, end + 6))) return ~end;
      end += 6;
    } else {
      if (letter === undefined || !ESCAPE_LETTERS.includes(letter)) return ~end;
      end += 2;
    }
  }
}

/** The first position at or after `position` inside a string that is a quote, a backslash or a control character. */
function plainEnd(text: string, position: number): number {
  let end = position;
  while (end < text.length) {
    const code = text.charCodeAt(end);
    if (code === QUOTE || code === BACKSLASH || code < SPACE) break;
    end++;
  }
  return end;
}

/** The number that begins at `position`. */
export function numberEnd(text: string, position: number): number {
  const integerStart = text.charCodeAt(position) === MINUS ? position + 1 : position;
  let end = digitsEnd(text, integerStart);
  if (end === integerStart) return ~end;
  if (text.charCodeAt(integerStart) === DIGIT_0 && end > integerStart + 1) return ~(integerStart + 1);
  if (end < text.length && text.charCodeAt(end) === POINT) {
    const fractionStart = end + 1;
    end = digitsEnd(text, fractionStart);
    if (end === fractionStart) return ~end;
  }
  if (end < text.length && (text.charCodeAt(end) | LOWER_CASE) === LETTER_E) {
    const sign = text[end + 1];
    const exponentStart = sign === '+' || sign === '-' ? end + 2 : end + 1;
    end = digitsEnd(text, exponentStart);
    if (end === exponentStart) return ~end;
  }
  return end;
}

/** The `true`, `false` or `null` that begins at `position`. */
export function literalEnd(text: string, position: number): number {
  for (const literal of LITERALS) {
    if (text.startsWith(literal, position)) return position + literal.length;
  }
  return ~position;
}

function digitsEnd(text: string, position: number): number {
  let end = position;
  while (end < text.length) {
    const code = text.charCodeAt(end);
    if (code < DIGIT_0 || code > DIGIT_9) break;
    end++;
  }
  return end;
}

const LITERALS = ['true', 'false', 'null'] as const;
const ESCAPE_LETTERS = '"\\/bfnrt';
const HEX_4 = /^[0-9a-fA-F]{4}$/;
const TAB = 0x09;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;
const QUOTE = 0x22;
const MINUS = 0x2d;
const POINT = 0x2e;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
const BACKSLASH = 0x5c;
const LETTER_E = 0x65;
const LOWER_CASE = 0x20;
