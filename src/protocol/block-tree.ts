/**
 * The headers a node knows: the recent window of the active chain, and every branch that grew from it.
 *
 * Only headers live here, each judged by its parent before it is let in. The window is a deque: the active chain is
 * pushed and popped at its tip, and what falls off the far end is looked up on disk from then on.
 */
import { assert, assertPresent } from '../core/assert.ts';
import { Deque } from '../core/deque.ts';
import { isBetterTip } from '../core/fork-choice.ts';
import type { Hash } from '../core/hash.ts';
import type { NetworkParams } from '../core/params.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { type ChainPoint, type HashedHeader, type HeaderRuleFault, validateHeader } from '../core/validation.ts';
import { CHAIN_WINDOW_BLOCKS, MILESTONE_INTERVAL_BLOCKS, TREE_HEADERS_MAX } from './limits.ts';

/** A header in the tree. */
export interface TreeNode {
  readonly point: ChainPoint;
  /** Undefined where the parent is no longer, or not yet, in memory. */
  parent: TreeNode | undefined;
  /** Whether the body is unknown, in memory on its way to the store, or stored. */
  body: 'missing' | 'held' | 'stored';
  /** How many entries the body holds; 0 until it has been here. */
  entries: number;
  /** Whether it is on the active chain. */
  isActive: boolean;
}

export type TreeFault = HeaderRuleFault | { readonly code: 'header-tree-full'; readonly limit: number };

/** How the active chain moved. */
export interface ChainMove {
  /** The height of the last block that old and new chain share. */
  readonly forkHeight: number;
  /** The blocks that joined, from the fork up. */
  readonly added: readonly TreeNode[];
  /** How many blocks left. */
  readonly removedCount: number;
}

export class BlockTree {
  readonly #params: NetworkParams;
  readonly #nodes = new Map<Hash, TreeNode>();
  readonly #active = new Deque<TreeNode>();
  readonly #milestones: Hash[];
  #bestHeader: TreeNode;

  /** `window` is the recent active chain, oldest first; `milestones` as in `StoredChain` of the store. */
  constructor(options: {
    readonly params: NetworkParams;
    readonly window: readonly ChainPoint[];
    readonly milestones: readonly Hash[];
  }) {
    this.#params = options.params;
    this.#milestones = [...options.milestones];
    for (const point of options.window) this.#pushActive(this.#insert(point, 'stored'));
    this.#bestHeader = this.tip;
  }

  /** The last block of the active chain. */
  get tip(): TreeNode {
    return assertPresent(this.#active.at(-1), 'the active chain has at least its genesis');
  }

  /** The known header with the most work, whether or not its body is here. */
  get bestHeader(): TreeNode {
    return this.#bestHeader;
  }

  get size(): number {
    return this.#nodes.size;
  }

  find(hash: Hash): TreeNode | undefined {
    return this.#nodes.get(hash);
  }

  /** The active block at `height`, where that is in the window. */
  activeAt(height: number): TreeNode | undefined {
    const first = assertPresent(this.#active.at(0), 'the window is never empty').point.header.height;
    return height < first ? undefined : this.#active.at(height - first);
  }

  /** Lets a header in, if it follows the rules after a parent that is here. A known header is given back as it is. */
  add(candidate: HashedHeader): Result<TreeNode, TreeFault> {
    const known = this.#nodes.get(candidate.hash);
    if (known !== undefined) return ok(known);
    const parent = this.#nodes.get(candidate.header.previousHash);
    if (parent === undefined) return fail({ code: 'parent-unknown', parent: candidate.header.previousHash });
    if (this.#nodes.size >= TREE_HEADERS_MAX) return fail({ code: 'header-tree-full', limit: TREE_HEADERS_MAX });
    const point = validateHeader(candidate, parent.point, this.#params);
    if (!point.ok) return point;
    const node = this.#insert(point.value, 'missing');
    if (isBetterTip(point.value, this.#bestHeader.point)) this.#bestHeader = node;
    return ok(node);
  }

  /**
   * Lets in a place of the active chain that is below the window, so that a branch from there can be followed. A place
   * within the window is given back where it is here, and is otherwise none of the active chain any more.
   */
  addAnchor(point: ChainPoint): TreeNode | undefined {
    const known = this.#nodes.get(point.hash);
    const lowest = assertPresent(this.#active.at(0), 'the window is never empty').point.header.height;
    if (known !== undefined || point.header.height >= lowest) return known;
    const node = this.#insert(point, 'stored');
    node.isActive = true;
    return node;
  }

  /** Makes the chain that ends in `tip` the active one. All of its blocks are stored. */
  activate(tip: TreeNode): ChainMove {
    const added = assertPresent(pathFromActive(tip), 'a stored branch has its root in memory');
    const first = added[0];
    if (first === undefined) return { forkHeight: tip.point.header.height, added, removedCount: 0 };
    const forkHeight = first.point.header.height - 1;
    const removedCount = this.tip.point.header.height - forkHeight;
    while (this.#active.length > 0 && this.tip.point.header.height > forkHeight) {
      assertPresent(this.#active.popBack(), 'not empty').isActive = false;
    }
    // The fork is an anchor below the window: the window begins anew from there.
    if (this.#active.length === 0) this.#active.pushBack(assertPresent(first.parent, 'a branch has its fork'));
    this.#milestones.length = Math.min(this.#milestones.length, Math.floor(forkHeight / MILESTONE_INTERVAL_BLOCKS) + 1);
    for (const node of added) this.#pushActive(node);
    this.#prune();
    return { forkHeight, added, removedCount };
  }

  /**
   * Hashes from `from` back to the genesis, close together at first and then ever further apart, for a peer to find
   * the last one that it shares.
   */
  locator(from: TreeNode): Hash[] {
    const hashes: Hash[] = [];
    let node: TreeNode | undefined = from;
    while (node !== undefined && !node.isActive) {
      hashes.push(node.point.hash);
      node = hashes.length < 10 ? node.parent : lastOffChain(node);
    }
    let height = node?.point.header.height ?? this.tip.point.header.height;
    let step = 1;
    for (let count = 0; height > 0 && hashes.length < 64; count++) {
      const milestone = Math.floor(height / MILESTONE_INTERVAL_BLOCKS);
      const inWindow = this.activeAt(height);
      const hash = inWindow?.point.hash ?? this.#milestones[milestone];
      if (hash !== undefined) hashes.push(hash);
      if (inWindow === undefined) height = milestone * MILESTONE_INTERVAL_BLOCKS;
      if (count >= 10) step *= 2;
      height -= step;
    }
    hashes.push(assertPresent(this.#milestones[0], 'the genesis is a milestone'));
    return hashes;
  }

  #insert(point: ChainPoint, body: TreeNode['body']): TreeNode {
    const parent = this.#nodes.get(point.header.previousHash);
    const node: TreeNode = { point, parent, body, entries: 0, isActive: false };
    this.#nodes.set(point.hash, node);
    return node;
  }

  #pushActive(node: TreeNode): void {
    const { height } = node.point.header;
    assert(this.#active.length === 0 || this.tip.point.header.height === height - 1, 'the active chain has no gap');
    node.isActive = true;
    this.#active.pushBack(node);
    if (height % MILESTONE_INTERVAL_BLOCKS === 0)
      this.#milestones[height / MILESTONE_INTERVAL_BLOCKS] = node.point.hash;
  }

  /** Forgets what has fallen out of the window: the active blocks one by one, old branches now and then. */
  #prune(): void {
    while (this.#active.length > CHAIN_WINDOW_BLOCKS) {
      const oldest = assertPresent(this.#active.popFront(), 'longer than the window');
      this.#nodes.delete(oldest.point.hash);
    }
    const first = assertPresent(this.#active.at(0), 'the window is never empty');
    first.parent = undefined;
    if (this.#nodes.size <= 2 * CHAIN_WINDOW_BLOCKS) return;
    const kept = new Set(pathFromActive(this.#bestHeader));
    // Parents were let in before their children, so a branch whose root goes is forgotten as a whole.
    for (const node of this.#nodes.values()) {
      if (kept.has(node) || this.activeAt(node.point.header.height) === node) continue;
      const isRooted = node.parent !== undefined && this.#nodes.has(node.parent.point.hash);
      if (node.point.header.height < first.point.header.height || !isRooted) this.#nodes.delete(node.point.hash);
    }
  }
}

/**
 * The blocks from above the active chain up to `tip`, lowest first: none where `tip` is active, and undefined where the
 * branch is so old that its root was forgotten.
 */
export function pathFromActive(tip: TreeNode): TreeNode[] | undefined {
  const path: TreeNode[] = [];
  for (let node: TreeNode | undefined = tip; node?.isActive !== true; node = node.parent) {
    if (node === undefined) return undefined;
    path.push(node);
  }
  return path.reverse();
}

/** The lowest block of `node`'s branch that is not active, skipping what lies between. */
function lastOffChain(node: TreeNode): TreeNode | undefined {
  let lowest: TreeNode | undefined = node.parent;
  while (lowest?.parent !== undefined && !lowest.isActive && !lowest.parent.isActive) lowest = lowest.parent;
  return lowest;
}
