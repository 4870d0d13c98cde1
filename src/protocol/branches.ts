/** The branches beside the active chain, as far as their headers are in memory. */
import { isBetterTip } from '../core/fork-choice.ts';
import type { TreeNode } from './block-tree.ts';

/** What leads from the active chain to one end beside it. */
export interface Branch {
  /** The last block that it shares with the active chain. */
  readonly fork: TreeNode;
  readonly tip: TreeNode;
  /** In blocks, from above the fork. */
  readonly length: number;
  /** Its uppermost blocks, lowest first. */
  readonly blocks: readonly TreeNode[];
  /** Whether every body is stored, or in memory on its way there. */
  readonly isWhole: boolean;
  /** Whether one of its blocks was active since the node started. */
  readonly wasActive: boolean;
}

export interface Branches {
  /** The best first. */
  readonly branches: readonly Branch[];
  /** How many there are. */
  readonly total: number;
}

/**
 * One branch for each of `nodes` that is not active and that no other stands on; the first of them as `limits` say, each
 * with so many blocks at most. Those whose root was forgotten are none.
 */
export function findBranches(
  nodes: Iterable<TreeNode>,
  limits: { readonly branchesMax: number; readonly blocksMax: number },
): Branches {
  const aside: TreeNode[] = [];
  const parents = new Set<TreeNode>();
  for (const node of nodes) {
    if (node.isActive) continue;
    aside.push(node);
    if (node.parent !== undefined) parents.add(node.parent);
  }
  const roots = new Map<TreeNode, Root | undefined>();
  const tips = aside
    .filter((node) => !parents.has(node) && rootOf(node, roots) !== undefined)
    .sort((one, other) => (isBetterTip(one.point, other.point) ? -1 : 1));
  const branches = tips.slice(0, limits.branchesMax).flatMap((tip): Branch[] => {
    const root = rootOf(tip, roots);
    if (root === undefined) return [];
    const length = tip.point.header.height - root.fork.point.header.height;
    return [{ ...root, tip, length, blocks: uppermost(tip, Math.min(length, limits.blocksMax)) }];
  });
  return { branches, total: tips.length };
}

/** What is the same for a block and all of those above it, unless these add to it. */
type Root = Pick<Branch, 'fork' | 'isWhole' | 'wasActive'>;

/** Of a place beside the active chain; `known` remembers the places on the way, so that each is looked at once. */
function rootOf(tip: TreeNode, known: Map<TreeNode, Root | undefined>): Root | undefined {
  const path: TreeNode[] = [];
  let node: TreeNode | undefined = tip;
  while (node !== undefined && !node.isActive && !known.has(node)) {
    path.push(node);
    node = node.parent;
  }
  let root: Root | undefined;
  if (node?.isActive === true) root = { fork: node, isWhole: true, wasActive: false };
  else if (node !== undefined) root = known.get(node);
  for (const above of path.reverse()) {
    if (root?.isWhole === true && above.body === 'missing') root = { ...root, isWhole: false };
    if (root?.wasActive === false && above.wasActive) root = { ...root, wasActive: true };
    known.set(above, root);
  }
  return root;
}

/** The `count` blocks that end in `tip`, lowest first. */
function uppermost(tip: TreeNode, count: number): TreeNode[] {
  const blocks: TreeNode[] = [];
  for (let node: TreeNode | undefined = tip; node !== undefined && blocks.length < count; node = node.parent) {
    blocks.push(node);
  }
  return blocks.reverse();
}
