/**
 * What a node keeps: blocks, the active chain through them, the history tree over it, and the pending entries.
 *
 * A store keeps bytes and decides nothing. Every change is one durable transaction: after a crash the store holds all
 * of it or nothing of it. `SqliteStore` keeps them on disk, `MemoryStore` is its twin; both pass the suite in
 * `chain-store.contract.ts`.
 */
import type { Block } from '../core/block.ts';
import type { Hash } from '../core/hash.ts';
import type { ChainPoint } from '../core/validation.ts';

/** An entry that waits for a block. */
export interface PendingEntry {
  readonly id: Hash;
  /** The canonical JSON. */
  readonly bytes: Uint8Array;
}

/** One atomic change. Its parts happen in the order in which they stand here. */
export interface ChainChange {
  /**
   * Blocks to keep, parents before children, each with the work of its chain up to and including it. One that is there
   * already stays as it is; where it is damaged, this mends it.
   */
  readonly blocks: readonly { readonly block: Block; readonly work: bigint }[];
  /** Entries to keep until a block holds them. */
  readonly pendingAdded: readonly PendingEntry[];
  /**
   * The active chain from here on: everything above `forkHeight` leaves it, and the blocks `added` join it in order.
   * The entries of the blocks that leave become pending again, unless an added block holds them; those of the blocks
   * that join are pending no longer.
   */
  readonly activate: { readonly forkHeight: number; readonly added: readonly Hash[] } | undefined;
}

export interface CommittedChange {
  /** The blocks that left the active chain, from the old tip down. */
  readonly removed: readonly Hash[];
  /** The entries that became pending again. */
  readonly returned: readonly PendingEntry[];
  /** The ids that are pending no longer, because a block that joined holds the entry. */
  readonly included: readonly Hash[];
}

/** Where a node goes on from. */
export interface StoredChain {
  /** The most recent places of the active chain, oldest first; the last one is the tip. */
  readonly window: readonly ChainPoint[];
  /** The active chain's hashes at the heights 0, interval, 2 × interval and so on. */
  readonly milestones: readonly Hash[];
  /** In the order in which they became pending. */
  readonly pending: readonly PendingEntry[];
}

export interface StoredBlock {
  readonly block: Block;
  readonly work: bigint;
  /** Whether the block is on the active chain. */
  readonly isActive: boolean;
}

/** Where an entry stands in the active chain. */
export interface EntryPlace {
  readonly height: number;
  readonly hash: Hash;
  /** The entry's index in its block. */
  readonly index: number;
}

/** What fails on the disk is thrown as a StoreError. A block that is not what its hash says is never handed out. */
export interface ChainStore {
  /** The state at opening. `windowLength` places at most; at least 1. */
  load(options: { readonly windowLength: number; readonly milestoneInterval: number }): Promise<StoredChain>;

  /**
   * Durable when it resolves; nothing has changed when it rejects. Two commits never overlap: the caller waits. After a
   * `store-io` every further commit is refused until the store is opened again: what the disk holds is not known.
   */
  commit(change: ChainChange): Promise<CommittedChange>;

  /** The place of an active block, for judging what is built on it; undefined for any other hash. */
  pointOf(hash: Hash): Promise<ChainPoint | undefined>;

  blockByHash(hash: Hash): Promise<StoredBlock | undefined>;

  /** The active block at `height`. */
  blockAt(height: number): Promise<StoredBlock | undefined>;

  /**
   * The headers (118 bytes each) of the active chain after the first hash of `locator` that is on it, or after the
   * genesis if none is; `max` at most.
   */
  headersAfter(locator: readonly Hash[], max: number): Promise<readonly Uint8Array[]>;

  /**
   * The chain that ends in the block `tip`, from height `from` up: the same blocks even where the active chain moves
   * away from `tip` meanwhile. Reads ahead a little, and never further than it is asked. No blocks where `tip` is
   * unknown.
   */
  readChain(options: { readonly tip: Hash; readonly from: number }): AsyncIterable<StoredBlock>;

  /** The size in bytes of the JSON form of the active chain up to its tip: `[block,block]`, no white space. */
  chainJson(): Promise<{ readonly tip: Hash; readonly length: number; readonly sizeBytes: number }>;

  /** Where the entry `id` stands in the active chain, lowest first; `max` at most. */
  entryPlaces(id: Hash, max: number): Promise<readonly EntryPlace[]>;

  /** Releases the folder. */
  close(): Promise<void>;
}
