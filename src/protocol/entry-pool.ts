/** The entries that wait for a block, oldest first, within bounds. */
import { assertPresent } from '../core/assert.ts';
import { type Body, type BodyLimits, bodyFromEntries } from '../core/body.ts';
import type { Hash } from '../core/hash.ts';
import type { PeerId, PooledEntry } from './effects.ts';
import {
  PENDING_BYTES_MAX,
  PENDING_BYTES_OF_PEERS_MAX,
  PENDING_BYTES_PER_PEER_MAX,
  PENDING_ENTRIES_MAX,
  PENDING_ENTRIES_OF_PEERS_MAX,
  PENDING_ENTRIES_PER_PEER_MAX,
  RECENT_IDS_MAX,
} from './limits.ts';
import { RecentSet } from './recent-set.ts';

interface Waiting extends PooledEntry {
  /** Who brought it; undefined where this node's own user did. */
  readonly peer: PeerId | undefined;
  /** Whether the store has it: only then is it told of and mined. */
  isStored: boolean;
}

interface Share {
  entries: number;
  bytes: number;
}

export class EntryPool {
  readonly #waiting = new Map<Hash, Waiting>();
  readonly #shares = new Map<PeerId, Share>();
  /** Ids in the latest blocks. */
  readonly #recent = new RecentSet(RECENT_IDS_MAX);
  #sizeBytes = 0;
  #storedCount = 0;
  #isAll: boolean;

  /**
   * `stored` is what the store holds already, `recent` the ids in the latest blocks, oldest first; `isAll`, whether the
   * store holds no more.
   */
  constructor(stored: readonly PooledEntry[], recent: readonly Hash[] = [], isAll = true) {
    this.#isAll = isAll;
    for (const id of recent) this.#recent.add(id);
    this.#insertStored(stored);
  }

  get count(): number {
    return this.#waiting.size;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Whether every pending entry is here. The others wait on disk, where an acknowledged entry is safe, too. */
  get isAll(): boolean {
    return this.#isAll;
  }

  /** How much more to read of what waits on disk, once half of what was here is gone. */
  get shortage(): { readonly entriesMax: number; readonly bytesMax: number } | undefined {
    if (this.#isAll || this.count >= PENDING_ENTRIES_MAX / 2 || this.#sizeBytes >= PENDING_BYTES_MAX / 2)
      return undefined;
    // More than half: so there is one among the oldest that is not here yet.
    return { entriesMax: PENDING_ENTRIES_MAX - this.count, bytesMax: PENDING_BYTES_MAX - this.#sizeBytes };
  }

  /** How many entries there are to mine. */
  get storedCount(): number {
    return this.#storedCount;
  }

  has(id: Hash): boolean {
    return this.#waiting.has(id);
  }

  /** Whether the entry waits here and the store has it, too. */
  isStored(id: Hash): boolean {
    return this.#waiting.get(id)?.isStored === true;
  }

  /** Whether the entry is in one of the latest blocks, so that a peer's late word of it is no news. */
  isRecent(id: Hash): boolean {
    return this.#recent.has(id);
  }

  find(id: Hash): PooledEntry | undefined {
    return this.#waiting.get(id);
  }

  /** Whether `entries` from this node's own user would fit. None do while some wait on disk: these come first. */
  hasRoomFor(entries: readonly PooledEntry[]): boolean {
    if (!this.#isAll) return false;
    const bytes = entries.reduce((sum, entry) => sum + entry.bytes.length, 0);
    return this.count + entries.length <= PENDING_ENTRIES_MAX && this.#sizeBytes + bytes <= PENDING_BYTES_MAX;
  }

  /** Takes an entry in, not yet stored. False where it waits already, or its peer, or all of them, have used up their share. */
  add(entry: PooledEntry, peer: PeerId | undefined): boolean {
    if (this.#waiting.has(entry.id)) return false;
    if (peer !== undefined) {
      const share = this.#shares.get(peer) ?? { entries: 0, bytes: 0 };
      const fits =
        share.entries < PENDING_ENTRIES_PER_PEER_MAX && share.bytes + entry.bytes.length <= PENDING_BYTES_PER_PEER_MAX;
      if (!fits || !this.#hasRoomForPeers(entry)) return false;
    }
    this.#insert({ ...entry, peer, isStored: false });
    return true;
  }

  /**
   * Entries of abandoned blocks, which the store has put back already; `isAll` if there are no others of them. They are
   * never refused: nothing is lost.
   */
  addReturned(entries: readonly PooledEntry[], isAll = true): void {
    for (const { id } of entries) this.#recent.delete(id);
    this.#insertStored(entries);
    this.#isAll &&= isAll;
  }

  /** The oldest entries that the store holds; `isAll` if it holds no others. Gives back those that were not here. */
  addLoaded(entries: readonly PooledEntry[], isAll: boolean): PooledEntry[] {
    this.#isAll = isAll;
    return this.#insertStored(entries);
  }

  markStored(entries: readonly PooledEntry[]): void {
    for (const { id } of entries) {
      const waiting = this.#waiting.get(id);
      if (waiting === undefined || waiting.isStored) continue;
      waiting.isStored = true;
      this.#storedCount++;
    }
  }

  /** Entries that could not be stored: as if they had never come. */
  drop(entries: readonly PooledEntry[]): void {
    for (const { id } of entries) if (!this.isStored(id)) this.#remove(id);
  }

  /** Entries that are now in a block. */
  removeIncluded(ids: readonly Hash[]): void {
    for (const id of ids) {
      this.#remove(id);
      this.#recent.add(id);
    }
  }

  /** The stored entries, oldest first. */
  *stored(): Generator<PooledEntry, void, undefined> {
    for (const waiting of this.#waiting.values()) if (waiting.isStored) yield waiting;
  }

  /** The oldest stored entries that fit one block. */
  nextBody(limits: BodyLimits): Body {
    const chosen: Uint8Array[] = [];
    const ids: Hash[] = [];
    let sizeBytes = 2;
    for (const { id, bytes } of this.stored()) {
      sizeBytes += bytes.length + (chosen.length > 0 ? 1 : 0);
      if (chosen.length === limits.entriesMax || sizeBytes > limits.bodyBytesMax) break;
      chosen.push(bytes);
      ids.push(id);
    }
    return bodyFromEntries(chosen, ids);
  }

  /** Of peers less is taken than fits: keys cost nothing, and many of them must not turn this node's own user away. */
  #hasRoomForPeers({ bytes }: PooledEntry): boolean {
    if (!this.#isAll) return false;
    return this.count < PENDING_ENTRIES_OF_PEERS_MAX && this.#sizeBytes + bytes.length <= PENDING_BYTES_OF_PEERS_MAX;
  }

  #insertStored(entries: readonly PooledEntry[]): PooledEntry[] {
    const added = entries.filter(({ id }) => !this.#waiting.has(id));
    for (const entry of added) this.#insert({ ...entry, peer: undefined, isStored: true });
    this.#storedCount += added.length;
    return added;
  }

  #insert(waiting: Waiting): void {
    this.#waiting.set(waiting.id, waiting);
    this.#sizeBytes += waiting.bytes.length;
    if (waiting.peer === undefined) return;
    const share = this.#shares.get(waiting.peer) ?? { entries: 0, bytes: 0 };
    share.entries++;
    share.bytes += waiting.bytes.length;
    this.#shares.set(waiting.peer, share);
  }

  #remove(id: Hash): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    this.#sizeBytes -= waiting.bytes.length;
    if (waiting.isStored) this.#storedCount--;
    if (waiting.peer === undefined) return;
    const share = assertPresent(this.#shares.get(waiting.peer), 'an entry of a peer is in its share');
    share.entries--;
    share.bytes -= waiting.bytes.length;
    if (share.entries === 0) this.#shares.delete(waiting.peer);
  }
}
