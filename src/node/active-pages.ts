/** The hashes of the active chain in pages: to ask the store for each block would take longer than to judge the block. */
import type { Hash } from '../core/hash.ts';
import type { ChainStore } from '../storage/chain-store.ts';

export class ActivePages {
  readonly #store: Pick<ChainStore, 'activeHashes'>;
  #from = 0;
  #page: readonly Hash[] = [];

  constructor(store: Pick<ChainStore, 'activeHashes'>) {
    this.#store = store;
  }

  /** The hash at `height`, as it was when its page was read; undefined above the tip. For heights that go up. */
  async hashAt(height: number): Promise<Hash | undefined> {
    if (height < this.#from || height >= this.#from + this.#page.length) {
      this.#page = await this.#store.activeHashes(height, PAGE_BLOCKS_MAX);
      this.#from = height;
    }
    return this.#page[height - this.#from];
  }
}

const PAGE_BLOCKS_MAX = 4_096;
