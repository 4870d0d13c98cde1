/**
 * What a node would say to a text that is to be appended, while it is being written: the same rules from the same files
 * (docs/spec/entries.md#submissions), so that nothing has to be sent to find out.
 */
import { assertNever, assertPresent } from '../../core/assert.ts';
import { type CanonicalizeFault, encodeCanonical } from '../../core/canonical-json.ts';
import { scanCanonical } from '../../core/canonical-scan.ts';
import type { Hash } from '../../core/hash.ts';
import { hashLeaf } from '../../core/merkle.ts';

export interface EntryLimits {
  /** The most bytes of one entry in canonical form. */
  readonly entryBytesMax: number;
  /** How many containers may stand inside each other in one entry. */
  readonly depthMax: number;
}

export type CanonicalCheck =
  | { readonly state: 'empty' }
  | { readonly state: 'refused'; readonly fault: SubmissionFault }
  /** Without entries where `text` is an empty array: a list of none. */
  | { readonly state: 'accepted'; readonly entries: readonly CheckedEntry[]; readonly isRespelled: boolean };

/** An entry as it would be recorded. */
export interface CheckedEntry {
  readonly id: Hash;
  /** The canonical JSON. */
  readonly text: string;
  readonly sizeBytes: number;
}

export interface SubmissionFault {
  /** Stable: that of docs/spec/errors.md. */
  readonly code: string;
  /** One sentence: what is wrong and what to do. */
  readonly detail: string;
  /** Where in the text; undefined where the whole of it is meant. */
  readonly place: TextPlace | undefined;
}

export interface TextPlace {
  /** UTF-16 code units from the beginning. */
  readonly offset: number;
  /** From 1. */
  readonly line: number;
  /** From 1, in characters as people count them, nearly: in code points. */
  readonly column: number;
}

/** Judges `text` as a submission: an array of entries, or one other value. */
export function checkSubmission(text: string, limits: EntryLimits): CanonicalCheck {
  if (text.trim() === '') return { state: 'empty' };
  const canonical = encodeCanonical(text, { depthMax: limits.depthMax });
  if (!canonical.ok) {
    const { fault } = canonical;
    const place = 'offset' in fault ? placeOf(text, fault.offset) : undefined;
    return { state: 'refused', fault: { code: fault.code, detail: describe(fault), place } };
  }
  const entries: CheckedEntry[] = [];
  for (const bytes of cutEntries(canonical.value, limits.depthMax)) {
    if (bytes.length > limits.entryBytesMax) {
      return { state: 'refused', fault: tooLarge(entries.length, bytes.length, limits.entryBytesMax) };
    }
    entries.push({ id: hashLeaf(bytes), text: decoder.decode(bytes), sizeBytes: bytes.length });
  }
  return { state: 'accepted', entries, isRespelled: decoder.decode(canonical.value) !== text.trim() };
}

/** What is wrong, and what to do; where, stands beside it. */
function describe(fault: CanonicalizeFault): string {
  switch (fault.code) {
    case 'utf8-invalid':
      return 'This is no text that can be written as UTF-8.';
    case 'json-syntax':
      return 'This is not JSON: something is missing, or too much, at this place.';
    case 'json-depth':
      return `More than ${fault.limit} brackets stand inside each other: use a flatter structure.`;
    case 'json-number-range':
      return 'Not every reader would read this number alike: integers go up to 9,007,199,254,740,991, others to about 1.8e308. Write it as a string.';
    case 'json-duplicate-key':
      return `The key ${JSON.stringify(fault.key)} stands twice in one object: keep one of the two.`;
    case 'json-lone-surrogate':
      return 'This string has half of a surrogate pair, which is no character: write both halves or none.';
    default:
      return assertNever(fault);
  }
}

/** Line and column of `offset` in `text`. */
function placeOf(text: string, offset: number): TextPlace {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  const line = before.split('\n').length;
  return { offset, line, column: [...before.slice(lineStart)].length + 1 };
}

/** The bytes of each entry of a canonical submission. */
function cutEntries(bytes: Uint8Array, depthMax: number): readonly Uint8Array[] {
  if (bytes[0] !== ARRAY_OPEN) return [bytes];
  const scan = scanCanonical(bytes, { depthMax, entriesMax: Infinity });
  const spans = scan.ok ? scan.value.elements : new Uint32Array(0);
  const entries: Uint8Array[] = [];
  for (let i = 0; i < spans.length; i += 2) {
    const start = assertPresent(spans[i], 'spans are pairs');
    entries.push(bytes.subarray(start, assertPresent(spans[i + 1], 'spans are pairs')));
  }
  return entries;
}

function tooLarge(index: number, sizeBytes: number, limitBytes: number): SubmissionFault {
  const which = `Entry ${index + 1} has ${sizeBytes.toLocaleString('en')} bytes in canonical form`;
  const detail = `${which}, and ${limitBytes.toLocaleString('en')} is the most: record a hash of it, and keep the content elsewhere.`;
  return { code: 'entry-too-large', detail, place: undefined };
}

const decoder = new TextDecoder();
const ARRAY_OPEN = 0x5b;
