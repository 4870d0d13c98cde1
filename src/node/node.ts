/** A node: the machine, and the store, network, miner and probe socket around it, put together and taken apart. */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { createGenesis } from '../core/genesis.ts';
import type { NetworkParams } from '../core/params.ts';
import { createDelayedMiner } from '../mining/delayed-miner.ts';
import type { KernelName } from '../mining/kernel-name.ts';
import { shareOfMachine } from '../mining/machine-share.ts';
import type { MiningEvent } from '../mining/miner.ts';
import { createProcessMiner } from '../mining/process-miner.ts';
import { createLibp2pNetwork } from '../network/libp2p-network.ts';
import { loadNodeKey } from '../network/node-key.ts';
import type { NetworkHandlers } from '../network/peer-network.ts';
import type { CairnHome } from '../probe/cairn-home.ts';
import { createProbeServer, type ProbeHandlers } from '../probe/probe-server.ts';
import { joinList } from '../probe/running-nodes.ts';
import { isLoopbackAddress } from '../protocol/address-book.ts';
import { FullNode } from '../protocol/full-node.ts';
import {
  CHAIN_WINDOW_BLOCKS,
  MILESTONE_INTERVAL_BLOCKS,
  PEER_MESSAGE_BYTES_MAX,
  PEERS_MAX,
  PENDING_BYTES_MAX,
  PENDING_ENTRIES_MAX,
} from '../protocol/limits.ts';
import type { MiningMode } from '../protocol/mining-desk.ts';
import type { RecordIndex } from '../records/record-index.ts';
import type { RecordSource } from '../records/record-source.ts';
import { readRecentIds } from '../storage/recent-entries.ts';
import { openThreadedStore } from '../storage/threaded-store.ts';
import { BlockSpool } from './block-spool.ts';
import { inPieces, type OfferStart, type OfferVerdict, offerChain } from './chain-offer.ts';
import { streamChain } from './chain-stream.ts';
import { ChainUploads } from './chain-upload.ts';
import { readClocks } from './clocks.ts';
import { watchLocalNodes } from './local-discovery.ts';
import { NodeGauges } from './node-gauges.ts';
import { ReorganisationLog } from './reorganisation-log.ts';
import { answerCall } from './rpc.ts';
import { Runtime } from './runtime.ts';
import { judgeStoredChain } from './stored-chain-judge.ts';
import type { SyncProgress } from './sync-meter.ts';
import type { NodeIdentity } from './views.ts';

export interface NodeOptions {
  readonly home: CairnHome;
  /** Of the probe socket; 0 for any free one. */
  readonly port: number;
  /** Of the probe socket; loopback unless told. */
  readonly host?: string;
  readonly dataFolder: string;
  readonly params: NetworkParams;
  /** Multiaddresses of peers to keep in touch with. */
  readonly peers: readonly string[];
  /** Multiaddresses to be reached at by peers. */
  readonly listen: readonly string[];
  readonly miningMode: MiningMode;
  /** How much of the machine may mine: above 0 and at most 1. */
  readonly miningShare: number;
  readonly miningKernel: KernelName | 'auto';
  /** The fields by which its records can be searched at once, as JSON Pointers; undefined: it keeps no table of records. */
  readonly indexes?: readonly string[] | undefined;
  /** Whether the table has the words in records, too. */
  readonly fullText?: boolean;
  readonly logger: Logger;
  /** Hears how far the migration of a data folder of an older format is. */
  readonly onMigration?: (done: number, of: number) => void;
}

export interface CairnNode {
  /** Of the probe socket. */
  readonly port: number;
  /** Resolves after an orderly stop, whoever asked for it; rejects where the node had to stop because it failed. */
  readonly stopped: Promise<void>;
  /** How far it is behind what it knows of, and how fast it catches up. */
  readonly sync: SyncProgress;
  stop(): Promise<void>;
}

/** Opens the store, listens, joins the list of running nodes, and begins. What was opened is closed if a step fails. */
export async function startNode(options: NodeOptions): Promise<CairnNode> {
  const closers = new Closers();
  try {
    return await assemble(options, closers);
  } catch (error) {
    await closers.run();
    throw error;
  }
}

async function assemble(options: NodeOptions, closers: Closers): Promise<CairnNode> {
  const { params, home, dataFolder, logger } = options;
  const ended = Promise.withResolvers<void>();
  // Told to whoever asks for it, which nobody can before all is put together.
  ended.promise.catch(() => undefined);
  const late = new LateParts();
  const stop = (failure?: Error): Promise<void> => {
    if (failure !== undefined) logger.fatal({ err: failure }, 'the node cannot go on');
    return closers.run().then(
      () => (failure === undefined ? ended.resolve() : ended.reject(failure)),
      (error: unknown) => ended.reject(error),
    );
  };
  const store = await openThreadedStore({
    folder: dataFolder,
    params,
    onFailure: (error) => late.whenAttached(() => void stop(error)),
    onMigration: (done, of) => {
      if (done === 0) logger.info({ dataFolder }, 'the data folder has an older format and is brought to this one');
      options.onMigration?.(done, of);
    },
  });
  closers.add(() => store.close());
  await BlockSpool.removeLeftovers(dataFolder);
  const genesis = createGenesis(params).hash;
  const network = createLibp2pNetwork({
    privateKey: await loadNodeKey(join(dataFolder, 'node.key')),
    genesisHash: genesis,
    networkName: params.name,
    listen: options.listen,
    mdns: options.listen.some((address) => !isLoopbackAddress(address)),
    messageBytesMax: PEER_MESSAGE_BYTES_MAX,
    peersMax: PEERS_MAX + DISMISSED_PEERS_MAX,
  });
  await network.start(late.networkHandlers);
  closers.add(() => network.stop());

  const miner = createDelayedMiner({
    create: () =>
      createProcessMiner({
        kernel: options.miningKernel,
        share: shareOfMachine(options.miningShare, availableParallelism()),
        onEvent: (event) => late.mined(event),
        onFailure: (error) => late.whenAttached(() => void stop(error)),
      }),
    delayMs: MINER_DELAY_MS,
  });
  closers.add(() => miner.close());
  const state = await store.load({
    windowLength: CHAIN_WINDOW_BLOCKS,
    milestoneInterval: MILESTONE_INTERVAL_BLOCKS,
    pending: { entriesMax: PENDING_ENTRIES_MAX, bytesMax: PENDING_BYTES_MAX },
  });
  for (const { id, code } of state.broken) {
    logger.warn({ id, code }, 'an entry that was pending breaks a rule that is newer than it: it is taken away');
  }
  const machine = new FullNode({
    params,
    state: { ...state, recentIds: await readRecentIds(store, state.window.at(-1)?.header.height ?? 0) },
    localPeer: network.localPeer,
    agent: `cairn/${VERSION}`,
    addresses: network.addresses(),
    miningMode: options.miningMode,
  });
  const runtime = new Runtime({ machine, store, network, miner, logger, onFailure: (error) => void stop(error) });
  closers.add(() => runtime.stop());

  const judgeOffer = (pieces: AsyncIterable<readonly string[]>, start: OfferStart): Promise<OfferVerdict> =>
    offerChain(
      {
        params,
        store,
        folder: dataFolder,
        clockSeconds: () => Math.floor(Date.now() / 1000),
        tip: () => machine.tip,
        take: (question) => runtime.ask(question),
      },
      pieces,
      start,
    );
  const uploads = new ChainUploads((pieces) => judgeOffer(pieces, 'active-block'));
  const gauges = new NodeGauges(machine, dataFolder);
  closers.add(async () => gauges.stop());
  const reorganisations = new ReorganisationLog(() => readClocks().unixMs);
  runtime.listen((event) => reorganisations.told(event));
  const records = await openRecords(options, store);
  if (records !== undefined) {
    closers.add(() => records.close());
    runtime.listen(({ type }) => {
      if (type === 'block-added' || type === 'block-removed') records.wake();
    });
    records.wake();
  }
  const parts = { params, machine, records, store, runtime, gauges, reorganisations, uploads };
  const handlers = (identity: () => NodeIdentity): ProbeHandlers => ({
    chain: () => streamChain(store),
    offerChain: async (blocks) =>
      (await judgeOffer(inPieces(blocks), 'genesis')).fault === undefined ? 'accepted' : 'rejected',
    shutdown: () => void stop(),
    call: (method, callParams, session) => answerCall({ ...parts, identity }, { method, params: callParams, session }),
  });
  const host = options.host ?? '127.0.0.1';
  const startedMs = readClocks().steadyMs;
  const identity = (port: number): NodeIdentity => ({
    port,
    version: VERSION,
    peerId: network.localPeer,
    addresses: network.addresses(),
    network: {
      name: params.name,
      genesis,
      signatures: params.signatures,
      writers: params.writers.length,
      stamp_bits: params.stampBits,
    },
    startedMs,
  });
  const probe = await createProbeServer({
    host,
    port: options.port,
    handlers: handlers(() => identity(probe.port)),
    onError: (error) => logger.error({ err: error }, 'a question on the probe socket failed'),
  });
  closers.add(() => probe.close());
  const { port } = probe;
  const started = new Date(startedMs).toISOString();
  const listing = await joinList(home, { port, host, started, peer_addresses: network.addresses() });
  closers.add(() => listing.leave());

  late.attach(runtime);
  for (const address of options.peers) runtime.feed({ type: 'address-known', address, source: 'configured' });
  runtime.start();
  if (!state.isJudged) {
    const judging = new AbortController();
    const judged = judgeStoredChain({ store, logger, runtime, signal: judging.signal });
    closers.add(() => {
      judging.abort();
      return judged;
    });
  }
  const discovery = new AbortController();
  closers.add(async () => discovery.abort());
  await watchLocalNodes({
    home,
    ownPort: port,
    signal: discovery.signal,
    onError: (error) => logger.warn({ err: error }, 'the list of running nodes cannot be read'),
    onAddresses: (addresses) => {
      for (const address of addresses) runtime.feed({ type: 'address-known', address, source: 'running' });
      runtime.feed({ type: 'tick' });
    },
  });
  logger.info({ port, peerId: network.localPeer, addresses: network.addresses() }, 'the node is up');
  return {
    port,
    stopped: ended.promise,
    get sync() {
      return gauges.sync;
    },
    stop: () => stop(),
  };
}

/** The table of records, if the node is to keep one. */
async function openRecords(
  { dataFolder, params, indexes: pointers, fullText = false, logger }: NodeOptions,
  source: RecordSource,
): Promise<RecordIndex | undefined> {
  if (pointers === undefined) return undefined;
  const onTrouble = (error: unknown, isThere: boolean): void => {
    const what = isThere ? 'stays behind the chain' : 'is not there, so that no records are found';
    logger.warn({ err: error }, `the table of records ${what}; it will be tried again`);
  };
  const onThreadEnd = (error: unknown): void => {
    logger.error({ err: error }, 'a thread of the table of records has ended by itself; another is started');
  };
  // A node without records does not even load what they take.
  const { openRecordIndex } = await import('../records/record-index.ts');
  return openRecordIndex({
    folder: dataFolder,
    params,
    indexes: { pointers, fullText },
    source,
    onTrouble,
    onThreadEnd,
  });
}

/** What has been opened, to be closed once, the last first. */
class Closers {
  readonly #steps: (() => Promise<void>)[] = [];
  #done: Promise<void> | undefined;

  add(step: () => Promise<void>): void {
    this.#steps.push(step);
  }

  run(): Promise<void> {
    this.#done ??= this.#runAll();
    return this.#done;
  }

  /** Every step is tried; the first failure is what is told. */
  async #runAll(): Promise<void> {
    const failures: unknown[] = [];
    for (const step of this.#steps.reverse()) await step().catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  }
}

/** Holds what network and miner report before there is a runtime to report it to. */
class LateParts {
  #runtime: Runtime | undefined;
  #waiting: ((runtime: Runtime) => void)[] = [];

  readonly networkHandlers: NetworkHandlers = {
    peerConnected: (peer) => this.#tell((runtime) => runtime.networkHandlers.peerConnected(peer)),
    peerDisconnected: (peer, reason) => this.#tell((runtime) => runtime.networkHandlers.peerDisconnected(peer, reason)),
    messageReceived: (peer, bytes) => this.#tell((runtime) => runtime.networkHandlers.messageReceived(peer, bytes)),
    addressDiscovered: (address) => this.#tell((runtime) => runtime.networkHandlers.addressDiscovered(address)),
  };

  mined(event: MiningEvent): void {
    this.#tell((runtime) => runtime.mined(event));
  }

  /** Does what could not be done to a node that is being put together: `act` is called at once, or when it is. */
  whenAttached(act: () => void): void {
    this.#tell(act);
  }

  attach(runtime: Runtime): void {
    this.#runtime = runtime;
    for (const tell of this.#waiting) tell(runtime);
    this.#waiting = [];
  }

  #tell(tell: (runtime: Runtime) => void): void {
    if (this.#runtime === undefined) this.#waiting.push(tell);
    else tell(this.#runtime);
  }
}

/** Beside the peers: those who are being told that there is no room for them. */
const DISMISSED_PEERS_MAX = 4;
/** Until then the node has come up and found its peers. */
const MINER_DELAY_MS = 1500;
const VERSION = readVersion();

function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  if (typeof manifest === 'object' && manifest !== null && 'version' in manifest) return String(manifest.version);
  throw new Error('package.json names no version');
}
