/** Proofs as the HTTP and JSON-RPC interfaces give them (docs/spec/inclusion-proof.md#json, docs/spec/chain-proof.md). */
import Type, { type Static } from 'typebox';
import { ENTRY_PROOFS_MAX } from './rpc.ts';

const HashText = Type.String({ pattern: '^[0-9a-f]{64}$' });
const JoinedHashes = Type.String({
  pattern: '^([0-9a-f]{64})*$',
  description: 'Hashes of 64 lower-case hex digits, one after the other.',
});

/** What `chain-proof` of the probe socket answers. */
export const ChainProofShape = Type.Object({
  tip: HashText,
  proof: Type.String({ pattern: '^([0-9a-f]{2})+$', description: 'Lower-case hex digits.' }),
});
export type ChainProofView = Static<typeof ChainProofShape>;

export const HeaderProofShape = Type.Object({
  tip: HashText,
  headers: Type.String({
    pattern: '^([0-9a-f]{236})*$',
    description: 'The 118 bytes of each header, lowest first, one after the other.',
  }),
  works: Type.Array(Type.String({ pattern: '^[0-9]{1,78}$' }), { description: 'The cumulative work of each header.' }),
  proof: JoinedHashes,
});

export const EntryProofShape = Type.Object({
  id: HashText,
  index: Type.Integer({ minimum: 0, description: 'The place of the entry in its block.' }),
  count: Type.Integer({ minimum: 1, description: 'How many entries the block has.' }),
  shape: Type.Union([Type.Literal('single'), Type.Literal('array')]),
  path: JoinedHashes,
  block: HeaderProofShape,
});

export const EntryProofsShape = Type.Object({
  proofs: Type.Array(Type.Union([EntryProofShape, Type.Null()]), {
    description:
      'One for each id, in their order; null where the entry was not found up to the tip, or there was no time for it.',
  }),
});

export const ReceiptShape = Type.Object({
  format: Type.Literal('cairn/receipt/1'),
  network: Type.Unknown({ description: "The network's parameters." }),
  entry: Type.Unknown(),
  entry_proof: EntryProofShape,
  chain_proof: Type.String({ pattern: '^([0-9a-f]{2})*$', description: 'The bytes of a chain proof.' }),
});

const TIP_QUERY = {
  tip: Type.Optional(
    Type.String({
      pattern: '^[0-9a-f]{64}$',
      description:
        'Hash of a block of the active chain, 64 lower-case hex digits, below which it is shown; the tip of the moment unless told.',
    }),
  ),
};

export const ProofQuery = Type.Object(TIP_QUERY, { additionalProperties: false });

export const EntryProofsQuery = Type.Object(
  {
    id: Type.Array(HashText, {
      minItems: 1,
      maxItems: ENTRY_PROOFS_MAX,
      description: 'Id of an entry, 64 lower-case hex digits. Repeat the parameter for several.',
    }),
    ...TIP_QUERY,
  },
  { additionalProperties: false },
);
