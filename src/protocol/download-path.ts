/** The blocks of one branch above the active chain, in order, and how far their bodies have been asked for. */
import { assertPresent } from '../core/assert.ts';
import { Deque } from '../core/deque.ts';
import type { TreeNode } from './block-tree.ts';

export class DownloadPath {
  readonly #nodes: Deque<TreeNode>;
  /** Below this height every body is here or was asked for. */
  #next: number;

  /** `nodes` from the lowest up: at least one. */
  constructor(nodes: readonly TreeNode[]) {
    this.#nodes = new Deque(nodes);
    this.#next = this.#first.point.header.height;
  }

  get last(): TreeNode {
    return assertPresent(this.#nodes.at(-1), 'a path is not empty');
  }

  get next(): number {
    return this.#next;
  }

  set next(height: number) {
    this.#next = Math.max(height, this.#first.point.header.height);
  }

  /** Whether the path still stands on the active chain. */
  get isRooted(): boolean {
    return this.#first.isActive || this.#first.parent?.isActive === true;
  }

  at(height: number): TreeNode | undefined {
    const index = height - this.#first.point.header.height;
    return index < 0 ? undefined : this.#nodes.at(index);
  }

  /** One more block on top. */
  push(node: TreeNode): void {
    this.#nodes.pushBack(node);
  }

  /** Lets go of what has become active; one block stays. */
  trim(): void {
    while (this.#nodes.length > 1 && this.#first.isActive) this.#nodes.popFront();
    this.next = this.#next;
  }

  get #first(): TreeNode {
    return assertPresent(this.#nodes.at(0), 'a path is not empty');
  }
}
