/** What is asked of records, as it stands in the page's address: the same names and texts as in the interface (docs/spec/records.md#filter-as-text). */

import type { FilterFault, RecordFilter } from '../../api/record-filter.ts';
import { type FilterTexts, filterQuery, parseFilterTexts } from '../../api/record-filter-text.ts';
import type { RecordsStatus } from '../../api/shapes.ts';
import type { Result } from '../../core/result.ts';
import { ok } from '../../core/result.ts';

/** A question as the address spells it. Conditions on fields stand one on a line. */
export interface RecordQuestion {
  readonly author: string;
  readonly from: string;
  readonly to: string;
  /** Words. */
  readonly text: string;
  readonly where: string;
}

export interface ParsedQuestion {
  readonly filter: RecordFilter;
  /** The filter as parameters of a query. */
  readonly query: readonly (readonly [string, string])[];
}

/** The question of an address. */
export function questionOf(query: Readonly<Record<string, string>>): RecordQuestion {
  const { author = '', from = '', to = '', text = '', where = '' } = query;
  return { author, from, to, text, where };
}

/** The part of an address that `question` makes: what is empty is left out. */
export function questionQuery(question: RecordQuestion): Record<string, string> {
  const { author, from, to, text } = question;
  const texts = { author, from, to, text, where: conditionsOf(question).join('\n') };
  const trimmed = Object.entries(texts).map(([name, value]) => [name, value.trim()] as const);
  return Object.fromEntries(trimmed.filter(([, value]) => value !== ''));
}

/** The filter, or what is wrong with it. */
export function parseQuestion(question: RecordQuestion): Result<ParsedQuestion, FilterFault> {
  const some = (text: string) => (text.trim() === '' ? undefined : text.trim());
  const texts: FilterTexts = {
    author: some(question.author),
    from: some(question.from),
    to: some(question.to),
    text: some(question.text),
    where: conditionsOf(question),
  };
  const filter = parseFilterTexts(texts);
  return filter.ok ? ok({ filter: filter.value, query: filterQuery(filter.value) }) : filter;
}

/** What a node with these indexes would have to be started with as well to search by all of the filter at once: its flags. */
export function missingIndexes(
  { text, where = [] }: RecordFilter,
  table: Pick<RecordsStatus, 'indexes' | 'full_text'>,
): readonly string[] {
  const fields = new Set(where.map(({ pointer }) => pointer));
  return [
    ...(text === undefined || table.full_text ? [] : ['--full-text']),
    ...[...fields].filter((pointer) => !table.indexes.includes(pointer)).map((pointer) => `--index ${pointer}`),
  ];
}

function conditionsOf({ where }: RecordQuestion): readonly string[] {
  return where
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
