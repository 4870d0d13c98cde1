/**
 * A node's disk: a store in memory, and what can go wrong with a real one.
 *
 * Commits are whole or not there, as SQLite's are; what is proven of torn and un-synced writes is proven of real files.
 * A crash leaves the commit that was on its way on the disk, or not. Bodies go bad, and are then found out when they are
 * read, as a hash over them finds it out. The disk fills up. An old copy of it is put back. Work is done one piece after the other.
 */
import type { EntryProof } from '../core/entry-proof.ts';
import type { Hash } from '../core/hash.ts';
import type { HeaderProof } from '../core/header-proof.ts';
import type { Result } from '../core/result.ts';
import type { ChainPoint } from '../core/validation.ts';
import type {
  ChainChange,
  ChainStore,
  CommittedChange,
  FirstPlaces,
  LoadOptions,
  PendingBatch,
  PendingLimits,
  ProofRefusal,
  StoredBlock,
  StoredBody,
  StoredChain,
  StoredProof,
} from '../storage/chain-store.ts';
import { blockDamaged, StoreError } from '../storage/store-error.ts';
import type { Random } from './random.ts';

export interface DiskOptions {
  readonly random: Random;
  /** An empty store. */
  readonly createStore: () => ChainStore;
  /** How long a commit takes at most, and a question, on a disk in good health. */
  readonly commitMsMax?: number;
  readonly questionMs?: number;
}

export class SimulatedDisk {
  /** No commit is taken. */
  isFull = false;
  /** How many times as long as in good health everything takes. */
  slowness = 1;
  readonly #options: DiskOptions;
  #store: ChainStore;
  /** All that it holds, as the changes that led there. */
  #changes: ChainChange[] = [];
  readonly #damaged = new Set<Hash>();
  #busyUntilMs = 0;

  constructor(options: DiskOptions) {
    this.#options = options;
    this.#store = options.createStore();
  }

  /** What was written, past all damage: for those who judge, not for the node. */
  get kept(): ChainStore {
    return this.#store;
  }

  /** How many changes it holds: with this number `restore` comes back to what it holds now. */
  get changeCount(): number {
    return this.#changes.length;
  }

  get damagedHashes(): ReadonlySet<Hash> {
    return this.#damaged;
  }

  /** How long from now until a piece of work is done that is begun once all before it is done. */
  timeFor(work: 'commit' | 'question', nowMs: number): number {
    const { random, commitMsMax = 20, questionMs = 1 } = this.#options;
    // A question takes always as long, and a peer's questions keep their order.
    const takesMs = work === 'commit' ? random.integer(1, commitMsMax) : questionMs;
    this.#busyUntilMs = Math.max(this.#busyUntilMs, nowMs) + takesMs * this.slowness;
    return this.#busyUntilMs - nowMs;
  }

  /** The process that used it is gone, and whatever it had still to do. */
  release(): void {
    this.#busyUntilMs = 0;
  }

  async commit(change: ChainChange): Promise<CommittedChange> {
    if (this.isFull) throw new StoreError('store-full', 'the simulated disk has no room left');
    const committed = await this.#store.commit(change);
    this.#changes.push(change);
    for (const { block } of change.blocks) this.#damaged.delete(block.hash);
    return committed;
  }

  load(options: LoadOptions): Promise<StoredChain> {
    return this.#store.load(options);
  }

  pending(limits: PendingLimits): Promise<PendingBatch> {
    return this.#store.pending(limits);
  }

  pointOf(hash: Hash): Promise<ChainPoint | undefined> {
    return this.#store.pointOf(hash);
  }

  headersAfter(locator: readonly Hash[], max: number): Promise<Uint8Array> {
    return this.#store.headersAfter(locator, max);
  }

  async blockAt(height: number): Promise<StoredBlock | undefined> {
    const stored = await this.#store.blockAt(height);
    if (stored !== undefined) this.#assertSound(stored.block.hash, height);
    return stored;
  }

  async bodies(hashes: readonly Hash[], bytesMax: number): Promise<readonly StoredBody[]> {
    const bodies = await this.#store.bodies(hashes, bytesMax);
    if (this.#damaged.size === 0) return bodies;
    const bad = bodies.findIndex(({ hash }) => this.#damaged.has(hash));
    const first = bodies[0];
    if (bad === 0 && first !== undefined) this.#assertSound(first.hash, undefined);
    return bad < 0 ? bodies : bodies.slice(0, bad);
  }

  chainProof(): Promise<StoredProof> {
    return this.#store.chainProof();
  }

  headerProof(question: {
    readonly tip: Hash;
    readonly heights: readonly number[];
  }): Promise<Result<HeaderProof, ProofRefusal>> {
    return this.#store.headerProof(question);
  }

  async entryProof(question: { readonly tip: Hash; readonly id: Hash }): Promise<Result<EntryProof, ProofRefusal>> {
    const proof = await this.#store.entryProof(question);
    const [place] = this.#damaged.size === 0 || !proof.ok ? [] : (await this.#store.entryPlaces(question.id, 1)).places;
    // The path is made of the body.
    if (place !== undefined) this.#assertSound(place.hash, place.height);
    return proof;
  }

  async firstPlaces(ids: readonly Hash[]): Promise<FirstPlaces> {
    const found = await this.#store.firstPlaces(ids);
    // Whole ids are compared in the block.
    for (const place of found.places) if (place !== undefined) this.#assertSound(place.hash, place.height);
    return found;
  }

  /** From now on the body of this block cannot be read, until it is stored again. */
  damage(hash: Hash): void {
    this.#damaged.add(hash);
  }

  /** Puts back what it held after its first `changeCount` changes. */
  async restore(changeCount: number): Promise<void> {
    this.#changes = this.#changes.slice(0, changeCount);
    this.#damaged.clear();
    this.#store = this.#options.createStore();
    for (const change of this.#changes) await this.#store.commit(change);
  }

  #assertSound(hash: Hash, height: number | undefined): void {
    if (this.#damaged.has(hash)) throw blockDamaged({ hash, height }, 'its bytes are not what they were');
  }
}
