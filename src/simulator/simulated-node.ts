/**
 * One node of a world: the machine, the disk that outlives it, its clocks and its miner. Effects are carried out in
 * order and answered by inputs, as `src/node/runtime.ts` and `peer-library.ts` do it.
 */
import { assert, assertNever, assertPresent } from '../core/assert.ts';
import type { Hash } from '../core/hash.ts';
import type { Answer, Commit, Effect, Input, PeerId, RequestId } from '../protocol/effects.ts';
import { FullNode, type FullNodeOptions } from '../protocol/full-node.ts';
import {
  CHAIN_WINDOW_BLOCKS,
  MILESTONE_INTERVAL_BLOCKS,
  PENDING_BYTES_MAX,
  PENDING_ENTRIES_MAX,
} from '../protocol/limits.ts';
import { readRecentIds } from '../storage/recent-entries.ts';
import { isDamage, StoreError } from '../storage/store-error.ts';
import { proofFrom } from './disk-proofs.ts';
import type { Direction, Endpoint, Received } from './endpoint.ts';
import type { EventQueue, Happening } from './event-queue.ts';
import type { Random } from './random.ts';
import { SimulatedClock } from './simulated-clock.ts';
import type { SimulatedDisk } from './simulated-disk.ts';
import type { SimulatedMiner } from './simulated-miner.ts';
import type { SimulatedNetwork } from './simulated-network.ts';
import type { WorldObserver } from './world-observer.ts';

/** What surrounds a node. */
export interface NodeSurroundings {
  readonly queue: EventQueue;
  readonly network: SimulatedNetwork;
  readonly observers: readonly WorldObserver[];
  readonly random: Random;
}

export interface SimulatedNodeOptions {
  /** Its place in the world. */
  readonly index: number;
  readonly machine: Omit<FullNodeOptions, 'state' | 'addresses'>;
  readonly address: string;
  readonly disk: SimulatedDisk;
  readonly miner: SimulatedMiner;
  /** How often the machine hears that time has passed. */
  readonly tickMs: number;
}

export class SimulatedNode implements Endpoint {
  readonly index: number;
  readonly id: PeerId;
  readonly address: string;
  readonly disk: SimulatedDisk;
  readonly miner: SimulatedMiner;
  readonly clock: SimulatedClock;
  /** To what was asked of it, in all its lives. */
  readonly answers = new Map<RequestId, Answer>();
  readonly #options: SimulatedNodeOptions;
  readonly #surroundings: NodeSurroundings;
  readonly #inputs: Input[] = [];
  #machineOptions: FullNodeOptions | undefined;
  #machine: FullNode | undefined;
  /** Counts starts and crashes: what was begun in another life is over. */
  #life = 0;
  #isHandling = false;
  /** The commit that is on its way to the disk. */
  #committing: Commit | undefined;

  constructor(options: SimulatedNodeOptions, surroundings: NodeSurroundings) {
    this.index = options.index;
    this.id = options.machine.localPeer;
    this.address = options.address;
    this.disk = options.disk;
    this.miner = options.miner;
    this.clock = new SimulatedClock(surroundings.queue.nowMs);
    this.#options = options;
    this.#surroundings = surroundings;
  }

  get isUp(): boolean {
    return this.#machine !== undefined;
  }

  /** The machine of this life. */
  get machine(): FullNode {
    return assertPresent(this.#machine, `${this.id} is up`);
  }

  /** What the machine of this life was made from. */
  get machineOptions(): FullNodeOptions {
    return assertPresent(this.#machineOptions, `${this.id} has been up`);
  }

  /** Starts from what the disk holds. */
  async start(): Promise<void> {
    const { machine, tickMs } = this.#options;
    const { queue, observers, random } = this.#surroundings;
    await this.#endCommit();
    const { windowBlocks = CHAIN_WINDOW_BLOCKS } = machine;
    const state = await this.disk.load({
      windowLength: windowBlocks,
      milestoneInterval: MILESTONE_INTERVAL_BLOCKS,
      pending: { entriesMax: PENDING_ENTRIES_MAX, bytesMax: PENDING_BYTES_MAX },
    });
    const recentIds = await readRecentIds(this.disk, state.window.at(-1)?.header.height ?? 0);
    this.#life++;
    this.clock.boot(queue.nowMs);
    this.#machineOptions = { ...machine, state: { ...state, recentIds }, addresses: [this.address], windowBlocks };
    this.#machine = new FullNode(this.#machineOptions);
    for (const observer of observers) observer.started?.(this);
    const tick = () => {
      this.feed({ type: 'tick' });
      this.#later(tickMs, tick);
    };
    // Nodes do not tick in step.
    this.#later(random.integer(0, tickMs), tick);
  }

  /** Ends the process at once. */
  crash(): void {
    if (!this.isUp) return;
    this.#life++;
    this.#machine = undefined;
    this.#inputs.length = 0;
    this.miner.stop();
    this.disk.release();
    this.#surroundings.network.vanish(this.id);
    for (const observer of this.#surroundings.observers) observer.crashed?.(this);
  }

  /** While it is down: puts back what the disk held after its first `changeCount` changes. */
  async restore(changeCount: number): Promise<void> {
    assert(!this.isUp, 'a disk is put back while nobody uses it');
    this.#committing = undefined;
    await this.disk.restore(changeCount);
    for (const observer of this.#surroundings.observers) observer.restored?.(this);
  }

  connected(peer: PeerId, address: string, direction: Direction): void {
    this.feed({ type: 'peer-connected', peer, address, direction });
  }

  heard(peer: PeerId, received: Received): void {
    if (received.ok) this.feed({ type: 'message-received', peer, message: received.value });
    else this.feed({ type: 'message-malformed', peer, fault: received.fault });
  }

  gone(peer: PeerId, reason: string): void {
    this.feed({ type: 'peer-disconnected', peer, reason });
  }

  /** Gives the machine an input, and carries out what it decides; one that comes meanwhile waits its turn. */
  feed(input: Input): void {
    if (!this.isUp) return;
    this.#inputs.push(input);
    if (this.#isHandling) return;
    this.#isHandling = true;
    try {
      for (let next = this.#inputs.shift(); next !== undefined; next = this.#inputs.shift()) this.#handle(next);
    } finally {
      this.#isHandling = false;
    }
  }

  #handle(input: Input): void {
    const { queue, observers } = this.#surroundings;
    const life = this.#life;
    const effects = this.machine.handle(input, this.clock.read(queue.nowMs));
    for (const observer of observers) observer.handled?.(this, input, effects, queue.nowMs);
    for (const effect of effects) {
      if (this.#life !== life) return;
      this.#carryOut(effect);
    }
  }

  /** Does something later, unless this life is over by then. */
  #later(delayMs: number, run: Happening): void {
    const life = this.#life;
    this.#surroundings.queue.after(delayMs, () => (this.#life === life ? run() : undefined));
  }

  /** Does something that takes the disk, once everything before it is done there. */
  #onDisk(work: 'commit' | 'question', run: () => Promise<void>): void {
    const life = this.#life;
    this.#later(this.disk.timeFor(work, this.#surroundings.queue.nowMs), async () => {
      try {
        await run();
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        if (this.#life === life) this.#fail(error);
      }
    });
  }

  #carryOut(effect: Effect): void {
    const { network } = this.#surroundings;
    switch (effect.type) {
      case 'send':
        return network.send(this.id, effect.peer, effect.message);
      case 'serve-headers':
        return this.#onDisk('question', async () => {
          const headers = await this.disk.headersAfter(effect.locator, effect.max);
          network.send(this.id, effect.peer, { type: 'headers', headers });
        });
      case 'serve-chain-proof':
      case 'serve-header-proof':
      case 'serve-entry-proof':
        return this.#onDisk('question', async () => {
          const message = await this.#unlessDamaged(proofFrom(this.disk, effect), undefined);
          if (message !== undefined) network.send(this.id, effect.peer, message);
        });
      case 'serve-blocks':
        return this.#onDisk('question', () => this.#serveBlocks(effect.peer, effect.hashes));
      case 'disconnect':
        return network.hangUp(this.id, effect.peer);
      case 'dial':
        return this.#dial(effect.address);
      case 'commit':
        this.#committing = effect.change;
        return this.#onDisk('commit', () => this.#commit(effect.change));
      case 'load-pending':
        return this.#onDisk('question', async () => {
          this.feed({ type: 'pending-loaded', ...(await this.disk.pending(effect)) });
        });
      case 'find-entries':
        return this.#onDisk('question', async () => {
          const nothing = { places: effect.ids.map(() => undefined), indexedTo: -1 };
          this.feed({
            type: 'entries-found',
            ...(await this.#unlessDamaged(this.disk.firstPlaces(effect.ids), nothing)),
          });
        });
      case 'load-branch-point':
        return this.#onDisk('question', async () => {
          const { peer, hash } = effect;
          this.feed({ type: 'branch-point-loaded', peer, hash, point: await this.disk.pointOf(hash) });
        });
      case 'search': {
        const { job, header } = effect;
        const delayMs = this.miner.begin(job, header);
        if (delayMs === undefined) return;
        return this.#later(delayMs, () => {
          if (this.miner.job === job) this.feed({ type: 'nonce-found', job, nonce: this.miner.find(header) });
        });
      }
      case 'stop-search':
        return this.miner.stop();
      case 'answer':
        this.answers.set(effect.request, effect.answer);
        return;
      case 'notify':
      case 'report':
        return;
      default:
        return assertNever(effect);
    }
  }

  #dial(address: string): void {
    const life = this.#life;
    this.#surroundings.network.dial(this, address, (outcome) => {
      if (this.#life !== life) return;
      if (outcome.ok) this.feed({ type: 'dial-succeeded', address, peer: outcome.peer });
      else this.feed({ type: 'dial-failed', address, isFinal: false });
    });
  }

  async #commit(change: Commit): Promise<void> {
    const life = this.#life;
    if (this.disk.isFull) {
      this.#committing = undefined;
      return this.feed({ type: 'commit-failed' });
    }
    const committed = await this.#write(change);
    // Whoever watches may have ended this life.
    if (this.#life !== life) return;
    this.#later(this.#surroundings.random.integer(0, ANSWER_MS_MAX), () => {
      this.feed({ type: 'committed', ...committed });
    });
  }

  /** The commit that a crash caught on its way: it is on the disk, or it is not. */
  async #endCommit(): Promise<void> {
    const change = this.#committing;
    this.#committing = undefined;
    if (change !== undefined && !this.disk.isFull && this.#surroundings.random.chance(0.5)) await this.#write(change);
  }

  async #write(change: Commit) {
    const committed = await this.disk.commit(change);
    this.#committing = undefined;
    for (const observer of this.#surroundings.observers) observer.committed?.(this, change, committed);
    return committed;
  }

  async #serveBlocks(peer: PeerId, hashes: readonly Hash[]): Promise<void> {
    const { network } = this.#surroundings;
    const missing: Hash[] = [];
    for (let next = 0; next < hashes.length; ) {
      const asked = hashes.slice(next);
      const first = assertPresent(asked[0], 'there is one left');
      // The first one is damaged where nothing comes: it is as if it were missing.
      const nothing = [{ hash: first, bytes: undefined }];
      const bodies = await this.#unlessDamaged(this.disk.bodies(asked, READ_BYTES_MAX), nothing);
      for (const { hash, bytes } of bodies) {
        if (bytes === undefined) missing.push(hash);
        else network.send(this.id, peer, { type: 'block', hash, bodyBytes: bytes });
      }
      next += bodies.length;
    }
    if (missing.length > 0) network.send(this.id, peer, { type: 'not-found', hashes: missing });
  }

  /** What was read; `otherwise` where it is damaged, of which the machine is told. */
  async #unlessDamaged<Value>(reading: Promise<Value>, otherwise: Value): Promise<Value> {
    try {
      return await reading;
    } catch (error) {
      if (!isDamage(error)) throw error;
      const hash = error.block?.hash;
      const point = hash === undefined ? undefined : await this.disk.pointOf(hash);
      if (point !== undefined) this.feed({ type: 'block-damaged', point });
      return otherwise;
    }
  }

  /** The world failed in a way that a node cannot go on from. */
  #fail(error: Error): void {
    for (const observer of this.#surroundings.observers) observer.failed?.(this, error);
    this.crash();
  }
}

/** How much is read at once for a peer. */
const READ_BYTES_MAX = 512 * 1024;

/** How long it takes at most until the machine hears that a change is on the disk. */
const ANSWER_MS_MAX = 5;
