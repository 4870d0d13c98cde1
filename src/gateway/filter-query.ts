/** The filter in the query of a request, as nodes take it (docs/spec/records.md#filter-as-text). */
import { filterJson } from '../api/filter-json.ts';
import { type FilterTexts, parseFilterTexts } from '../api/record-filter-text.ts';
import type { JsonText } from '../core/json-text.ts';
import { problem } from './problem.ts';

/** Throws the problem `parameter-invalid` where a part of it will not do. */
export function requestedFilter(query: FilterTexts): JsonText {
  const filter = parseFilterTexts(query);
  if (!filter.ok) {
    const { parameter, reason } = filter.fault;
    throw problem('parameter-invalid', `The parameter ${JSON.stringify(parameter)} ${reason}.`, {
      facts: { parameter },
    });
  }
  return filterJson(filter.value);
}
