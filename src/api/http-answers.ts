/** How the routes of the HTTP interface describe bodies and answers: media types, one good answer, and problems. */
import Type, { type TSchema } from 'typebox';
import { PROBLEM_TYPE, ProblemShape } from './http-problem.ts';

export const JSON_TYPE = 'application/json';
export const NDJSON_TYPE = 'application/x-ndjson';
export const BYTES_TYPE = 'application/octet-stream';
export const EVENT_STREAM_TYPE = 'text/event-stream';
/** The text format of Prometheus. */
export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** A body or an answer that is ledger JSON. */
export const anyJson = Type.Unknown({ description: 'Any JSON value.' });

type Answers = Readonly<Record<string, unknown>>;

/** One good answer, and problems for the rest. */
export function answers(status: number, description: string, schema?: TSchema, mediaType = JSON_TYPE): Answers {
  return answersAsAsked(status, description, schema === undefined ? {} : { [mediaType]: schema });
}

/** One good answer in any of several media types, of which the client names one in `Accept`; without any, it is empty. */
export function answersAsAsked(
  status: number,
  description: string,
  schemas: Readonly<Record<string, TSchema>>,
): Answers {
  const isEmpty = Object.keys(schemas).length === 0;
  return {
    [status]: isEmpty ? { description, type: 'null' } : { description, ...content(schemas) },
    default: { description: 'A problem (RFC 9457).', ...content({ [PROBLEM_TYPE]: ProblemShape }) },
  };
}

export function content(schemas: Readonly<Record<string, TSchema>>): { readonly content: Answers } {
  return { content: Object.fromEntries(Object.entries(schemas).map(([mediaType, schema]) => [mediaType, { schema }])) };
}
