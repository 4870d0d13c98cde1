/**
 * Builds the index of entries behind the tip, in small batches, while the store has nothing else to do.
 *
 * The index notes, for each batch, the block it ends in. Whether those blocks are still active tells how far the index
 * can be trusted, whatever has happened to either file: a switch of branches, a crash, a copy put in its place. What is
 * not is forgotten, batch by batch.
 */
import { entryIds } from '../core/body.ts';
import { type Hash, hashToBytes } from '../core/hash.ts';
import type { ActiveChain } from './active-chain.ts';
import type { BlockTable } from './block-table.ts';
import { EntryIndex } from './entry-index.ts';
import { openEntryIndex, removeEntryIndex } from './entry-index-file.ts';
import type { IndexedBlock, LatestEntries } from './latest-entries.ts';
import type { Database } from './sqlite-database.ts';
import { isDamage, StoreError } from './store-error.ts';

export class EntryIndexer {
  readonly #folder: string;
  readonly #chain: ActiveChain;
  readonly #blocks: BlockTable;
  readonly #latest: LatestEntries;
  #database: Database;
  #index: EntryIndex;
  /** Fires when no commit has come for a while. */
  #idle: NodeJS.Timeout | undefined;
  /** Fires when the index has waited long enough, however busy the store. */
  #overdue: NodeJS.Timeout | undefined;
  #next: NodeJS.Immediate | undefined;
  #filtering: NodeJS.Immediate | undefined;
  #timesReplaced = 0;
  /** It was to be made anew, and could not be yet. */
  #isMissing = false;

  constructor(parts: {
    readonly folder: string;
    readonly chain: ActiveChain;
    readonly blocks: BlockTable;
    readonly latest: LatestEntries;
  }) {
    this.#folder = parts.folder;
    this.#chain = parts.chain;
    this.#blocks = parts.blocks;
    this.#latest = parts.latest;
    const { database, index } = openIndex(this.#folder);
    this.#database = database;
    this.#index = index;
    this.#filterOn();
  }

  /** Where this has grown, what was not found before may have stood in the index that was thrown away. */
  get timesReplaced(): number {
    return this.#timesReplaced;
  }

  /** There may be something to do, and whoever called may soon come again. */
  wake(): void {
    clearImmediate(this.#next);
    this.#next = undefined;
    if (this.#idle === undefined) this.#idle = setTimeout(() => this.#workOn(), IDLE_MS).unref();
    else this.#idle.refresh();
    this.#overdue ??= setTimeout(() => this.#workOn(), OVERDUE_MS).unref();
  }

  /** The height up to which the index holds the active chain; -1: it holds nothing. */
  reach(): number {
    return this.#mending(() => {
      const { height } = this.#index.reach;
      const trueHeight = this.#trueHeight();
      if (trueHeight === height) return height;
      // Forgetting takes 20 µs a block, all in one go: 20 s where it is the index of another chain of a million blocks.
      if (trueHeight < height / 2) {
        this.#replace();
        return -1;
      }
      this.#database.transaction(() => this.#index.cutAbove(trueHeight));
      return trueHeight;
    });
  }

  /** The lowest height from `from` up whose block may hold the entry `id`. */
  nextHeight(id: Hash, from: number): number | undefined {
    return this.#mending(() => this.#index.nextHeight(id, from));
  }

  /** Indexes some more blocks. False: there are no more. Throws `block-damaged` where the next one cannot be read. */
  indexSome(): boolean {
    const reach = this.reach();
    const batch = this.#readBatch(reach + 1);
    const last = batch.at(-1);
    if (last === undefined) return false;
    this.#mending(() =>
      this.#database.transaction(() => {
        for (const { height, ids } of batch) this.#index.add(height, ids);
        this.#index.reachedTo(last.height, hashToBytes(last.hash));
      }),
    );
    this.#latest.forgetUpTo(last.height);
    return last.height < this.#chain.tip.height;
  }

  /** Batches do not overlap with anything, so none is under way. */
  close(): void {
    this.#isMissing = false;
    this.#rest();
    clearImmediate(this.#filtering);
    this.#database.close();
  }

  #workOn(): void {
    this.#rest();
    try {
      if (this.indexSome()) this.#next = setImmediate(() => this.#workOn());
    } catch (error) {
      // The index stays behind, and says so; a commit may mend what cannot be read. A disk that fails shows in a commit.
      if (!(error instanceof StoreError)) throw error;
    }
  }

  /** A while after the start, what is new is known for it without a look into the file. */
  #filterOn(): void {
    this.#filtering = setImmediate(() => {
      try {
        if (this.#mending(() => this.#index.filterSome())) this.#filterOn();
      } catch (error) {
        // Then the file is looked into.
        if (!(error instanceof StoreError)) throw error;
      }
    }).unref();
  }

  #rest(): void {
    clearTimeout(this.#idle);
    clearTimeout(this.#overdue);
    clearImmediate(this.#next);
    this.#idle = undefined;
    this.#overdue = undefined;
    this.#next = undefined;
  }

  /** The height of the last batch that ends in a block which is active; -1: there is none. */
  #trueHeight(): number {
    for (const { height, hash } of this.#index.reaches()) {
      if (this.#chain.storedHashAt(height) === hash) return height;
    }
    return -1;
  }

  #readBatch(first: number): readonly IndexedBlock[] {
    const batch: IndexedBlock[] = [];
    let sizeBytes = 0;
    for (let height = first; height <= this.#chain.tip.height; height++) {
      if (batch.length >= BATCH_BLOCKS || sizeBytes >= BATCH_BYTES) break;
      try {
        const block = this.#latest.at(height) ?? this.#readAt(height);
        batch.push(block);
        sizeBytes += block.sizeBytes;
      } catch (error) {
        if (batch.length > 0) break;
        throw error;
      }
    }
    return batch;
  }

  #readAt(height: number): IndexedBlock {
    const { hash, body } = this.#blocks.read(this.#chain.headerAt(height).id, () => height).block;
    return { height, hash, ids: entryIds(body), sizeBytes: body.bytes.length };
  }

  /** What `work` answers. An index that turns out damaged is made anew, empty. */
  #mending<Value>(work: () => Value): Value {
    if (this.#isMissing) this.#replace();
    try {
      return work();
    } catch (error) {
      if (!isDamage(error) || error.code === 'block-damaged') throw error;
      this.#replace();
      return work();
    }
  }

  /** Begins an index anew. */
  #replace(): void {
    this.#timesReplaced++;
    this.#isMissing = true;
    this.#database.close();
    removeEntryIndex(this.#folder);
    this.#database = openEntryIndex(this.#folder);
    this.#index = new EntryIndex(this.#database);
    this.#isMissing = false;
    this.wake();
    clearImmediate(this.#filtering);
    this.#filterOn();
  }
}

/** The index in `folder`, made anew where no question can be put to it: it can be derived. */
function openIndex(folder: string): { readonly database: Database; readonly index: EntryIndex } {
  const database = openEntryIndex(folder);
  try {
    return { database, index: new EntryIndex(database) };
  } catch (error) {
    database.close();
    if (!(error instanceof StoreError) || error.code === 'store-in-use') throw error;
    removeEntryIndex(folder);
    const anew = openEntryIndex(folder);
    return { database: anew, index: new EntryIndex(anew) };
  }
}

const IDLE_MS = 500;
const OVERDUE_MS = 1_000;
const BATCH_BLOCKS = 256;
const BATCH_BYTES = 1_048_576;
