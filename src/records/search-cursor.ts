/** Cursors of pages of records: where a search goes on, whatever has joined the chain or left it meanwhile. */
import { decodeUtf8, encodeUtf8 } from '#host';
import type { RecordFilter } from '../api/record-filter.ts';
import { filterQuery } from '../api/record-filter-text.ts';
import { hashBytes, parseHash } from '../core/hash.ts';
import type { BlockPlace } from './record-table.ts';

/** Lowest first, or highest first. */
export type SearchOrder = 'asc' | 'desc';

/** Which of the tables a search walks along: the entries themselves, or those with some key. */
export type WalkName = 'place' | 'id' | 'author' | `equal-${number}` | `word-${number}` | `range-${number}`;

export interface SearchCursor {
  /** A number behind the name is that of a condition of the filter, or of a word. */
  readonly walk: WalkName;
  /** The last row that was looked at: its key in a walk along keys that differ, and its place. */
  readonly key: number | string | undefined;
  readonly place: number;
  /** How far the table reached when the search began. */
  readonly tip: BlockPlace;
}

/** The cursor as text. It holds for this question alone, which stands in it as a hash. */
export function formatSearchCursor(
  { walk, key, place, tip }: SearchCursor,
  question: { readonly filter: RecordFilter; readonly order: SearchOrder },
): string {
  const parts = [digestOf(question), walk, key ?? null, place, tip.height, tip.hash];
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/** The cursor that `text` spells; undefined where it spells none, or that of another question. */
export function parseSearchCursor(
  text: string,
  question: { readonly filter: RecordFilter; readonly order: SearchOrder },
): SearchCursor | undefined {
  const parts = parseJson(decodeUtf8(Buffer.from(text, 'base64url')) ?? '');
  if (!Array.isArray(parts) || parts.length !== 6) return undefined;
  const [digest, walk, key, place, height, hashText]: unknown[] = parts;
  const hash = typeof hashText === 'string' ? parseHash(hashText) : undefined;
  if (digest !== digestOf(question) || !isWalkName(walk) || hash === undefined) return undefined;
  if (key !== null && typeof key !== 'number' && typeof key !== 'string') return undefined;
  if (!isCount(place) || !isCount(height)) return undefined;
  return { walk, key: key ?? undefined, place, tip: { height, hash } };
}

function digestOf({ filter, order }: { readonly filter: RecordFilter; readonly order: SearchOrder }): string {
  return hashBytes(encodeUtf8(JSON.stringify([order, filterQuery(filter)]))).slice(0, 16);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isWalkName(value: unknown): value is WalkName {
  return typeof value === 'string' && /^(?:place|id|author|(?:equal|word|range)-\d)$/.test(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
