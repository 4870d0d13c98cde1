/** Looks entries up in a SQLite store: by the index as far as it reaches, and then in the blocks that it names. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Block } from '../core/block.ts';
import { entryIds } from '../core/body.ts';
import type { Hash } from '../core/hash.ts';
import type { ActiveChain } from './active-chain.ts';
import type { BlockTable } from './block-table.ts';
import type { EntryPlace, EntryPlaces, FirstPlaces } from './chain-store.ts';
import type { EntryIndexer } from './entry-indexer.ts';
import type { LatestEntries } from './latest-entries.ts';
import type { PendingTable } from './pending-table.ts';

export interface FinderParts {
  readonly chain: ActiveChain;
  readonly blocks: BlockTable;
  readonly indexer: EntryIndexer;
  readonly latest: LatestEntries;
  readonly pending: PendingTable;
}

/**
 * Gives way to others after each block that it reads, and begins again where the active chain has moved meanwhile, or the index
 * has turned out damaged and was begun anew.
 */
export class EntryFinder {
  readonly #parts: FinderParts;

  constructor(parts: FinderParts) {
    this.#parts = parts;
  }

  /** As `ChainStore.entryPlaces` says it. */
  async places(id: Hash, max: number): Promise<EntryPlaces> {
    for (;;) {
      const found = await this.#findPlaces(id, max);
      if (found !== undefined) return found;
    }
  }

  /** As `ChainStore.firstPlaces` says it. */
  async firstPlaces(ids: readonly Hash[]): Promise<FirstPlaces> {
    for (;;) {
      const found = await this.#findFirst(ids);
      if (found !== undefined) return found;
    }
  }

  /** Undefined: what was looked through has been left by the active chain, or thrown away. */
  async #findPlaces(id: Hash, max: number): Promise<EntryPlaces | undefined> {
    const { chain, indexer, pending } = this.#parts;
    const tip = chain.tip.height;
    const reach = indexer.reach();
    const { timesReplaced } = indexer;
    // A few blocks are looked through one by one.
    const indexedTo = tip - reach <= UNINDEXED_BLOCKS_MAX ? tip : reach;
    const last = chain.storedHashAt(indexedTo);
    const places: EntryPlace[] = [];
    for (let from = 0; places.length < max; ) {
      const height = from > reach ? from : (indexer.nextHeight(id, from) ?? reach + 1);
      if (height > indexedTo) break;
      const block = this.#readAt(height);
      for (const [index, other] of entryIds(block.body).entries()) {
        if (other === id) places.push({ height, hash: block.hash, index });
      }
      from = height + 1;
      await nextTurn();
      if (chain.storedHashAt(indexedTo) !== last) return undefined;
    }
    if (indexer.timesReplaced !== timesReplaced) return undefined;
    return { places: places.slice(0, max), indexedTo, pending: pending.find(id) };
  }

  /** Undefined: as above. */
  async #findFirst(ids: readonly Hash[]): Promise<FirstPlaces | undefined> {
    const { chain, indexer, latest } = this.#parts;
    const indexedTo = this.#searchableTo();
    const { timesReplaced } = indexer;
    const last = chain.storedHashAt(indexedTo);
    const unique = new Set(ids);
    /** What is in memory now may be in the index a moment later, and then only there. */
    const lately = new Map([...unique].map((id) => [id, latest.find(id)]));
    const isWithin = (place: EntryPlace | undefined) => place !== undefined && place.height <= indexedTo;
    const places = new Map<Hash, EntryPlace>();
    /** By the height of the next block that may hold them, so that each block is read once for all. */
    const candidates = new Map<number, Hash[]>();
    const lookFrom = (id: Hash, from: number) => {
      const height = indexer.nextHeight(id, from);
      if (height === undefined || height > indexedTo) return;
      const others = candidates.get(height);
      if (others === undefined) candidates.set(height, [id]);
      else others.push(id);
    };
    for (const id of unique) lookFrom(id, 0);
    for (const [height, wanted] of candidates) {
      const { hash, body } = this.#readAt(height);
      // The lowest index is the last one that is put there.
      const indexes = new Map([...entryIds(body).entries()].reverse().map(([index, id]) => [id, index]));
      for (const id of wanted) {
        const index = indexes.get(id);
        if (index === undefined) lookFrom(id, height + 1);
        else places.set(id, { height, hash, index });
      }
      candidates.delete(height);
      await nextTurn();
      if (chain.storedHashAt(indexedTo) !== last) return undefined;
    }
    if (indexer.timesReplaced !== timesReplaced) return undefined;
    return { places: ids.map((id) => [places.get(id), lately.get(id)].find(isWithin)), indexedTo };
  }

  /** Brings the index so near to the tip that all above it is in memory, or a good deal nearer. How far can be looked then. */
  #searchableTo(): number {
    const { chain, indexer, latest } = this.#parts;
    let reach = indexer.reach();
    for (let batches = 0; batches < BATCHES_AT_ONCE_MAX && reach < chain.tip.height; batches++) {
      if (latest.isWholeFrom(reach + 1) && latest.count <= UNINDEXED_ENTRIES_MAX) break;
      indexer.indexSome();
      reach = indexer.reach();
    }
    return latest.isWholeFrom(reach + 1) ? chain.tip.height : reach;
  }

  /** The active block at `height`, which is at most the tip's. */
  #readAt(height: number): Block {
    return this.#parts.blocks.read(this.#parts.chain.headerAt(height).id, () => height).block;
  }
}

/** So few blocks that wait for the index are read whenever an entry is looked for. */
const UNINDEXED_BLOCKS_MAX = 64;
/** So many entries that wait for the index are found without it: to take them in together is quicker than block by block. */
const UNINDEXED_ENTRIES_MAX = 8_192;
/** Of the indexer: each takes some 10 ms. */
const BATCHES_AT_ONCE_MAX = 4;
