/** Bytes as text: two lower-case hex digits for each, as messages, proofs and files carry them. */
import { hexInto } from '#host';

/** The bytes that `value`, as `JSON.parse` gives it, spells; undefined where it is no such text. */
export function parseHex(value: unknown): Uint8Array | undefined {
  if (typeof value !== 'string' || value.length % 2 !== 0 || !HEX_TEXT.test(value)) return undefined;
  const bytes = new Uint8Array(value.length / 2);
  hexInto(value, bytes, 0);
  return bytes;
}

const HEX_TEXT = /^[0-9a-f]*$/;
