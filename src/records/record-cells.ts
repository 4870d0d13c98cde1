/** Hashes as the file of records keeps them. */
import { bytesToHex } from '#host';
import { type Hash, parseHash } from '../core/hash.ts';
import { type Row, textAt } from '../storage/sqlite-database.ts';
import { StoreError } from '../storage/store-error.ts';

/** The hash whose 32 bytes stand in a cell. */
export function hashOf(bytes: Uint8Array): Hash {
  return bytesToHex(bytes) as Hash;
}

/** The hash that stands in a row's `column` in hexadecimal. */
export function hashAt(row: Row, column: number): Hash {
  const hash = parseHash(textAt(row, column));
  if (hash === undefined) throw new StoreError('store-damaged', `Column ${column} of a stored row is no hash.`);
  return hash;
}

/** The first 48 bits of an id, by which entries are found: a whole number that SQLite keeps in few bytes. */
export function idKey(id: Hash): number {
  return Number.parseInt(id.slice(0, 12), 16);
}
