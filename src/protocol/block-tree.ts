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
import { type JudgedHeaders, validateHeaders } from '../core/header-run.ts';
import type { NetworkParams } from '../core/params.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { type ChainPoint, type HashedHeader, validateHeader } from '../core/validation.ts';
import { hashAt, headerCount, previousHashAt } from './header-run.ts';
import {
  BRANCH_DEPTH_BLOCKS,
  CHAIN_WINDOW_BLOCKS,
  INVALID_BLOCKS_MAX,
  MILESTONE_INTERVAL_BLOCKS,
  TREE_HEADERS_MAX,
} from './limits.ts';
import { RecentSet } from './recent-set.ts';

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
  /** Whether it was, and has left it. */
  wasActive: boolean;
}

export type TreeFault =
  | NonNullable<JudgedHeaders['fault']>
  | { readonly code: 'header-tree-full'; readonly limit: number }
  /** The block `hash` was found to break a rule for good, or builds on one that was. */
  | { readonly code: 'block-invalid'; readonly hash: Hash };

/** What became of a run of headers. */
export interface AddedRun {
  /** The last of them that is in the tree; undefined if none was let in. */
  readonly last: TreeNode | undefined;
  readonly fault: TreeFault | undefined;
}

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
  readonly #windowBlocks: number;
  readonly #headersMax: number;
  readonly #nodes = new Map<Hash, TreeNode>();
  readonly #active = new Deque<TreeNode>();
  readonly #milestones: Hash[];
  /** Blocks that break a rule for good: remembered, so that they are asked for once. */
  readonly #condemned = new RecentSet(INVALID_BLOCKS_MAX);
  #bestHeader: TreeNode;
  /** How many blocks have become active since it was last looked for headers that nobody needs any more. */
  #activeSinceLook = 0;

  /** `window` is the recent active chain, oldest first; `milestones` as in `StoredChain` of the store. */
  constructor(options: {
    readonly params: NetworkParams;
    readonly window: readonly ChainPoint[];
    readonly milestones: readonly Hash[];
    readonly windowBlocks?: number | undefined;
    readonly headersMax?: number | undefined;
  }) {
    this.#params = options.params;
    this.#windowBlocks = options.windowBlocks ?? CHAIN_WINDOW_BLOCKS;
    this.#headersMax = options.headersMax ?? TREE_HEADERS_MAX;
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

  /** All that are in memory, parents before their children. */
  nodes(): Iterable<TreeNode> {
    return this.#nodes.values();
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
    if (this.#nodes.size >= this.#headersMax) return fail({ code: 'header-tree-full', limit: this.#headersMax });
    const point = validateHeader(candidate, parent.point, this.#params);
    if (!point.ok) return point;
    const node = this.#insert(point.value, 'missing');
    if (isBetterTip(point.value, this.#bestHeader.point)) this.#bestHeader = node;
    return ok(node);
  }

  /** What is wrong with a run of which a header is, or builds on, a block that was condemned. */
  condemnedIn(run: Uint8Array): TreeFault | undefined {
    if (this.#condemned.isEmpty) return undefined;
    for (let i = 0; i <= headerCount(run); i++) {
      const hash = i === 0 ? previousHashAt(run, 0) : hashAt(run, i - 1);
      if (this.#condemned.has(hash)) return { code: 'block-invalid', hash };
    }
    return undefined;
  }

  /** Takes `node` out for good, whose block breaks a rule, and all that stands on it. Gives back what was taken out. */
  condemn(node: TreeNode): TreeNode[] {
    assert(node.body === 'missing', 'what is stored was judged before');
    this.#condemned.add(node.point.hash);
    const branch = new Set([node]);
    // Parents were let in before their children.
    for (const other of this.#nodes.values()) {
      if (other.parent !== undefined && branch.has(other.parent)) branch.add(other);
    }
    this.#forget((other) => !branch.has(other));
    this.#chooseBestHeader();
    return [...branch];
  }

  /** The headers at the beginning of `run` that are in the tree already. */
  knownPrefix(run: Uint8Array): { readonly count: number; readonly last: TreeNode | undefined } {
    let last: TreeNode | undefined;
    for (let count = 0; count < headerCount(run); count++) {
      const node = this.#nodes.get(hashAt(run, count));
      if (node === undefined) return { count, last };
      last = node;
    }
    return { count: headerCount(run), last };
  }

  /** The work that a branch must have to be let in: what the active chain had so many blocks ago. */
  get workFloor(): bigint {
    return this.activeAt(this.tip.point.header.height - BRANCH_DEPTH_BLOCKS)?.point.work ?? 0n;
  }

  /** How far a place is above the tip, in blocks. */
  leadOf({ header }: ChainPoint): number {
    return header.height - this.tip.point.header.height;
  }

  /** Whether so many more headers fit. */
  hasRoomFor(count: number): boolean {
    return this.#nodes.size + count <= this.#headersMax;
  }

  /**
   * Lets in headers as they travel, which follow on each other and the first of them on `parent`: up to the first that
   * breaks a rule, none of them where there is no room for all, and none where the branch that they make has less than
   * `workMin`.
   */
  addRun(run: Uint8Array, parent: TreeNode, workMin: bigint = this.workFloor): AddedRun {
    if (!this.hasRoomFor(headerCount(run))) {
      return { last: undefined, fault: { code: 'header-tree-full', limit: this.#headersMax } };
    }
    const { points, fault } = validateHeaders(run, parent.point, this.#params);
    const end = points.at(-1);
    if (end === undefined || end.work < workMin) return { last: undefined, fault };
    let last = parent;
    for (const point of points) last = this.#nodes.get(point.hash) ?? this.#insert(point, 'missing', last);
    if (isBetterTip(end, this.#bestHeader.point)) this.#bestHeader = last;
    return { last, fault };
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
      const left = assertPresent(this.#active.popBack(), 'not empty');
      left.isActive = false;
      left.wasActive = true;
    }
    if (this.#active.length === 0) this.#beginBelowWindow(assertPresent(first.parent, 'a branch has its fork'));
    for (const node of added) this.#pushActive(node);
    this.#activeSinceLook += added.length;
    this.#prune();
    if (!this.#isIn(this.#bestHeader)) this.#chooseBestHeader();
    return { forkHeight, added, removedCount };
  }

  /**
   * Hashes from `from` back to the genesis, one by one at first and then ever further apart, for a peer to find the last
   * one that it shares.
   */
  locator(from: TreeNode): Hash[] {
    const genesis = assertPresent(this.#milestones[0], 'the genesis is a milestone');
    const hashes: Hash[] = [];
    let step = 1;
    const take = (hash: Hash) => {
      hashes.push(hash);
      if (hashes.length > LOCATOR_DENSE) step *= 2;
    };
    let node: TreeNode | undefined = from;
    while (node !== undefined && !node.isActive) {
      take(node.point.hash);
      for (let i = 0; i < step && node !== undefined && !node.isActive; i++) node = node.parent;
    }
    let height = (node ?? this.tip).point.header.height;
    while (height > 0) {
      const inWindow = this.activeAt(height);
      // Below the window only every so many hashes are known: the next one down.
      const milestone = Math.floor(height / MILESTONE_INTERVAL_BLOCKS);
      if (inWindow === undefined) height = milestone * MILESTONE_INTERVAL_BLOCKS;
      const hash = inWindow?.point.hash ?? this.#milestones[milestone];
      if (hash !== undefined && height > 0) take(hash);
      height -= step;
    }
    return [...hashes, genesis];
  }

  /**
   * Makes room in a tree that is full. Of the branches, those stay that lead to one of `tips`, the best first and as
   * many as fill half of the room, those whose bodies are on their way into the store, and the one up to `proven`.
   */
  forgetBranches(tips: readonly TreeNode[], proven?: TreeNode): void {
    const kept = this.#heldBranches();
    if (proven !== undefined && this.#isIn(proven)) {
      keepBranch(proven, kept);
      // It may be a place below the window, on which nothing stands yet.
      kept.add(proven);
    }
    for (const tip of tips.toSorted((one, other) => (isBetterTip(one.point, other.point) ? -1 : 1))) {
      if (kept.size > this.#headersMax / 2) break;
      if (this.#isIn(tip)) keepBranch(tip, kept);
    }
    this.#forget((node) => kept.has(node));
    this.#chooseBestHeader();
  }

  #insert(
    point: ChainPoint,
    body: TreeNode['body'],
    parent: TreeNode | undefined = this.#nodes.get(point.header.previousHash),
  ): TreeNode {
    const node: TreeNode = { point, parent, body, entries: 0, isActive: false, wasActive: false };
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

  /**
   * The active chain begins anew at `fork`, which is below the window. What stood on a place above it, there or further
   * down, stands on nothing now.
   */
  #beginBelowWindow(fork: TreeNode): void {
    this.#nodes.set(fork.point.hash, fork);
    this.#active.pushBack(fork);
    const { height } = fork.point.header;
    for (const node of this.#nodes.values()) {
      for (const place of [node, node.parent]) {
        if (place?.isActive === true && place.point.header.height > height) place.isActive = false;
      }
    }
    // Parents were let in before their children, so a branch whose root goes is forgotten as a whole.
    this.#forget(({ isActive, parent }) => isActive || parent?.isActive === true || this.#isIn(parent));
  }

  /** Forgets what has fallen out of the window: the active blocks one by one, old branches now and then. */
  #prune(): void {
    while (this.#active.length > this.#windowBlocks) {
      const oldest = assertPresent(this.#active.popFront(), 'longer than the window');
      this.#nodes.delete(oldest.point.hash);
    }
    const first = assertPresent(this.#active.at(0), 'the window is never empty');
    first.parent = undefined;
    // A window of blocks between two looks, so that it costs each of them no more than a moment.
    if (this.#nodes.size <= 2 * this.#windowBlocks || this.#activeSinceLook < this.#windowBlocks) return;
    this.#activeSinceLook = 0;
    const kept = this.#heldBranches();
    keepBranch(this.#bestHeader, kept);
    this.#forget((node) => {
      if (kept.has(node)) return true;
      return this.#isIn(node.parent) && node.point.header.height >= first.point.header.height;
    });
  }

  #chooseBestHeader(): void {
    this.#bestHeader = this.tip;
    for (const node of this.#nodes.values())
      if (isBetterTip(node.point, this.#bestHeader.point)) this.#bestHeader = node;
  }

  #isIn(node: TreeNode | undefined): boolean {
    return node !== undefined && this.#nodes.get(node.point.hash) === node;
  }

  /** Forgets every node that is neither in the window nor wanted. */
  #forget(isWanted: (node: TreeNode) => boolean): void {
    for (const node of this.#nodes.values()) {
      if (this.activeAt(node.point.header.height) === node || isWanted(node)) continue;
      this.#nodes.delete(node.point.hash);
    }
  }

  /** The branches up to bodies that are on their way into the store: forgotten, these could not be made active. */
  #heldBranches(): Set<TreeNode> {
    const kept = new Set<TreeNode>();
    for (const node of this.#nodes.values()) if (node.body === 'held') keepBranch(node, kept);
    return kept;
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

/** Puts `tip` and the blocks under it, down to the active chain, into `kept`. */
function keepBranch(tip: TreeNode, kept: Set<TreeNode>): void {
  for (let node: TreeNode | undefined = tip; node !== undefined && !node.isActive && !kept.has(node); ) {
    kept.add(node);
    node = node.parent;
  }
}

/** So many hashes of a locator follow on each other without a gap. */
const LOCATOR_DENSE = 10;
