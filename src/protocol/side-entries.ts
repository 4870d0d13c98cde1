/**
 * The entries of blocks that are stored beside the active chain. When their branch becomes the active one, nobody else says
 * that they are in it: the store tells only of those that were waiting.
 */
import type { Block } from '../core/block.ts';
import { entryIds } from '../core/body.ts';
import type { Hash } from '../core/hash.ts';
import { SIDE_ENTRIES_MAX } from './limits.ts';

export class SideEntries {
  /** The ids of each block's, the block that was stored first at the front. */
  readonly #ids = new Map<Hash, readonly Hash[]>();
  #count = 0;

  /** Whether the ids of the block are kept. */
  has(hash: Hash): boolean {
    return this.#ids.has(hash);
  }

  /** Keeps the ids of `block`, and lets those of the oldest blocks go where there are too many. */
  put({ hash, body }: Block): void {
    if (this.#ids.has(hash)) return;
    const ids = entryIds(body);
    this.#ids.set(hash, ids);
    this.#count += ids.length;
    for (const oldest of this.#ids.keys()) {
      if (this.#count <= SIDE_ENTRIES_MAX) break;
      this.take(oldest);
    }
  }

  /** The ids of a block that joins the active chain, where it was kept. They are not kept any longer. */
  take(hash: Hash): readonly Hash[] {
    const ids = this.#ids.get(hash) ?? [];
    this.#ids.delete(hash);
    this.#count -= ids.length;
    return ids;
  }
}
