/** The node's side of the JSON-RPC methods in `src/api/rpc.ts`: each turns parameters into a question and answers it. */
import { isPeerAddress } from '../api/peer-address.ts';
import { RPC_NOTIFICATIONS, type RpcMethod } from '../api/rpc.ts';
import { assertPresent } from '../core/assert.ts';
import { parseBody } from '../core/body.ts';
import { describeEntryRuleFault } from '../core/entry-rule-text.ts';
import { judgeEntries } from '../core/entry-rules.ts';
import { describeJsonFault } from '../core/json-fault.ts';
import { type JsonText, jsonObject, jsonValue } from '../core/json-text.ts';
import { encodeParams, type NetworkParams } from '../core/params.ts';
import type { ProbeSession, RpcAnswer } from '../probe/probe-server.ts';
import type { FullNode } from '../protocol/full-node.ts';
import type { RecordIndex } from '../records/record-index.ts';
import type { ChainStore, StoredBlock } from '../storage/chain-store.ts';
import { isDamage, type StoreError } from '../storage/store-error.ts';
import { answerAppend } from './append-call.ts';
import { answerBlocks } from './block-calls.ts';
import { canonicalBytes } from './canonical-json.ts';
import { checkChain } from './chain-check.ts';
import type { ChainUploads } from './chain-upload.ts';
import { readClocks } from './clocks.ts';
import { answerEntry } from './entry-call.ts';
import { answerFollow } from './follow-call.ts';
import { answerForks } from './fork-calls.ts';
import { refusedBy } from './machine-refusal.ts';
import type { NodeGauges } from './node-gauges.ts';
import { answerPending } from './pending-call.ts';
import { answerChainProof, answerEntryProof, answerEntryProofs, answerHeaderProof } from './proof-calls.ts';
import { answerReceipt } from './receipt-call.ts';
import { answerRecords } from './records-call.ts';
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
import { takeSteps } from './time-slices.ts';
import { answerBackup, answerChain, answerOffer } from './transfer-calls.ts';
import { blockJson, blockView, ledgerEvent, type NodeIdentity, nodeStatus, peerViews } from './views.ts';

export interface RpcParts {
  /** Its addresses are asked of the network each time, which takes a while. */
  readonly identity: () => NodeIdentity;
  readonly params: NetworkParams;
  readonly machine: FullNode;
  readonly store: ChainStore;
  readonly runtime: Runtime;
  readonly gauges: NodeGauges;
  readonly reorganisations: ReorganisationLog;
  readonly uploads: ChainUploads;
  /** Undefined in a node that keeps no table of records. */
  readonly records: RecordIndex | undefined;
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
  status: async ({ identity, params, machine, runtime, gauges, records }) => {
    const { hashesPerSecond, hashesTried, kernelChoice } = runtime;
    return plain(
      nodeStatus({
        identity: identity(),
        machine,
        gauges,
        records: records?.status,
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

  'entry-proofs': (parts, params) => answerEntryProofs(parts, params),

  receipt: (parts, params) => answerReceipt(parts, params),

  follow: (parts, params, session) => answerFollow(parts, params, session),

  records: ({ records }, params) => answerRecords(records, params),

  params: async ({ params: network }) => result(encodeParams(network) as JsonText),

  entry: (parts, params) => answerEntry(parts, params),

  search: (parts, params, session) => answerSearch(parts, params, session),

  append: (parts, params, session) => answerAppend(parts, params, session),

  pending: async ({ machine }, params) => answerPending(machine, params),

  mine: async ({ params: network, runtime, store }, params, session) => {
    const data = params.get('data');
    if (data === undefined) throw invalidParams('`data` is missing: the JSON to mine into a block');
    const body = parseBody(canonicalBytes(data, network), network);
    if (!body.ok) throw refused(body.fault.code, describeBodyFault(body.fault), body.fault);
    const broken = await takeSteps(judgeEntries(body.value, network));
    if (broken !== undefined) {
      const where = body.value.shape === 'array' ? `entry ${broken.entry}: ` : '';
      throw refused(broken.code, where + describeEntryRuleFault(broken), broken);
    }
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

async function findBlock(store: ChainStore, params: Params): Promise<StoredBlock | undefined> {
  const hash = readHash(params, 'hash');
  const height = readInteger(params, 'height', { max: 2 ** 32 - 1 });
  if (hash !== undefined) return store.blockByHash(hash);
  if (height !== undefined) return store.blockAt(height);
  throw invalidParams('name the block by `hash` or `height`');
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
