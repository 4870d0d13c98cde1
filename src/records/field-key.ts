/**
 * What the table of records keeps of a field, so that SQLite orders fields as filters do: numbers before texts, each among
 * themselves; `true`, `false` and `null` as bytes, which are equal or not and nothing else.
 *
 * Of a long text the beginning is kept. So a key only says where to look: whoever looks holds the whole value against the filter.
 */

import { encodeUtf8 } from '#host';
import type { FieldCondition } from '../api/record-filter.ts';

export type FieldKey = number | string | Uint8Array;

/** A stretch of keys, both ends included. */
export interface KeyRange {
  readonly lowest: number | string;
  readonly highest: number | string | Uint8Array;
}

/** The key of `value`, which comes from JSON; undefined for objects, arrays and nothing at all, which have none. */
export function fieldKey(value: unknown): FieldKey | undefined {
  switch (typeof value) {
    case 'number':
      return value;
    case 'string':
      return beginning(value);
    case 'boolean':
      return encodeUtf8(String(value));
    default:
      return value === null ? encodeUtf8('null') : undefined;
  }
}

/**
 * The keys of all values that meet `conditions`, which are on one field and compare; undefined where no value can, because
 * they compare numbers and texts.
 */
export function keyRange(conditions: readonly FieldCondition[]): KeyRange | undefined {
  const values = conditions.map(({ value }) => value);
  if (values.every((value) => typeof value === 'number')) {
    return rangeOf(conditions, { lowest: -Infinity, highest: Infinity });
  }
  if (values.every((value) => typeof value === 'string')) {
    // No text stands below the empty one, and no bytes stand below none: all texts are between both.
    return rangeOf(conditions, { lowest: '', highest: new Uint8Array(0) });
  }
  return undefined;
}

/** The narrowest of the ranges that the conditions set, the first condition of each side: the others are checked anyway. */
function rangeOf(conditions: readonly FieldCondition[], all: KeyRange): KeyRange {
  const key = (isSide: (op: string) => boolean): number | string | undefined => {
    const value = conditions.find(({ op }) => isSide(op))?.value;
    return typeof value === 'number' ? value : typeof value === 'string' ? beginning(value) : undefined;
  };
  return {
    lowest: key((op) => op.startsWith('>')) ?? all.lowest,
    highest: key((op) => op.startsWith('<')) ?? all.highest,
  };
}

/** The first code points of `text`: cut between two of them, texts keep their order, or become equal. */
function beginning(text: string): string {
  if (text.length <= KEY_CHARACTERS_MAX) return text;
  return Array.from(text.slice(0, 2 * KEY_CHARACTERS_MAX))
    .slice(0, KEY_CHARACTERS_MAX)
    .join('');
}

const KEY_CHARACTERS_MAX = 128;
