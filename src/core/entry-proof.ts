/**
 * That an entry is in a block of the chain that ends in a tip, for one who knows that tip
 * (docs/spec/inclusion-proof.md#entry-proofs).
 *
 * A path in the tree of the block's entries leads to its data root, and a header proof from there to the tip. The
 * entry is named by its id, which is the leaf: whoever has its canonical bytes makes the id of them.
 */
import type { Shape } from './body.ts';
import type { Hash } from './hash.ts';
import type { HeaderProof, HeaderProofFault } from './header-proof.ts';

/** Where an entry stands, and what leads from there to the tip. None of it is believed. */
export interface EntryProof {
  /** The leaf: SHA-256(00 ‖ canonical bytes). */
  readonly id: Hash;
  /** The place among the block's entries, from 0. */
  readonly index: number;
  /** How many entries the block has. */
  readonly count: number;
  readonly shape: Exclude<Shape, 'genesis'>;
  /** The audit path of RFC 6962 §2.1.1, from the leaf up. */
  readonly path: readonly Hash[];
  /** Shows the block's header and nothing else; no header, where the block is the tip. */
  readonly block: HeaderProof;
}

export type EntryProofFault =
  | { readonly code: 'entry-proof-headers'; readonly headers: number }
  | { readonly code: 'entry-proof-wrong'; readonly dataRoot: Hash }
  | HeaderProofFault;
