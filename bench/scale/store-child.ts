/**
 * A store in a process of its own, with an IPC channel: `store-child.ts SETTINGS`. Opens a chain and says how long that
 * took and what memory it holds, then how fast it finds what is asked for, then ends.
 */
import { assert, assertPresent } from '../../src/core/assert.ts';
import { entryIds } from '../../src/core/body.ts';
import type { Hash } from '../../src/core/hash.ts';
import {
  CHAIN_WINDOW_BLOCKS,
  MILESTONE_INTERVAL_BLOCKS,
  PENDING_BYTES_MAX,
  PENDING_ENTRIES_MAX,
} from '../../src/protocol/limits.ts';
import type { ChainStore } from '../../src/storage/chain-store.ts';
import { openThreadedStore } from '../../src/storage/threaded-store.ts';
import { SCALE_PARAMS } from './scale-chain.ts';

/** What the process is told at its start. */
export interface StoreChildSettings {
  readonly folder: string;
  /** Of each kind; 0: only the opening is measured. */
  readonly lookups: number;
}

/** What it tells. */
export interface StoreReport {
  readonly openMs: number;
  readonly rssBytes: number;
  readonly rssPeakBytes: number;
  /** Found a second. */
  readonly perSecond: LookupRates | undefined;
}

interface LookupRates {
  /** One after the other. */
  readonly byHeight: number;
  readonly byHash: number;
  /** Several at once. */
  readonly byHashAtOnce: number;
  readonly entries: number;
}

const LOOKUP_MS_MAX = 10_000;
const LOOKUPS_AT_ONCE = 32;

const settings: StoreChildSettings = JSON.parse(assertPresent(process.argv[2], 'settings are given'));
const startMs = performance.now();
const store = await openThreadedStore({
  folder: settings.folder,
  params: SCALE_PARAMS,
  onFailure: (error) => {
    throw error;
  },
});
const state = await store.load({
  windowLength: CHAIN_WINDOW_BLOCKS,
  milestoneInterval: MILESTONE_INTERVAL_BLOCKS,
  pending: { entriesMax: PENDING_ENTRIES_MAX, bytesMax: PENDING_BYTES_MAX },
});
const openMs = performance.now() - startMs;
const rssBytes = process.memoryUsage.rss();
const tipHeight = assertPresent(state.window.at(-1), 'a chain has its genesis').header.height;
const perSecond = settings.lookups === 0 ? undefined : await measureLookups(store, settings.lookups);
await store.close();
// The process held nothing large before.
const report: StoreReport = { openMs, rssBytes, rssPeakBytes: process.memoryUsage.rss(), perSecond };
process.send?.(report, () => process.disconnect());

async function measureLookups(from: ChainStore, lookups: number): Promise<LookupRates> {
  const heights = Array.from({ length: lookups }, (_, i) => 1 + (scatter(i) % tipHeight));
  const hashes: Hash[] = [];
  const ids: Hash[] = [];
  const byHeight = await rate(heights, async (height) => {
    const { block } = assertPresent(await from.blockAt(height), 'every height of the chain has a block');
    hashes.push(block.hash);
    ids.push(assertPresent(entryIds(block.body)[height % entryIds(block.body).length], 'a block has entries'));
  });
  // Each in another order than it was read in, so that none is found because the one before it was.
  const findBlock = async (hash: Hash) => {
    assert((await from.blockByHash(hash)) !== undefined, 'every hash of the chain has a block');
  };
  const byHash = await rate(shuffled(hashes), findBlock);
  const byHashAtOnce = await rate(shuffled(shuffled(hashes)), findBlock, LOOKUPS_AT_ONCE);
  const entries = await rate(shuffled(ids), async (id) => {
    assert((await from.entryPlaces(id, 1)).places.length === 1, 'every entry of the chain has its place');
  });
  return { byHeight, byHash, byHashAtOnce, entries };
}

/** A second, `atOnce` under way at a time. What takes long is not done with every key. */
async function rate<Key>(keys: readonly Key[], look: (key: Key) => Promise<void>, atOnce = 1): Promise<number> {
  const beganMs = performance.now();
  const waiting = keys.values();
  let done = 0;
  const lane = async (): Promise<void> => {
    for (const key of waiting) {
      await look(key);
      done++;
      if (performance.now() - beganMs > LOOKUP_MS_MAX) break;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return (1000 * done) / (performance.now() - beganMs);
}

function shuffled<Key>(keys: readonly Key[]): Key[] {
  return keys
    .map((key, i) => ({ key, place: scatter(i + 7) }))
    .sort((a, b) => a.place - b.place)
    .map(({ key }) => key);
}

/** Spreads consecutive numbers over 31 bits. */
function scatter(number: number): number {
  return Math.imul(Math.imul(number + 1, 0x9e3779b1) ^ (number >>> 3), 0x85ebca6b) >>> 1;
}
