/**
 * Filters as text, for query strings and flags: `author=did:key:z6Mk…`, `from=2026-11-22`, `text=left pad`,
 * `where=/order/total>=20` (docs/spec/records.md#filter-as-text).
 */
import { isWellFormedJson, jsonValue, readMembers } from '../core/json-text.ts';
import { fail, type Result } from '../core/result.ts';
import { formatIsoTime, parseIsoTime } from './iso-time.ts';
import {
  checkCondition,
  checkFilter,
  type FieldCondition,
  type FilterFault,
  type RecordFilter,
} from './record-filter.ts';

/** The parts of a filter as text. What is undefined is left out. */
export interface FilterTexts {
  readonly author?: string | undefined;
  readonly id?: string | undefined;
  /** ISO 8601: the first time that is meant. */
  readonly from?: string | undefined;
  /** ISO 8601: the first time that is meant no more. */
  readonly to?: string | undefined;
  /** Words. */
  readonly text?: string | undefined;
  /** Conditions, each as `parseCondition` reads it. */
  readonly where?: readonly string[] | undefined;
}

export function parseFilterTexts(texts: FilterTexts): Result<RecordFilter, FilterFault> {
  const { author, id, from, to, text, where = [] } = texts;
  const times = { from: parseIsoTime(from ?? ''), to: parseIsoTime(to ?? '') };
  for (const name of ['from', 'to'] as const) {
    if ({ from, to }[name] !== undefined && times[name] === undefined) return timeInvalid(name);
  }
  const conditions: FieldCondition[] = [];
  for (const [i, conditionText] of where.entries()) {
    const condition = parseCondition(conditionText, where.length === 1 ? 'where' : `where[${i}]`);
    if (!condition.ok) return condition;
    conditions.push(condition.value);
  }
  return checkFilter({ author, id, ...times, text, where: conditions });
}

/**
 * The condition that `text` spells: a JSON Pointer, an operator and a value, such as `/order/total>=20`. The value is JSON,
 * or else a text as it stands: `20` is a number, `"20"` and `twenty` are strings. What looks like a slip of the keyboard is
 * refused, such as `>>=1`, `!=1` and a space before the operator: a text that begins with `<`, `=` or `>` is quoted. For a pointer
 * with one of these in it, or with `!` or a space at its end, there is the condition as JSON: `{"pointer":"/a=b","op":"=","value":1}`.
 * `parameter` names it in a fault.
 */
export function parseCondition(text: string, parameter = 'where'): Result<FieldCondition, FilterFault> {
  if (text.startsWith('{')) return parseJsonCondition(text, parameter);
  const [, pointer, op, value = ''] = CONDITION_TEXT.exec(text) ?? [];
  if (pointer === undefined) {
    const reason = 'must be a JSON Pointer, one of = < <= > >= and a value, such as /order/total>=20';
    return fail({ code: 'filter-invalid', parameter, reason });
  }
  if (SLIP_AFTER.test(value)) {
    const reason =
      'must have one of = < <= > >= as its operator; a text that begins with < = or > is quoted: /formula="=a+b"';
    return fail({ code: 'filter-invalid', parameter, reason });
  }
  if (SLIP_BEFORE.test(pointer)) {
    const reason = `must have one of = < <= > >= right after its JSON Pointer, which ends in ${JSON.stringify(pointer.at(-1))} here`;
    return fail({ code: 'filter-invalid', parameter, reason });
  }
  return checkCondition({ pointer, op, value: isWellFormedJson(value) ? JSON.parse(value) : value }, parameter);
}

/** The text of a condition that `parseCondition` reads as the same. */
export function formatCondition({ pointer, op, value }: FieldCondition): string {
  if (/[<=>]/.test(pointer) || SLIP_BEFORE.test(pointer)) return jsonValue({ pointer, op, value });
  const isPlain = typeof value === 'string' && !isWellFormedJson(value) && !SLIP_AFTER.test(value);
  return `${pointer}${op}${isPlain ? value : jsonValue(value)}`;
}

/** The query parameters of a filter, in a fixed order: equal filters give equal texts. */
export function filterQuery(filter: RecordFilter): readonly (readonly [string, string])[] {
  const { author, id, from, to, text, where = [] } = filter;
  const time = (seconds: number | undefined) => (seconds === undefined ? undefined : formatIsoTime(seconds));
  const texts = { author, id, from: time(from), to: time(to), text };
  return [
    ...Object.entries(texts).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
    ...where.map((condition) => ['where', formatCondition(condition)] as const),
  ];
}

function parseJsonCondition(text: string, parameter: string): Result<FieldCondition, FilterFault> {
  const parts = readMembers(text);
  if (!parts.ok || parts.value.size !== 3) {
    return fail({ code: 'filter-invalid', parameter, reason: 'must be an object of pointer, op and value' });
  }
  const { pointer, op, value }: Record<string, unknown> = JSON.parse(text);
  return checkCondition({ pointer, op, value }, parameter);
}

function timeInvalid(parameter: string): Result<never, FilterFault> {
  const reason =
    'must be a time from 1970 to 2106 in ISO 8601, with its zone: 2026-11-22T13:37:00Z, or 2026-11-22 for its midnight in UTC';
  return fail({ code: 'filter-invalid', parameter, reason });
}

/** Pointers begin with a slash, but for that of the whole document, which is empty. */
const CONDITION_TEXT = /^((?:\/[^<=>]*)?)(<=|>=|=|<|>)(.*)$/su;
/** What nobody means by a text that stands without quotes: the operator has one sign too many. */
const SLIP_AFTER = /^[<=>]/;
/** What nobody means by the end of a pointer: that of `!=`, or a space before the operator. */
const SLIP_BEFORE = /[!\s]$/;
