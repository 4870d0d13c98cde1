/** What a threaded store and its thread say to each other. What can be large is packed (`store-codec.ts`). */
import type { Hash } from '../core/hash.ts';
import type { NetworkParams } from '../core/params.ts';
import type { LoadOptions, PartLimits, PendingLimits } from './chain-store.ts';
import type { DamagedBlock, StoreErrorCode } from './store-error.ts';

/** What the thread is given when it starts: the store to open. */
export interface ThreadSettings {
  readonly folder: string;
  readonly params: NetworkParams;
  readonly sizeBytesMax: number | undefined;
}

/** One question for the store: the methods of `ChainStore`, and the parts of those that are long. */
export type StoreQuestion =
  | { readonly type: 'load'; readonly options: LoadOptions }
  /** `change` is a packed ChainChange. */
  | { readonly type: 'commit'; readonly change: ArrayBuffer }
  | { readonly type: 'pending'; readonly limits: PendingLimits }
  | { readonly type: 'point-of'; readonly hash: Hash }
  | { readonly type: 'block-by-hash'; readonly hash: Hash }
  | { readonly type: 'block-at'; readonly height: number }
  | { readonly type: 'bodies'; readonly hashes: readonly Hash[]; readonly bytesMax: number }
  | { readonly type: 'headers-after'; readonly locator: readonly Hash[]; readonly max: number }
  | { readonly type: 'active-hashes'; readonly from: number; readonly max: number }
  /** The thread keeps the document under this number until it hears `leave`. */
  | { readonly type: 'chain-json'; readonly document: number }
  /** The next piece of `document`, of which several may be read at a time: each reading has its number. */
  | { readonly type: 'chunk'; readonly document: number; readonly reading: number }
  | { readonly type: 'chain-part-json'; readonly from: number; readonly limits: PartLimits }
  | { readonly type: 'check' }
  | { readonly type: 'entry-places'; readonly id: Hash; readonly max: number }
  /** Packed: up to a thousand and more at a time. */
  | { readonly type: 'first-places'; readonly ids: ArrayBuffer }
  | { readonly type: 'chain-proof' }
  | { readonly type: 'header-proof'; readonly tip: Hash; readonly heights: readonly number[] }
  | { readonly type: 'entry-proof'; readonly tip: Hash; readonly id: Hash }
  | { readonly type: 'backup'; readonly path: string }
  /** The last one. */
  | { readonly type: 'close' };

/** What is said to the thread. */
export type ThreadOrder =
  | { readonly type: 'question'; readonly call: number; readonly question: StoreQuestion }
  /** Nobody waits for the answer any more. */
  | { readonly type: 'abort'; readonly call: number }
  /** Nobody will ask for more of this document, or this reading. */
  | { readonly type: 'leave'; readonly number: number };

/** What the thread says. */
export type ThreadReply =
  /** On the way to opening a store of an older format. */
  | { readonly type: 'migrating'; readonly done: number; readonly of: number }
  /** It has opened the store. Comes before any answer, or else `open-failed` does and nothing after it. */
  | { readonly type: 'open' }
  | { readonly type: 'open-failed'; readonly error: CrossingError }
  /** Undefined where there is nothing of what was asked for, or nothing to say. */
  | { readonly type: 'answer'; readonly call: number; readonly answer: ArrayBuffer | undefined }
  | { readonly type: 'failed'; readonly call: number; readonly error: CrossingError }
  | { readonly type: 'progress'; readonly call: number; readonly done: number; readonly of: number };

/** An error on its way from one thread to the other, which would lose its class and its code. */
export interface CrossingError {
  /** The code of a StoreError, or what else it is. */
  readonly kind: StoreErrorCode | 'assertion' | 'other';
  readonly message: string;
  readonly stack: string | undefined;
  readonly block: DamagedBlock | undefined;
  /** The message of the cause. */
  readonly cause: string | undefined;
}
