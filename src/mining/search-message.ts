/** What the miner and its workers say to each other. */
import type { KernelName } from './kernel-name.ts';
import type { NonceRing } from './nonce-ring.ts';

/** What a worker is given when it starts. */
export interface WorkerSettings {
  readonly kernel: KernelName;
  /** How much of its time it searches: above 0 and at most 1. */
  readonly dutyCycle: number;
}

/** Asks a worker to take part in a search. */
export interface SearchRequest {
  /** Which search this is: job ids may repeat, this does not. */
  readonly search: number;
  readonly headerBytes: Uint8Array;
  readonly targetBytes: Uint8Array;
  readonly ring: NonceRing;
  /** The memory of the `SearchControl`. */
  readonly control: SharedArrayBuffer;
}

/** What a worker says. */
export type SearchReply =
  /** It has loaded its kernel. Comes first. */
  | { readonly type: 'ready' }
  // How a search came to its end, from the one worker that ended it.
  | { readonly type: 'found'; readonly search: number; readonly nonce: number }
  /** Nothing fits among all nonces. */
  | { readonly type: 'exhausted'; readonly search: number };
