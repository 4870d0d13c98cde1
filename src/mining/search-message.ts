/** What the miner and its workers say to each other. */

/** Asks a worker to search one part of the nonces. */
export interface SearchRequest {
  /** Which search this belongs to: job ids may repeat, this does not. */
  readonly search: number;
  readonly headerBytes: Uint8Array;
  readonly targetBytes: Uint8Array;
  readonly firstNonce: number;
  /** May be 0: a worker with nothing to do is done at once. */
  readonly count: number;
  /** The memory of the `SearchControl`. */
  readonly control: SharedArrayBuffer;
}

/** A worker's answer, if its part of the search came to an end by itself. */
export type SearchReply =
  /** Sent by one worker at most, the one that ended the search. */
  | { readonly type: 'found'; readonly search: number; readonly nonce: number }
  /** Nothing fits among this worker's nonces. */
  | { readonly type: 'exhausted'; readonly search: number };
