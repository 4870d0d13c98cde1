/**
 * That some headers are of the chain that ends in a tip, for one who knows that tip and none of them
 * (docs/spec/inclusion-proof.md#header-proofs).
 *
 * The tip's `history_root` is over every header before it, each with the work up to it: one proof shows that all of them
 * are among its leaves. So a header is shown with a few hundred bytes instead of with all that follow it.
 */
import type { Hash } from './hash.ts';
import type { HeaderFault } from './header.ts';

/** Headers below a tip, and the hashes that lead from them to its history root. None of it is believed. */
export interface HeaderProof {
  /** The block whose header has the root. */
  readonly tip: Hash;
  /** All below the tip, lowest first; at most `PROOF_HEADERS_MAX`. */
  readonly headers: readonly WorkedHeader[];
  /** The other nodes of the history that the root needs, in the order of `proveLeaves`. */
  readonly proof: readonly Hash[];
}

/** A header with what its leaf in the history says beside it. */
export interface WorkedHeader {
  /** The 118 bytes. */
  readonly bytes: Uint8Array;
  /** The work of its chain up to and including it. */
  readonly work: bigint;
}

export type HeaderProofFault =
  | { readonly code: 'header-proof-tip-other'; readonly tip: Hash }
  | { readonly code: 'header-proof-disordered'; readonly height: number }
  | { readonly code: 'header-proof-wrong' }
  | HeaderFault;

/** How many headers one proof may show. */
export const PROOF_HEADERS_MAX = 64;
