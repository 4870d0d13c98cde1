/** How pending entries travel: ids are told to every peer, and whoever lacks one asks for it. */
import type { Hash } from '../core/hash.ts';
import type { Effect, PeerId, PooledEntry } from './effects.ts';
import type { EntryPool } from './entry-pool.ts';
import { ENTRIES_MESSAGE_BYTES_MAX, ENTRIES_TIMEOUT_MS, IDS_PER_MESSAGE_MAX } from './limits.ts';
import { joinEntries } from './message.ts';
import type { PeerSession } from './peer-session.ts';

export class EntryRelay {
  readonly #pool: EntryPool;
  readonly #peers: ReadonlyMap<PeerId, PeerSession>;
  readonly #asked = new Map<Hash, { readonly peer: PeerId; readonly atMs: number }>();

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

  /** A peer told of `ids`: asks for those that are news. */
  inventoryReceived(peer: PeerSession, ids: readonly Hash[], nowMs: number): Effect[] {
    const wanted: Hash[] = [];
    for (const id of ids) {
      peer.knownIds.add(id);
      if (this.#pool.has(id) || this.#pool.isRecent(id) || this.#asked.has(id)) continue;
      this.#asked.set(id, { peer: peer.id, atMs: nowMs });
      wanted.push(id);
    }
    return wanted.length === 0 ? [] : [{ type: 'send', peer: peer.id, message: { type: 'get-entries', ids: wanted } }];
  }

  /** A peer asks for `ids`: sends what is here, in messages of bounded size. */
  entriesAsked(peer: PeerSession, ids: readonly Hash[]): Effect[] {
    const effects: Effect[] = [];
    let batch: Uint8Array[] = [];
    let sizeBytes = 0;
    const flush = () => {
      if (batch.length === 0) return;
      effects.push({ type: 'send', peer: peer.id, message: { type: 'entries', arrayBytes: joinEntries(batch) } });
      batch = [];
      sizeBytes = 0;
    };
    for (const id of ids) {
      const entry = this.#pool.find(id);
      if (entry === undefined) continue;
      peer.knownIds.add(id);
      if (sizeBytes + entry.bytes.length + 1 > ENTRIES_MESSAGE_BYTES_MAX) flush();
      batch.push(entry.bytes);
      sizeBytes += entry.bytes.length + 1;
    }
    flush();
    return effects;
  }

  /** Whether `peer` was asked for the entry `id`, which has now arrived. */
  arrived(peer: PeerSession, id: Hash): boolean {
    peer.knownIds.add(id);
    const asked = this.#asked.get(id);
    if (asked?.peer !== peer.id) return false;
    this.#asked.delete(id);
    return true;
  }

  peerGone(peer: PeerSession, nowMs: number): Effect[] {
    return this.#askOthers((asked) => asked.peer === peer.id, nowMs);
  }

  /** What was asked for and did not come is asked of others who have it. */
  retryOverdue(nowMs: number): Effect[] {
    return this.#askOthers((asked) => nowMs - asked.atMs > ENTRIES_TIMEOUT_MS, nowMs);
  }

  #askOthers(isLost: (asked: { readonly peer: PeerId; readonly atMs: number }) => boolean, nowMs: number): Effect[] {
    const wanted = new Map<PeerId, Hash[]>();
    for (const [id, asked] of this.#asked) {
      if (!isLost(asked)) continue;
      this.#asked.delete(id);
      if (this.#pool.has(id) || this.#pool.isRecent(id)) continue;
      const other = [...this.#peers.values()].find((peer) => peer.id !== asked.peer && peer.knownIds.has(id));
      if (other === undefined) continue;
      this.#asked.set(id, { peer: other.id, atMs: nowMs });
      const ids = wanted.get(other.id) ?? [];
      if (ids.length < IDS_PER_MESSAGE_MAX) ids.push(id);
      wanted.set(other.id, ids);
    }
    return [...wanted].map(([peer, ids]) => ({ type: 'send', peer, message: { type: 'get-entries', ids } }));
  }

  #tell(peer: PeerSession, ids: readonly Hash[]): Effect[] {
    const news = ids.filter((id) => !peer.knownIds.has(id));
    const effects: Effect[] = [];
    for (let i = 0; i < news.length; i += IDS_PER_MESSAGE_MAX) {
      const batch = news.slice(i, i + IDS_PER_MESSAGE_MAX);
      effects.push({ type: 'send', peer: peer.id, message: { type: 'inventory', ids: batch } });
    }
    return effects;
  }
}
