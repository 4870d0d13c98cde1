/**
 * That an entry is in a block of the chain that ends in a tip, for one who knows that tip
 * (docs/spec/inclusion-proof.md#entry-proofs).
 *
 * A path in the tree of the block's entries leads to its data root, and a header proof from there to the tip. The
 * entry is named by its id, which is the leaf: whoever has its canonical bytes makes the id of them.
 */
import { assert } from './assert.ts';
import { type Body, countedDataRoot, entryIds, type Shape } from './body.ts';
import type { Hash } from './hash.ts';
import { encodeHeader, type Header, hashHeader } from './header.ts';
import { type HeaderProof, type HeaderProofFault, verifyHeaderProof } from './header-proof.ts';
import { inclusionProof, rootFromInclusion } from './merkle.ts';
import { fail, ok, type Result } from './result.ts';

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

/** Where an entry was shown to stand: at `index` of the block with this header. */
export interface ShownEntry {
  readonly header: Header;
  readonly hash: Hash;
  readonly index: number;
}

/** The proof that the entry at `index` of `body` is in the block that `block` shows. */
export function proveEntry(options: {
  readonly body: Body;
  readonly index: number;
  readonly block: HeaderProof;
}): EntryProof {
  const { body, index, block } = options;
  const ids = entryIds(body);
  const id = ids[index];
  assert(id !== undefined && body.shape !== 'genesis', 'the body has the entry');
  return { id, index, count: ids.length, shape: body.shape, path: inclusionProof(ids, index), block };
}

/** The place that `proof` shows the entry to have on the chain that ends in the block whose header is `tip`. */
export function verifyEntryProof(proof: EntryProof, tip: Header): Result<ShownEntry, EntryProofFault> {
  const { id, index, count, shape, path, block } = proof;
  if (block.headers.length > 1) return fail({ code: 'entry-proof-headers', headers: block.headers.length });
  const shown = verifyHeaderProof(block, tip);
  if (!shown.ok) return shown;
  const { header, hash } = shown.value[0] ?? { header: tip, hash: hashHeader(encodeHeader(tip)) };
  const root = count > COUNT_MAX ? undefined : rootFromInclusion({ leaf: id, index, count, proof: path });
  if (root === undefined || countedDataRoot(shape, count, root) !== header.dataRoot) {
    return fail({ code: 'entry-proof-wrong', dataRoot: header.dataRoot });
  }
  return ok({ header, hash, index });
}

/** What the data root has room for. */
const COUNT_MAX = 4_294_967_295;
