/** What a search for nonces is made of: a kernel tries a range of them as fast as it can. */

/** A run of consecutive nonces to try on one header. */
export interface NonceRange {
  /** The 118 header bytes; the nonce in them is ignored, and they are not written to. */
  readonly headerBytes: Uint8Array;
  /** The target as 32 bytes, big-endian. */
  readonly targetBytes: Uint8Array;
  readonly firstNonce: number;
  /** How many nonces to try, at least 1; `firstNonce + count - 1` is at most `NONCE_MAX`. */
  readonly count: number;
}

/** One way of hashing many headers that differ in their nonce alone. Runs to its end: the caller sizes the range. */
export interface SearchKernel {
  readonly name: string;
  /** The smallest nonce of `range` with which the header's hash is at most the target, or undefined. */
  search(range: NonceRange): number | undefined;
}
