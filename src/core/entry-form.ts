/** One entry by itself, as somebody hands it in or shows it: its canonical form, within what an entry may be. */
import { decodeUtf8 } from '#host';
import { assertPresent } from './assert.ts';
import { type CanonicalizeFault, canonicalizeBytes } from './canonical-json.ts';
import type { CanonicalLimits } from './canonical-scan.ts';
import { isWhiteSpace } from './json-bytes.ts';
import type { JsonText } from './json-text.ts';
import { fail, type Result } from './result.ts';

/**
 * The canonical bytes of the entry that `bytes` spell in UTF-8: `bytes` themselves where they are canonical already.
 *
 * As `canonicalizeBytes`, which takes an outermost array for that of a block's entries and does not count it: an entry that is
 * an array itself nests one level deeper than it would find (docs/spec/entries.md#limits).
 */
export function canonicalizeEntry(
  bytes: Uint8Array,
  { depthMax }: CanonicalLimits,
): Result<Uint8Array, CanonicalizeFault> {
  let start = 0;
  while (isWhiteSpace(bytes[start])) start++;
  const canonical = canonicalizeBytes(bytes, { depthMax: bytes[start] === ARRAY_OPEN ? depthMax - 1 : depthMax });
  if (canonical.ok || canonical.fault.code !== 'json-depth') return canonical;
  return fail({ ...canonical.fault, limit: depthMax });
}

/** The text that an entry's canonical bytes are. */
export function entryText(canonicalEntry: Uint8Array): JsonText {
  return assertPresent(decodeUtf8(canonicalEntry), 'canonical JSON is UTF-8') as JsonText;
}

const ARRAY_OPEN = 0x5b;
