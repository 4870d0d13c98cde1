/**
 * The stamp of work on an entry (docs/spec/signatures.md#stamp): a network may ask that the id of every entry begins with some
 * zero bits, so that to flood it costs more than to use it.
 */
import { encodeUtf8 } from '#host';
import { canonicalObject, withMember } from './data-integrity.ts';
import { entryText } from './entry-form.ts';
import type { Hash } from './hash.ts';
import { type JsonText, readMembers } from './json-text.ts';
import { hashLeaf } from './merkle.ts';
import { fail, ok, type Result } from './result.ts';

/** From where on stamps are tried, and how many: to go on later, or to stop, is up to whoever asks. */
export interface StampSearch {
  /** 0 unless told. */
  readonly from?: number;
  /** No bound unless told: 2^bits tries are expected. */
  readonly triesMax?: number;
}

export interface StampedEntry {
  /** Canonical. */
  readonly bytes: Uint8Array;
  readonly id: Hash;
}

/** None of the stamps that were to be tried will do; `next` is the first one that was not tried. */
export interface StampSearchFault {
  readonly code: 'stamp-not-found';
  readonly next: number;
}

export type StampEntryFault =
  | StampSearchFault
  /** A value that is no object has no room for a stamp. */
  | { readonly code: 'stamp-not-object' }
  /** The entry has a member `stamp` of its own already, which nobody should change. */
  | { readonly code: 'stamp-taken' };

/** Whether `id` begins with `bits` zero bits, 0 to 32. */
export function isStamped(id: Hash, bits: number): boolean {
  return Number.parseInt(id.slice(0, 8), 16) < 2 ** (32 - bits);
}

/**
 * The unsigned entry with a member `stamp`, an integer, such that its id begins with `bits` zero bits; as it is, where its id
 * does already. Signed entries have theirs in the proof: `signEntry` sees to that.
 */
export function stampEntry(
  canonicalEntry: Uint8Array,
  bits: number,
  search: StampSearch = {},
): Result<StampedEntry, StampEntryFault> {
  const id = hashLeaf(canonicalEntry);
  if (isStamped(id, bits)) return ok({ bytes: canonicalEntry, id });
  const members = readMembers(entryText(canonicalEntry));
  if (!members.ok) return fail({ code: 'stamp-not-object' });
  if (members.value.has(STAMP)) return fail({ code: 'stamp-taken' });
  const stamped = canonicalObject(withMember(members.value, STAMP, MARK));
  const place = stamped.indexOf(STAMP_MARKED);
  // Only the digits differ: what is around them is encoded once.
  const before = encodeUtf8(stamped.slice(0, place) + STAMP_KEY);
  const after = encodeUtf8(stamped.slice(place + STAMP_MARKED.length));
  return searchStamp(bits, search, (stamp) => {
    const digits = encodeUtf8(String(stamp));
    const bytes = new Uint8Array(before.length + digits.length + after.length);
    bytes.set(before, 0);
    bytes.set(digits, before.length);
    bytes.set(after, before.length + digits.length);
    return bytes;
  });
}

/** The first of what `entryWith` makes of stamp after stamp whose id begins with `bits` zero bits. */
export function searchStamp(
  bits: number,
  { from = 0, triesMax = Number.MAX_SAFE_INTEGER }: StampSearch,
  entryWith: (stamp: number) => Uint8Array,
): Result<StampedEntry, StampSearchFault> {
  const end = Math.min(from + triesMax, Number.MAX_SAFE_INTEGER);
  for (let stamp = from; stamp < end; stamp++) {
    const bytes = entryWith(stamp);
    const id = hashLeaf(bytes);
    if (isStamped(id, bits)) return ok({ bytes, id });
  }
  return fail({ code: 'stamp-not-found', next: end });
}

const STAMP = 'stamp';
const STAMP_KEY = '"stamp":';
/** No canonical JSON has a number that is spelt so: it marks the place where the digits go. */
const MARK = '00' as JsonText;
const STAMP_MARKED = `${STAMP_KEY}${MARK}`;
