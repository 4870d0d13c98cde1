/**
 * The history tree: one leaf for every header so far, and the root of it in the next header (docs/spec/trees.md#history).
 *
 * It is the RFC 6962 tree again, kept as its frontier: the roots of the complete subtrees from left to right, of which
 * there are as many as one bits in the number of leaves. Appending touches O(1) of them on average, and the root is
 * the frontier folded from the right (a Merkle mountain range, bagged from the right).
 */
import { hexInto } from '#host';
import { HASH_BYTES, type Hash, hashBytes } from './hash.ts';
import { HEADER_BYTES } from './header.ts';
import { EMPTY_ROOT, hashLeaf, hashNode } from './merkle.ts';

/** The complete subtrees of a history, immutable: a new frontier shares its older subtrees with the one it grew from. */
export interface Frontier {
  /** How many leaves there are in the whole tree. */
  readonly count: number;
  /** The smallest complete subtree, at the right end; undefined in an empty tree. */
  readonly last: Subtree | undefined;
}

/** A complete subtree, and those to the left of it. */
export interface Subtree {
  readonly leafCount: number;
  readonly root: Hash;
  /** The next larger subtree, to the left. */
  readonly previous: Subtree | undefined;
}

export const EMPTY_FRONTIER: Frontier = { count: 0, last: undefined };

/** The leaf of a header: its 118 bytes, then the cumulative work up to and including it as a u256. */
export function historyLeaf(headerBytes: Uint8Array, cumulativeWork: bigint): Hash {
  leafContent.set(headerBytes, 0);
  hexInto(cumulativeWork.toString(16).padStart(2 * HASH_BYTES, '0'), leafContent, HEADER_BYTES);
  return hashLeaf(leafContent);
}

/**
 * `frontier` with one more leaf, and the hashes this completes, from the leaf up: together, over a whole history, the
 * nodes of the Merkle mountain range in the order of their positions.
 */
export function appendLeaf(
  frontier: Frontier,
  leaf: Hash,
): { readonly frontier: Frontier; readonly completed: readonly Hash[] } {
  const completed = [leaf];
  let subtree: Subtree = { leafCount: 1, root: leaf, previous: frontier.last };
  while (subtree.previous !== undefined && subtree.previous.leafCount === subtree.leafCount) {
    const left: Subtree = subtree.previous;
    const root = hashNode(left.root, subtree.root);
    completed.push(root);
    subtree = { leafCount: 2 * left.leafCount, root, previous: left.previous };
  }
  return { frontier: { count: frontier.count + 1, last: subtree }, completed };
}

/** The frontier with the subtree roots `peaks`, from left (largest) to right, over `count` leaves. */
export function frontierFromPeaks(count: number, peaks: readonly Hash[]): Frontier {
  let last: Subtree | undefined;
  let remaining = count;
  for (const root of peaks) {
    const leafCount = largestPowerOfTwoIn(remaining);
    last = { leafCount, root, previous: last };
    remaining -= leafCount;
  }
  return { count, last };
}

/** Where the peaks over `count` leaves stand among the nodes in the order of `appendLeaf`, from left to right. */
export function peakPositions(count: number): number[] {
  const positions: number[] = [];
  let nodesBefore = 0;
  let remaining = count;
  while (remaining > 0) {
    const leafCount = largestPowerOfTwoIn(remaining);
    nodesBefore += 2 * leafCount - 1;
    positions.push(nodesBefore - 1);
    remaining -= leafCount;
  }
  return positions;
}

/** How many nodes the mountain range over `count` leaves has. */
export function historyNodeCount(count: number): number {
  const last = peakPositions(count).at(-1);
  return last === undefined ? 0 : last + 1;
}

/** `history_root` = SHA-256(04 ‖ u64 count ‖ root over the leaves), of the header that follows these leaves. */
export function historyRoot(frontier: Frontier): Hash {
  rootInput[0] = HISTORY_ROOT_TAG;
  rootInputView.setBigUint64(1, BigInt(frontier.count));
  hexInto(foldSubtrees(frontier), rootInput, 9);
  return hashBytes(rootInput);
}

function foldSubtrees(frontier: Frontier): Hash {
  if (frontier.last === undefined) return EMPTY_ROOT;
  let root = frontier.last.root;
  for (let subtree = frontier.last.previous; subtree !== undefined; subtree = subtree.previous) {
    root = hashNode(subtree.root, root);
  }
  return root;
}

/** The largest power of two that is at most `count`, which is from 1 to 2^32-1. */
export function largestPowerOfTwoIn(count: number): number {
  return 2 ** (31 - Math.clz32(count));
}

/** Stands before the count and the root in the hash of a history. */
export const HISTORY_ROOT_TAG = 0x04;

// Used again and again: to allocate them takes longer than to hash them.
const leafContent = new Uint8Array(HEADER_BYTES + HASH_BYTES);
const rootInput = new Uint8Array(1 + 8 + HASH_BYTES);
const rootInputView = new DataView(rootInput.buffer);
