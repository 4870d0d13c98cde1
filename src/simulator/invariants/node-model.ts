/**
 * What one node's disk must hold, kept by the plainest means: every block, the active chain as a list, the pending entries
 * in order. It changes only by what the store has made durable, and says what must come of it.
 */
import type { Hash } from '../../core/hash.ts';
import type { ChainChange } from '../../storage/chain-store.ts';
import type { KnownBlock } from './known-blocks.ts';

/** What a change must have led to. */
export interface ExpectedChange {
  /** From the old tip down. */
  readonly removed: readonly Hash[];
  /** All entries that became pending again, in order. */
  readonly returned: readonly Hash[];
  /** The entries that are pending no longer, in order. */
  readonly included: readonly Hash[];
}

export class NodeModel {
  /** Ids of entries that were promised to whoever gave them: they have to be pending or in the active chain for ever. */
  readonly acknowledged = new Set<Hash>();
  readonly #stored = new Map<Hash, KnownBlock>();
  readonly #active: KnownBlock[] = [];
  readonly #pending = new Map<Hash, string>();
  /** How often each entry stands in the active chain. */
  readonly #inChain = new Map<Hash, number>();
  readonly #changes: { readonly change: ChainChange; readonly blocks: readonly KnownBlock[] }[] = [];

  constructor(genesis: KnownBlock) {
    this.#stored.set(genesis.hash, genesis);
    this.#active.push(genesis);
  }

  get tip(): KnownBlock {
    const tip = this.#active.at(-1);
    if (tip === undefined) throw new Error('a chain has its genesis');
    return tip;
  }

  get active(): readonly KnownBlock[] {
    return this.#active;
  }

  /** The texts of the pending entries by their ids, in the order in which they became pending. */
  get pending(): ReadonlyMap<Hash, string> {
    return this.#pending;
  }

  hasStored(hash: Hash): boolean {
    return this.#stored.has(hash);
  }

  isActive(hash: Hash): boolean {
    const block = this.#stored.get(hash);
    return block !== undefined && this.#active[Number(block.header.height)] === block;
  }

  /** Whether an entry is where a crash cannot lose it: pending, or in the active chain. */
  isSafe(id: Hash): boolean {
    return this.#pending.has(id) || this.#inChain.has(id);
  }

  isInChain(id: Hash): boolean {
    return this.#inChain.has(id);
  }

  /** The best of all blocks that are stored, by looking at every one of them. */
  bestTip(): KnownBlock {
    let best = this.#active[0] ?? this.tip;
    for (const block of this.#stored.values()) if (isBetter(block, best)) best = block;
    return best;
  }

  /** Does what `change` says; its blocks, as they were judged, are `blocks`. */
  apply(change: ChainChange, blocks: readonly KnownBlock[]): ExpectedChange {
    this.#changes.push({ change, blocks });
    for (const block of blocks) this.#stored.set(block.hash, this.#stored.get(block.hash) ?? block);
    for (const { id, bytes } of change.pendingAdded) {
      if (!this.#pending.has(id)) this.#pending.set(id, Buffer.from(bytes).toString('utf8'));
    }
    if (change.activate === undefined) return { removed: [], returned: [], included: [] };
    const leaving = this.#active.splice(change.activate.forkHeight + 1);
    for (const { ids } of leaving) for (const id of ids) this.#count(id, -1);
    const included: Hash[] = [];
    for (const hash of change.activate.added) {
      const block = this.#stored.get(hash);
      if (block === undefined) throw new Error(`a block that is not stored joins the chain: ${hash}`);
      this.#active.push(block);
      for (const id of block.ids) {
        this.#count(id, 1);
        if (this.#pending.delete(id)) included.push(id);
      }
    }
    const joined = new Set(change.activate.added.flatMap((hash) => this.#stored.get(hash)?.ids ?? []));
    const returned: Hash[] = [];
    for (const { ids, texts } of leaving) {
      for (const [i, id] of ids.entries()) {
        if (joined.has(id) || this.#pending.has(id)) continue;
        this.#pending.set(id, texts[i] ?? '');
        returned.push(id);
      }
    }
    return { removed: leaving.map(({ hash }) => hash).reverse(), returned, included };
  }

  /**
   * What the disk held after its first `changeCount` changes, for where that was put back. Of what was promised, only what
   * is there counts from now on: nobody can keep the rest.
   */
  rewound(changeCount: number): NodeModel {
    const model = new NodeModel(this.#active[0] ?? this.tip);
    for (const { change, blocks } of this.#changes.slice(0, changeCount)) model.apply(change, blocks);
    for (const id of this.acknowledged) if (model.isSafe(id)) model.acknowledged.add(id);
    return model;
  }

  #count(id: Hash, change: 1 | -1): void {
    const count = (this.#inChain.get(id) ?? 0) + change;
    if (count === 0) this.#inChain.delete(id);
    else this.#inChain.set(id, count);
  }
}

/** Whether `one` is to be followed instead of `other` (docs/spec/fork-choice.md). */
export function isBetter(one: KnownBlock, other: KnownBlock): boolean {
  if (one.header.work !== other.header.work) return one.header.work > other.header.work;
  return BigInt(`0x${one.hash}`) < BigInt(`0x${other.hash}`);
}
