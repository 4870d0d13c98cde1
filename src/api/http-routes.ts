/**
 * Every route of the HTTP interface: its method, path, parameters and answers (docs/spec/http.md).
 *
 * The gateway registers these as they stand, checks parameters by them, and makes the OpenAPI document from them. Bodies
 * and answers that hold ledger JSON are described here but pass through as text.
 */
import Type, { type TSchema } from 'typebox';
import { PROBLEM_TYPE, ProblemShape } from './http-problem.ts';
import {
  BlockParams,
  BlocksPageShape,
  BlocksQuery,
  ChainShape,
  ConnectShape,
  EntryParams,
  EventsQuery,
  LivenessShape,
  MessageShape,
  NodeParams,
  NodesShape,
  PeersShape,
  PendingQuery,
  ReadinessShape,
  VersionShape,
} from './http-shapes.ts';
import {
  AppendedShape,
  BlockShape,
  BlockViewShape,
  EntryViewShape,
  NodeStatusShape,
  PendingViewShape,
  ValidationShape,
} from './shapes.ts';

export const JSON_TYPE = 'application/json';
export const NDJSON_TYPE = 'application/x-ndjson';
export const EVENT_STREAM_TYPE = 'text/event-stream';
/** The text format of Prometheus. */
export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** What each OpenAPI tag is about. */
export const HTTP_TAGS = [
  { name: 'seed', description: 'The four routes of the founding specification.' },
  { name: 'nodes', description: 'The nodes that this gateway reaches.' },
  { name: 'blocks', description: "A node's chain." },
  { name: 'entries', description: 'Records: submitted, pending, and in blocks.' },
  { name: 'events', description: 'What happens at a node, as it happens.' },
  { name: 'service', description: 'The gateway itself.' },
] as const;

const anyJson = Type.Unknown({ description: 'Any JSON value.' });

/** `config.changesState` marks the routes that a gateway with a token guards. */
export const HTTP_ROUTES = {
  seedMine: {
    method: 'POST',
    url: '/mine_block/:port',
    config: { changesState: true },
    schema: {
      tags: ['seed'],
      operationId: 'seedMine',
      summary: 'Mine the JSON body into a block',
      description:
        'Answers when the block is durable and on the active chain. The body is read as JSON whatever its type.',
      params: NodeParams,
      body: content({ [JSON_TYPE]: anyJson }),
      response: answers(200, 'The block.', BlockShape),
    },
  },
  seedChain: {
    method: 'GET',
    url: '/get_chain/:port',
    config: { changesState: false },
    schema: {
      tags: ['seed'],
      operationId: 'seedChain',
      summary: 'The whole chain, streamed',
      params: NodeParams,
      response: answers(200, 'The chain and its length.', ChainShape),
    },
  },
  seedValidate: {
    method: 'GET',
    url: '/validate/:port',
    config: { changesState: false },
    schema: {
      tags: ['seed'],
      operationId: 'seedValidate',
      summary: 'Check the whole stored chain again',
      params: NodeParams,
      response: answers(200, '`is valid.` or `not valid.`', MessageShape),
    },
  },
  seedShutdown: {
    method: 'GET',
    url: '/shutdown/:port',
    config: { changesState: true },
    schema: {
      tags: ['seed'],
      operationId: 'seedShutdown',
      summary: 'Stop the node',
      params: NodeParams,
      response: answers(200, 'The node leaves the list of running nodes and stops.', MessageShape),
    },
  },
  nodes: {
    method: 'GET',
    url: '/api/v1/nodes',
    config: { changesState: false },
    schema: {
      tags: ['nodes'],
      operationId: 'listNodes',
      summary: 'The nodes within reach',
      response: answers(200, 'Running and configured nodes, by port.', NodesShape),
    },
  },
  shutdown: {
    method: 'DELETE',
    url: '/api/v1/nodes/:port',
    config: { changesState: true },
    schema: {
      tags: ['nodes'],
      operationId: 'shutdownNode',
      summary: 'Stop the node',
      params: NodeParams,
      response: answers(204, 'The node leaves the list of running nodes and stops.'),
    },
  },
  status: {
    method: 'GET',
    url: '/api/v1/nodes/:port/status',
    config: { changesState: false },
    schema: {
      tags: ['nodes'],
      operationId: 'nodeStatus',
      summary: 'Tip, peers, pool, mining and what the chain would cost to rewrite',
      params: NodeParams,
      response: answers(200, 'The status.', NodeStatusShape),
    },
  },
  peers: {
    method: 'GET',
    url: '/api/v1/nodes/:port/peers',
    config: { changesState: false },
    schema: {
      tags: ['nodes'],
      operationId: 'listPeers',
      summary: 'The peers it is connected to',
      params: NodeParams,
      response: answers(200, 'The peers.', PeersShape),
    },
  },
  connect: {
    method: 'POST',
    url: '/api/v1/nodes/:port/peers',
    config: { changesState: true },
    schema: {
      tags: ['nodes'],
      operationId: 'connectPeer',
      summary: 'Keep in touch with a peer from now on',
      params: NodeParams,
      body: content({ [JSON_TYPE]: ConnectShape }),
      response: answers(202, 'The node will connect.', ConnectShape),
    },
  },
  validation: {
    method: 'POST',
    url: '/api/v1/nodes/:port/validation',
    config: { changesState: false },
    schema: {
      tags: ['blocks'],
      operationId: 'validateChain',
      summary: 'Check the whole stored chain again',
      description: 'Answers 200 whether the chain is valid or not; `fault` says what is wrong and where.',
      params: NodeParams,
      response: answers(200, 'The verdict.', ValidationShape),
    },
  },
  blocks: {
    method: 'GET',
    url: '/api/v1/nodes/:port/blocks',
    config: { changesState: false },
    schema: {
      tags: ['blocks'],
      operationId: 'listBlocks',
      summary: 'Summaries of blocks, downwards, by pages',
      description:
        'The next page is named in `next` and in the `Link` header. 410 when a reorganisation has taken its place.',
      params: NodeParams,
      querystring: BlocksQuery,
      response: answers(200, 'One page.', BlocksPageShape),
    },
  },
  mine: {
    method: 'POST',
    url: '/api/v1/nodes/:port/blocks',
    config: { changesState: true },
    schema: {
      tags: ['blocks'],
      operationId: 'mineBlock',
      summary: 'Mine the JSON body into a block',
      description: 'Answers when the block is durable and on the active chain.',
      params: NodeParams,
      body: content({ [JSON_TYPE]: anyJson }),
      response: answers(201, 'The block; `Location` names it by hash.', BlockShape),
    },
  },
  block: {
    method: 'GET',
    url: '/api/v1/nodes/:port/blocks/:block',
    config: { changesState: false },
    schema: {
      tags: ['blocks'],
      operationId: 'viewBlock',
      summary: 'A block and its place relative to the tip',
      params: BlockParams,
      response: answers(200, 'The block as the node sees it now.', BlockViewShape),
    },
  },
  canonicalBlock: {
    method: 'GET',
    url: '/api/v1/nodes/:port/blocks/:block/canonical',
    config: { changesState: false },
    schema: {
      tags: ['blocks'],
      operationId: 'canonicalBlock',
      summary: 'A block alone, in its canonical JSON',
      description: 'Asked for by hash it never changes, and may be kept for good.',
      params: BlockParams,
      response: answers(200, 'The block.', BlockShape),
    },
  },
  append: {
    method: 'POST',
    url: '/api/v1/nodes/:port/entries',
    config: { changesState: true },
    schema: {
      tags: ['entries'],
      operationId: 'appendEntries',
      summary: 'Submit entries',
      description:
        'A JSON array is a list of entries, any other value is one entry; as newline-delimited JSON each line is one ' +
        'entry. Answers when the entries are durable in the pool.',
      params: NodeParams,
      body: content({ [JSON_TYPE]: anyJson, [NDJSON_TYPE]: anyJson }),
      response: answers(202, 'The ids, in the order of the entries.', AppendedShape),
    },
  },
  entry: {
    method: 'GET',
    url: '/api/v1/nodes/:port/entries/:id',
    config: { changesState: false },
    schema: {
      tags: ['entries'],
      operationId: 'viewEntry',
      summary: 'An entry and where it stands in the chain',
      params: EntryParams,
      response: answers(200, 'The entry.', EntryViewShape),
    },
  },
  pending: {
    method: 'GET',
    url: '/api/v1/nodes/:port/pending',
    config: { changesState: false },
    schema: {
      tags: ['entries'],
      operationId: 'listPending',
      summary: 'Entries that wait for a block, oldest first',
      params: NodeParams,
      querystring: PendingQuery,
      response: answers(200, 'The pool.', PendingViewShape),
    },
  },
  events: {
    method: 'GET',
    url: '/api/v1/nodes/:port/events',
    config: { changesState: false },
    schema: {
      tags: ['events'],
      operationId: 'followEvents',
      summary: 'Server-sent events',
      description:
        'Each event is a `LedgerEvent`, named by its type. Events of blocks carry an `id`, a durable cursor: with it in ' +
        '`Last-Event-ID` or `after`, what the chain has done since comes first, as `block-removed` for blocks that a ' +
        'reorganisation took away and `block-added` for those that stand now. Other events are told once and not again.',
      params: NodeParams,
      querystring: EventsQuery,
      response: answers(200, 'The events, until either side ends it.', Type.String(), EVENT_STREAM_TYPE),
    },
  },
  liveness: {
    method: 'GET',
    url: '/livez',
    config: { changesState: false },
    schema: {
      tags: ['service'],
      operationId: 'liveness',
      summary: 'Whether the gateway runs',
      response: answers(200, 'It does.', LivenessShape),
    },
  },
  readiness: {
    method: 'GET',
    url: '/readyz',
    config: { changesState: false },
    schema: {
      tags: ['service'],
      operationId: 'readiness',
      summary: 'Whether a node answers',
      response: {
        ...answers(200, 'At least one does.', ReadinessShape),
        ...answers(503, 'None does.', ReadinessShape),
      },
    },
  },
  metrics: {
    method: 'GET',
    url: '/metrics',
    config: { changesState: false },
    schema: {
      tags: ['service'],
      operationId: 'metrics',
      summary: 'Figures of all nodes within reach, for Prometheus',
      description:
        'The text format, version 0.0.4. Each sample has the `port` of its node; `cairn_node_up` is 0 for a node that ' +
        'does not answer, which has no other samples.',
      response: answers(200, 'The figures.', Type.String(), METRICS_TYPE),
    },
  },
  version: {
    method: 'GET',
    url: '/version',
    config: { changesState: false },
    schema: {
      tags: ['service'],
      operationId: 'version',
      summary: "The gateway's version",
      response: answers(200, 'The version.', VersionShape),
    },
  },
} as const;

type Answers = Readonly<Record<string, unknown>>;

/** One good answer, and problems for the rest. */
function answers(status: number, description: string, schema?: TSchema, mediaType = JSON_TYPE): Answers {
  return {
    [status]:
      schema === undefined ? { description, type: 'null' } : { description, ...content({ [mediaType]: schema }) },
    default: { description: 'A problem (RFC 9457).', ...content({ [PROBLEM_TYPE]: ProblemShape }) },
  };
}

function content(schemas: Readonly<Record<string, TSchema>>): { readonly content: Answers } {
  return { content: Object.fromEntries(Object.entries(schemas).map(([mediaType, schema]) => [mediaType, { schema }])) };
}
