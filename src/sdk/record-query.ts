/** What records are asked for by, as programs write it, and its way into a query string. */
import { checkCondition, checkFilter, type FieldCondition, type RecordFilter } from '../api/record-filter.ts';
import { filterQuery } from '../api/record-filter-text.ts';
import { LedgerError } from './ledger-error.ts';

/** Every member narrows, and a record must pass all of them; `{}` lets every record pass. */
export interface RecordQuery {
  /** `did:key:z6Mk…`: one of the authors. */
  readonly author?: string | undefined;
  /** The id of an entry: all the places where it stands. */
  readonly id?: string | undefined;
  /** The first time that is meant, of blocks. A number is Unix seconds. */
  readonly from?: Date | number | undefined;
  /** The first time that is meant no more. */
  readonly to?: Date | number | undefined;
  /** Words that must all stand in the strings of the record, whatever their case, at most 8: `left pad`. */
  readonly text?: string | undefined;
  /** Conditions on fields, at most 8. `pointer` is a JSON Pointer (RFC 6901): `/order/total`. */
  readonly where?: readonly FieldCondition[] | undefined;
}

/** The query parameters of a filter. Throws `filter-invalid`, with `parameter`, where it is none. */
export function queryParameters(query: RecordQuery): Readonly<Record<string, readonly string[]>> {
  const parameters: Record<string, string[]> = {};
  for (const [name, value] of filterQuery(filterOf(query))) {
    const values = parameters[name] ?? [];
    values.push(value);
    parameters[name] = values;
  }
  return parameters;
}

function filterOf({ author, id, from, to, text, where = [] }: RecordQuery): RecordFilter {
  const conditions = where.map((condition, i) => {
    const checked = checkCondition(condition, `where[${i}]`);
    if (!checked.ok) throw filterError(checked.fault);
    return checked.value;
  });
  const filter = checkFilter({ author, id, from: secondsOf(from), to: secondsOf(to), text, where: conditions });
  if (!filter.ok) throw filterError(filter.fault);
  return filter.value;
}

/** The first whole second that is not before: block times have no others. */
function secondsOf(time: Date | number | undefined): number | undefined {
  return time instanceof Date ? Math.ceil(time.getTime() / 1_000) : time;
}

function filterError(fault: {
  readonly code: string;
  readonly parameter: string;
  readonly reason: string;
}): LedgerError {
  const { code, ...facts } = fault;
  return new LedgerError(code, `\`${fault.parameter}\` ${fault.reason}.`, { facts });
}
