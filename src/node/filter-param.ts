/** The parameter `filter`, which every method that chooses among records takes. */
import { parseRecordFilter, type RecordFilter } from '../api/record-filter.ts';
import { type Params, refused } from './rpc-call.ts';

/** Left out, it lets every record pass. Throws a `Refusal` where it is none. */
export function readFilter(params: Params): RecordFilter {
  const text = params.get('filter');
  if (text === undefined) return {};
  const filter = parseRecordFilter(text);
  if (filter.ok) return filter.value;
  throw refused(filter.fault.code, `\`${filter.fault.parameter}\` ${filter.fault.reason}`, filter.fault);
}
