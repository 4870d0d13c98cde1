/** The shapes of a search for text in the entries of a node. */
import Type, { type Static } from 'typebox';
import { Hash } from './shapes.ts';

const ExcerptShape = Type.Object(
  {
    before: Type.String(),
    match: Type.String({
      description: 'As it stands in the entry: letters may differ in case from what was asked for.',
    }),
    after: Type.String(),
    cut_before: Type.Boolean({ description: 'Whether the entry begins further ahead.' }),
    cut_after: Type.Boolean({ description: 'Whether the entry goes on.' }),
  },
  { description: 'The first match, with up to 48 characters of the canonical JSON on either side.' },
);
export type Excerpt = Static<typeof ExcerptShape>;

const EntryMatchShape = Type.Object({
  id: Hash,
  height: Type.Integer({ minimum: 0 }),
  hash: Hash,
  index: Type.Integer({ minimum: 0, description: "The entry's index in the block." }),
  excerpt: ExcerptShape,
});
export type EntryMatch = Static<typeof EntryMatchShape>;

const PendingMatchShape = Type.Object({ id: Hash, excerpt: ExcerptShape });
export type PendingMatch = Static<typeof PendingMatchShape>;

export const SearchShape = Type.Object({
  matches: Type.Array(EntryMatchShape, { description: 'In the active chain, from the top down.' }),
  pending: Type.Array(PendingMatchShape, {
    description: 'Among the entries that wait, oldest first; only where `before_height` is not named.',
  }),
  searched_down_to: Type.Integer({
    minimum: 0,
    description:
      'The lowest block that was looked through: the search goes on with it as `before_height`, and has ended at 0.',
  }),
  omitted: Type.Integer({
    minimum: 0,
    description: 'Further matches, in the block where the limit was reached or among the pending ones.',
  }),
});
export type Search = Static<typeof SearchShape>;
