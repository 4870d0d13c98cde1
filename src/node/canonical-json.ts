/** Ledger JSON on its way in: any spelling comes, and the canonical form goes on. */
import { encodeUtf8 } from '#host';
import { canonicalizeBytes } from '../core/canonical-json.ts';
import { canonicalizeEntry } from '../core/entry-form.ts';
import { describeJsonFault } from '../core/json-fault.ts';
import type { JsonText } from '../core/json-text.ts';
import type { NetworkParams } from '../core/params.ts';
import { refused } from './rpc-call.ts';

/**
 * The canonical form of what a user wrote: of an entry, whose index among several is `entry`, or of all that a block is to
 * hold. Throws a `Refusal` for JSON that has none (docs/spec/entries.md#submissions).
 */
export function canonicalBytes(text: JsonText, network: NetworkParams, entry?: number): Uint8Array {
  const bytes = encodeUtf8(text);
  const canonical = entry === undefined ? canonicalizeBytes(bytes, network) : canonicalizeEntry(bytes, network);
  if (canonical.ok) return canonical.value;
  const { fault } = canonical;
  const where = entry === undefined ? '' : `entry ${entry}: `;
  throw refused(fault.code, where + describeJsonFault(fault), entry === undefined ? fault : { ...fault, entry });
}
