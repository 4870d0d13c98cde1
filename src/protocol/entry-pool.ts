/** The entries that wait for a block, oldest first, within bounds. */
import { type Body, type BodyLimits, bodyFromEntries } from '../core/body.ts';
import type { Did } from '../core/did-key.ts';
import type { Hash } from '../core/hash.ts';
import { authorsOf } from '../core/signed-entry.ts';
import type { PeerId, PooledEntry, RefusalFault } from './effects.ts';
import {
  PENDING_BYTES_MAX,
  PENDING_BYTES_OF_PEERS_MAX,
  PENDING_BYTES_PER_AUTHOR_MAX,
  PENDING_BYTES_PER_PEER_MAX,
  PENDING_ENTRIES_MAX,
  PENDING_ENTRIES_OF_PEERS_MAX,
  PENDING_ENTRIES_PER_AUTHOR_MAX,
  PENDING_ENTRIES_PER_PEER_MAX,
  RECENT_IDS_MAX,
} from './limits.ts';
import { PoolShares } from './pool-shares.ts';
import { RecentSet } from './recent-set.ts';

/** An entry that waits. */
export interface WaitingEntry extends PooledEntry {
  /** Whether the store has it: only then is it told of and mined. */
  readonly isStored: boolean;
  /** Whether it was in a block that has been abandoned. */
  readonly isReturned: boolean;
  /** Since when it waits, by the clock on the wall; undefined where the node was started later. */
  readonly sinceMs: number | undefined;
}

interface Waiting extends WaitingEntry {
  /** Who brought it; undefined where this node's own user did. */
  readonly peer: PeerId | undefined;
  readonly authors: readonly Did[];
  isStored: boolean;
}

export class EntryPool {
  readonly #waiting = new Map<Hash, Waiting>();
  readonly #peerShares = new PoolShares<PeerId>(PENDING_ENTRIES_PER_PEER_MAX, PENDING_BYTES_PER_PEER_MAX);
  readonly #authorShares = new PoolShares<Did>(PENDING_ENTRIES_PER_AUTHOR_MAX, PENDING_BYTES_PER_AUTHOR_MAX);
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

  find(id: Hash): WaitingEntry | undefined {
    return this.#waiting.get(id);
  }

  /** Why `entries` from this node's own user do not fit, none of which waits here; undefined: they do. */
  lackFor(entries: readonly PooledEntry[]): RefusalFault | undefined {
    if (entries.length === 0) return undefined;
    const sizeBytes = entries.reduce((sum, entry) => sum + entry.bytes.length, 0);
    const fits = this.count + entries.length <= PENDING_ENTRIES_MAX && this.#sizeBytes + sizeBytes <= PENDING_BYTES_MAX;
    // Those that wait on disk come first.
    if (!this.#isAll || !fits) {
      return { code: 'pool-full', entriesMax: PENDING_ENTRIES_MAX, bytesMax: PENDING_BYTES_MAX };
    }
    const author = this.#authorShares.exceededBy(
      entries.map((entry) => ({ owners: authorNames(entry), sizeBytes: entry.bytes.length })),
    );
    if (author === undefined) return undefined;
    const [entriesMax, bytesMax] = [PENDING_ENTRIES_PER_AUTHOR_MAX, PENDING_BYTES_PER_AUTHOR_MAX];
    return { code: 'author-share-full', author, entriesMax, bytesMax };
  }

  /**
   * Takes an entry in, not yet stored, that came at `sinceMs` by the clock on the wall. False where it waits already; and
   * where a peer has brought it and has used up its share, or its author has, or all peers together.
   */
  add(entry: PooledEntry, peer: PeerId | undefined, sinceMs?: number): boolean {
    if (this.#waiting.has(entry.id)) return false;
    const authors = authorNames(entry);
    if (peer !== undefined && !this.#hasRoomForPeer(peer, authors, entry.bytes.length)) return false;
    this.#insert({ ...entry, peer, authors, isStored: false, isReturned: false, sinceMs });
    return true;
  }

  /**
   * Entries of abandoned blocks, which the store has put back already; `isAll` if there are no others of them. They are
   * never refused: nothing is lost. `sinceMs` is now.
   */
  addReturned(entries: readonly PooledEntry[], isAll = true, sinceMs?: number): void {
    for (const { id } of entries) this.#recent.delete(id);
    this.#insertStored(entries, { isReturned: true, sinceMs });
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

  /**
   * Whether there is room for an entry that `peer` has brought. Who its authors are is taken at its word: where there is none, nobody
   * has to verify it. Of peers less is taken than fits: keys cost nothing, and many of them must not turn this node's own user away.
   */
  hasRoomFor(entry: PooledEntry, peer: PeerId): boolean {
    return this.#hasRoomForPeer(peer, authorNames(entry), entry.bytes.length);
  }

  #hasRoomForPeer(peer: PeerId, authors: readonly Did[], sizeBytes: number): boolean {
    if (!this.#isAll) return false;
    const isWithinAll =
      this.count < PENDING_ENTRIES_OF_PEERS_MAX && this.#sizeBytes + sizeBytes <= PENDING_BYTES_OF_PEERS_MAX;
    const isWithin = (shares: PoolShares<string>, owners: readonly string[]) =>
      shares.exceededBy([{ owners, sizeBytes }]) === undefined;
    return isWithinAll && isWithin(this.#peerShares, [peer]) && isWithin(this.#authorShares, authors);
  }

  #insertStored(entries: readonly PooledEntry[], { isReturned, sinceMs }: StoredFacts = NOTHING_KNOWN): PooledEntry[] {
    const added = entries.filter(({ id }) => !this.#waiting.has(id));
    for (const entry of added) {
      const authors = authorNames(entry);
      this.#insert({ ...entry, peer: undefined, authors, isStored: true, isReturned, sinceMs });
    }
    this.#storedCount += added.length;
    return added;
  }

  #insert(waiting: Waiting): void {
    const { id, bytes, peer, authors } = waiting;
    this.#waiting.set(id, waiting);
    this.#sizeBytes += bytes.length;
    if (peer !== undefined) this.#peerShares.take([peer], bytes.length);
    this.#authorShares.take(authors, bytes.length);
  }

  #remove(id: Hash): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    const { bytes, peer, authors, isStored } = waiting;
    this.#waiting.delete(id);
    this.#sizeBytes -= bytes.length;
    if (isStored) this.#storedCount--;
    if (peer !== undefined) this.#peerShares.giveBack([peer], bytes.length);
    this.#authorShares.giveBack(authors, bytes.length);
  }
}

type StoredFacts = Pick<Waiting, 'isReturned' | 'sinceMs'>;

const NOTHING_KNOWN: StoredFacts = { isReturned: false, sinceMs: undefined };

/** Who has signed the entry, each once, by what its proofs say. */
export function authorNames({ bytes, authors }: PooledEntry): readonly Did[] {
  if (authors !== undefined) return authors;
  const read = authorsOf(bytes);
  return read.length === 0 ? NOBODY : read.map(({ author }) => author);
}

/** One array for all entries that nobody has signed. */
const NOBODY: readonly Did[] = [];
