/**
 * The Merkle tree over a block's entries as a picture: where each node stands, what covers what, and which nodes prove
 * the place of one entry (docs/spec/trees.md#tree).
 *
 * A tree of thousands of entries is drawn along the way from the one entry to the root: everything beside that way is a
 * subtree that is drawn as one.
 */
import type { Hash } from '../../core/hash.ts';
import { hashNode, merkleRoot } from '../../core/merkle.ts';

/** The leaves from `start` up to, and without, `end`: those under one node of the tree. */
export interface LeafRange {
  readonly start: number;
  readonly end: number;
}

/** What is known of the hash of a node; undefined where nothing is. */
export type HashOf = (range: LeafRange) => Hash | undefined;

export interface PictureNode {
  readonly range: LeafRange;
  /** Where its middle is: each leaf and closed subtree has a column, and a node stands over the middle of its two. */
  readonly column: number;
  /** 0 is the root's. */
  readonly row: number;
  /** `closed`: a subtree of several leaves that is not drawn further. */
  readonly kind: 'leaf' | 'node' | 'closed';
  /** `way`: from the entry to the root; `proof`: beside that way, what the entry is proved with. */
  readonly role: 'way' | 'proof' | 'other';
  readonly hash: Hash | undefined;
}

export interface MerklePicture {
  readonly columns: number;
  readonly rows: number;
  readonly nodes: readonly PictureNode[];
  /** From a node to each of the two below it. */
  readonly links: readonly { readonly from: PictureNode; readonly to: PictureNode }[];
}

/** One step of an audit path: two hashes, side by side, become the one above them. */
export interface PathStep {
  readonly left: Hash;
  readonly right: Hash;
  /** Which of the two comes from the proof; the other is what the step before came to. */
  readonly given: 'left' | 'right';
  /** The leaves under what the proof gives. */
  readonly givenRange: LeafRange;
  readonly result: Hash;
  readonly resultRange: LeafRange;
}

/** A leaf and what proves its place. */
export interface AuditPath {
  readonly leaf: Hash;
  readonly index: number;
  readonly count: number;
  /** The sibling hashes from the leaf's level up. */
  readonly path: readonly Hash[];
}

/**
 * The picture of the tree over `count` leaves. Up to `wholeMax` of them all of it is drawn. Beyond, what is beside the
 * way of the leaf at `index` is closed, and without an `index` everything below the uppermost levels.
 */
export function drawMerkleTree(options: {
  readonly count: number;
  readonly index?: number | undefined;
  readonly wholeMax: number;
  readonly hashOf: HashOf;
}): MerklePicture {
  const { count, index, wholeMax, hashOf } = options;
  const nodes: PictureNode[] = [];
  const links: { from: PictureNode; to: PictureNode }[] = [];
  let columns = 0;
  let rows = 0;

  const draw = (range: LeafRange, row: number, role: PictureNode['role']): PictureNode => {
    const isSubtree = range.end - range.start > 1;
    const isOpen = isSubtree && (count <= wholeMax || (index === undefined ? row < OPEN_ROWS : role === 'way'));
    const below = isOpen ? halves(range).map((half) => draw(half, row + 1, roleBelow(role, half, index))) : [];
    const [left, right] = below;
    const column = left === undefined || right === undefined ? columns++ : (left.column + right.column) / 2;
    const kind = isOpen ? 'node' : isSubtree ? 'closed' : 'leaf';
    const node: PictureNode = { range, column, row, kind, role, hash: hashOf(range) };
    nodes.push(node);
    for (const to of below) links.push({ from: node, to });
    rows = Math.max(rows, row + 1);
    return node;
  };
  if (count > 0) draw({ start: 0, end: count }, 0, index === undefined ? 'other' : 'way');
  return { columns, rows, nodes, links };
}

/** The hashes of all nodes, where all leaves are known. */
export function hashesOfLeaves(leaves: readonly Hash[]): HashOf {
  return ({ start, end }) => merkleRoot(leaves.slice(start, end));
}

/** The hashes of the nodes on a leaf's way to the root and of those beside it. */
export function hashesOfPath(audited: AuditPath): HashOf {
  const { leaf, index } = audited;
  const known = new Map<string, Hash>([[keyOf({ start: index, end: index + 1 }), leaf]]);
  for (const step of pathSteps(audited)) {
    known.set(keyOf(step.givenRange), step[step.given]);
    known.set(keyOf(step.resultRange), step.result);
  }
  return (range) => known.get(keyOf(range));
}

/** What is hashed with what on the way from the leaf to the root. Ends early where the path is too short. */
export function pathSteps({ leaf, index, count, path }: AuditPath): PathStep[] {
  const steps: PathStep[] = [];
  let way: LeafRange = { start: index, end: index + 1 };
  let result = leaf;
  for (const [i, givenRange] of siblingRanges(index, count).entries()) {
    const sibling = path[i];
    if (sibling === undefined) break;
    const given = givenRange.start < way.start ? 'left' : 'right';
    const [left, right] = given === 'left' ? [sibling, result] : [result, sibling];
    way = { start: Math.min(way.start, givenRange.start), end: Math.max(way.end, givenRange.end) };
    result = hashNode(left, right);
    steps.push({ left, right, given, givenRange, result, resultRange: way });
  }
  return steps;
}

/** The subtrees beside the way of the leaf at `index`, from its level up. */
function siblingRanges(index: number, count: number): LeafRange[] {
  const ranges: LeafRange[] = [];
  let range: LeafRange = { start: 0, end: count };
  while (range.end - range.start > 1) {
    const [left, right] = halves(range);
    const isLeft = index < left.end;
    ranges.unshift(isLeft ? right : left);
    range = isLeft ? left : right;
  }
  return ranges;
}

/** As RFC 6962 splits n leaves: at the largest power of two below n. */
function halves({ start, end }: LeafRange): [LeafRange, LeafRange] {
  const split = start + 2 ** (31 - Math.clz32(end - start - 1));
  return [
    { start, end: split },
    { start: split, end },
  ];
}

function roleBelow(role: PictureNode['role'], range: LeafRange, index: number | undefined): PictureNode['role'] {
  if (role !== 'way' || index === undefined) return 'other';
  return index >= range.start && index < range.end ? 'way' : 'proof';
}

function keyOf({ start, end }: LeafRange): string {
  return `${start}-${end}`;
}

/** Eight subtrees side by side say that there is a tree, and more would say no more. */
const OPEN_ROWS = 3;
