/**
 * Proofs from a stored history (docs/spec/chain-proof.md#history-proofs): that headers are in it.
 *
 * They are those of RFC 6962, made from the nodes in the order of `appendLeaf`, of which they read a few for each header, however
 * long the chain is. Several headers share what is the same in their audit paths.
 */
import { assertPresent } from './assert.ts';
import { HASH_BYTES, type Hash, hashBytes, hashToBytes } from './hash.ts';
import {
  type Frontier,
  frontierFromPeaks,
  HISTORY_ROOT_TAG,
  historyNodeCount,
  largestPowerOfTwoIn,
  type Subtree,
} from './history.ts';
import { hashNode } from './merkle.ts';

/** The node at a place in the order of `appendLeaf`. */
export type ReadNode = (position: number) => Hash;

/** A leaf, and its place among the leaves. */
export interface PlacedLeaf {
  readonly index: number;
  readonly leaf: Hash;
}

/** A complete subtree by its leaves: their number is a power of two, and `first` a multiple of it. */
export interface LeafRange {
  readonly first: number;
  readonly leafCount: number;
}

/**
 * What shows that the leaves at `indexes`, in order and each once, are among the first `count`: each hash that cannot be computed
 * from them, once. For one index it is the audit path of RFC 6962 §2.1.1.
 */
export function proveLeaves(count: number, indexes: readonly number[], readNode: ReadNode): Hash[] {
  const walk = (range: LeafRange, within: readonly number[]): Hash[] => {
    if (within.length === 0) return [rangeRoot(range, readNode)];
    if (range.leafCount === 1) return [];
    const { left, right } = halves(range);
    const isLeft = (index: number) => index < right.first;
    const inLeft = within.filter(isLeft);
    const inRight = within.slice(inLeft.length);
    // The half without leaves comes last, as the siblings of an audit path do: from the leaf up.
    return inLeft.length === 0
      ? [...walk(right, inRight), ...walk(left, inLeft)]
      : [...walk(left, inLeft), ...walk(right, inRight)];
  };
  return walk({ first: 0, leafCount: count }, indexes);
}

/** Leaves, and the proof of `proveLeaves` that leads from them to the root over all `count` leaves. */
export interface LeavesProof {
  readonly count: number;
  readonly leaves: readonly PlacedLeaf[];
  readonly proof: readonly Hash[];
}

/**
 * The root over `count` leaves that a proof of `proveLeaves` leads to; undefined where it has too few hashes or too many, or where
 * the leaves are not in order, not each once, or not among the first `count`.
 */
export function rootFromLeaves(options: LeavesProof): Hash | undefined {
  return foldLeaves(options, () => undefined);
}

/**
 * The frontier over `count` leaves that a proof of `proveLeaves` leads to, where the last of them is among those shown: then every
 * complete subtree of the frontier is met on the way. Undefined where it is not, and where `rootFromLeaves` is.
 */
export function frontierFromLeaves(options: LeavesProof): Frontier | undefined {
  const { count, leaves } = options;
  if (leaves.at(-1)?.index !== count - 1) return undefined;
  const peaks = subtreesBetween(0, count);
  const roots: Hash[] = [];
  const root = foldLeaves(options, ({ first, leafCount }, hash) => {
    const place = peaks.findIndex((peak) => peak.first === first && peak.leafCount === leafCount);
    if (place >= 0) roots[place] = hash;
  });
  return root === undefined ? undefined : frontierFromPeaks(count, roots);
}

/** `onRoot` hears the root of each range that is met, given or computed. */
function foldLeaves(
  { count, leaves, proof }: LeavesProof,
  onRoot: (range: LeafRange, root: Hash) => void,
): Hash | undefined {
  if (!areInOrder(leaves, count)) return undefined;
  let taken = 0;
  const walk = (range: LeafRange, within: readonly PlacedLeaf[]): Hash | undefined => {
    const root = rootOf(range, within);
    if (root !== undefined) onRoot(range, root);
    return root;
  };
  const rootOf = (range: LeafRange, within: readonly PlacedLeaf[]): Hash | undefined => {
    const [leaf] = within;
    if (leaf === undefined) return proof[taken++];
    if (range.leafCount === 1) return leaf.leaf;
    const { left, right } = halves(range);
    const inLeft = within.filter(({ index }) => index < right.first);
    const inRight = within.slice(inLeft.length);
    const first = inLeft.length === 0 ? walk(right, inRight) : walk(left, inLeft);
    const second = inLeft.length === 0 ? walk(left, inLeft) : walk(right, inRight);
    if (first === undefined || second === undefined) return undefined;
    return inLeft.length === 0 ? hashNode(second, first) : hashNode(first, second);
  };
  const root = walk({ first: 0, leafCount: count }, leaves);
  return taken === proof.length ? root : undefined;
}

/** The `history_root` over `count` leaves whose tree has this root: as `historyRoot`, for who has no frontier. */
export function countedHistoryRoot(count: number, root: Hash): Hash {
  const input = new Uint8Array(1 + 8 + HASH_BYTES);
  input[0] = HISTORY_ROOT_TAG;
  new DataView(input.buffer).setBigUint64(1, BigInt(count));
  input.set(hashToBytes(root), 9);
  return hashBytes(input);
}

/** The fewest complete subtrees that have the leaves from `first` to below `end`, from left to right. */
export function subtreesBetween(first: number, end: number): LeafRange[] {
  const ranges: LeafRange[] = [];
  for (let at = first; at < end; ) {
    let leafCount = 1;
    while (at % (2 * leafCount) === 0 && at + 2 * leafCount <= end) leafCount *= 2;
    ranges.push({ first: at, leafCount });
    at += leafCount;
  }
  return ranges;
}

/** Where the root of a complete subtree stands in the order of `appendLeaf`. */
export function subtreePosition({ first, leafCount }: LeafRange): number {
  return historyNodeCount(first) + 2 * leafCount - 2;
}

/**
 * `frontier` with the leaves of a complete subtree, of which only the root is known. The leaves so far are a multiple of
 * those in the subtree.
 */
export function appendSubtree(frontier: Frontier, { leafCount, root }: Omit<Subtree, 'previous'>): Frontier {
  let last: Subtree = { leafCount, root, previous: frontier.last };
  while (last.previous !== undefined && last.previous.leafCount === last.leafCount) {
    const left: Subtree = last.previous;
    last = { leafCount: 2 * left.leafCount, root: hashNode(left.root, last.root), previous: left.previous };
  }
  return { count: frontier.count + leafCount, last };
}

/** The root over leaves that are the whole tree, or one side of a node of it. */
function rangeRoot({ first, leafCount }: LeafRange, readNode: ReadNode): Hash {
  const peaks = subtreesBetween(first, first + leafCount).map((range) => readNode(subtreePosition(range)));
  const last = assertPresent(peaks.pop(), 'there are leaves in the range');
  return peaks.reduceRight((root, peak) => hashNode(peak, root), last);
}

/** The two sides of the node over at least two leaves: the left one is complete. */
function halves({ first, leafCount }: LeafRange): { readonly left: LeafRange; readonly right: LeafRange } {
  const split = largestPowerOfTwoIn(leafCount - 1);
  return { left: { first, leafCount: split }, right: { first: first + split, leafCount: leafCount - split } };
}

function areInOrder(leaves: readonly PlacedLeaf[], count: number): boolean {
  let least = 0;
  for (const { index } of leaves) {
    if (!Number.isInteger(index) || index < least || index >= count) return false;
    least = index + 1;
  }
  return leaves.length > 0;
}
