/** JSON Pointer (RFC 6901): the name of one value inside a JSON document, such as `/order/total`. */

/** The reference tokens of a pointer, unescaped, outermost first; none for the whole document. */
export type PointerTokens = readonly string[];

/** The tokens that `text` spells; undefined where it is no pointer, or is longer or deeper than records are asked by. */
export function parsePointer(text: string): PointerTokens | undefined {
  if (text === '') return [];
  if (text.length > POINTER_CHARACTERS_MAX || !POINTER_TEXT.test(text) || !text.isWellFormed()) return undefined;
  const tokens = text.slice(1).split('/');
  if (tokens.length > POINTER_TOKENS_MAX) return undefined;
  // `~1` first: of `~01` the tilde is to stay (RFC 6901 §4).
  return tokens.map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/**
 * The value that the pointer names in `document`, which `JSON.parse` has made; undefined where there is none. Members of the
 * prototype are no values, and `-`, the element behind the last one, never has one.
 */
export function valueAt(document: unknown, tokens: PointerTokens): unknown {
  let value = document;
  for (const token of tokens) {
    if (typeof value !== 'object' || value === null) return undefined;
    if (Array.isArray(value)) value = ARRAY_INDEX.test(token) ? value[Number(token)] : undefined;
    else value = Object.getOwnPropertyDescriptor(value, token)?.value;
  }
  return value;
}

const POINTER_TEXT = /^(?:\/(?:[^~/]|~[01])*)+$/u;
const ARRAY_INDEX = /^(?:0|[1-9][0-9]{0,8})$/;
const POINTER_CHARACTERS_MAX = 256;
/** As deep as an entry may be. */
const POINTER_TOKENS_MAX = 32;
