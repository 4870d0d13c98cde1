/**
 * Looks through entries for a text: those that wait, and those of the active chain from some height down.
 *
 * There is no index: whoever searches a long chain asks again and again, each time for a stretch of it. A stretch is read
 * from the store piece by piece, and between two of them others have their turn.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { EntryMatch, PendingMatch } from '../api/search-shapes.ts';
import { assert } from '../core/assert.ts';
import { type Body, entryBytes, entryCount, parseBody } from '../core/body.ts';
import type { Hash } from '../core/hash.ts';
import { hashLeaf } from '../core/merkle.ts';
import type { NetworkParams } from '../core/params.ts';
import type { PooledEntry } from '../protocol/effects.ts';
import type { ChainStore } from '../storage/chain-store.ts';
import type { FindNext, TextPattern } from './text-pattern.ts';

/** What a search needs of a store. */
export type SearchedStore = Pick<ChainStore, 'activeHashes' | 'bodies'>;

/** What there is to look for, and when to stop. */
export interface SearchOptions {
  readonly pattern: TextPattern;
  readonly matchesMax: number;
  /** Throws its reason once it is aborted. */
  readonly signal: AbortSignal;
}

export interface ChainSearch {
  /** From the top down, and in a block from its first entry. */
  readonly matches: readonly EntryMatch[];
  /** Further matches in the last block that was looked through. */
  readonly omitted: number;
  /** The height of that block; 0 where the whole chain was. */
  readonly searchedDownTo: number;
}

/** Looks through the blocks from height `from` down: to the genesis, or to where it is enough for once. */
export async function searchChain(
  options: SearchOptions & {
    readonly store: SearchedStore;
    readonly params: NetworkParams;
    readonly from: number;
  },
): Promise<ChainSearch> {
  const { pattern, matchesMax, params, signal } = options;
  const matches: EntryMatch[] = [];
  let [blocks, sizeBytes] = [0, 0];
  for await (const { height, hash, bytes } of blocksDown(options.store, options.from)) {
    signal.throwIfAborted();
    let omitted = 0;
    for (const { index, at, entry } of entryMatches(bytes, pattern, params)) {
      if (matches.length >= matchesMax) omitted++;
      else matches.push({ id: hashLeaf(entry), height, hash, index, excerpt: pattern.excerpt(entry, at) });
    }
    blocks++;
    sizeBytes += bytes.length;
    const isEnough = matches.length >= matchesMax || blocks >= STRETCH_BLOCKS_MAX || sizeBytes >= STRETCH_BYTES_MAX;
    // Below the lowest block with entries is the genesis, which has none.
    if (isEnough) return { matches, omitted, searchedDownTo: height === 1 ? 0 : height };
  }
  return { matches, omitted: 0, searchedDownTo: 0 };
}

/** Looks through all entries that wait. */
export async function searchPending(
  options: SearchOptions & { readonly entries: Iterable<PooledEntry> },
): Promise<{ readonly matches: readonly PendingMatch[]; readonly omitted: number }> {
  const { pattern, matchesMax, signal } = options;
  const matches: PendingMatch[] = [];
  let [omitted, sizeBytes] = [0, 0];
  for (const { id, bytes } of options.entries) {
    const at = pattern.in(bytes)(0);
    if (at >= 0 && matches.length >= matchesMax) omitted++;
    else if (at >= 0) matches.push({ id, excerpt: pattern.excerpt(bytes, at) });
    sizeBytes += bytes.length;
    if (sizeBytes < PIECE_BYTES) continue;
    sizeBytes = 0;
    await nextTurn();
    signal.throwIfAborted();
  }
  return { matches, omitted };
}

interface RawBlock {
  readonly height: number;
  readonly hash: Hash;
  /** Of its body. */
  readonly bytes: Uint8Array;
}

/** The active blocks from height `from` down to 1, each stretch as the chain was when it was begun. */
async function* blocksDown(store: SearchedStore, from: number): AsyncGenerator<RawBlock, void, undefined> {
  for (let top = from; top >= 1; ) {
    const low = Math.max(1, top - HASHES_AT_ONCE + 1);
    const hashes = await store.activeHashes(low, top - low + 1);
    let waiting = hashes.map((hash, i) => ({ hash, height: low + i })).reverse();
    while (waiting.length > 0) {
      const bodies = await store.bodies(
        waiting.map(({ hash }) => hash),
        PIECE_BYTES,
      );
      for (const [i, { hash, bytes }] of bodies.entries()) {
        const height = waiting[i]?.height;
        assert(bytes !== undefined && height !== undefined, 'a block that was active is stored');
        yield { height, hash, bytes };
      }
      waiting = waiting.slice(bodies.length);
    }
    top = low - 1;
  }
}

interface Match {
  readonly index: number;
  /** Where in the entry. */
  readonly at: number;
  readonly entry: Uint8Array;
}

/** The entries of a body in which the pattern stands, each with its first place. */
function* entryMatches(
  bytes: Uint8Array,
  pattern: TextPattern,
  params: NetworkParams,
): Generator<Match, void, undefined> {
  const findNext = pattern.in(bytes);
  // Most bodies have nothing, and are not even parsed.
  if (findNext(0) < 0) return;
  const body = parseBody(bytes, params);
  assert(body.ok, 'a stored body follows the rules');
  yield* matchesIn(body.value, findNext, pattern.sizeBytes);
}

function* matchesIn(body: Body, findNext: FindNext, patternBytes: number): Generator<Match, void, undefined> {
  let at = findNext(0);
  for (let index = 0; index < entryCount(body) && at >= 0; ) {
    const entry = entryBytes(body, index);
    const start = entry.byteOffset - body.bytes.byteOffset;
    const end = start + entry.length;
    if (at >= end) {
      index++;
    } else if (at >= start && at + patternBytes <= end) {
      yield { index, at: at - start, entry };
      index++;
      at = findNext(end);
    } else {
      // It stands across the edge of an entry.
      at = findNext(at + 1);
    }
  }
}

const HASHES_AT_ONCE = 64;
/** So much is looked through between two turns of the event loop; a body may be larger. */
const PIECE_BYTES = 262_144;
const STRETCH_BLOCKS_MAX = 8_192;
const STRETCH_BYTES_MAX = 16_777_216;
