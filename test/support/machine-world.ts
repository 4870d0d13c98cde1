/**
 * A world of several nodes in one process, with its own time and its own chance: everything that happens follows from
 * the seed. The machines are the real ones, messages go through the real codec, stores are the ones in memory.
 *
 * Between two nodes messages keep their order; between different pairs they do not. A crash loses the machine and what
 * it had not stored; a cut loses what is on its way.
 */
import assert from 'node:assert/strict';
import { bodyFromEntries } from '../../src/core/body.ts';
import type { Hash } from '../../src/core/hash.ts';
import { hashLeaf } from '../../src/core/merkle.ts';
import type { NetworkParams } from '../../src/core/params.ts';
import type { Effect, Input, PeerId, RequestId } from '../../src/protocol/effects.ts';
import { encodeMessage, type Message, parseMessage } from '../../src/protocol/message.ts';
import type { MiningMode } from '../../src/protocol/mining-desk.ts';
import { TEST_PARAMS } from './chain-fixture.ts';
import { Random } from './random.ts';
import { findNonce, WorldNode } from './world-node.ts';

export interface WorldOptions {
  readonly seed: number;
  readonly nodes: number;
  readonly params?: NetworkParams;
  readonly miningMode?: MiningMode;
  readonly windowBlocks?: number;
  /** How long one node searches for a nonce on average, virtual ms. */
  readonly searchMs?: number;
  /** How long a message travels at most. */
  readonly delayMsMax?: number;
  /** Which nodes know each other's addresses; all, unless told. */
  readonly knows?: (from: number, to: number) => boolean;
}

interface Event {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void | Promise<void>;
}

export class MachineWorld {
  readonly random: Random;
  readonly nodes: readonly WorldNode[];
  readonly params: NetworkParams;
  readonly #options: Required<Pick<WorldOptions, 'miningMode' | 'windowBlocks' | 'searchMs' | 'delayMsMax'>> &
    WorldOptions;
  #events: Event[] = [];
  #eventCount = 0;
  #requests = 0;
  /** Per direction of a connected pair: when the last message arrives, and which connection it is. */
  readonly #links = new Map<string, { readonly number: number; lastArrivalMs: number }>();
  #linkCount = 0;
  readonly #cuts = new Set<string>();
  /** Peers that are played: what they do with a message, given that of whom it is. */
  readonly #strangers = new Map<PeerId, (message: Message, from: WorldNode) => void>();
  nowMs = 0;

  constructor(options: WorldOptions) {
    this.#options = { miningMode: 'demand', windowBlocks: 4_096, searchMs: 1_000, delayMsMax: 50, ...options };
    this.random = new Random(options.seed);
    this.params = options.params ?? TEST_PARAMS;
    this.nowMs = (this.params.genesisTime + 1_000) * 1000;
    this.nodes = Array.from({ length: options.nodes }, (_, i) => {
      const id = `peer-${i}`;
      return new WorldNode({ id, address: `/ip4/10.0.0.${i + 1}/tcp/4001/p2p/${id}`, params: this.params });
    });
  }

  /** The nodes by their number. */
  node(index: number): WorldNode {
    const node = this.nodes[index];
    assert.ok(node, `there is a node ${index}`);
    return node;
  }

  async startAll(): Promise<void> {
    for (const node of this.nodes) await this.start(node);
  }

  /** Starts a node from what its store holds. */
  async start(node: WorldNode): Promise<void> {
    const { miningMode, windowBlocks, knows } = this.#options;
    await node.start({ params: this.params, agent: 'world/1', miningMode }, windowBlocks);
    const own = this.nodes.indexOf(node);
    for (const [i, other] of this.nodes.entries()) {
      if (i === own || knows?.(own, i) === false) continue;
      this.feed(node, { type: 'address-known', address: other.address, source: 'configured' });
    }
    this.#tick(node, node.life);
  }

  /** Ends a node at once. Its peers notice a little later. */
  crash(node: WorldNode): void {
    node.crash();
    for (const other of this.nodes) if (this.isLinked(node, other)) this.#unlink(node, other);
  }

  isLinked(one: WorldNode, other: WorldNode): boolean {
    return this.#links.has(way(one, other));
  }

  /** Ends the connection between two nodes, and lets none be made until `heal`. */
  cut(one: WorldNode, other: WorldNode): void {
    this.#cuts.add(pair(one, other));
    if (this.isLinked(one, other)) this.#unlink(one, other);
  }

  /** Cuts every connection between a node of `group` and one that is not. */
  partition(group: readonly WorldNode[]): void {
    for (const inside of group) for (const other of this.nodes) if (!group.includes(other)) this.cut(inside, other);
  }

  /** Ends a connection; it may be made again. */
  hangUp(one: WorldNode, other: WorldNode): void {
    if (this.isLinked(one, other)) this.#unlink(one, other);
  }

  heal(): void {
    this.#cuts.clear();
  }

  /** Submits JSON texts that are canonical already. */
  submit(
    node: WorldNode,
    ...entries: readonly string[]
  ): { readonly request: RequestId; readonly ids: readonly Hash[] } {
    const request = ++this.#requests;
    const pooled = entries.map((text) => ({ id: hashLeaf(bytesOf(text)), bytes: bytesOf(text) }));
    this.feed(node, { type: 'entries-submitted', request, entries: pooled });
    return { request, ids: pooled.map(({ id }) => id) };
  }

  /** Asks for one block of these entries. */
  mine(node: WorldNode, ...entries: readonly string[]): RequestId {
    const request = ++this.#requests;
    this.feed(node, { type: 'mine-requested', request, body: bodyFromEntries(entries.map(bytesOf)) });
    return request;
  }

  /** Lets `ms` of virtual time go by. */
  async run(ms: number): Promise<void> {
    await this.#runUntil(this.nowMs + ms, () => false);
  }

  /** Lets time go by until `isReached`, within `limitMs`. */
  async until(claim: string, limitMs: number, isReached: () => boolean): Promise<void> {
    await this.#runUntil(this.nowMs + limitMs, isReached);
    assert.ok(isReached(), `${claim} within ${limitMs} ms of virtual time; ${this.describe()}`);
  }

  /** Whether all nodes that are up follow the same tip and have every block of it. */
  hasConverged(): boolean {
    const tips = new Set(this.nodes.filter(({ isUp }) => isUp).map(({ machine }) => machine.tip.hash));
    return tips.size === 1;
  }

  describe(): string {
    const tips = this.nodes.map((node) => {
      if (!node.isUp) return `${node.id} down`;
      const { tip, sync, pool } = node.machine;
      return `${node.id} ${tip.header.height}:${tip.hash.slice(0, 8)}, behind ${sync.behind}, ${pool.count} pending`;
    });
    return `seed ${this.#options.seed}: ${tips.join('; ')}`;
  }

  /** Gives the node an input now, and has its effects carried out. */
  feed(node: WorldNode, input: Input): void {
    for (const effect of node.handle(input, this.nowMs)) this.#carryOut(node, effect);
  }

  /** Does something later, unless the node has crashed by then. */
  #later(node: WorldNode, delayMs: number, run: () => void | Promise<void>): void {
    const { life } = node;
    this.at(delayMs, () => (node.life === life ? run() : undefined));
  }

  /** Does something `delayMs` from now. */
  at(delayMs: number, run: () => void | Promise<void>): void {
    this.#eventCount++;
    const event = { atMs: this.nowMs + delayMs, order: this.#eventCount, run };
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.#events[middle];
      if (other !== undefined && isEarlier(event, other)) low = middle + 1;
      else high = middle;
    }
    // The next event stands last.
    this.#events.splice(low, 0, event);
  }

  async #runUntil(endMs: number, isReached: () => boolean): Promise<void> {
    while (!isReached()) {
      const next = this.#events.at(-1);
      if (next === undefined || next.atMs > endMs) {
        this.nowMs = Math.max(this.nowMs, endMs);
        return;
      }
      this.#events.pop();
      this.nowMs = Math.max(this.nowMs, next.atMs);
      await next.run();
    }
  }

  #tick(node: WorldNode, life: number): void {
    if (node.life !== life) return;
    this.feed(node, { type: 'tick' });
    this.at(250, () => this.#tick(node, life));
  }

  #carryOut(node: WorldNode, effect: Effect): void {
    switch (effect.type) {
      case 'send':
        return this.send(node, effect.peer, effect.message);
      case 'serve-headers':
        return this.#later(node, STORE_MS, async () => {
          const bytes = await node.store.headersAfter(effect.locator, effect.max);
          this.send(node, effect.peer, { type: 'headers', headers: bytes });
        });
      case 'serve-blocks':
        return this.#later(node, STORE_MS, () => this.#serveBlocks(node, effect.peer, effect.hashes));
      case 'disconnect': {
        const other = this.nodes.find(({ id }) => id === effect.peer);
        const link = this.#links.get(`${node.id}>${effect.peer}`);
        // The last words still arrive.
        return this.#later(node, this.#options.delayMsMax, () => {
          if (other !== undefined && this.#links.get(way(node, other)) === link) this.hangUp(node, other);
        });
      }
      case 'dial':
        return this.#dial(node, effect.address);
      case 'commit':
        return this.#later(node, this.random.integer(1, 20), async () => {
          const { life } = node;
          const committed = await node.commit(effect.change);
          if (node.life !== life) return;
          this.#later(node, this.random.integer(0, 5), () => this.feed(node, { type: 'committed', ...committed }));
        });
      case 'load-pending':
        return this.#later(node, STORE_MS, async () => {
          this.feed(node, { type: 'pending-loaded', ...(await node.store.pending(effect)) });
        });
      case 'load-branch-point':
        return this.#later(node, STORE_MS, async () => {
          const point = await node.store.pointOf(effect.hash);
          this.feed(node, { type: 'branch-point-loaded', peer: effect.peer, hash: effect.hash, point });
        });
      case 'search': {
        node.job = effect.job;
        const delayMs = this.random.waiting(this.#options.searchMs);
        const start = this.random.integer(0, 1_000_000);
        return this.#later(node, delayMs, () => {
          if (node.job !== effect.job) return;
          this.feed(node, { type: 'nonce-found', job: effect.job, nonce: findNonce(effect.header, start) });
        });
      }
      case 'stop-search':
        node.job = undefined;
        return;
      case 'answer':
      case 'notify':
      case 'report':
        return;
    }
  }

  /** Lets a peer that is no node dial `node`; `hear` is given what it is told. It speaks by `say`. */
  admit(node: WorldNode, stranger: PeerId, hear: (message: Message, from: WorldNode) => void): void {
    this.#strangers.set(stranger, hear);
    this.feed(node, { type: 'peer-connected', peer: stranger, address: '/ip4/10.0.9.9/tcp/9', direction: 'inbound' });
  }

  /** A peer that is no node says something; nobody hears it once it has been put out. */
  say(stranger: PeerId, to: WorldNode, message: Message): void {
    this.#later(to, this.random.integer(1, this.#options.delayMsMax), () => {
      this.feed(to, { type: 'message-received', peer: stranger, message });
    });
  }

  /** Puts a message on its way, if the pair is connected. */
  send(from: WorldNode, to: PeerId, message: Message): void {
    const hear = this.#strangers.get(to);
    if (hear !== undefined) return this.at(this.random.integer(1, this.#options.delayMsMax), () => hear(message, from));
    const link = this.#links.get(`${from.id}>${to}`);
    const receiver = this.nodes.find(({ id }) => id === to);
    if (link === undefined || receiver === undefined) return;
    const bytes = encodeMessage(message);
    const arrivalMs = this.nowMs + this.random.integer(1, this.#options.delayMsMax);
    link.lastArrivalMs = Math.max(link.lastArrivalMs, arrivalMs);
    this.at(link.lastArrivalMs - this.nowMs, () => {
      if (this.#links.get(`${from.id}>${to}`) !== link) return;
      const parsed = parseMessage(bytes);
      if (parsed.ok) this.feed(receiver, { type: 'message-received', peer: from.id, message: parsed.value });
      else this.feed(receiver, { type: 'message-malformed', peer: from.id, fault: parsed.fault });
    });
  }

  async #serveBlocks(node: WorldNode, peer: PeerId, hashes: readonly Hash[]): Promise<void> {
    const missing: Hash[] = [];
    for (const { hash, bytes } of await node.store.bodies(hashes, Number.MAX_SAFE_INTEGER)) {
      if (bytes === undefined) missing.push(hash);
      else this.send(node, peer, { type: 'block', hash, bodyBytes: bytes });
    }
    if (missing.length > 0) this.send(node, peer, { type: 'not-found', hashes: missing });
  }

  #dial(node: WorldNode, address: string): void {
    this.#later(node, this.random.integer(1, this.#options.delayMsMax), () => {
      const other = this.nodes.find((candidate) => candidate.address === address);
      if (other?.isUp !== true || this.#cuts.has(pair(node, other))) {
        return this.feed(node, { type: 'dial-failed', address, isFinal: false });
      }
      if (!this.isLinked(node, other)) this.#link(node, other);
      if (node.isUp) this.feed(node, { type: 'dial-succeeded', address, peer: other.id });
    });
  }

  #link(dialler: WorldNode, other: WorldNode): void {
    const number = ++this.#linkCount;
    this.#links.set(way(dialler, other), { number, lastArrivalMs: 0 });
    this.#links.set(way(other, dialler), { number, lastArrivalMs: 0 });
    this.feed(other, {
      type: 'peer-connected',
      peer: dialler.id,
      address: `/ip4/10.0.9.9/tcp/${number}`,
      direction: 'inbound',
    });
    this.feed(dialler, { type: 'peer-connected', peer: other.id, address: other.address, direction: 'outbound' });
  }

  #unlink(one: WorldNode, other: WorldNode): void {
    this.#links.delete(way(one, other));
    this.#links.delete(way(other, one));
    if (one.isUp) this.feed(one, { type: 'peer-disconnected', peer: other.id, reason: 'failed' });
    if (other.isUp) this.feed(other, { type: 'peer-disconnected', peer: one.id, reason: 'failed' });
  }
}

function isEarlier(one: Event, other: Event): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);
}

function way(from: WorldNode, to: WorldNode): string {
  return `${from.id}>${to.id}`;
}

function pair(one: WorldNode, other: WorldNode): string {
  return [one.id, other.id].sort().join('|');
}

/** How long the store takes to answer a question: always as long, so that a peer's questions keep their order. */
const STORE_MS = 1;

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
