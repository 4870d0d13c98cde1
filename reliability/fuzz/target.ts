/** What is fuzzed: something that reads what others wrote, and what is held to be true of it whatever they wrote. */

export interface FuzzTarget {
  /** Names its corpus, too. */
  readonly name: string;
  /** What is true of every input. */
  readonly claim: string;
  /** What the inputs are made of, to be put in anywhere: byte for byte, as Latin-1. */
  readonly words: readonly string[];
  readonly sizeMax: number;
  /** Of all inputs, how many go here, beside the others: less for what takes long. */
  readonly weight: number;
  /** Inputs to begin with: nearly all of them valid. */
  seeds(): readonly Uint8Array[];
  /** Throws where the claim does not hold. */
  check(input: Uint8Array): void | Promise<void>;
  /** Lets go of what the checks have taken. */
  close?(): void;
}

/** The words of JSON, for the many that read it. */
export const JSON_WORDS: readonly string[] = [
  ...['{', '}', '[', ']', ',', ':', '"', '""', '[]', '{}', '[[', ']]', '{"":', '"a":1', ' ', '\n', '\t', '\r'],
  ...['null', 'true', 'false', '0', '-0', '1', '-1', '1e5', '1E+5', '0.1', '1.0', '1e-7', '1e400', '5e-324', '1e21'],
  ...['9007199254740991', '9007199254740992', '100000000000000000000', '\\', '\\"', '\\u0000', '\\u001f', '\\ud800'],
  ...['\\udc00', '\\ud83d\\ude00', '\\/', '\\b', '\\u00e9', '__proto__', 'constructor', 'toString'],
  // As UTF-8: é, a character beyond 16 bits, a byte order mark; and what is none.
  ...['\xc3\xa9', '\xf0\x9f\x98\x82', '\xef\xbb\xbf', '\xed\xa0\x80', '\xff', '\xc0\xaf', '\x00', '\x1f', '\x7f'],
];

/** `text` in UTF-8. */
export function bytesOf(text: string): Uint8Array {
  return encoder.encode(text);
}

/** The text of well-formed UTF-8, a byte order mark included, or undefined: by other means than the program's. */
export function textOf(bytes: Uint8Array): string | undefined {
  try {
    return strictDecoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** `value` as `JSON.parse` has it, or undefined where it is none: itself no value of JSON. */
export function jsonOf(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** How many brackets are open at most, outside of strings. */
export function nestsTo(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"?|[[\]{}]/gs)) {
    if (token === '[' || token === '{') deepest = Math.max(deepest, ++depth);
    else if (token === ']' || token === '}') depth--;
  }
  return deepest;
}

const encoder = new TextEncoder();
const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
