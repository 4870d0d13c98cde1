/** A store of which some methods are replaced: one that fails, or waits, where a test wants it to. */
import type { ChainStore } from '../../src/storage/chain-store.ts';

/** `store`, but for `changes`. */
export function overlay(store: ChainStore, changes: Partial<ChainStore>): ChainStore {
  return {
    load: (options) => store.load(options),
    commit: (change) => store.commit(change),
    pending: (limits) => store.pending(limits),
    pointOf: (hash) => store.pointOf(hash),
    blockByHash: (hash) => store.blockByHash(hash),
    blockAt: (height) => store.blockAt(height),
    bodies: (hashes, bytesMax) => store.bodies(hashes, bytesMax),
    headersAfter: (locator, max) => store.headersAfter(locator, max),
    activeHashes: (from, max) => store.activeHashes(from, max),
    chainJson: () => store.chainJson(),
    chainPartJson: (from, limits) => store.chainPartJson(from, limits),
    check: (options) => store.check(options),
    entryPlaces: (id, max) => store.entryPlaces(id, max),
    firstPlaces: (ids) => store.firstPlaces(ids),
    chainProof: () => store.chainProof(),
    headerProof: (question) => store.headerProof(question),
    entryProof: (question) => store.entryProof(question),
    backup: (path, onProgress) => store.backup(path, onProgress),
    close: () => store.close(),
    ...changes,
  };
}
