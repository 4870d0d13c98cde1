/**
 * A network of nodes in one process, with its own time and its own chance: everything that happens follows from the
 * seed. The machines are the real ones; clocks, disks, miners and the network between them are simulated.
 */
import { encodeUtf8 } from '#host';
import { assert, assertPresent } from '../core/assert.ts';
import { bodyFromEntries } from '../core/body.ts';
import type { Hash } from '../core/hash.ts';
import { hashLeaf } from '../core/merkle.ts';
import type { NetworkParams } from '../core/params.ts';
import type { Input, RequestId } from '../protocol/effects.ts';
import type { MiningMode } from '../protocol/mining-desk.ts';
import type { ChainStore } from '../storage/chain-store.ts';
import { createMemoryStore } from '../storage/memory-store.ts';
import { type Actor, ActorEndpoint, type ActorOptions } from './actor.ts';
import { type DelayModel, evenDelays } from './delays.ts';
import type { Carrier } from './endpoint.ts';
import { EventQueue, type Happening } from './event-queue.ts';
import { Random } from './random.ts';
import { SimulatedDisk } from './simulated-disk.ts';
import { SimulatedMiner } from './simulated-miner.ts';
import { SimulatedNetwork } from './simulated-network.ts';
import { SimulatedNode } from './simulated-node.ts';
import { FIRST_WORK, simulationParams } from './simulation-params.ts';
import type { WorldObserver } from './world-observer.ts';

export interface WorldOptions {
  readonly seed: number;
  readonly nodes: number;
  readonly params?: NetworkParams;
  readonly miningMode?: MiningMode | ((node: number) => MiningMode);
  readonly windowBlocks?: number;
  /** What each node's miner makes; together they find the first blocks in time, unless told. */
  readonly hashesPerSecond?: number | ((node: number) => number);
  /** How long messages travel; up to 50 ms, unless told. */
  readonly delay?: (random: Random) => DelayModel;
  /** How much a node sends in a millisecond. */
  readonly uploadBytesPerMs?: (node: string) => number;
  /** Which nodes know each other's addresses; all, unless told. */
  readonly knows?: (from: number, to: number) => boolean;
  readonly createStore?: (params: NetworkParams, node: number) => ChainStore;
  readonly carry?: Carrier;
  /** How long after the genesis the world begins; 1,000 seconds, unless told. */
  readonly ageMs?: number;
  /** 250, unless told: as often as a real node. */
  readonly tickMs?: number;
}

/** Entries that a node was given. */
export interface Submission {
  readonly request: RequestId;
  readonly ids: readonly Hash[];
}

export class World {
  readonly random: Random;
  readonly params: NetworkParams;
  readonly nodes: readonly SimulatedNode[];
  readonly network: SimulatedNetwork;
  readonly #options: WorldOptions;
  readonly #queue: EventQueue;
  readonly #observers: WorldObserver[] = [];
  /** Actors that wait to be dialled. */
  readonly #dialable: { readonly endpoint: ActorEndpoint; readonly by: ReadonlySet<SimulatedNode> }[] = [];
  #requests = 0;

  constructor(options: WorldOptions) {
    this.#options = options;
    this.random = new Random(options.seed);
    this.params = options.params ?? simulationParams(10);
    this.#queue = new EventQueue(this.params.genesisTime * 1000 + (options.ageMs ?? 1_000_000));
    const { delay = (random: Random) => evenDelays(random, 50) } = options;
    this.network = new SimulatedNetwork({
      queue: this.#queue,
      random: this.random.stream('network'),
      delay: delay(this.random.stream('delays')),
      carry: options.carry,
      uploadBytesPerMs: options.uploadBytesPerMs,
      onSent: (from, to, message, sizeBytes) => {
        for (const observer of this.#observers) observer.sent?.(from, to, message, sizeBytes);
      },
    });
    this.nodes = Array.from({ length: options.nodes }, (_, index) => this.#createNode(index));
    for (const node of this.nodes) this.network.join(node);
  }

  /** The time, Unix milliseconds. */
  get nowMs(): number {
    return this.#queue.nowMs;
  }

  /** How many events there have been. */
  get eventCount(): number {
    return this.#queue.happened;
  }

  /** The nodes by their number. */
  node(index: number): SimulatedNode {
    return assertPresent(this.nodes[index], `there is a node ${index}`);
  }

  /** Tells `observer` of everything from now on. */
  observe(observer: WorldObserver): void {
    this.#observers.push(observer);
  }

  async startAll(): Promise<void> {
    for (const node of this.nodes) await this.start(node);
  }

  /** Starts a node from what its disk holds, and tells it whom it knows. */
  async start(node: SimulatedNode): Promise<void> {
    await node.start();
    for (const other of this.nodes) {
      if (other === node || this.#options.knows?.(node.index, other.index) === false) continue;
      node.feed({ type: 'address-known', address: other.address, source: 'configured' });
    }
    for (const { endpoint, by } of this.#dialable) {
      if (by.has(node)) node.feed({ type: 'address-known', address: endpoint.address, source: 'configured' });
    }
  }

  /** Ends a node at once. Its peers notice a little later. */
  crash(node: SimulatedNode): void {
    node.crash();
  }

  /** Lets a peer that is played into the world. */
  admit(actor: Actor, options: ActorOptions): ActorEndpoint {
    const endpoint = new ActorEndpoint(actor, options, {
      network: this.network,
      after: (delayMs, run) => this.#queue.after(delayMs, run),
    });
    this.network.join(endpoint);
    if (options.direction === 'outbound') this.#dialable.push({ endpoint, by: new Set(options.toNodes) });
    for (const node of options.toNodes) {
      if (options.direction === 'inbound') endpoint.dial(node);
      else node.feed({ type: 'address-known', address: endpoint.address, source: 'configured' });
    }
    const tick = () => {
      if (!endpoint.isUp) return;
      actor.tick(this.nowMs);
      this.#queue.after(options.tickMs ?? 1_000, tick);
    };
    this.#queue.after(0, tick);
    return endpoint;
  }

  /** Ends the connection between two nodes, and lets none be made until it is healed. */
  cut(one: SimulatedNode, other: SimulatedNode): void {
    this.network.cuts.cut(one.id, other.id);
    this.network.cuts.cut(other.id, one.id);
    this.network.breakLink(one.id, other.id);
  }

  /** Cuts every connection between a node of `group` and one that is not. */
  partition(group: readonly SimulatedNode[]): void {
    const inside = new Set(group.map(({ id }) => id));
    this.network.cuts.cutOff(inside);
    for (const { id } of group) {
      for (const peer of this.network.peersOf(id)) if (!inside.has(peer)) this.network.breakLink(id, peer);
    }
  }

  /** Ends a connection; it may be made again. */
  hangUp(one: SimulatedNode, other: SimulatedNode): void {
    this.network.breakLink(one.id, other.id);
  }

  /** Ends every cut. */
  heal(): void {
    this.network.cuts.healAll();
    this.network.release();
  }

  /** Submits JSON texts that are canonical already. */
  submit(node: SimulatedNode, ...entries: readonly string[]): Submission {
    return this.#submit(node, entries, false);
  }

  /** As `submit`, but for those that stand in the chain already. */
  submitOnce(node: SimulatedNode, ...entries: readonly string[]): Submission {
    return this.#submit(node, entries, true);
  }

  #submit(node: SimulatedNode, entries: readonly string[], once: boolean): Submission {
    const pooled = entries.map((text) => encodeUtf8(text)).map((bytes) => ({ id: hashLeaf(bytes), bytes }));
    const request = this.#nextRequest();
    node.feed({ type: 'entries-submitted', request, entries: pooled, once });
    return { request, ids: pooled.map(({ id }) => id) };
  }

  /** Asks for one block of these entries. */
  mine(node: SimulatedNode, ...entries: readonly string[]): RequestId {
    const request = this.#nextRequest();
    node.feed({ type: 'mine-requested', request, body: bodyFromEntries(entries.map((text) => encodeUtf8(text))) });
    return request;
  }

  feed(node: SimulatedNode, input: Input): void {
    node.feed(input);
  }

  /** Has something happen `delayMs` from now. */
  after(delayMs: number, run: Happening): void {
    this.#queue.after(delayMs, run);
  }

  /** Lets `ms` go by. */
  run(ms: number): Promise<void> {
    return this.#queue.runUntil(this.nowMs + ms);
  }

  /** Lets time go by until `isReached`, within `limitMs`; throws where it is not reached by then. */
  async until(claim: string, limitMs: number, isReached: () => boolean): Promise<void> {
    await this.#queue.runUntil(this.nowMs + limitMs, isReached);
    assert(isReached(), `${claim} within ${limitMs} ms of virtual time; ${this.describe()}`);
  }

  /** Whether all nodes that are up follow the same tip and have every block of it. */
  hasConverged(): boolean {
    let tip: Hash | undefined;
    for (const node of this.nodes) {
      if (!node.isUp) continue;
      const { hash } = node.machine.tip;
      if (tip !== undefined && hash !== tip) return false;
      tip = hash;
    }
    return true;
  }

  describe(): string {
    const tips = this.nodes.map((node) => {
      if (!node.isUp) return `${node.id} down`;
      const { tip, sync, pool } = node.machine;
      return `${node.id} ${tip.header.height}:${tip.hash.slice(0, 8)}, behind ${sync.behind}, ${pool.count} pending`;
    });
    return `seed ${this.#options.seed}: ${tips.join('; ')}`;
  }

  #createNode(index: number): SimulatedNode {
    const {
      nodes,
      windowBlocks,
      miningMode = 'demand',
      hashesPerSecond = FIRST_WORK / this.params.blockInterval / nodes,
    } = this.#options;
    const { createStore = createMemoryStore, tickMs = TICK_MS } = this.#options;
    const { params } = this;
    const id = `peer-${index}`;
    const random = this.random.stream(id);
    return new SimulatedNode(
      {
        index,
        address: `/ip4/10.${index >> 16}.${(index >> 8) & 255}.${index & 255}/tcp/4001/p2p/${id}`,
        machine: {
          params,
          localPeer: id,
          agent: 'simulated/1',
          miningMode: typeof miningMode === 'function' ? miningMode(index) : miningMode,
          ...(windowBlocks === undefined ? {} : { windowBlocks }),
        },
        disk: new SimulatedDisk({ random: random.stream('disk'), createStore: () => createStore(params, index) }),
        miner: new SimulatedMiner({
          random: random.stream('miner'),
          hashesPerSecond: typeof hashesPerSecond === 'function' ? hashesPerSecond(index) : hashesPerSecond,
        }),
        tickMs,
      },
      { queue: this.#queue, network: this.network, observers: this.#observers, random: random.stream('process') },
    );
  }

  #nextRequest(): RequestId {
    this.#requests++;
    return this.#requests;
  }
}

/** As often as a real node hears that time has passed. */
const TICK_MS = 250;
