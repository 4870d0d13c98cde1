/** A filter as nodes take it over the probe socket. */
import { type JsonText, jsonValue } from '../core/json-text.ts';
import type { RecordFilter } from './record-filter.ts';

/** The text that `parseRecordFilter` reads as the same filter. */
export function filterJson({ where, ...members }: RecordFilter): JsonText {
  return jsonValue({ ...members, where: where?.map(({ pointer, op, value }) => ({ pointer, op, value })) });
}
