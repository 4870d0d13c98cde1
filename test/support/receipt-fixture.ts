/** Receipts over small chains that are built in memory. */
import assert from 'node:assert/strict';
import { entryBytes } from '../../src/core/body.ts';
import { type ChainSource, proveChain } from '../../src/core/chain-prover.ts';
import { proveEntry } from '../../src/core/entry-proof.ts';
import type { Hash } from '../../src/core/hash.ts';
import { encodeHeader } from '../../src/core/header.ts';
import { proveHeaders } from '../../src/core/header-proof.ts';
import { appendLeaf, EMPTY_FRONTIER, historyLeaf } from '../../src/core/history.ts';
import type { NetworkParams } from '../../src/core/params.ts';
import type { Receipt } from '../../src/core/receipt.ts';
import { type ChainPoint, genesisPoint } from '../../src/core/validation.ts';
import type { BuiltChain } from './chain-fixture.ts';

/** The receipt of the entry at `index` in the block at `height`. */
export function receiptOf(params: NetworkParams, chain: BuiltChain, height: number, index: number): Receipt {
  const points = [genesisPoint(params), ...chain.points];
  const source = sourceOf(points);
  const tip = points.at(-1);
  const block = chain.blocks[height - 1];
  assert.ok(tip && block);
  const { body } = block;
  const chainProof = proveChain(source);
  assert.ok(chainProof);
  const entryProof = proveEntry({
    body,
    index,
    block: proveHeaders({
      tip: tip.hash,
      tipHeight: source.tipHeight,
      heights: height === source.tipHeight ? [] : [height],
      headerAt: (at) => ({ bytes: source.header(at), work: source.work(at) }),
      readNode: source.node,
    }),
  });
  return { params, entry: Uint8Array.from(entryBytes(body, index)), entryProof, chainProof };
}

/** The chain of `points`, from the genesis up, as a prover reads it. */
export function sourceOf(points: readonly ChainPoint[]): ChainSource {
  const headers = points.map(({ header }) => encodeHeader(header));
  const nodes: Hash[] = [];
  let frontier = EMPTY_FRONTIER;
  for (const [i, { work }] of points.entries()) {
    const grown = appendLeaf(frontier, historyLeaf(at(headers, i), work));
    frontier = grown.frontier;
    nodes.push(...grown.completed);
  }
  return {
    tipHeight: points.length - 1,
    header: (height) => at(headers, height),
    work: (height) => at(points, height).work,
    node: (position) => at(nodes, position),
  };
}

function at<Item>(items: readonly Item[], index: number): Item {
  const item = items[index];
  assert.ok(item !== undefined);
  return item;
}
