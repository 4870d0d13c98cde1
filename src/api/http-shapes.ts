/** The shapes that only the HTTP interface has: parameters, pages, and what the gateway says of itself. */

import Type, { type Static } from 'typebox';
import { PEER_ADDRESS_CHARACTERS_MAX } from './peer-address.ts';
import { BlockSummaryShape, LedgerEventShape, NodeStatusShape, PeerViewShape, RunningNodeShape } from './shapes.ts';

const Port = Type.String({ description: 'The port of a running node, as on the list of nodes.', examples: ['5001'] });

export const NodeParams = Type.Object({ port: Port });

export const BlockParams = Type.Object({
  port: Port,
  block: Type.String({
    pattern: '^((0|[1-9][0-9]{0,9})|[0-9a-f]{64})$',
    description: 'A height on the active chain, or a hash of 64 lower-case hex digits.',
  }),
});

export const EntryParams = Type.Object({
  port: Port,
  id: Type.String({ pattern: '^[0-9a-f]{64}$', description: "The entry's id: 64 lower-case hex digits." }),
});

export const AppendQuery = Type.Object(
  {
    repeat: Type.Optional(
      Type.Boolean({ description: 'Whether what is in the chain already is recorded once more; false unless told.' }),
    ),
  },
  { additionalProperties: false },
);

export const BLOCKS_PAGE_MAX = 100;

export const BlocksQuery = Type.Object(
  {
    from: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 2 ** 32 - 1,
        description: 'The highest block of the page; the tip unless told.',
      }),
    ),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: BLOCKS_PAGE_MAX, description: '20 unless told.' })),
    step: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 2 ** 32 - 1,
        description: 'Every so many blocks one, downwards; 1 unless told. Pages with a greater one have no `next`.',
      }),
    ),
    cursor: Type.Optional(Type.String({ description: '`next` of the page before; takes the place of `from`.' })),
  },
  { additionalProperties: false },
);

const PENDING_PAGE_MAX = 1_000;

export const PendingQuery = Type.Object(
  {
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: PENDING_PAGE_MAX, description: '100 unless told.' })),
    author: Type.Optional(
      Type.String({
        pattern: '^did:key:z6Mk[1-9A-HJ-NP-Za-km-z]{44}$',
        description: 'An author, did:key:z6Mk… with 44 more letters and digits: entries that this one has signed.',
      }),
    ),
  },
  { additionalProperties: false },
);

export const SearchQuery = Type.Object(
  {
    text: Type.String({
      minLength: 1,
      maxLength: 256,
      description: 'What stands in the canonical JSON of an entry; A to Z are the same as a to z.',
    }),
    before_height: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 2 ** 32 - 1,
        description:
          '`searched_down_to` of the stretch above. Without it the search begins with what is pending, and the tip.',
      }),
    ),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, description: '20 unless told.' })),
  },
  { additionalProperties: false },
);

export const EventsQuery = Type.Object(
  {
    after: Type.Optional(
      Type.String({
        description:
          'The `id` of an event seen before: what the chain has done since comes first. `Last-Event-ID` wins.',
      }),
    ),
  },
  { additionalProperties: false },
);

export const NodesShape = Type.Object({
  nodes: Type.Array(
    Type.Union([
      Type.Intersect([Type.Object({ source: Type.Literal('running') }), RunningNodeShape]),
      Type.Object({ source: Type.Literal('configured'), port: Type.Integer(), host: Type.String() }),
    ]),
    { description: 'Those on the list of running nodes, and those named in the configuration.' },
  ),
});
export type Nodes = Static<typeof NodesShape>;

export const OverviewShape = Type.Object({
  nodes: Type.Array(
    Type.Object({
      port: Type.Integer(),
      source: Type.Union([Type.Literal('running'), Type.Literal('configured')]),
      status: Type.Union([NodeStatusShape, Type.Null()], {
        description: 'Null where the node does not answer in time.',
      }),
    }),
    { description: 'By port.' },
  ),
});
export type Overview = Static<typeof OverviewShape>;

const AtNode = Type.Object({ port: Type.Integer({ description: 'Of the node that tells it.' }) });

/** What happens at all nodes within reach, as one stream tells it. */
export const NetworkEventShape = Type.Union([
  Type.Intersect([AtNode, Type.Object({ type: Type.Literal('node-joined'), status: NodeStatusShape })]),
  Type.Intersect([AtNode, Type.Object({ type: Type.Literal('node-status'), status: NodeStatusShape })]),
  Type.Intersect([
    AtNode,
    Type.Object({ type: Type.Literal('node-left'), reason: Type.String({ description: 'A code.' }) }),
  ]),
  Type.Intersect([AtNode, LedgerEventShape]),
]);
export type NetworkEvent = Static<typeof NetworkEventShape>;

export const BlocksPageShape = Type.Object({
  blocks: Type.Array(BlockSummaryShape, { description: 'Highest first.' }),
  next: Type.Union([Type.String(), Type.Null()], { description: 'The cursor of the page below; null at the genesis.' }),
});
export type BlocksPage = Static<typeof BlocksPageShape>;

/** What `blocks` of the probe socket answers. */
export const BlockSummariesShape = Type.Object({ blocks: Type.Array(BlockSummaryShape) });

export const PeersShape = Type.Object({ peers: Type.Array(PeerViewShape) });

export const ConnectShape = Type.Object(
  { address: Type.String({ minLength: 1, maxLength: PEER_ADDRESS_CHARACTERS_MAX, description: 'A multiaddress.' }) },
  { additionalProperties: false },
);

export const ChainShape = Type.Object({
  chain: Type.Array(Type.Unknown(), { description: 'Every block from the genesis to the tip.' }),
  length: Type.Integer({ minimum: 1 }),
});

export const MessageShape = Type.Object({ message: Type.String() });

export const ReadinessShape = Type.Object({
  ready: Type.Boolean({ description: 'Whether a node is.' }),
  nodes: Type.Array(
    Type.Object({
      port: Type.Integer(),
      state: Type.Union([Type.Literal('ready'), Type.Literal('syncing'), Type.Literal('unreachable')], {
        description: 'Syncing: more than 8 blocks, or headers that are still being judged, are known beyond its tip.',
      }),
      behind: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()], {
        description: 'Blocks known of beyond its tip; null of a node that does not answer.',
      }),
    }),
  ),
});

export type Readiness = Static<typeof ReadinessShape>;

export const LivenessShape = Type.Object({ alive: Type.Literal(true) });

export const VersionShape = Type.Object({ version: Type.String() });
