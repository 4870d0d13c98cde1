/** Values of programs as JSON, without silent loss. */
import { LedgerError } from './ledger-error.ts';

/** What is JSON as it stands. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue | undefined };

/**
 * `value` as JSON text. As with `JSON.stringify`, `toJSON` is asked (a `Date` becomes its ISO 8601 text) and members that are
 * undefined are left out. What would silently turn into something else is refused with `value-not-json`: a number that is not
 * finite, undefined in an array, functions, symbols, bigints, a Map, a Set, bytes, a cycle.
 */
export function jsonTextOf(value: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value, refuseLoss);
  } catch (error) {
    if (error instanceof LedgerError) throw error;
    throw new LedgerError('value-not-json', `The value is not JSON: ${(error as Error).message}.`, { cause: error });
  }
  if (text === undefined) throw notJson('', value);
  return text;
}

function refuseLoss(this: unknown, key: string, value: unknown): unknown {
  const isLost =
    (typeof value === 'number' && !Number.isFinite(value)) ||
    (value === undefined && Array.isArray(this)) ||
    ['function', 'symbol', 'bigint'].includes(typeof value) ||
    value instanceof Map ||
    value instanceof Set ||
    isBytes(value) ||
    // A Buffer says of itself how it is JSON, and nobody would guess.
    isBytes(Reflect.get(Object(this), key));
  if (isLost) throw notJson(key, value);
  return value;
}

function isBytes(value: unknown): boolean {
  return value instanceof ArrayBuffer || ArrayBuffer.isView(value);
}

function notJson(key: string, value: unknown): LedgerError {
  const kind =
    typeof value === 'number' ? String(value) : typeof value === 'object' ? 'objects like this' : typeof value;
  const where = key === '' ? 'The value' : `The value at ${JSON.stringify(key)}`;
  return new LedgerError('value-not-json', `${where} is not JSON, which has no ${kind}.`, { facts: { key } });
}
