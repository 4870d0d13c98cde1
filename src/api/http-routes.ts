/**
 * Every route of the HTTP interface: its method, path, parameters and answers (docs/spec/http.md).
 *
 * The gateway registers these as they stand, checks parameters by them, and makes the OpenAPI document from them. Bodies
 * and answers that hold ledger JSON are described here but pass through as text.
 */
import Type from 'typebox';
import { ForksShape } from './fork-shapes.ts';
import {
  answers,
  answersAsAsked,
  anyJson,
  content,
  EVENT_STREAM_TYPE,
  JSON_TYPE,
  NDJSON_TYPE,
} from './http-answers.ts';
import {
  AppendQuery,
  BlockParams,
  BlocksPageShape,
  BlocksQuery,
  ConnectShape,
  EntryParams,
  EventsQuery,
  NodeParams,
  NodesShape,
  OverviewShape,
  PeersShape,
  PendingQuery,
  SearchQuery,
} from './http-shapes.ts';
import { PROOF_ROUTES } from './proof-http-routes.ts';
import { RECORDS_ROUTES } from './records-http-routes.ts';
import { SearchShape } from './search-shapes.ts';
import { SEED_ROUTES } from './seed-http-routes.ts';
import { SERVICE_ROUTES } from './service-http-routes.ts';
import {
  AppendedShape,
  BlockShape,
  BlockViewShape,
  EntryViewShape,
  NodeStatusShape,
  ParamsShape,
  PendingViewShape,
  ValidationShape,
} from './shapes.ts';
import { STREAM_ROUTES } from './stream-http-routes.ts';

/** What each OpenAPI tag is about. */
export const HTTP_TAGS = [
  { name: 'seed', description: 'The four routes of the founding specification.' },
  { name: 'nodes', description: 'The nodes that this gateway reaches.' },
  { name: 'blocks', description: "A node's chain." },
  { name: 'entries', description: 'Records: submitted, pending, and in blocks.' },
  { name: 'records', description: 'Entries in blocks, with their authors: asked for, and told as they come.' },
  { name: 'proofs', description: 'What shows that a chain is the one it says it is, to who believes nobody.' },
  { name: 'events', description: 'What happens at nodes, as it happens.' },
  { name: 'service', description: 'The gateway itself.' },
] as const;

/** `config.changesState` marks the routes that a gateway with a token guards. */
export const HTTP_ROUTES = {
  ...SEED_ROUTES,
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
  overview: {
    method: 'GET',
    url: '/api/v1/overview',
    config: { changesState: false },
    schema: {
      tags: ['nodes'],
      operationId: 'overview',
      summary: 'The status of all nodes within reach',
      response: answers(200, 'Every node, whether it answers or not.', OverviewShape),
    },
  },
  networkEvents: {
    method: 'GET',
    url: '/api/v1/events',
    config: { changesState: false },
    schema: {
      tags: ['events'],
      operationId: 'followNetwork',
      summary: 'Server-sent events of all nodes within reach',
      description:
        'Each event is a `NetworkEvent`, named by its type: what the events of one node tell, with its `port`, and ' +
        '`node-joined`, `node-status` and `node-left`. There are no cursors: after whatever was lost, a node is told of ' +
        'as joined again, with its status.',
      response: answers(200, 'The events, until either side ends it.', Type.String(), EVENT_STREAM_TYPE),
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
      description:
        'Answers 200 whether the chain is valid or not; `fault` says what is wrong and where. As `text/event-stream`, ' +
        'events `progress` with `blocks` and `of`, and then `verdict`, or `problem` where there is none. The check ends ' +
        'when the request does.',
      params: NodeParams,
      response: answersAsAsked(200, 'The verdict.', {
        [JSON_TYPE]: ValidationShape,
        [EVENT_STREAM_TYPE]: Type.String(),
      }),
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
  forks: {
    method: 'GET',
    url: '/api/v1/nodes/:port/forks',
    config: { changesState: false },
    schema: {
      tags: ['blocks'],
      operationId: 'listForks',
      summary: 'Branches beside the active chain, and its reorganisations',
      description: 'As far as the node remembers: its last blocks, since it started.',
      params: NodeParams,
      response: answers(200, 'The forks.', ForksShape),
    },
  },
  params: {
    method: 'GET',
    url: '/api/v1/nodes/:port/params',
    config: { changesState: false },
    schema: {
      tags: ['nodes'],
      operationId: 'networkParams',
      summary: 'The parameters of the network',
      description: 'In the canonical form, byte for byte, whose hash is the history root of the genesis.',
      params: NodeParams,
      response: answers(200, 'The parameters.', ParamsShape),
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
        'entry. Answers when the entries are durable in the pool. What waits already or is in the chain is not recorded ' +
        'again, so that a request of which the answer was lost can be sent again; `repeat=true` records equal JSON again.',
      params: NodeParams,
      querystring: AppendQuery,
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
      summary: 'An entry, what has become of it, and where it stands in the chain',
      params: EntryParams,
      response: answers(200, 'The entry.', EntryViewShape),
    },
  },
  search: {
    method: 'GET',
    url: '/api/v1/nodes/:port/search',
    config: { changesState: false },
    schema: {
      tags: ['entries'],
      operationId: 'searchEntries',
      summary: 'Entries that have a text',
      description:
        'Looks through a stretch of the chain from the top down, without an index: go on below `searched_down_to` until ' +
        'that is 0.',
      params: NodeParams,
      querystring: SearchQuery,
      response: answers(200, 'What was found in the stretch.', SearchShape),
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
  ...RECORDS_ROUTES,
  ...STREAM_ROUTES,
  ...PROOF_ROUTES,
  ...SERVICE_ROUTES,
} as const;
