/** The entries of an `entries` message, cut apart and judged (docs/spec/entries.md#limits). */
import { assertPresent } from '../core/assert.ts';
import type { BodyFault, BodyLimits } from '../core/body.ts';
import { scanCanonical } from '../core/canonical-scan.ts';
import { hashLeaf } from '../core/merkle.ts';
import { fail, ok, type Result } from '../core/result.ts';
import type { PooledEntry } from './effects.ts';
import { IDS_PER_MESSAGE_MAX } from './limits.ts';

/** The entries that `arrayBytes` holds, if it is an array in canonical form and each of them within the limits. */
export function parseEntries(arrayBytes: Uint8Array, limits: BodyLimits): Result<PooledEntry[], BodyFault> {
  const scan = scanCanonical(arrayBytes, { depthMax: limits.depthMax, entriesMax: IDS_PER_MESSAGE_MAX });
  if (!scan.ok) return scan;
  const { elements } = scan.value;
  const entries: PooledEntry[] = [];
  for (let i = 0; i < elements.length; i += 2) {
    const start = assertPresent(elements[i], 'spans are pairs');
    const end = assertPresent(elements[i + 1], 'spans are pairs');
    const sizeBytes = end - start;
    if (sizeBytes > limits.entryBytesMax) {
      return fail({ code: 'entry-too-large', entry: i / 2, sizeBytes, limitBytes: limits.entryBytesMax });
    }
    // A copy: the message around it would stay in memory for as long as the entry waits.
    const bytes = arrayBytes.slice(start, end);
    entries.push({ id: hashLeaf(bytes), bytes });
  }
  return ok(entries);
}
