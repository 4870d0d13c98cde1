/**
 * What a node keeps: blocks, the active chain through them, the history tree over it, and the pending entries.
 *
 * A store keeps bytes and decides nothing. Every change is one durable transaction: after a crash the store holds all
 * of it or nothing of it. `SqliteStore` keeps them on disk, `MemoryStore` is its twin; both pass the suite in
 * `chain-store.contract.ts`.
 */
import type { Block } from '../core/block.ts';
import type { EntryProof } from '../core/entry-proof.ts';
import type { Hash } from '../core/hash.ts';
import type { HeaderProof } from '../core/header-proof.ts';
import type { Result } from '../core/result.ts';
import type { ChainPoint } from '../core/validation.ts';
import type { DamagedBlock } from './store-error.ts';

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
  /** The entries that became pending again: the first of them, as many as RETURNED_LIMITS allow. */
  readonly returned: readonly PendingEntry[];
  /** Whether these are all; the others wait on disk and are read with `pending`. */
  readonly isAllReturned: boolean;
  /** The ids that are pending no longer, because a block that joined holds the entry. */
  readonly included: readonly Hash[];
}

/** How much is read of what may be more than memory should hold. */
export interface PendingLimits {
  readonly entriesMax: number;
  readonly bytesMax: number;
}

/** The oldest of the pending entries. */
export interface PendingBatch {
  /** In the order in which they became pending: as many as the limits allow, and at least one if there is one. */
  readonly entries: readonly PendingEntry[];
  /** Whether these are all. */
  readonly isAll: boolean;
}

/** Where a node goes on from. */
export interface StoredChain {
  /** The most recent places of the active chain, oldest first; the last one is the tip. */
  readonly window: readonly ChainPoint[];
  /** The active chain's hashes at the heights 0, interval, 2 × interval and so on. */
  readonly milestones: readonly Hash[];
  readonly pending: PendingBatch;
  /** What has waited since before a rule was made that it breaks: it has just been taken away. */
  readonly broken: readonly BrokenEntry[];
  /** Whether its blocks are known to obey the rules for entries of today; else `check` finds out, and it is remembered. */
  readonly isJudged: boolean;
}

/** A pending entry that no block may hold, and the rule that it breaks. */
export interface BrokenEntry {
  readonly id: Hash;
  readonly code: string;
}

export interface LoadOptions {
  readonly windowLength: number;
  readonly milestoneInterval: number;
  readonly pending: PendingLimits;
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

/** Where an entry stands, all at one moment. */
export interface EntryPlaces {
  readonly places: readonly EntryPlace[];
  /** The height up to which the active chain was looked through: below the tip while an index is being built. */
  readonly indexedTo: number;
  /** Its bytes, where it waits for a block. */
  readonly pending: Uint8Array | undefined;
}

/** Where several entries stand first, all at one moment. */
export interface FirstPlaces {
  /** The lowest place of each, in the order in which they were asked for. */
  readonly places: readonly (EntryPlace | undefined)[];
  /** As in EntryPlaces. */
  readonly indexedTo: number;
}

/** A body for a peer. */
export interface StoredBody {
  readonly hash: Hash;
  /** As they were hashed; undefined where there is no such block. */
  readonly bytes: Uint8Array | undefined;
}

/** A chain proof, and the tip of the chain that it proves. */
export interface StoredProof {
  readonly tip: Hash;
  /** Undefined where only its headers can show the chain: see `proveChain`. */
  readonly bytes: Uint8Array | undefined;
}

/** Why there is no proof of what was asked for. */
export type ProofRefusal =
  | { readonly code: 'tip-not-active'; readonly tip: Hash }
  | { readonly code: 'height-not-below-tip'; readonly height: number; readonly tipHeight: number }
  /** Not up to the tip of the question, in what was looked through so far: the active chain up to `indexedTo`. */
  | { readonly code: 'entry-not-in-chain'; readonly id: Hash; readonly indexedTo: number };

/** The JSON form of the active chain as it was when it was asked for: `[block,block]`, no white space. */
export interface ChainJson {
  readonly tip: Hash;
  /** In blocks. */
  readonly length: number;
  readonly sizeBytes: number;
  /**
   * The same blocks even where the active chain moves away from `tip` meanwhile, and no further than it is read: pieces
   * of about 64 KiB, or of one block where that is larger.
   */
  chunks(): AsyncIterable<Uint8Array>;
}

/** How much of the chain one part of it may hold. */
export interface PartLimits {
  readonly blocksMax: number;
  readonly bytesMax: number;
}

/** What a check of the active chain came to. */
export interface ChainCheck {
  /** How many blocks follow every rule, from the genesis up. */
  readonly blocks: number;
  /** The first thing that is not as the rules want it; undefined: there is none. */
  readonly fault: ChainCheckFault | undefined;
}

export interface ChainCheckFault {
  readonly height: number;
  readonly code: string;
  readonly message: string;
  /** The block that cannot be read, where the fault is damage on disk to one. */
  readonly block: DamagedBlock | undefined;
}

/** What fails on the disk is thrown as a StoreError. A block that is not what its hash says is never handed out. */
export interface ChainStore {
  /** The state at opening. `windowLength` places at most; at least 1. */
  load(options: LoadOptions): Promise<StoredChain>;

  /**
   * Durable when it resolves; nothing has changed when it rejects. Two commits never overlap: the caller waits. After a
   * `store-full` it can be tried again, and a change of nothing tells whether there is room by now. After a `store-io`
   * every further commit is refused until the store is opened again: what the disk holds is not known.
   */
  commit(change: ChainChange): Promise<CommittedChange>;

  /** The oldest pending entries. */
  pending(limits: PendingLimits): Promise<PendingBatch>;

  /** The place of an active block, for judging what is built on it; undefined for any other hash. */
  pointOf(hash: Hash): Promise<ChainPoint | undefined>;

  blockByHash(hash: Hash): Promise<StoredBlock | undefined>;

  /** The active block at `height`. */
  blockAt(height: number): Promise<StoredBlock | undefined>;

  /**
   * The bodies of the first of `hashes`, in that order: as many as fit into `bytesMax`, and at least one. Each is known
   * to be what was stored. Throws `block-damaged` where the first one is not; a later one that is not ends the answer.
   */
  bodies(hashes: readonly Hash[], bytesMax: number): Promise<readonly StoredBody[]>;

  /**
   * The headers, 118 bytes each in one piece, of the active chain after the first hash of `locator` that is on it, or
   * after the genesis if none is; `max` headers at most.
   */
  headersAfter(locator: readonly Hash[], max: number): Promise<Uint8Array>;

  /** The hashes of the active chain from height `from` up; `max` at most. */
  activeHashes(from: number, max: number): Promise<readonly Hash[]>;

  chainJson(): Promise<ChainJson>;

  /**
   * The blocks of the active chain from height `from` up, in their JSON form: as many as the limits allow, and at least
   * one if there is one and `blocksMax` is not 0. Ends before a block that is damaged; throws `block-damaged` where that
   * is the first.
   */
  chainPartJson(from: number, limits: PartLimits): Promise<Uint8Array>;

  /**
   * Reads every block of the active chain and judges it as if it came from a stranger. What the store finds damaged is
   * an answer; that the disk cannot be read is thrown. `onProgress` hears now and then how many blocks are done, of how
   * many. Throws the reason of `signal` once it is aborted. Others have their turn meanwhile. A chain that is found right
   * is remembered as judged.
   */
  check(options: ChainCheckOptions): Promise<ChainCheck>;

  /** Where the entry `id` stands in the active chain, lowest first; `max` at most. */
  entryPlaces(id: Hash, max: number): Promise<EntryPlaces>;

  /**
   * The lowest places of many entries. An index that is behind the tip by a few hundred blocks is brought up to it before, so
   * that the answer is about all of the chain: the one after the commits that were given before this was asked.
   */
  firstPlaces(ids: readonly Hash[]): Promise<FirstPlaces>;

  /** A proof of the active chain of this moment, as `proveChain` writes it. */
  chainProof(): Promise<StoredProof>;

  /** The headers at `heights`, in order and each once, shown to be below the block `tip` of the active chain. */
  headerProof(question: {
    readonly tip: Hash;
    readonly heights: readonly number[];
  }): Promise<Result<HeaderProof, ProofRefusal>>;

  /** The lowest place of the entry `id` on the active chain up to the block `tip`, with what shows it. */
  entryProof(question: { readonly tip: Hash; readonly id: Hash }): Promise<Result<EntryProof, ProofRefusal>>;

  /**
   * Writes a copy of the store, as it is when this is called, into the new file `path`: in a data folder,
   * under the name `chain.sqlite`, it is a store. There is no such file before it is whole. This one goes on meanwhile.
   * `onProgress` hears how much is done, of how much. Throws `store-io` where `path` cannot be written.
   */
  backup(path: string, onProgress?: (done: number, of: number) => void): Promise<void>;

  /** Releases the folder. */
  close(): Promise<void>;
}

export interface ChainCheckOptions {
  readonly onProgress: (blocks: number, of: number) => void;
  readonly signal: AbortSignal;
}

/** What a commit hands back of the entries that return: the rest is read when there is room for it. */
export const RETURNED_LIMITS: PendingLimits = { entriesMax: 16_384, bytesMax: 16_777_216 };
