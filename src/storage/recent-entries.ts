/** The ids in the latest blocks, read at the start, so that peers' late word of them is known for what it is. */
import { entryIds } from '../core/body.ts';
import type { Hash } from '../core/hash.ts';
import type { ChainStore } from './chain-store.ts';
import { isDamage } from './store-error.ts';

/** Of the last blocks up to height `tip`, oldest first. A damaged block ends the reading: it costs no more than its ids. */
export async function readRecentIds(store: Pick<ChainStore, 'blockAt'>, tip: number): Promise<readonly Hash[]> {
  const blocks: (readonly Hash[])[] = [];
  let sizeBytes = 0;
  try {
    for (let height = tip; height > 0 && blocks.length < RECENT_BLOCKS && sizeBytes < RECENT_BODY_BYTES; height--) {
      const stored = await store.blockAt(height);
      if (stored === undefined) break;
      blocks.push(entryIds(stored.block.body));
      sizeBytes += stored.block.body.bytes.length;
    }
  } catch (error) {
    if (!isDamage(error)) throw error;
  }
  return blocks.reverse().flat();
}

/**
 * Three quarters of an hour at the default interval. Announcements are not so long on their way, but peers that were cut
 * off tell of what they still wait with before they have caught up.
 */
const RECENT_BLOCKS = 256;

/** So much of bodies, about, is read: it takes some tens of milliseconds. */
const RECENT_BODY_BYTES = 4 * 1024 * 1024;
