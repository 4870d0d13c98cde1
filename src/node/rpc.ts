/** The node's side of the JSON-RPC methods in `src/api/rpc.ts`: each turns parameters into a question and answers it. */
import { decodeUtf8, encodeUtf8 } from '#host';
import { isPeerAddress } from '../api/peer-address.ts';
import { RPC_NOTIFICATIONS, type RpcMethod } from '../api/rpc.ts';
import { assertPresent } from '../core/assert.ts';
import { entryBytes, parseBody } from '../core/body.ts';
import { canonicalizeBytes } from '../core/canonical-json.ts';
import type { Hash } from '../core/hash.ts';
import { describeJsonFault } from '../core/json-fault.ts';
import { type JsonText, jsonArray, jsonObject, jsonValue } from '../core/json-text.ts';
import { hashLeaf } from '../core/merkle.ts';
import { encodeParams, type NetworkParams } from '../core/params.ts';
import type { ProbeSession, RpcAnswer } from '../probe/probe-server.ts';
import type { Answer, PooledEntry, RefusalFault } from '../protocol/effects.ts';
import type { FullNode } from '../protocol/full-node.ts';
import type { ChainStore, StoredBlock } from '../storage/chain-store.ts';
import { isDamage, type StoreError } from '../storage/store-error.ts';
import { answerBlocks } from './block-calls.ts';
import { checkChain } from './chain-check.ts';
import type { ChainUploads } from './chain-upload.ts';
import { readClocks } from './clocks.ts';
import { answerForks } from './fork-calls.ts';
import type { NodeGauges } from './node-gauges.ts';
import { answerChainProof, answerEntryProof, answerHeaderProof } from './proof-calls.ts';
import { answerReceipt } from './receipt-call.ts';
import type { ReorganisationLog } from './reorganisation-log.ts';
import {
  invalidParams,
  type Params,
  plain,
  Refusal,
  readHash,
  readInteger,
  readString,
  refused,
  result,
} from './rpc-call.ts';
import type { Runtime } from './runtime.ts';
import { answerSearch } from './search-calls.ts';
import { answerBackup, answerChain, answerOffer } from './transfer-calls.ts';
import { blockJson, blockView, ledgerEvent, type NodeIdentity, nodeStatus, peerViews } from './views.ts';

export interface RpcParts {
  readonly identity: NodeIdentity;
  readonly params: NetworkParams;
  readonly machine: FullNode;
  readonly store: ChainStore;
  readonly runtime: Runtime;
  readonly gauges: NodeGauges;
  readonly reorganisations: ReorganisationLog;
  readonly uploads: ChainUploads;
}

/** Answers one call. What the caller did wrong is an error in the answer; only failures of the node are thrown. */
export async function answerCall(
  parts: RpcParts,
  call: { readonly method: RpcMethod; readonly params: Params; readonly session: ProbeSession },
): Promise<RpcAnswer> {
  const { params, session } = call;
  try {
    return await METHODS[call.method](parts, params, session);
  } catch (error) {
    if (error instanceof Refusal) return { type: 'error', error: error.rpc };
    if (isDamage(error)) {
      parts.runtime.damageFound(error);
      return { type: 'error', error: refused(error.code, error.message).rpc };
    }
    throw error;
  }
}

type Method = (parts: RpcParts, params: Params, session: ProbeSession) => Promise<RpcAnswer>;

const METHODS: Readonly<Record<RpcMethod, Method>> = {
  status: async ({ identity, params, machine, runtime, gauges }) => {
    const { hashesPerSecond, hashesTried, kernelChoice } = runtime;
    return plain(
      nodeStatus({
        identity,
        machine,
        gauges,
        limitBits: params.targetLimit,
        hashesPerSecond,
        hashesTried,
        kernelChoice,
        nowMs: readClocks().steadyMs,
      }),
    );
  },

  chain: (parts, params) => answerChain(parts, params),

  block: async ({ store, machine }, params) => {
    const stored = await findBlock(store, params);
    if (stored === undefined) throw refused('block-not-found', 'this node has no such block');
    return result(blockView(stored, machine.tip.header.height));
  },

  blocks: (parts, params) => answerBlocks(parts, params),

  forks: (parts) => answerForks(parts),

  'chain-proof': (parts) => answerChainProof(parts),

  'header-proof': (parts, params) => answerHeaderProof(parts, params),

  'entry-proof': (parts, params) => answerEntryProof(parts, params),

  receipt: (parts, params) => answerReceipt(parts, params),

  params: async ({ params: network }) => result(encodeParams(network) as JsonText),

  entry: async ({ store, machine }, params) => {
    const id = readHash(params, 'id');
    if (id === undefined) throw invalidParams('`id` is missing: the id of an entry, 64 lower-case hex digits');
    const { places, indexedTo } = await store.entryPlaces(id, PLACES_MAX);
    const pending = machine.pool.find(id);
    const data = places[0] === undefined ? pending?.bytes : await readEntry(store, places[0]);
    const tipHeight = machine.tip.header.height;
    if (data === undefined) throw noEntry(indexedTo, tipHeight);
    return result(
      jsonObject({
        id: jsonValue(id),
        status: jsonValue(places.length > 0 ? 'in-block' : 'pending'),
        places: jsonValue(places.map((place) => ({ ...place, depth: tipHeight - place.height }))),
        indexed_to: jsonValue(indexedTo),
        data: rawJson(data),
      }),
    );
  },

  search: (parts, params, session) => answerSearch(parts, params, session),

  append: async ({ params: network, runtime }, params) => {
    const answer = await runtime.ask({ type: 'entries-submitted', entries: readEntries(params, network) });
    if (answer.type !== 'entries-pending') throw refusedBy(answer);
    return plain({ entries: answer.entries.map(({ id, status }) => ({ id, status })) });
  },

  pending: async ({ machine }, params) => {
    const limit = readInteger(params, 'limit', { max: PENDING_MAX }) ?? PENDING_DEFAULT;
    const entries: JsonText[] = [];
    for (const { id, bytes } of machine.pool.stored()) {
      if (entries.length >= limit) break;
      entries.push(jsonObject({ id: jsonValue(id), data: rawJson(bytes) }));
    }
    const { count, sizeBytes } = machine.pool;
    return result(
      jsonObject({ count: jsonValue(count), size_bytes: jsonValue(sizeBytes), entries: jsonArray(entries) }),
    );
  },

  mine: async ({ params: network, runtime, store }, params, session) => {
    const data = params.get('data');
    if (data === undefined) throw invalidParams('`data` is missing: the JSON to mine into a block');
    const body = parseBody(canonicalBytes(data, network), network);
    if (!body.ok) throw refused(body.fault.code, describeBodyFault(body.fault), body.fault);
    const answer = await runtime.ask({ type: 'mine-requested', body: body.value }, session.closed);
    if (answer.type !== 'block-mined') throw refusedBy(answer);
    const stored = assertPresent(await store.blockByHash(answer.hash), 'what was mined is stored');
    return result(jsonObject({ block: blockJson(stored.block) }));
  },

  validate: async ({ store, runtime }, _params, session) => {
    const onProgress = (blocks: number, of: number) => session.progress(jsonValue({ blocks, of }));
    const onDamage = (error: StoreError) => runtime.damageFound(error);
    return plain(await checkChain({ store, onProgress, onDamage, signal: session.closed }));
  },

  offer: ({ uploads }, params, session) => answerOffer(uploads, params, session),

  backup: ({ store }, params, session) => answerBackup(store, params, session),

  peers: async ({ machine }) => plain({ peers: peerViews(machine, readClocks().steadyMs) }),

  connect: async ({ runtime }, params) => {
    const address = readString(params, 'address');
    if (address === undefined || !isPeerAddress(address)) {
      throw invalidParams('`address` is not a multiaddress such as /ip4/192.0.2.1/tcp/4001/p2p/12D3…');
    }
    runtime.feed({ type: 'address-known', address, source: 'configured' });
    runtime.feed({ type: 'tick' });
    return plain({ address });
  },

  subscribe: async ({ runtime, machine }, _params, session) => {
    const stop = runtime.listen((event) => {
      const told = ledgerEvent(event, { machine, kernelChoice: runtime.kernelChoice });
      session.notify(RPC_NOTIFICATIONS.event, jsonObject({ event: jsonValue(told) }));
    });
    session.closed.addEventListener('abort', stop, { once: true });
    return plain({});
  },

  // The probe server tells the node to stop once this answer is out.
  shutdown: async () => plain({}),
};

function refusedBy(answer: Answer): Refusal {
  const fault: RefusalFault = answer.type === 'refused' ? answer.fault : { code: 'block-refused', reason: answer.type };
  return refused(fault.code, REFUSALS[fault.code], fault);
}

const REFUSALS: Readonly<Record<RefusalFault['code'], string>> = {
  'pool-full': 'the pool of pending entries is full: wait until some are in blocks',
  'mining-queue-full': 'too many blocks are waiting to be mined: wait until some are found',
  'block-refused': 'the block breaks a rule',
  'store-full': 'the disk of the node has no room left, and nothing was recorded: make room, then try again',
};

async function findBlock(store: ChainStore, params: Params): Promise<StoredBlock | undefined> {
  const hash = readHash(params, 'hash');
  const height = readInteger(params, 'height', { max: 2 ** 32 - 1 });
  if (hash !== undefined) return store.blockByHash(hash);
  if (height !== undefined) return store.blockAt(height);
  throw invalidParams('name the block by `hash` or `height`');
}

async function readEntry(
  store: ChainStore,
  place: { readonly hash: Hash; readonly index: number },
): Promise<Uint8Array> {
  const stored = assertPresent(await store.blockByHash(place.hash), 'an entry that has a place is in a stored block');
  return entryBytes(stored.block.body, place.index);
}

/** An index that is still being built behind the tip cannot say that there is no such entry. */
function noEntry(indexedTo: number, tipHeight: number): Refusal {
  if (indexedTo >= tipHeight) return refused('entry-not-found', 'this node has no such entry');
  const message =
    `the blocks up to height ${indexedTo} of ${tipHeight} do not have this entry; ` +
    'the index of the others is being built: ask again later';
  return refused('entry-index-busy', message, { indexed_to: indexedTo, height: tipHeight });
}

function readEntries(params: Params, network: NetworkParams): PooledEntry[] {
  const elements = params.elementsOf('entries');
  if (elements?.ok !== true) throw invalidParams('`entries` is not an array of JSON values');
  const texts = elements.value;
  if (texts.length > network.entriesMax) {
    const facts = { limit: network.entriesMax };
    throw refused('entries-too-many', `at most ${network.entriesMax} entries are taken at a time`, facts);
  }
  // As an array in a block: the brackets, and a comma between each two.
  let sizeBytes = texts.length + 1;
  return texts.map((text, entry) => {
    const bytes = canonicalBytes(text, network, entry);
    if (bytes.length > network.entryBytesMax) {
      const facts = { entry, sizeBytes: bytes.length, limitBytes: network.entryBytesMax };
      throw refused('entry-too-large', `entry ${entry} is over ${network.entryBytesMax} bytes: split it`, facts);
    }
    sizeBytes += bytes.length;
    if (sizeBytes > network.bodyBytesMax) {
      const limitBytes = network.bodyBytesMax;
      const message = `the entries are over ${limitBytes} bytes together: send the first ${entry} alone, then the rest`;
      throw refused('entries-too-many', message, { limit: entry, sizeBytes, limitBytes });
    }
    return { id: hashLeaf(bytes), bytes };
  });
}

/** The canonical form of what a user wrote. `entry` is its index among several. */
function canonicalBytes(text: JsonText, network: NetworkParams, entry?: number): Uint8Array {
  // One level more for an entry that is an array itself: the outermost array is otherwise taken for that of the entries.
  const isArrayEntry = entry !== undefined && text.startsWith('[');
  const depthMax = isArrayEntry ? network.depthMax - 1 : network.depthMax;
  const canonical = canonicalizeBytes(encodeUtf8(text), { depthMax });
  if (canonical.ok) return canonical.value;
  const fault =
    canonical.fault.code === 'json-depth' ? { ...canonical.fault, limit: network.depthMax } : canonical.fault;
  const where = entry === undefined ? '' : `entry ${entry}: `;
  throw refused(fault.code, where + describeJsonFault(fault), entry === undefined ? fault : { ...fault, entry });
}

function describeBodyFault(fault: Extract<ReturnType<typeof parseBody>, { ok: false }>['fault']): string {
  switch (fault.code) {
    case 'body-too-large':
      return `the data are ${fault.sizeBytes} bytes, over the limit of ${fault.limitBytes}: mine them in several blocks`;
    case 'body-too-many-entries':
      return `more than ${fault.limit} entries: mine them in several blocks`;
    case 'entry-too-large':
      return `entry ${fault.entry} is ${fault.sizeBytes} bytes, over the limit of ${fault.limitBytes}: split it`;
    default:
      return describeJsonFault(fault);
  }
}

function rawJson(canonicalBytes: Uint8Array): JsonText {
  return assertPresent(decodeUtf8(canonicalBytes), 'what is stored is UTF-8') as JsonText;
}

const PENDING_DEFAULT = 100;
const PENDING_MAX = 1_000;
const PLACES_MAX = 100;
