/** The entries that wait for a block, oldest first, within bounds. */
import { assertPresent } from '../core/assert.ts';
import { type Body, type BodyLimits, bodyFromEntries } from '../core/body.ts';
import type { Hash } from '../core/hash.ts';
import type { PeerId, PooledEntry } from './effects.ts';
import {
  PENDING_BYTES_MAX,
  PENDING_BYTES_PER_PEER_MAX,
  PENDING_ENTRIES_MAX,
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

  /** `stored` is what the store holds already, `recent` the ids in the latest blocks, oldest first. */
  constructor(stored: readonly PooledEntry[], recent: readonly Hash[] = []) {
    for (const id of recent) this.#recent.add(id);
    for (const entry of stored) {
      this.#insert({ ...entry, peer: undefined, isStored: true });
      this.#storedCount++;
    }
  }

  get count(): number {
    return this.#waiting.size;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
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

  /** Whether `entries` from this node's own user would fit. */
  hasRoomFor(entries: readonly PooledEntry[]): boolean {
    const bytes = entries.reduce((sum, entry) => sum + entry.bytes.length, 0);
    return this.count + entries.length <= PENDING_ENTRIES_MAX && this.#sizeBytes + bytes <= PENDING_BYTES_MAX;
  }

  /** Takes an entry in, not yet stored. False where it waits already, or its peer has used up its share. */
  add(entry: PooledEntry, peer: PeerId | undefined): boolean {
    if (this.#waiting.has(entry.id)) return false;
    if (peer !== undefined) {
      const share = this.#shares.get(peer) ?? { entries: 0, bytes: 0 };
      const fits =
        share.entries < PENDING_ENTRIES_PER_PEER_MAX && share.bytes + entry.bytes.length <= PENDING_BYTES_PER_PEER_MAX;
      if (!fits || !this.hasRoomFor([entry])) return false;
    }
    this.#insert({ ...entry, peer, isStored: false });
    return true;
  }

  /** Entries of abandoned blocks, which the store has put back already. They are never refused: nothing is lost. */
  addReturned(entries: readonly PooledEntry[]): void {
    for (const entry of entries) {
      this.#recent.delete(entry.id);
      if (this.#waiting.has(entry.id)) continue;
      this.#insert({ ...entry, peer: undefined, isStored: true });
      this.#storedCount++;
    }
  }

  markStored(entries: readonly PooledEntry[]): void {
    for (const { id } of entries) {
      const waiting = this.#waiting.get(id);
      if (waiting === undefined || waiting.isStored) continue;
      waiting.isStored = true;
      this.#storedCount++;
    }
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
