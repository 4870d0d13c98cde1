/**
 * Blocks on their way into the store: bodies wait for their parents here, and leave in the order in which they can be
 * stored, with the switch of branches that they bring about.
 */
import type { Block } from '../core/block.ts';
import { entryCount } from '../core/body.ts';
import { Deque } from '../core/deque.ts';
import { isBetterTip } from '../core/fork-choice.ts';
import type { Hash } from '../core/hash.ts';
import { pathFromActive, type TreeNode } from './block-tree.ts';
import { COMMIT_BLOCKS_MAX, COMMIT_BYTES_MAX } from './limits.ts';

interface HeldBlock {
  readonly node: TreeNode;
  readonly block: Block;
}

/** Blocks to store in one transaction, and the tip to follow afterwards. */
export interface IntakePlan {
  readonly blocks: readonly HeldBlock[];
  readonly tip: TreeNode;
}

export class BlockIntake {
  /** Bodies whose parent's body is not here, by the parent's hash. */
  readonly #waiting = new Map<Hash, HeldBlock[]>();
  /** Bodies that can be stored, parents first. */
  readonly #ready = new Deque<HeldBlock>();
  readonly #readyHashes = new Set<Hash>();
  #heldBytes = 0;
  #heldCount = 0;

  /** Bytes of bodies in memory. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  get heldCount(): number {
    return this.#heldCount;
  }

  get hasReady(): boolean {
    return this.#ready.length > 0;
  }

  /** Takes a valid block in. Its node's body was missing. */
  hold(node: TreeNode, block: Block): void {
    node.body = 'held';
    node.entries = entryCount(block.body);
    this.#heldCount++;
    this.#heldBytes += block.body.bytes.length;
    const parent = block.header.previousHash;
    if (node.parent?.body === 'stored' || this.#readyHashes.has(parent)) this.#release({ node, block });
    else {
      const siblings = this.#waiting.get(parent);
      if (siblings === undefined) this.#waiting.set(parent, [{ node, block }]);
      else siblings.push({ node, block });
    }
  }

  /** The next blocks to store, as many as one transaction takes; the best tip is among them or is `tip`. */
  plan(tip: TreeNode): IntakePlan {
    let sizeBytes = 0;
    const blocks: HeldBlock[] = [];
    for (let next = this.#ready.at(0); next !== undefined; next = this.#ready.at(0)) {
      sizeBytes += next.block.body.bytes.length;
      if (blocks.length === COMMIT_BLOCKS_MAX || (blocks.length > 0 && sizeBytes > COMMIT_BYTES_MAX)) break;
      blocks.push(next);
      this.#ready.popFront();
    }
    const best = blocks.reduce((chosen, { node }) => (isBetterTip(node.point, chosen.point) ? node : chosen), tip);
    // A place far down that the branch stood on may have left the active chain: then it is kept, and not followed.
    return { blocks, tip: pathFromActive(best) === undefined ? tip : best };
  }

  /** `plan` could not be stored: its blocks are the first again. */
  putBack(plan: IntakePlan): void {
    for (const held of plan.blocks.toReversed()) this.#ready.pushFront(held);
  }

  /** `plan` is durable: its bodies leave memory. */
  complete(plan: IntakePlan): void {
    for (const { node, block } of plan.blocks) {
      node.body = 'stored';
      this.#readyHashes.delete(block.hash);
      this.#heldCount--;
      this.#heldBytes -= block.body.bytes.length;
    }
  }

  /** Lets go of all bodies that wait for a parent: they would have to be asked for again. */
  dropWaiting(): void {
    for (const held of [...this.#waiting.values()].flat()) this.#letGo(held);
    this.#waiting.clear();
  }

  /** Lets go of bodies that wait for a parent that will never come: `nodes` are all that stand on a block, lower ones first. */
  dropBranch(nodes: readonly TreeNode[]): void {
    for (const { point } of nodes) {
      for (const held of this.#waiting.get(point.hash) ?? []) this.#letGo(held);
      this.#waiting.delete(point.hash);
    }
  }

  #letGo({ node, block }: HeldBlock): void {
    node.body = 'missing';
    this.#heldCount--;
    this.#heldBytes -= block.body.bytes.length;
  }

  #release(first: HeldBlock): void {
    const released = [first];
    // Grows as it goes: what waited for one of these is released after it.
    for (const held of released) {
      const { hash } = held.block;
      this.#ready.pushBack(held);
      this.#readyHashes.add(hash);
      // Mostly nothing waits: bodies come in order.
      const freed = this.#waiting.size === 0 ? undefined : this.#waiting.get(hash);
      if (freed === undefined) continue;
      released.push(...freed);
      this.#waiting.delete(hash);
    }
  }
}
