/** Looks for a text in bytes of UTF-8 as people do: A to Z are the same as a to z. Nothing is decoded but what is shown. */
import type { Excerpt } from '../api/search-shapes.ts';

/** Answers where a text stands next, at `from` or further on; -1 where it does not. */
export type FindNext = (from: number) => number;

export class TextPattern {
  readonly #needle: Buffer;

  /** `text` is not empty. */
  constructor(text: string) {
    this.#needle = lowered(Buffer.from(text, 'utf8'));
  }

  get sizeBytes(): number {
    return this.#needle.length;
  }

  /** A search in `bytes`, which are read once for all answers. */
  in(bytes: Uint8Array): FindNext {
    const haystack = lowered(bytes);
    return (from) => haystack.indexOf(this.#needle, from);
  }

  /** What stands in `bytes`, the canonical JSON of an entry, at the offset `at` and around it. */
  excerpt(bytes: Uint8Array, at: number): Excerpt {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const end = at + this.#needle.length;
    const first = characterStart(text, Math.max(0, at - AROUND_BYTES));
    const last = characterStart(text, Math.min(text.length, end + AROUND_BYTES));
    const before = [...text.toString('utf8', first, at)];
    const after = [...text.toString('utf8', end, last)];
    return {
      before: before.slice(-AROUND_CHARACTERS).join(''),
      match: text.toString('utf8', at, end),
      after: after.slice(0, AROUND_CHARACTERS).join(''),
      cut_before: first > 0 || before.length > AROUND_CHARACTERS,
      cut_after: last < text.length || after.length > AROUND_CHARACTERS,
    };
  }
}

/** A copy with a to z for A to Z, which in UTF-8 stand for nothing else. */
function lowered(bytes: Uint8Array): Buffer {
  const copy = Buffer.from(bytes);
  for (let i = 0; i < copy.length; i++) {
    const byte = copy[i] ?? 0;
    if (byte >= UPPER_A && byte <= UPPER_Z) copy[i] = byte + TO_LOWER;
  }
  return copy;
}

/** `offset`, or the beginning of the character that it is in the middle of. */
function characterStart(utf8: Uint8Array, offset: number): number {
  let start = offset;
  while (start > 0 && ((utf8[start] ?? 0) & CONTINUATION_MASK) === CONTINUATION) start--;
  return start;
}

const AROUND_CHARACTERS = 48;
/** As many characters, of four bytes each. */
const AROUND_BYTES = 4 * AROUND_CHARACTERS;
const UPPER_A = 0x41;
const UPPER_Z = 0x5a;
const TO_LOWER = 0x20;
const CONTINUATION_MASK = 0xc0;
const CONTINUATION = 0x80;
