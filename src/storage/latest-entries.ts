/**
 * The ids in the latest blocks of the active chain, in memory: until the index holds them they are found here, and the index gets
 * them from here, so that no block is read again that has just been written.
 */
import type { Block } from '../core/block.ts';
import { entryIds } from '../core/body.ts';
import type { Hash } from '../core/hash.ts';
import type { EntryPlace } from './chain-store.ts';

/** A block as the index takes it. */
export interface IndexedBlock {
  readonly height: number;
  readonly hash: Hash;
  readonly ids: readonly Hash[];
  /** Of its body. */
  readonly sizeBytes: number;
}

export class LatestEntries {
  /** In a row up to the tip, the lowest first. */
  #blocks: IndexedBlock[] = [];
  /** The lowest place of each entry in them. */
  readonly #places = new Map<Hash, EntryPlace>();
  #count = 0;

  /** How many entries the blocks have together. */
  get count(): number {
    return this.#count;
  }

  /** The active chain ends in `added` now, above the height `forkHeight`; undefined, where the blocks are not at hand. */
  switched(forkHeight: number, added: readonly Block[] | undefined): void {
    const last = this.#blocks.at(-1);
    const isGrowth = last === undefined || last.height === forkHeight;
    if (!isGrowth) this.#keep(this.#blocks.filter(({ height }) => height <= forkHeight));
    // Many at once come of a sync: nobody asks for their entries soon, and to hash them would hold it up.
    if (added === undefined || added.length > BLOCKS_AT_ONCE_MAX) return this.#keep([]);
    for (const { hash, header, body } of added) {
      this.#put({ height: header.height, hash, ids: entryIds(body), sizeBytes: body.bytes.length });
    }
    if (this.#count > ENTRIES_MAX) this.#forgetSome();
  }

  /** Whether all blocks from `height` up are here. */
  isWholeFrom(height: number): boolean {
    const first = this.#blocks[0];
    return first !== undefined && first.height <= height;
  }

  at(height: number): IndexedBlock | undefined {
    return this.#blocks[height - (this.#blocks[0]?.height ?? 0)];
  }

  /** The lowest of these blocks that has the entry. */
  find(id: Hash): EntryPlace | undefined {
    return this.#places.get(id);
  }

  /** The index holds the blocks up to `height`. */
  forgetUpTo(height: number): void {
    const first = this.#blocks[0];
    if (first !== undefined && first.height <= height)
      this.#keep(this.#blocks.filter((block) => block.height > height));
  }

  /** The lowest blocks, until there is room for as many entries again. */
  #forgetSome(): void {
    let count = this.#count;
    const from = this.#blocks.findIndex(({ ids }) => {
      count -= ids.length;
      return count <= ENTRIES_MAX / 2;
    });
    this.#keep(this.#blocks.slice(from + 1));
  }

  #keep(blocks: readonly IndexedBlock[]): void {
    this.#blocks = [];
    this.#places.clear();
    this.#count = 0;
    for (const block of blocks) this.#put(block);
  }

  #put(block: IndexedBlock): void {
    const { height, hash, ids } = block;
    this.#blocks.push(block);
    this.#count += ids.length;
    for (const [index, id] of ids.entries()) {
      if (!this.#places.has(id)) this.#places.set(id, { height, hash, index });
    }
  }
}

/** About 8 MB. */
const ENTRIES_MAX = 32_768;
const BLOCKS_AT_ONCE_MAX = 8;
