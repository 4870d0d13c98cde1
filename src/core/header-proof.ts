/**
 * That some headers are of the chain that ends in a tip, for one who knows that tip and none of them
 * (docs/spec/inclusion-proof.md#header-proofs).
 *
 * The tip's `history_root` is over every header before it, each with the work up to it: one proof shows that all of them
 * are among its leaves. So a header is shown with a few hundred bytes instead of with all that follow it.
 */
import type { Hash } from './hash.ts';
import { encodeHeader, type Header, type HeaderFault, hashHeader, parseHeader } from './header.ts';
import { historyLeaf } from './history.ts';
import { countedHistoryRoot, proveLeaves, type ReadNode, rootFromLeaves } from './history-proof.ts';
import { fail, ok, type Result } from './result.ts';

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

/** A header that was shown to be on the chain. */
export interface ShownHeader extends WorkedHeader {
  readonly header: Header;
  readonly hash: Hash;
}

export type HeaderProofFault =
  | { readonly code: 'header-proof-tip-other'; readonly tip: Hash }
  | { readonly code: 'header-proof-disordered'; readonly height: number }
  | { readonly code: 'header-proof-wrong' }
  | HeaderFault;

/**
 * The proof that `headers`, in order and all below the tip, are of its chain. `tip` is the hash of the block at `tipHeight`, and
 * `readNode` gives the nodes of the history over the headers before it.
 */
export function proveHeaders(options: {
  readonly tip: Hash;
  readonly tipHeight: number;
  readonly heights: readonly number[];
  readonly headerAt: (height: number) => WorkedHeader;
  readonly readNode: ReadNode;
}): HeaderProof {
  const { tip, tipHeight, heights, headerAt, readNode } = options;
  const proof = heights.length === 0 ? [] : proveLeaves(tipHeight, heights, readNode);
  return { tip, headers: heights.map(headerAt), proof };
}

/**
 * The headers that `proof` shows to be below the block whose header is `tip`. Their works are what that chain commits to.
 * Whether it follows the rules is another question.
 */
export function verifyHeaderProof(proof: HeaderProof, tip: Header): Result<readonly ShownHeader[], HeaderProofFault> {
  if (proof.tip !== hashHeader(encodeHeader(tip))) return fail({ code: 'header-proof-tip-other', tip: proof.tip });
  const shown: ShownHeader[] = [];
  let heightMin = 0;
  for (const { bytes, work } of proof.headers) {
    const header = parseHeader(bytes);
    if (!header.ok) return header;
    const { height } = header.value;
    if (height < heightMin || height >= tip.height) return fail({ code: 'header-proof-disordered', height });
    // The leaf has 256 bits for it.
    if (work < 0n || work >= 2n ** 256n) return fail({ code: 'header-proof-wrong' });
    heightMin = height + 1;
    shown.push({ header: header.value, hash: hashHeader(bytes), bytes, work });
  }
  const leaves = shown.map(({ header, bytes, work }) => ({ index: header.height, leaf: historyLeaf(bytes, work) }));
  if (leaves.length === 0) return proof.proof.length === 0 ? ok([]) : fail({ code: 'header-proof-wrong' });
  const root = rootFromLeaves({ count: tip.height, leaves, proof: proof.proof });
  const isRight = root !== undefined && countedHistoryRoot(tip.height, root) === tip.historyRoot;
  return isRight ? ok(shown) : fail({ code: 'header-proof-wrong' });
}

/** How many headers one proof may show. */
export const PROOF_HEADERS_MAX = 64;
