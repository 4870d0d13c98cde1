/** A store of which some methods are replaced: one that fails, or waits, where a test wants it to. */
import type { ChainStore } from '../../src/storage/chain-store.ts';

/** `store`, but for `changes`. */
export function overlay(store: ChainStore, changes: Partial<ChainStore>): ChainStore {
  return {
    load: (options) => store.load(options),
    commit: (change) => store.commit(change),
    pointOf: (hash) => store.pointOf(hash),
    blockByHash: (hash) => store.blockByHash(hash),
    blockAt: (height) => store.blockAt(height),
    headersAfter: (locator, max) => store.headersAfter(locator, max),
    readChain: (options) => store.readChain(options),
    chainJson: () => store.chainJson(),
    entryPlaces: (id, max) => store.entryPlaces(id, max),
    close: () => store.close(),
    ...changes,
  };
}
