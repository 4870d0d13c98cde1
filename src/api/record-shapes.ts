/** The shapes of records: entries of the active chain with their place, time and authors, and pages of them. */
import Type, { type Static } from 'typebox';
import { Hash } from './shapes.ts';

const AuthorshipShape = Type.Object({
  author: Type.String({ description: 'did:key:z6Mk…' }),
  sequence: Type.Integer({ minimum: 0, description: "The entry's number among those of this author." }),
  previous: Type.Optional(
    Type.Unsafe<string>({ ...Hash, description: "The id of the author's entry before; absent at 0." }),
  ),
});

/** An entry that stands in the active chain. */
export const RecordShape = Type.Object({
  id: Hash,
  height: Type.Integer({ minimum: 1 }),
  hash: Type.Unsafe<string>({ ...Hash, description: 'Of its block.' }),
  index: Type.Integer({ minimum: 0, description: "The entry's index in the block." }),
  time: Type.String({ format: 'date-time', description: 'Of its block: ISO 8601, UTC.' }),
  authors: Type.Array(AuthorshipShape, { description: 'Who has signed it; empty for an entry without signature.' }),
  data: Type.Unknown({ description: 'The entry, in its canonical JSON.' }),
});

/** One page of the records that a filter lets pass. */
export const RecordsPageShape = Type.Object({
  records: Type.Array(RecordShape, {
    description: 'May be fewer than asked for, even none, where many were looked at that do not pass.',
  }),
  next: Type.Union([Type.String(), Type.Null()], {
    description: 'The cursor with which the search goes on; null where it has come to its end.',
  }),
  order_by: Type.String({
    description: '`place` for the order of the chain, or the JSON Pointer by whose values the records are ordered.',
  }),
  looked_at: Type.Integer({ minimum: 0, description: 'Records that were held against the filter for this page.' }),
  indexed_to: Type.Integer({
    minimum: -1,
    description:
      'The height up to which the chain was searched: below the tip while the table of records is behind it.',
  }),
  indexed_hash: Type.Union([Hash, Type.Null()], {
    description:
      'Of the block at that height, which may have left the active chain; null where not even the genesis was looked at.',
  }),
  reorganised: Type.Boolean({
    description:
      'Whether blocks have left the active chain since the first page: records of pages before may have left with them, ' +
      'and others may have taken their places.',
  }),
});
export type RecordsPage = Static<typeof RecordsPageShape>;

/** Of a condition as text: 256 of its pointer and 1,024 of its value, where JSON has six for each. */
const CONDITION_CHARACTERS_MAX = 8_192;

/** The members of a filter in a query string (docs/spec/records.md#filter-as-text). */
export const FILTER_QUERY = {
  author: Type.Optional(Type.String({ maxLength: 128, description: 'did:key:z6Mk…: one of the authors.' })),
  id: Type.Optional(
    Type.String({ pattern: '^[0-9a-f]{64}$', description: 'The id of an entry: 64 lower-case hex digits.' }),
  ),
  from: Type.Optional(
    Type.String({ maxLength: 64, description: 'ISO 8601: block times from then on, such as 2026-11-22T13:37:00Z.' }),
  ),
  to: Type.Optional(Type.String({ maxLength: 64, description: 'ISO 8601: block times before then.' })),
  text: Type.Optional(
    Type.String({
      maxLength: 1_024,
      description: 'Words that must all stand in the strings of a record, whatever their case: at most 8.',
    }),
  ),
  where: Type.Optional(
    Type.Array(Type.String({ maxLength: CONDITION_CHARACTERS_MAX }), {
      maxItems: 8,
      description:
        'A condition on a field: a JSON Pointer, one of = < <= > >= and a value in JSON, or else a text, such as ' +
        '/order/total>=20. Repeat the parameter for several, of which all must hold.',
    }),
  ),
};

export const RecordsQuery = Type.Object(
  {
    ...FILTER_QUERY,
    order: Type.Optional(
      Type.Union([Type.Literal('asc'), Type.Literal('desc')], { description: 'Lowest first, `asc`, unless told.' }),
    ),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000, description: '100 unless told.' })),
    cursor: Type.Optional(
      Type.String({ maxLength: 2_048, description: '`next` of the page before, with the same filter.' }),
    ),
  },
  { additionalProperties: false },
);
