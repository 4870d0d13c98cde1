/**
 * What goes into the full node's machine and what comes out of it.
 *
 * Inputs are facts: something arrived, was asked for, was done. Effects are orders, to be carried out in the order in
 * which they are given; an effect says what, never how. Nothing else passes between the machine and the world.
 */
import type { Block } from '../core/block.ts';
import type { Body } from '../core/body.ts';
import type { Did } from '../core/did-key.ts';
import type { Hash } from '../core/hash.ts';
import type { Header } from '../core/header.ts';
import type { ChainPoint } from '../core/validation.ts';
import type { Message, MessageFault } from './message.ts';

/** A peer's public key in the network's own spelling. */
export type PeerId = string;

/** Names a question from this node's own user until it is answered. */
export type RequestId = number;

export interface PooledEntry {
  readonly id: Hash;
  readonly bytes: Uint8Array;
  /** Who has signed it, where that is known already: to read it out of the bytes takes a tenth of what checking them does. */
  readonly authors?: readonly Did[];
}

/** Where an entry stands in the active chain. */
export interface EntryPlace {
  readonly height: number;
  readonly hash: Hash;
  /** The entry's index in its block. */
  readonly index: number;
}

/** An entry that was not recorded, and why. */
export interface RefusedEntry {
  readonly id: Hash;
  /** A code of docs/spec/errors.md. */
  readonly reason: string;
  /** The same for people. */
  readonly message: string;
}

/** Where an address was heard of: told by the user, on the list of running nodes, by mDNS, or from a peer. */
export type AddressSource = 'configured' | 'running' | 'mdns' | 'peer';

export type Input =
  | {
      readonly type: 'peer-connected';
      readonly peer: PeerId;
      readonly address: string;
      readonly direction: 'inbound' | 'outbound';
    }
  | { readonly type: 'peer-disconnected'; readonly peer: PeerId; readonly reason: string }
  | { readonly type: 'message-received'; readonly peer: PeerId; readonly message: Message }
  | { readonly type: 'message-malformed'; readonly peer: PeerId; readonly fault: MessageFault }
  | { readonly type: 'address-known'; readonly address: string; readonly source: AddressSource }
  /** A dial ended with `peer` connected, by this dial or another. May be left out where `peer-connected` says it all. */
  | { readonly type: 'dial-succeeded'; readonly address: string; readonly peer: PeerId }
  | { readonly type: 'dial-failed'; readonly address: string; readonly isFinal: boolean }
  /** The last `commit` is durable. Its facts are those of `CommittedChange` of the store. */
  | {
      readonly type: 'committed';
      readonly removed: readonly Hash[];
      readonly returned: readonly PooledEntry[];
      readonly isAllReturned: boolean;
      readonly included: readonly Hash[];
    }
  /** There was no room on the disk for the last `commit`: nothing has changed. */
  | { readonly type: 'commit-failed' }
  /** The answer to `load-branch-point`: the place on the active chain, if the hash is of one. */
  | {
      readonly type: 'branch-point-loaded';
      readonly peer: PeerId;
      readonly hash: Hash;
      readonly point: ChainPoint | undefined;
    }
  /** The answer to `load-pending`: the oldest pending entries, and whether these are all. */
  | { readonly type: 'pending-loaded'; readonly entries: readonly PooledEntry[]; readonly isAll: boolean }
  /** The stored block of an active place cannot be read: its body has to come from a peer again. */
  | { readonly type: 'block-damaged'; readonly point: ChainPoint }
  /** A block of the stored chain breaks a rule that was made after it was stored. */
  | { readonly type: 'stored-block-invalid'; readonly height: number; readonly fault: string }
  /** Entries that the node's own user hands in, checked already. With `once`, what stands in the chain already is left out. */
  | {
      readonly type: 'entries-submitted';
      readonly request: RequestId;
      readonly entries: readonly PooledEntry[];
      readonly once?: boolean;
    }
  /** Entries that were not even submitted, for they break a rule: it is remembered for a while. */
  | { readonly type: 'entries-refused'; readonly entries: readonly RefusedEntry[] }
  /** The answer to `find-entries`, in the order of its ids. */
  | {
      readonly type: 'entries-found';
      readonly places: readonly (EntryPlace | undefined)[];
      /** The height up to which the active chain was looked through. */
      readonly indexedTo: number;
    }
  | { readonly type: 'mine-requested'; readonly request: RequestId; readonly body: Body }
  /** Whoever asked has gone. */
  | { readonly type: 'request-cancelled'; readonly request: RequestId }
  /** Blocks from this node's own user, checked already, parents first. */
  | {
      readonly type: 'blocks-offered';
      readonly request: RequestId;
      readonly from: ChainPoint;
      readonly blocks: readonly Block[];
    }
  | { readonly type: 'nonce-found'; readonly job: number; readonly nonce: number }
  | { readonly type: 'nonces-exhausted'; readonly job: number }
  /** Time has passed: about four times a second. */
  | { readonly type: 'tick' };

export type Effect =
  | { readonly type: 'send'; readonly peer: PeerId; readonly message: Message }
  /** Answer a peer's `get-headers` from the store. */
  | { readonly type: 'serve-headers'; readonly peer: PeerId; readonly locator: readonly Hash[]; readonly max: number }
  /** Answer a peer's `get-blocks` from the store: a `block` each, and `not-found` for the rest. */
  | { readonly type: 'serve-blocks'; readonly peer: PeerId; readonly hashes: readonly Hash[] }
  /** Answer a peer's `get-chain-proof` from the store. */
  | { readonly type: 'serve-chain-proof'; readonly peer: PeerId }
  /** Answer a peer's `get-header-proof` from the store: a `header-proof`, or `not-found` with the tip. */
  | {
      readonly type: 'serve-header-proof';
      readonly peer: PeerId;
      readonly tip: Hash;
      readonly heights: readonly number[];
    }
  /** Answer a peer's `get-entry-proof` from the store: an `entry-proof`, or `not-found` with the tip or the id. */
  | { readonly type: 'serve-entry-proof'; readonly peer: PeerId; readonly tip: Hash; readonly id: Hash }
  | { readonly type: 'disconnect'; readonly peer: PeerId; readonly note: string }
  | { readonly type: 'dial'; readonly address: string }
  /**
   * Make this change durable, in one transaction, and answer with `committed`, or with `commit-failed`. There is one at
   * a time. What it does is said in `ChainChange` of the store; one of nothing asks whether there is room again.
   */
  | { readonly type: 'commit'; readonly change: Commit }
  /** Read the oldest pending entries from disk; no commit is given meanwhile. */
  | { readonly type: 'load-pending'; readonly entriesMax: number; readonly bytesMax: number }
  /**
   * Look up the lowest place of each entry on the active chain. It may come together with a commit, behind it: then the chain is
   * the one after that commit, and the answer comes after the commit's. No other commit is given meanwhile.
   */
  | { readonly type: 'find-entries'; readonly ids: readonly Hash[] }
  | { readonly type: 'load-branch-point'; readonly peer: PeerId; readonly hash: Hash }
  /** Search for the header's nonce, instead of what was searched before. */
  | { readonly type: 'search'; readonly job: number; readonly header: Header }
  | { readonly type: 'stop-search' }
  | { readonly type: 'answer'; readonly request: RequestId; readonly answer: Answer }
  | { readonly type: 'notify'; readonly event: NodeEvent }
  /** For the log. */
  | { readonly type: 'report'; readonly level: 'info' | 'warn'; readonly code: string; readonly facts: Facts };

export type Facts = Readonly<Record<string, string | number | boolean>>;

export interface Commit {
  readonly blocks: readonly { readonly block: Block; readonly work: bigint }[];
  readonly pendingAdded: readonly PooledEntry[];
  readonly activate: { readonly forkHeight: number; readonly added: readonly Hash[] } | undefined;
}

export type Answer =
  | { readonly type: 'entries-pending'; readonly entries: readonly SubmittedEntry[] }
  | { readonly type: 'block-mined'; readonly hash: Hash }
  | { readonly type: 'blocks-taken' }
  | { readonly type: 'refused'; readonly fault: RefusalFault };

/** What became of an entry that was submitted. */
export type SubmittedEntry =
  | { readonly id: Hash; readonly status: 'pending' | 'already-pending' }
  /** It was to be recorded once, and is. */
  | { readonly id: Hash; readonly status: 'in-block'; readonly place: EntryPlace };

export type RefusalFault =
  | { readonly code: 'pool-full'; readonly entriesMax: number; readonly bytesMax: number }
  | {
      readonly code: 'author-share-full';
      readonly author: string;
      readonly entriesMax: number;
      readonly bytesMax: number;
    }
  /** Whether an entry is in the chain already cannot be told yet. */
  | { readonly code: 'entry-index-busy'; readonly indexedTo: number; readonly height: number }
  | { readonly code: 'mining-queue-full'; readonly limit: number }
  | { readonly code: 'store-full' }
  | { readonly code: 'block-refused'; readonly reason: string };

/** What people who watch the node are told. */
export type NodeEvent =
  | { readonly type: 'block-added'; readonly hash: Hash; readonly header: Header; readonly entries: number }
  | { readonly type: 'block-removed'; readonly hash: Hash; readonly height: number }
  | { readonly type: 'entry-pending'; readonly id: Hash }
  | { readonly type: 'peer-joined'; readonly peer: PeerId }
  | { readonly type: 'peer-left'; readonly peer: PeerId; readonly reason: string };
