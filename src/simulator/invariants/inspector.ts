/**
 * Watches every node of a world, and throws as soon as one of the safety invariants does not hold. It has a model of each
 * disk, made of nothing but what became durable there, and judges blocks by the second implementation alone.
 */
import type { Hash } from '../../core/hash.ts';
import type { NetworkParams } from '../../core/params.ts';
import type { Effect, Input, PeerId } from '../../protocol/effects.ts';
import type { FullNode } from '../../protocol/full-node.ts';
import { REORGANISATION_ALARM_BLOCKS } from '../../protocol/limits.ts';
import type { Message } from '../../protocol/message.ts';
import type { ChainChange, ChainStore, CommittedChange } from '../../storage/chain-store.ts';
import { paramsDocument } from '../params-document.ts';
import { leafHash } from '../second-implementation/trees.ts';
import type { WorldObserver } from '../world-observer.ts';
import { Blame } from './blame.ts';
import { type BoundedMachine, Bounds } from './bounds.ts';
import { Tally } from './invariant.ts';
import { KnownBlocks } from './known-blocks.ts';
import { isBetter, NodeModel } from './node-model.ts';
import { OnceWatch } from './once-watch.ts';
import { Sayings } from './sayings.ts';
import { StoreReading } from './store-reading.ts';

/** What there is of a node to look at. */
export interface InspectedNode {
  readonly id: PeerId;
  readonly isUp: boolean;
  /** Asked for while it is up. */
  readonly machine: BoundedMachine & Pick<FullNode, 'tip' | 'alarm'>;
  readonly disk: {
    /** How many changes led to what it holds. */
    readonly changeCount: number;
    /** What was written, past all damage. */
    readonly kept: ChainStore;
  };
}

/** How far chains have moved back. */
export interface Reorganisations {
  /** How many times a node has left a block. */
  readonly count: number;
  /** The most blocks that a node has left at once. */
  readonly deepest: number;
}

export class Inspector implements WorldObserver {
  readonly tally = new Tally();
  readonly known: KnownBlocks;
  readonly #models = new Map<PeerId, NodeModel>();
  readonly #answered = new Map<PeerId, Set<number>>();
  readonly #sayings: Sayings;
  readonly #bounds: Bounds;
  readonly #blame: Blame;
  readonly #reading: StoreReading;
  readonly #once: OnceWatch;
  #reorganisations: Reorganisations = { count: 0, deepest: 0 };
  #ticks = 0;
  /** Nodes whose last switch was deeper than what raises an alarm. */
  readonly #alarmed = new Set<PeerId>();
  /** How often each node was started. */
  readonly #starts = new Map<PeerId, number>();

  constructor(options: { readonly params: NetworkParams; readonly honest: readonly PeerId[] }) {
    this.known = new KnownBlocks(options.params);
    for (const id of options.honest) this.#models.set(id, new NodeModel(this.known.genesis));
    this.#sayings = new Sayings(this.tally, this.known);
    this.#bounds = new Bounds(this.tally);
    this.#blame = new Blame(this.tally, new Set(options.honest));
    this.#once = new OnceWatch(this.tally);
    this.#reading = new StoreReading(this.tally, paramsDocument(options.params));
  }

  get reorganisations(): Reorganisations {
    return this.#reorganisations;
  }

  /** How often an honest node was suspected of something by another, without a ban. */
  get accusations(): number {
    return this.#blame.accusations;
  }

  /** Whether a node has forgotten what it only remembered. */
  hasRestarted(id: PeerId): boolean {
    return (this.#starts.get(id) ?? 0) > 1;
  }

  modelOf(id: PeerId): NodeModel {
    const model = this.#models.get(id);
    if (model === undefined) throw new Error(`there is no honest node ${id}`);
    return model;
  }

  /** A node was started from what its disk holds. */
  started(node: InspectedNode): void {
    this.#starts.set(node.id, (this.#starts.get(node.id) ?? 0) + 1);
    this.#answered.set(node.id, new Set());
    this.#alarmed.delete(node.id);
    this.#once.started(node.id);
    this.#checkFollows(node, 'it starts');
  }

  /** The store of a node has made `change` durable; its machine may never hear of it. */
  committed({ id }: InspectedNode, change: ChainChange, result: CommittedChange): void {
    const model = this.modelOf(id);
    this.#bounds.checkCommit(id, change);
    const blocks = change.blocks.map(({ block, work }) => {
      const known = this.known.take(block);
      const fault = typeof known === 'string' ? known : undefined;
      this.tally.check('S-a', id, fault === undefined, () => `it stores the block ${block.hash}: ${fault}`);
      if (typeof known === 'string') throw new Error('a broken invariant ends the run');
      this.tally.check('S-a', id, known.header.work === work, () => `it counts the work of ${block.hash} as ${work}`);
      return known;
    });
    for (const entry of change.pendingAdded) {
      const isItsId = leafHash(Buffer.from(entry.bytes)) === entry.id;
      this.tally.check('S-j', id, isItsId, () => `it stores other bytes for the entry ${entry.id}`);
    }
    const oldTip = model.tip;
    const expected = model.apply(change, blocks);
    const { tip } = model;
    if (tip !== oldTip) {
      this.tally.check(
        'S-c',
        id,
        isBetter(tip, oldTip),
        () => `it leaves ${oldTip.hash} for ${tip.hash}, which is no better`,
      );
    }
    const unbeaten = blocks.every((block) => !isBetter(block, tip));
    this.tally.check('S-b', id, unbeaten, () => `it stores a better block than its tip ${tip.hash}`);
    this.#checkResult(id, result, expected);
    const depth = expected.removed.length;
    if (depth > REORGANISATION_ALARM_BLOCKS) this.#alarmed.add(id);
    if (depth === 0) return;
    const { count, deepest } = this.#reorganisations;
    this.#reorganisations = { count: count + 1, deepest: Math.max(deepest, depth) };
  }

  /** A machine has taken an input, and this is what it wants done. */
  handled(node: InspectedNode, input: Input, effects: readonly Effect[]): void {
    for (const effect of effects) this.#checkEffect(node.id, effect);
    this.#once.handled({ id: node.id, model: this.modelOf(node.id) }, input, effects);
    if (input.type === 'tick' && ++this.#ticks % TICKS_PER_LOOK === 0) this.#bounds.checkMachine(node.id, node.machine);
    if (input.type !== 'committed') return;
    this.#checkFollows(node, 'it has committed');
    if (this.#alarmed.has(node.id)) {
      this.tally.check('S-c', node.id, node.machine.alarm !== undefined, () => 'a deep switch raised no alarm');
    }
  }

  /** A node puts a message on its way, of so many bytes. */
  sent(id: PeerId, _to: PeerId, message: Message, sizeBytes: number): void {
    const model = this.#models.get(id);
    if (model === undefined) return;
    this.#sayings.checkSize(id, message, sizeBytes);
    this.#sayings.check({ id, model }, message);
  }

  /** An old copy of a disk was put back. */
  restored({ id, disk }: InspectedNode): void {
    this.#models.set(id, this.modelOf(id).rewound(disk.changeCount));
  }

  /** Reads all that is on a node's disk, and looks through all of the model. Takes long. */
  async inspect({ id, disk }: InspectedNode): Promise<void> {
    const model = this.modelOf(id);
    const best = model.bestTip();
    this.tally.check('S-b', id, best === model.tip, () => `its tip is ${model.tip.hash}, and it has ${best.hash}`);
    await this.#reading.check(id, disk.kept, model);
  }

  /** The machine is where its disk is, and waits with the entries that wait there. */
  #checkFollows(node: InspectedNode, when: string): void {
    const { id, machine } = node;
    const { tip, pending } = this.modelOf(id);
    const isThere = machine.tip.hash === tip.hash && machine.tip.work === tip.header.work;
    this.tally.check(
      'S-b',
      id,
      isThere,
      () => `${when}, and follows ${machine.tip.hash} where its disk has ${tip.hash}`,
    );
    if (machine.pool.count > POOL_LOOKED_THROUGH) return;
    for (const entry of machine.pool.stored()) {
      const isPending = pending.has(entry.id);
      this.tally.check('S-d', id, isPending, () => `${when}, and takes the entry ${entry.id} for durable`);
    }
  }

  #checkEffect(id: PeerId, effect: Effect): void {
    this.#blame.check(id, effect);
    const model = this.modelOf(id);
    if (effect.type === 'notify') {
      const { event } = effect;
      if (event.type === 'block-added') this.#checkDurable(id, model.hasStored(event.hash), `the block ${event.hash}`);
      if (event.type === 'entry-pending') this.#checkDurable(id, model.isSafe(event.id), `the entry ${event.id}`);
    }
    if (effect.type !== 'answer') return;
    const { request, answer } = effect;
    const answered = this.#answered.get(id);
    this.tally.check('S-d', id, answered?.has(request) === false, () => `it answers the question ${request} again`);
    answered?.add(request);
    if (answer.type === 'block-mined') {
      this.#checkDurable(id, model.isActive(answer.hash), `the block ${answer.hash}`);
      for (const entry of this.known.find(answer.hash)?.ids ?? []) model.acknowledged.add(entry);
    }
    if (answer.type !== 'entries-pending') return;
    for (const entry of answer.entries) {
      this.#checkDurable(id, model.isSafe(entry.id), `the entry ${entry.id}`);
      model.acknowledged.add(entry.id);
    }
  }

  #checkDurable(id: PeerId, isDurable: boolean, what: string): void {
    this.tally.check('S-d', id, isDurable, () => `it tells of ${what}, which is not durable there`);
  }

  #checkResult(id: PeerId, result: CommittedChange, expected: ReturnType<NodeModel['apply']>): void {
    const isOf = (list: readonly Hash[], whole: readonly Hash[], isAll: boolean) =>
      list.join() === (isAll ? whole : whole.slice(0, list.length)).join();
    const removed = isOf(result.removed, expected.removed, true);
    this.tally.check('S-f', id, removed, () => `its store removed ${result.removed.length} blocks`);
    const included = isOf(result.included, expected.included, true);
    this.tally.check('S-f', id, included, () => `its store counts ${result.included.length} entries as included`);
    const ids = result.returned.map((entry) => entry.id);
    const returned = isOf(ids, expected.returned, result.isAllReturned);
    this.tally.check(
      'S-f',
      id,
      returned,
      () => `its store gives back ${ids.length} entries of ${expected.returned.length}`,
    );
  }
}

/** Of so many ticks, a machine's bounds are looked at in one: they do not change fast. */
const TICKS_PER_LOOK = 16;

/** A larger pool is looked through at the end only: it would take longer than all the rest. */
const POOL_LOOKED_THROUGH = 1_000;
