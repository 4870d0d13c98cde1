/** The ids in the latest blocks, read at the start, so that peers' late word of them is known for what it is. */
import { entryIds } from '../core/body.ts';
import type { Hash } from '../core/hash.ts';
import type { ChainStore } from './chain-store.ts';
import { isDamage } from './store-error.ts';

/** Of the last blocks up to height `tip`, oldest first. A damaged block ends the reading: it costs no more than its ids. */
export async function readRecentIds(store: Pick<ChainStore, 'blockAt'>, tip: number): Promise<readonly Hash[]> {
  const blocks: (readonly Hash[])[] = [];
  try {
    for (let height = tip; height > 0 && blocks.length < RECENT_BLOCKS; height--) {
      const stored = await store.blockAt(height);
      if (stored === undefined) break;
      blocks.push(entryIds(stored.block.body));
    }
  } catch (error) {
    if (!isDamage(error)) throw error;
  }
  return blocks.reverse().flat();
}

/** Minutes at the default interval: longer than an announcement is on its way. */
const RECENT_BLOCKS = 16;
