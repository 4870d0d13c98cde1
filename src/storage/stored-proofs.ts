/**
 * Proofs made from what a store holds: the active chain's headers by height, and the nodes of the history over them.
 *
 * Each header is checked when it is read, a node by itself cannot be. So a proof is held against the tip before it is handed out:
 * who gives a false one is taken for a liar, and would not know that its disk is to blame.
 */
import type { Body } from '../core/body.ts';
import { verifyChainProof } from '../core/chain-proof.ts';
import { type ChainSource, proveChain } from '../core/chain-prover.ts';
import { type EntryProof, proveEntry, verifyEntryProof } from '../core/entry-proof.ts';
import type { Hash } from '../core/hash.ts';
import type { Header } from '../core/header.ts';
import { type HeaderProof, proveHeaders, verifyHeaderProof, type WorkedHeader } from '../core/header-proof.ts';
import type { NetworkParams } from '../core/params.ts';
import { fail, ok, type Result } from '../core/result.ts';
import type { ProofRefusal, StoredProof } from './chain-store.ts';
import { StoreError } from './store-error.ts';

/** The active chain at one moment. */
export interface ProofSource {
  readonly tip: { readonly height: number; readonly hash: Hash };
  /** Checked; `height` is at most the tip's. */
  headerAt(height: number): WorkedHeader & { readonly header: Header };
  /** The node of the history at this place in the order of `appendLeaf`. */
  nodeAt(position: number): Hash;
  /** Where the block `hash` stands, if it is on the active chain. */
  heightOf(hash: Hash): number | undefined;
}

export function storedChainProof(source: ProofSource, params: NetworkParams): StoredProof {
  // Of most headers several things are asked.
  const headers = new Map<number, WorkedHeader>();
  const headerAt = (height: number) => {
    const read = headers.get(height) ?? source.headerAt(height);
    headers.set(height, read);
    return read;
  };
  const chain: ChainSource = {
    tipHeight: source.tip.height,
    header: (height) => headerAt(height).bytes,
    work: (height) => headerAt(height).work,
    node: (position) => source.nodeAt(position),
  };
  const bytes = proveChain(chain);
  if (bytes !== undefined && !verifyChainProof(bytes, params).ok) throw historyDamaged(source.tip.height);
  return { tip: source.tip.hash, bytes };
}

export function storedHeaderProof(
  source: ProofSource,
  { tip, heights }: { readonly tip: Hash; readonly heights: readonly number[] },
): Result<HeaderProof, ProofRefusal> {
  const tipHeight = source.heightOf(tip);
  if (tipHeight === undefined) return fail({ code: 'tip-not-active', tip });
  const height = heights.find((asked) => asked >= tipHeight);
  if (height !== undefined) return fail({ code: 'height-not-below-tip', height, tipHeight });
  const proof = headersBelow(source, { tip, tipHeight, heights });
  if (!verifyHeaderProof(proof, source.headerAt(tipHeight).header).ok) throw historyDamaged(tipHeight);
  return ok(proof);
}

/** That the entry at `index` of `body`, which is the body at `height`, is below the tip, or in it. */
export function storedEntryProof(
  source: ProofSource,
  tip: { readonly hash: Hash; readonly height: number },
  entry: { readonly height: number; readonly body: Body; readonly index: number },
): EntryProof {
  const heights = entry.height === tip.height ? [] : [entry.height];
  const block = headersBelow(source, { tip: tip.hash, tipHeight: tip.height, heights });
  const proof = proveEntry({ body: entry.body, index: entry.index, block });
  if (!verifyEntryProof(proof, source.headerAt(tip.height).header).ok) throw historyDamaged(tip.height);
  return proof;
}

function headersBelow(
  source: ProofSource,
  options: { readonly tip: Hash; readonly tipHeight: number; readonly heights: readonly number[] },
): HeaderProof {
  const headerAt = (height: number) => {
    const { bytes, work } = source.headerAt(height);
    return { bytes, work };
  };
  return proveHeaders({ ...options, headerAt, readNode: (position) => source.nodeAt(position) });
}

function historyDamaged(height: number): StoreError {
  const message = `The stored history does not lead to the history root of height ${height}: make it anew with cairn reindex.`;
  return new StoreError('store-damaged', message);
}
