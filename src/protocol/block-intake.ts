/**
 * Blocks on their way into the store: bodies wait for their parents here, and leave in the order in which they can be
 * stored, with the switch of branches that they bring about.
 */
import type { Block } from '../core/block.ts';
import { entryCount } from '../core/body.ts';
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
  #ready: HeldBlock[] = [];
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
    else this.#waiting.set(parent, [...(this.#waiting.get(parent) ?? []), { node, block }]);
  }

  /** The next blocks to store, as many as one transaction takes; the best tip is among them or is `tip`. */
  plan(tip: TreeNode): IntakePlan {
    let sizeBytes = 0;
    let count = 0;
    for (const { block } of this.#ready) {
      sizeBytes += block.body.bytes.length;
      if (count === COMMIT_BLOCKS_MAX || (count > 0 && sizeBytes > COMMIT_BYTES_MAX)) break;
      count++;
    }
    const blocks = this.#ready.slice(0, count);
    this.#ready = this.#ready.slice(count);
    const best = blocks.reduce((chosen, { node }) => (isBetterTip(node.point, chosen.point) ? node : chosen), tip);
    // A place far down that the branch stood on may have left the active chain: then it is kept, and not followed.
    return { blocks, tip: pathFromActive(best) === undefined ? tip : best };
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
    for (const { node, block } of [...this.#waiting.values()].flat()) {
      node.body = 'missing';
      this.#heldCount--;
      this.#heldBytes -= block.body.bytes.length;
    }
    this.#waiting.clear();
  }

  #release(first: HeldBlock): void {
    const released = [first];
    for (let held = released.shift(); held !== undefined; held = released.shift()) {
      this.#ready.push(held);
      this.#readyHashes.add(held.block.hash);
      released.push(...(this.#waiting.get(held.block.hash) ?? []));
      this.#waiting.delete(held.block.hash);
    }
  }
}
