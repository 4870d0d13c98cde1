/** The shapes of what stands beside the active chain of a node, and of how that chain has changed. */
import Type, { type Static } from 'typebox';
import { Hash, Work } from './shapes.ts';

const BranchBlockShape = Type.Object({
  height: Type.Integer({ minimum: 0 }),
  hash: Hash,
  prev_hash: Type.String(),
  time: Type.String({ format: 'date-time', description: 'ISO 8601, UTC.' }),
  bits: Type.String(),
  work: Work,
  stored: Type.Boolean({ description: 'Whether its entries are here, and not its header alone.' }),
});

const BranchShape = Type.Object({
  fork_height: Type.Integer({ minimum: 0, description: 'Of the last block that it shares with the active chain.' }),
  fork_hash: Hash,
  tip: Type.Object({ height: Type.Integer({ minimum: 1 }), hash: Hash, work: Work }),
  status: Type.Union([Type.Literal('headers-only'), Type.Literal('stored'), Type.Literal('abandoned')], {
    description:
      '`headers-only`: entries of some block are missing; `stored`: all are here; `abandoned`: it was the active chain ' +
      'since the node started, or a part of it was.',
  }),
  length: Type.Integer({ minimum: 1, description: 'Blocks from above the fork to the tip.' }),
  blocks: Type.Array(BranchBlockShape, { description: 'Lowest first; of a long branch the uppermost 64.' }),
});
export type Branch = Static<typeof BranchShape>;

const ReorganisationShape = Type.Object({
  at: Type.String({ format: 'date-time', description: "By this node's clock." }),
  fork_height: Type.Integer({ minimum: 0, description: 'Of the last block that old and new chain share.' }),
  removed_count: Type.Integer({ minimum: 1 }),
  removed: Type.Array(Hash, { description: 'The blocks that left, highest first; the first 32.' }),
  added_count: Type.Integer({ minimum: 1 }),
  added: Type.Array(Hash, { description: 'The blocks that took their place, lowest first; the first 32.' }),
});
export type Reorganisation = Static<typeof ReorganisationShape>;

export const ForksShape = Type.Object({
  branches: Type.Array(BranchShape, {
    description:
      'One for each end that stands beside the active chain, most work first, the first 64. Branches of one branch ' +
      'share its lower blocks.',
  }),
  branches_total: Type.Integer({ minimum: 0 }),
  reorganisations: Type.Array(ReorganisationShape, {
    description: 'Since the node started, latest first; the last 64.',
  }),
});
export type Forks = Static<typeof ForksShape>;
