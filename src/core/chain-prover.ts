/** Makes chain proofs (docs/spec/chain-proof.md), from a stored chain of which it reads a few headers and nodes. */
import { assert } from './assert.ts';
import { drawPositions } from './chain-draws.ts';
import { FORMAT } from './chain-proof.ts';
import { ProofWriter } from './chain-proof-bytes.ts';
import {
  allHeadersBytes,
  type HeaderRun,
  hasAllHeaders,
  openedRuns,
  sampledBytes,
  tailParent,
} from './chain-proof-layout.ts';
import type { Hash } from './hash.ts';
import { hashHeader } from './header.ts';
import { type ReadNode, subtreePosition, subtreesBetween } from './history-proof.ts';

/** A valid chain, as it is stored. What it gives must not change while a proof is made of it. */
export interface ChainSource {
  readonly tipHeight: number;
  /** The 118 bytes of the header at a height. */
  header(height: number): Uint8Array;
  /** The work up to and including that header. */
  work(height: number): bigint;
  /** The node of the history at a place in the order of `appendLeaf`. Only those over headers below the tip are asked for. */
  readonly node: ReadNode;
}

/**
 * The proof that the chain has the work of its tip. Undefined where the blocks at its end have so little of that work that too
 * many places would have to be opened: such a chain is shown by its headers.
 */
export function proveChain(source: ChainSource): Uint8Array | undefined {
  const tip = hashHeader(source.header(source.tipHeight));
  return hasAllHeaders(source.tipHeight) ? proveByAllHeaders(source, tip) : proveBySamples(source, tip);
}

function proveByAllHeaders(source: ChainSource, tip: Hash): Uint8Array {
  const writer = new ProofWriter(allHeadersBytes(source.tipHeight));
  writeClaim(writer, source, tip);
  openRun(writer, source, { first: 1, last: source.tipHeight });
  return writer.finished();
}

function proveBySamples(source: ChainSource, tip: Hash): Uint8Array | undefined {
  const end = tailParent(source.tipHeight);
  const sampledWork = source.work(end);
  const positions = drawPositions({ tip, work: source.work(source.tipHeight), sampledWork });
  if (positions === undefined) return undefined;
  const judged = heightsAt(source, positions, end);
  const runs = openedRuns(judged);
  // The genesis and the last header before the tail are always among them.
  const listed = judged.slice(1, -1);
  const writer = new ProofWriter(sampledBytes(listed.length, runs));
  writeClaim(writer, source, tip);
  writer.u256(sampledWork);
  writer.u16(listed.length);
  for (const height of listed) writer.u32(height);
  let next = 0;
  for (const { first, last } of runs) {
    for (const range of subtreesBetween(next, first)) writer.hash(source.node(subtreePosition(range)));
    if (first > 0) writer.runStart(source.header(first), source.header(first + 1), source.work(first));
    openRun(writer, source, { first: Math.max(1, first), last });
    next = last + 1;
  }
  openRun(writer, source, { first: end + 1, last: source.tipHeight });
  return writer.finished();
}

function writeClaim(writer: ProofWriter, source: ChainSource, tip: Hash): void {
  writer.u8(FORMAT);
  writer.hash(tip);
  writer.u32(source.tipHeight);
  writer.u256(source.work(source.tipHeight));
}

function openRun(writer: ProofWriter, source: ChainSource, { first, last }: HeaderRun): void {
  for (let height = first; height <= last; height++) writer.opened(source.header(height));
}

/** The headers, ascending and each once, in whose work the `positions` are; the last is `end`. */
function heightsAt(source: ChainSource, positions: readonly bigint[], end: number): number[] {
  const heights: number[] = [];
  let height = 0;
  let work = source.work(0);
  for (const position of positions) {
    if (position >= work) {
      height = findHeight(source, position, { height, work }, end);
      work = source.work(height);
    }
    if (heights.at(-1) !== height) heights.push(height);
  }
  assert(height === end, 'the last position is in the work of the last header before the tail');
  return heights;
}

/** The first header whose work is above `position`, which is that of one after `from` and at most `end`. */
function findHeight(
  source: ChainSource,
  position: bigint,
  from: { readonly height: number; readonly work: bigint },
  end: number,
): number {
  let below = from;
  let above = { height: end, work: source.work(end) };
  for (let isHalved = false; above.height - below.height > 1; isHalved = !isHalved) {
    // By what the work grows with each header, where it grows evenly; and in turn by halves, where it does not.
    const headers = above.height - below.height;
    const share = Number(((position - below.work) * SHARE_UNIT) / (above.work - below.work)) / Number(SHARE_UNIT);
    const step = Math.floor(headers * (isHalved ? 0.5 : share));
    const height = below.height + Math.max(1, step);
    const work = source.work(height);
    if (work > position) above = { height, work };
    else below = { height, work };
  }
  return above.height;
}

const SHARE_UNIT = 2n ** 48n;
