/**
 * What records are asked for by: one filter for queries, streams, exports and the library (docs/spec/records.md#filter).
 *
 * The filter itself is plain JSON: over the probe socket it travels as it is. In query strings and flags it is text
 * (`record-filter-text.ts`).
 */
import { assertNever, assertPresent } from '../core/assert.ts';
import { type Hash, parseHash } from '../core/hash.ts';
import { type JsonText, readElements, readMembers } from '../core/json-text.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { hasWords, wordsOf } from '../core/words.ts';
import { parsePointer, valueAt } from './json-pointer.ts';

/** Every member narrows, and a record must pass all of them; `{}` lets every record pass. */
export interface RecordFilter {
  /** `did:key:z6Mk…`: one of the authors of the record. */
  readonly author?: string;
  readonly id?: Hash;
  /** Unix seconds: the first that is meant. The time of a record is that of its block. */
  readonly from?: number;
  /** Unix seconds: the first that is meant no more, so that stretches of time join without a gap and without overlap. */
  readonly to?: number;
  /** Words that must all stand in the strings of the record, as `wordsOf` (core/words.ts) tells them: each once, a space between two. */
  readonly text?: string;
  /** At most CONDITIONS_MAX. */
  readonly where?: readonly FieldCondition[];
}

/** Of a field in the JSON of a record. A record without the field, or with a value of another type in it, does not pass. */
export interface FieldCondition {
  /** A JSON Pointer (RFC 6901). */
  readonly pointer: string;
  readonly op: FilterOperator;
  /** Strings are ordered by their code points. Booleans and null have no order: only `=` takes them. */
  readonly value: FilterValue;
}

/** How a field is compared: `=`, `<`, `<=`, `>`, `>=`. */
export type FilterOperator = (typeof FILTER_OPERATORS)[number];
/** What a field is compared with. */
export type FilterValue = string | number | boolean | null;

export interface FilterFault {
  readonly code: 'filter-invalid';
  /** The member that will not do, such as `author` or `where[1]`. */
  readonly parameter: string;
  /** For people: what it must be. Goes on from the parameter's name. */
  readonly reason: string;
}

/** What a filter looks at. */
export interface FilteredRecord {
  readonly id: Hash;
  /** Of its block, Unix seconds. */
  readonly time: number;
  readonly authors: readonly { readonly author: string }[];
  /** The entry as `JSON.parse` gives it. Asked for only where a condition is on a field, or on words. */
  readonly data: () => unknown;
}

/** Whether the record passes. `filter` is one that was parsed. */
export function matchesFilter(filter: RecordFilter, record: FilteredRecord): boolean {
  const { author, id, from, to, text, where = [] } = filter;
  if (id !== undefined && record.id !== id) return false;
  if (from !== undefined && record.time < from) return false;
  if (to !== undefined && record.time >= to) return false;
  if (author !== undefined && !record.authors.some((one) => one.author === author)) return false;
  if (where.length === 0 && text === undefined) return true;
  const document = record.data();
  if (text !== undefined && !hasWords(filterWords(text), document, { isSigned: record.authors.length > 0 }))
    return false;
  return where.every((condition) => {
    const tokens = assertPresent(parsePointer(condition.pointer), 'a parsed condition has a pointer');
    return meets(condition, valueAt(document, tokens));
  });
}

/** The words of a filter's `text`, each once. */
export function filterWords(text: string): readonly string[] {
  return text.split(' ');
}

/** Whether `value` meets the condition on it; undefined, for no such field, meets none. */
function meets({ op, value: wanted }: FieldCondition, value: unknown): boolean {
  if (op === '=') return value === wanted;
  if (typeof wanted === 'number' && typeof value === 'number') return isOrdered(op, value - wanted);
  if (typeof wanted === 'string' && typeof value === 'string') return isOrdered(op, compareTexts(value, wanted));
  return false;
}

/** The order of texts by their code points, which is the order of their bytes as UTF-8: below 0, 0, or above. */
export function compareTexts(one: string, other: string): number {
  const length = Math.min(one.length, other.length);
  for (let i = 0; i < length; i++) {
    const [a, b] = [one.charCodeAt(i), other.charCodeAt(i)];
    // Code units order like code points but for surrogates, which stand for the code points above all the others.
    if (a !== b) return (isSurrogate(a) ? a + SURROGATE_SHIFT : a) - (isSurrogate(b) ? b + SURROGATE_SHIFT : b);
  }
  return one.length - other.length;
}

/** The filter that `text` spells as JSON. Members that no filter has are refused. */
export function parseRecordFilter(text: JsonText): Result<RecordFilter, FilterFault> {
  const read = readMembers(text);
  if (!read.ok) return invalid('filter', 'must be a JSON object in which no key stands twice');
  const unknown = read.value.keyBeyond(FILTER_KEYS);
  if (unknown !== undefined) return invalid(unknown, `is none of ${[...FILTER_KEYS].join(', ')}`);
  const where = parseConditions(read.value.get('where'));
  if (!where.ok) return where;
  const [author, id, from, to, words] = ['author', 'id', 'from', 'to', 'text'].map((key) => read.value.plainOf(key));
  return checkFilter({ author, id, from, to, text: words, where: where.value });
}

/** The filter of these members, each undefined where it is left out. */
export function checkFilter(members: {
  readonly author: unknown;
  readonly id: unknown;
  readonly from: unknown;
  readonly to: unknown;
  readonly text: unknown;
  readonly where: readonly FieldCondition[];
}): Result<RecordFilter, FilterFault> {
  const { author, id, from, to, text, where } = members;
  if (author !== undefined && (typeof author !== 'string' || !AUTHOR_TEXT.test(author))) {
    return invalid('author', 'must be the name of an author: did:key:z6Mk… with 44 more letters and digits');
  }
  const hash = typeof id === 'string' ? parseHash(id) : undefined;
  if (id !== undefined && hash === undefined)
    return invalid('id', 'must be the id of an entry: 64 lower-case hex digits');
  if (from !== undefined && !isUnixTime(from)) return invalid('from', TIME_EXPECTED);
  if (to !== undefined && !isUnixTime(to)) return invalid('to', TIME_EXPECTED);
  const words = text === undefined ? undefined : parseWords(text);
  if (words?.ok === false) return words;
  if (where.length > CONDITIONS_MAX) return invalid('where', `must be ${CONDITIONS_MAX} conditions at most`);
  return ok({
    ...(author === undefined ? {} : { author }),
    ...(hash === undefined ? {} : { id: hash }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(words === undefined ? {} : { text: words.value }),
    ...(where.length === 0 ? {} : { where }),
  });
}

/** A condition of these parts, if they make one. `parameter` names it in a fault. */
export function checkCondition(
  parts: { readonly pointer: unknown; readonly op: unknown; readonly value: unknown },
  parameter: string,
): Result<FieldCondition, FilterFault> {
  const { pointer, value } = parts;
  const op = FILTER_OPERATORS.find((known) => known === parts.op);
  if (typeof pointer !== 'string' || parsePointer(pointer) === undefined) {
    return invalid(parameter, 'must name its field by a JSON Pointer, such as /order/total (RFC 6901)');
  }
  if (op === undefined) return invalid(parameter, `must have one of ${FILTER_OPERATORS.join(' ')} as its operator`);
  switch (typeof value) {
    case 'number':
      if (Number.isFinite(value)) return ok({ pointer, op, value });
      return invalid(parameter, 'has a number beyond those that JSON readers hold');
    case 'string':
      if (value.length > TEXT_CHARACTERS_MAX || !value.isWellFormed()) {
        return invalid(parameter, `must have a text of ${TEXT_CHARACTERS_MAX} characters at most, in Unicode`);
      }
      return ok({ pointer, op, value });
    default:
      if (typeof value !== 'boolean' && value !== null) {
        return invalid(parameter, 'must have a string, a number, true, false or null as its value');
      }
      if (op !== '=') return invalid(parameter, `compares ${value}, which has no order: only = takes it`);
      return ok({ pointer, op, value });
  }
}

/** The words that are asked for, as a filter has them. */
function parseWords(text: unknown): Result<string, FilterFault> {
  if (typeof text !== 'string' || text.length > TEXT_CHARACTERS_MAX) {
    return invalid('text', `must be a text of ${TEXT_CHARACTERS_MAX} characters at most`);
  }
  const words = new Set(wordsOf(text));
  if (words.size === 0) return invalid('text', 'must have a word in it: letters or digits');
  if (words.size > WORDS_MAX) return invalid('text', `must have ${WORDS_MAX} different words at most`);
  return ok([...words].join(' '));
}

function parseConditions(text: JsonText | undefined): Result<readonly FieldCondition[], FilterFault> {
  if (text === undefined) return ok([]);
  const elements = readElements(text);
  if (!elements.ok) return invalid('where', 'must be an array of conditions');
  if (elements.value.length > CONDITIONS_MAX) return invalid('where', `must be ${CONDITIONS_MAX} conditions at most`);
  const conditions: FieldCondition[] = [];
  for (const [i, element] of elements.value.entries()) {
    const parameter = `where[${i}]`;
    const parts = readMembers(element);
    if (!parts.ok || parts.value.size !== 3) {
      return invalid(parameter, 'must be an object of pointer, op and value');
    }
    const [pointer, op, value] = ['pointer', 'op', 'value'].map((key) => parts.value.plainOf(key));
    const condition = checkCondition({ pointer, op, value }, parameter);
    if (!condition.ok) return condition;
    conditions.push(condition.value);
  }
  return ok(conditions);
}

function isOrdered(op: Exclude<FilterOperator, '='>, difference: number): boolean {
  switch (op) {
    case '<':
      return difference < 0;
    case '<=':
      return difference <= 0;
    case '>':
      return difference > 0;
    case '>=':
      return difference >= 0;
    default:
      return assertNever(op);
  }
}

function isUnixTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= UNIX_TIME_MAX;
}

function isSurrogate(codeUnit: number): boolean {
  return codeUnit >= 0xd800 && codeUnit <= 0xdfff;
}

function invalid(parameter: string, reason: string): Result<never, FilterFault> {
  return fail({ code: 'filter-invalid', parameter, reason });
}

const FILTER_OPERATORS = ['=', '<', '<=', '>', '>='] as const;
const FILTER_KEYS: ReadonlySet<string> = new Set(['author', 'id', 'from', 'to', 'text', 'where']);
/** An Ed25519 key as a `did:key`: 34 bytes whose first two are always the same, in base 58. */
const AUTHOR_TEXT = /^did:key:z6Mk[1-9A-HJ-NP-Za-km-z]{44}$/;
const TIME_EXPECTED = 'must be a time in whole Unix seconds, from 0 to 4294967295';
const UNIX_TIME_MAX = 2 ** 32 - 1;
const CONDITIONS_MAX = 8;
const TEXT_CHARACTERS_MAX = 1_024;
const WORDS_MAX = 8;
const SURROGATE_SHIFT = 0x2800;
