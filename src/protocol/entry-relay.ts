/** How pending entries travel: ids are told to every peer, and whoever lacks one asks for it. */
import type { Hash } from '../core/hash.ts';
import type { Effect, PeerId, PooledEntry } from './effects.ts';
import type { EntryPool } from './entry-pool.ts';
import {
  ENTRIES_ASKED_PER_PEER_MAX,
  ENTRIES_MESSAGE_BYTES_MAX,
  ENTRIES_TIMEOUT_MS,
  IDS_PER_MESSAGE_MAX,
  REMINDED_IDS_MAX,
  REMINDER_MS_MAX,
  REMINDER_MS_MIN,
} from './limits.ts';
import { joinEntries } from './message.ts';
import type { PeerSession } from './peer-session.ts';

interface Asked {
  readonly peer: PeerSession;
  readonly atMs: number;
}

export class EntryRelay {
  readonly #pool: EntryPool;
  readonly #peers: ReadonlyMap<PeerId, PeerSession>;
  /** In the order in which they were asked for. */
  readonly #asked = new Map<Hash, Asked>();
  #isReminderDue = false;
  #remindedMs = 0;
  /** The newest entry that waited at the last reminder. */
  #newestReminded: Hash | undefined;

  constructor(options: { readonly pool: EntryPool; readonly peers: ReadonlyMap<PeerId, PeerSession> }) {
    this.#pool = options.pool;
    this.#peers = options.peers;
  }

  /** Tells a new peer of all that waits. */
  greeted(peer: PeerSession): Effect[] {
    return this.#tell(
      peer,
      [...this.#pool.stored()].map(({ id }) => id),
    );
  }

  /** Tells everybody of entries that are durable now. */
  announce(entries: readonly PooledEntry[]): Effect[] {
    const ids = entries.map(({ id }) => id);
    const effects: Effect[] = [];
    for (const peer of this.#peers.values()) if (peer.isGreeted) effects.push(...this.#tell(peer, ids));
    return effects;
  }

  /**
   * Tells everybody again of the oldest entries, whether or not they were told before: a peer whose pool was full, or
   * that lost them, would never hear of them otherwise. Due soon after a new block, which makes room, and now and then.
   * What has come since the last time is left for the next.
   */
  remind(options: { readonly hasNewBlock: boolean; readonly nowMs: number }): Effect[] {
    this.#isReminderDue ||= options.hasNewBlock;
    const sinceMs = options.nowMs - this.#remindedMs;
    if (sinceMs < (this.#isReminderDue ? REMINDER_MS_MIN : REMINDER_MS_MAX)) return [];
    const ids: Hash[] = [];
    let newest: Hash | undefined;
    let isOld = true;
    for (const { id } of this.#pool.stored()) {
      if (isOld && ids.length < REMINDED_IDS_MAX) ids.push(id);
      if (id === this.#newestReminded) isOld = false;
      newest = id;
    }
    this.#isReminderDue = false;
    this.#remindedMs = options.nowMs;
    this.#newestReminded = newest;
    return [...this.#peers.values()].flatMap((peer) => (peer.isGreeted ? inventory(peer, ids) : []));
  }

  /** A peer told of `ids`: asks for those that are news. */
  inventoryReceived(peer: PeerSession, ids: readonly Hash[], nowMs: number): Effect[] {
    const wanted: Hash[] = [];
    for (const id of ids) {
      peer.knownIds.add(id);
      if (!this.#isNews(id) || this.#asked.has(id) || peer.entriesAsked >= ENTRIES_ASKED_PER_PEER_MAX) continue;
      this.#ask(peer, id, nowMs);
      wanted.push(id);
    }
    return askFor(peer.id, wanted);
  }

  /** A peer asks for `ids`: sends what is durable here, in messages of bounded size. */
  entriesAsked(peer: PeerSession, ids: readonly Hash[]): Effect[] {
    const effects: Effect[] = [];
    let batch: Uint8Array[] = [];
    let sizeBytes = ARRAY_BYTES;
    const flush = () => {
      if (batch.length === 0) return;
      effects.push({ type: 'send', peer: peer.id, message: { type: 'entries', arrayBytes: joinEntries(batch) } });
      batch = [];
      sizeBytes = ARRAY_BYTES;
    };
    for (const id of new Set(ids)) {
      const entry = this.#pool.isStored(id) ? this.#pool.find(id) : undefined;
      if (entry === undefined) continue;
      peer.knownIds.add(id);
      if (sizeBytes + entry.bytes.length + 1 > ENTRIES_MESSAGE_BYTES_MAX) flush();
      batch.push(entry.bytes);
      sizeBytes += entry.bytes.length + 1;
    }
    flush();
    return effects;
  }

  /** Whether `peer` was asked for the entry `id`, and it has not come. */
  isAsked(peer: PeerSession, id: Hash): boolean {
    return this.#asked.get(id)?.peer === peer;
  }

  /** Whether `peer` was asked for the entry `id`, which has now arrived. */
  arrived(peer: PeerSession, id: Hash): boolean {
    peer.knownIds.add(id);
    const asked = this.#asked.get(id);
    if (asked?.peer !== peer) return false;
    this.#forget(id, asked);
    return true;
  }

  peerGone(peer: PeerSession, nowMs: number): Effect[] {
    const lost = [...this.#asked].filter(([, asked]) => asked.peer === peer);
    return this.#askOthers(lost, nowMs);
  }

  /** What was asked for and did not come is asked of others who have it. */
  retryOverdue(nowMs: number): Effect[] {
    const overdue: [Hash, Asked][] = [];
    // In the order in which they were asked for: all of them are too many to look at in every tick.
    for (const [id, asked] of this.#asked) {
      if (nowMs - asked.atMs <= ENTRIES_TIMEOUT_MS) break;
      overdue.push([id, asked]);
    }
    return this.#askOthers(overdue, nowMs);
  }

  #askOthers(lost: readonly (readonly [Hash, Asked])[], nowMs: number): Effect[] {
    const wanted = new Map<PeerSession, Hash[]>();
    for (const [id, asked] of lost) {
      this.#forget(id, asked);
      // It did not give what it told of: it is not asked again unless it tells again.
      asked.peer.knownIds.delete(id);
      if (!this.#isNews(id)) continue;
      const other = [...this.#peers.values()].find(
        (peer) => peer.knownIds.has(id) && peer.entriesAsked < ENTRIES_ASKED_PER_PEER_MAX,
      );
      if (other === undefined) continue;
      this.#ask(other, id, nowMs);
      const ids = wanted.get(other);
      if (ids === undefined) wanted.set(other, [id]);
      else ids.push(id);
    }
    return [...wanted].flatMap(([peer, ids]) => askFor(peer.id, ids));
  }

  #isNews(id: Hash): boolean {
    return !this.#pool.has(id) && !this.#pool.isRecent(id);
  }

  #ask(peer: PeerSession, id: Hash, atMs: number): void {
    this.#asked.set(id, { peer, atMs });
    peer.entriesAsked++;
  }

  #forget(id: Hash, { peer }: Asked): void {
    this.#asked.delete(id);
    peer.entriesAsked--;
  }

  #tell(peer: PeerSession, ids: readonly Hash[]): Effect[] {
    return inventory(
      peer,
      ids.filter((id) => !peer.knownIds.has(id)),
    );
  }
}

function inventory(peer: PeerSession, ids: readonly Hash[]): Effect[] {
  return inBatches(ids).map((batch) => ({ type: 'send', peer: peer.id, message: { type: 'inventory', ids: batch } }));
}

function askFor(peer: PeerId, ids: readonly Hash[]): Effect[] {
  return inBatches(ids).map((batch) => ({ type: 'send', peer, message: { type: 'get-entries', ids: batch } }));
}

function inBatches(ids: readonly Hash[]): Hash[][] {
  const batches: Hash[][] = [];
  for (let i = 0; i < ids.length; i += IDS_PER_MESSAGE_MAX) batches.push(ids.slice(i, i + IDS_PER_MESSAGE_MAX));
  return batches;
}

/** The brackets of an array, less the comma that its last entry does not have. */
const ARRAY_BYTES = 1;
