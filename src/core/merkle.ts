/**
 * The Merkle tree of RFC 6962 §2.1, under both roots of a header (docs/spec/trees.md).
 *
 * A leaf is SHA-256(00 ‖ bytes), a node SHA-256(01 ‖ left ‖ right), and n leaves are split at the largest power of two
 * below n. The root of no leaves is SHA-256 of nothing.
 */
import { bytesToHex, hexInto, sha256Each } from '#host';
import { assertPresent } from './assert.ts';
import { HASH_BYTES, type Hash, hashBytes } from './hash.ts';

/** The root of the empty tree: SHA-256 of nothing. */
export const EMPTY_ROOT = hashBytes(new Uint8Array(0));

/** The hash of a leaf that holds `content`: an entry's id, where the content is the entry's bytes. */
export function hashLeaf(content: Uint8Array): Hash {
  const sizeBytes = 1 + content.length;
  // In memory that is used again: to allocate it each time takes longer than to hash a record of 200 bytes.
  const input = sizeBytes <= leafInput.length ? leafInput.subarray(0, sizeBytes) : new Uint8Array(sizeBytes);
  input[0] = LEAF_TAG;
  input.set(content, 1);
  return hashBytes(input);
}

/**
 * The leaf hashes of several parts of `bytes`: of each the start and the end are in `spans`. The parts are in order, and
 * none overlaps another.
 */
export function hashLeaves(bytes: Uint8Array, spans: Uint32Array): Hash[] {
  if (spans.length === 2) return [hashLeaf(bytes.subarray(spans[0], spans[1]))];
  // One copy for all: to bring every leaf to its tag takes a quarter as long as to hash a record of 300 bytes. Each is
  // given its tag when its turn comes, because what is before it may be the end of another.
  const tagged = new Uint8Array(1 + bytes.length);
  tagged.set(bytes, 1);
  const hashes: Hash[] = [];
  for (let i = 0; i < spans.length; i += 2) {
    const start = assertPresent(spans[i], 'spans are pairs');
    const end = assertPresent(spans[i + 1], 'spans are pairs');
    tagged[start] = LEAF_TAG;
    hashes.push(hashBytes(tagged.subarray(start, 1 + end)));
  }
  return hashes;
}

/** The hash of the node above `left` and `right`. */
export function hashNode(left: Hash, right: Hash): Hash {
  nodeInput[0] = NODE_TAG;
  // One call for both: the call costs more than what it does.
  hexInto(left + right, nodeInput, 1);
  return hashBytes(nodeInput);
}

/** The root over `leaves`, which are leaf hashes in order. */
export function merkleRoot(leaves: readonly Hash[]): Hash {
  const [first] = leaves;
  if (first === undefined) return EMPTY_ROOT;
  if (leaves.length === 1) return first;
  // Joining neighbours level by level, with an odd last one carried up, gives the tree of RFC 6962: every left
  // subtree is complete. All in one buffer, because a Buffer for each node costs more than its hash.
  const level = new Uint8Array(leaves.length * HASH_BYTES);
  // One call for all leaves: for each by itself, the call costs more than what it does.
  hexInto(leaves.join(''), level, 0);
  let count = leaves.length;
  while (count > 1) {
    const pairs = count >> 1;
    sha256Each(level.subarray(0, 2 * HASH_BYTES * pairs), 2 * HASH_BYTES, NODE_TAG, level);
    if (count % 2 === 1) level.copyWithin(pairs * HASH_BYTES, (count - 1) * HASH_BYTES, count * HASH_BYTES);
    count = pairs + (count % 2);
  }
  return bytesToHex(level.subarray(0, HASH_BYTES)) as Hash;
}

/**
 * The audit path for the leaf at `index`: the sibling hashes from the leaf's level up (RFC 6962 §2.1.1).
 * `index` is below `leaves.length`.
 */
export function inclusionProof(leaves: readonly Hash[], index: number): Hash[] {
  if (leaves.length <= 1) return [];
  const split = largestPowerOfTwoBelow(leaves.length);
  const left = leaves.slice(0, split);
  const right = leaves.slice(split);
  return index < split
    ? [...inclusionProof(left, index), merkleRoot(right)]
    : [...inclusionProof(right, index - split), merkleRoot(left)];
}

/** The root that an audit path leads to, or undefined where its length is wrong (RFC 9162 §2.1.3.2). */
export function rootFromInclusion(options: {
  readonly leaf: Hash;
  readonly index: number;
  readonly count: number;
  readonly proof: readonly Hash[];
}): Hash | undefined {
  if (options.index < 0 || options.index >= options.count) return undefined;
  let node = options.index;
  let last = options.count - 1;
  let root = options.leaf;
  for (const sibling of options.proof) {
    if (last === 0) return undefined;
    if (node % 2 === 1 || node === last) {
      root = hashNode(sibling, root);
      // Never 0: it would be the last one, and that would be the end.
      while (node % 2 === 0) {
        node = half(node);
        last = half(last);
      }
    } else {
      root = hashNode(root, sibling);
    }
    node = half(node);
    last = half(last);
  }
  return last === 0 ? root : undefined;
}

/** The proof that the tree over all `leaves` extends the one over the first `count` of them (RFC 6962 §2.1.2). */
export function consistencyProof(leaves: readonly Hash[], count: number): Hash[] {
  if (count === 0 || count >= leaves.length) return [];
  return consistencyPath(leaves, count, true);
}

/** Whether `proof` shows that the larger tree extends the smaller one (RFC 9162 §2.1.4.2). */
export function isConsistent(options: {
  readonly smaller: { readonly count: number; readonly root: Hash };
  readonly larger: { readonly count: number; readonly root: Hash };
  readonly proof: readonly Hash[];
}): boolean {
  const { smaller, larger, proof } = options;
  if (smaller.count > larger.count) return false;
  if (smaller.count === larger.count) return proof.length === 0 && smaller.root === larger.root;
  if (smaller.count === 0) return proof.length === 0 && smaller.root === EMPTY_ROOT;
  const path = isPowerOfTwo(smaller.count) ? [smaller.root, ...proof] : proof;
  const start = path[0];
  if (start === undefined) return false;
  let node = smaller.count - 1;
  let last = larger.count - 1;
  while (node % 2 === 1) {
    node = half(node);
    last = half(last);
  }
  let smallerRoot = start;
  let largerRoot = start;
  for (const sibling of path.slice(1)) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      smallerRoot = hashNode(sibling, smallerRoot);
      largerRoot = hashNode(sibling, largerRoot);
      // Never 0: it would be the last one, and that would be the end.
      while (node % 2 === 0) {
        node = half(node);
        last = half(last);
      }
    } else {
      largerRoot = hashNode(largerRoot, sibling);
    }
    node = half(node);
    last = half(last);
  }
  return last === 0 && smallerRoot === smaller.root && largerRoot === larger.root;
}

/** `SUBPROOF` of RFC 6962 §2.1.2. `isWhole`: the first `count` leaves are one of the trees being compared. */
function consistencyPath(leaves: readonly Hash[], count: number, isWhole: boolean): Hash[] {
  if (count === leaves.length) return isWhole ? [] : [merkleRoot(leaves)];
  const split = largestPowerOfTwoBelow(leaves.length);
  const left = leaves.slice(0, split);
  const right = leaves.slice(split);
  return count <= split
    ? [...consistencyPath(left, count, isWhole), merkleRoot(right)]
    : [...consistencyPath(right, count - split, false), merkleRoot(left)];
}

function largestPowerOfTwoBelow(count: number): number {
  return 2 ** (31 - Math.clz32(count - 1));
}

/** By halving, because `Math.log2` rounds: to 53 for 2^53-1, and as each engine likes. `count` is at least 1. */
function isPowerOfTwo(count: number): boolean {
  let odd = count;
  while (odd % 2 === 0) odd /= 2;
  return odd === 1;
}

/** Half of `index`, rounded down, also beyond 2^31. */
function half(index: number): number {
  return Math.floor(index / 2);
}

/** Stands before the content in the hash of a leaf. */
export const LEAF_TAG = 0x00;

/** Stands before the two hashes in the hash of a node. */
export const NODE_TAG = 0x01;

const leafInput = new Uint8Array(8192);
const nodeInput = new Uint8Array(1 + 2 * HASH_BYTES);
