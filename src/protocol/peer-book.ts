/** The connected peers, what their faults cost them, and who is shut out for a while. */
import type { PeerId } from './effects.ts';
import {
  BAN_MS,
  BANS_MAX,
  HANDSHAKE_TIMEOUT_MS,
  INBOUND_PEERS_MAX,
  LIGHT_PEERS_MAX,
  PEERS_MAX,
  PING_INTERVAL_MS,
  PONG_TIMEOUT_MS,
  SCORE_BAN,
  SCORE_DISCONNECT,
} from './limits.ts';
import type { PeerSession } from './peer-session.ts';

/** What there is to do about a peer as time passes. */
export type PeerCare =
  | { readonly type: 'ping'; readonly peer: PeerSession }
  | { readonly type: 'dismiss'; readonly peer: PeerSession; readonly fault: OverdueFault };

export type OverdueFault = { readonly code: 'handshake-timeout' } | { readonly code: 'ping-timeout' };

export class PeerBook {
  readonly #sessions = new Map<PeerId, PeerSession>();
  /** Those of them that are no light clients. */
  readonly #full = new Map<PeerId, PeerSession>();
  /** The oldest ban first. */
  readonly #bannedUntilMs = new Map<PeerId, number>();

  get sessions(): ReadonlyMap<PeerId, PeerSession> {
    return this.#sessions;
  }

  /** All but light clients: those that have the chain and entries, as far as is known. */
  get full(): ReadonlyMap<PeerId, PeerSession> {
    return this.#full;
  }

  get banCount(): number {
    return this.#bannedUntilMs.size;
  }

  get outboundCount(): number {
    return this.#countOf('outbound');
  }

  /** Of those who dialled, the one that came last. */
  get lastInbound(): PeerSession | undefined {
    return [...this.#sessions.values()].findLast(({ direction }) => direction === 'inbound');
  }

  /** Of the light clients, the one that came last. */
  get lastLight(): PeerSession | undefined {
    return [...this.#sessions.values()].findLast(({ isLight }) => isLight);
  }

  isBanned(id: PeerId, nowMs: number): boolean {
    return (this.#bannedUntilMs.get(id) ?? 0) > nowMs;
  }

  /** Some places are kept for peers that this node dials, so that nobody can surround it by dialling it. */
  isFull(direction: PeerSession['direction']): boolean {
    if (this.#sessions.size >= PEERS_MAX) return true;
    return direction === 'inbound' && this.#countOf('inbound') >= INBOUND_PEERS_MAX;
  }

  add(session: PeerSession): void {
    this.#sessions.set(session.id, session);
    this.#full.set(session.id, session);
  }

  /** Keeps the peer as a light client from now on. False: there are as many as there may be. */
  keepAsLight(session: PeerSession): boolean {
    if (this.#sessions.size - this.#full.size >= LIGHT_PEERS_MAX) return false;
    session.isLight = true;
    this.#full.delete(session.id);
    return true;
  }

  remove(id: PeerId): PeerSession | undefined {
    const session = this.#sessions.get(id);
    this.#sessions.delete(id);
    this.#full.delete(id);
    return session;
  }

  /** Lowers the peer's score by `points`, and says whether it may stay. */
  penalise(
    peer: PeerSession,
    points: number,
    nowMs: number,
  ): { readonly score: number; readonly verdict: 'stays' | 'leaves' } {
    const score = peer.penalise(points, nowMs);
    if (score <= SCORE_BAN) this.#ban(peer.id, nowMs);
    return { score, verdict: score <= SCORE_DISCONNECT ? 'leaves' : 'stays' };
  }

  /** Whether the peer is connected, or not to be: it is not to be dialled. */
  isTaken(id: PeerId): boolean {
    return this.#sessions.has(id) || this.#bannedUntilMs.has(id);
  }

  /** Who is to be asked for a sign of life, and who never greeted or has gone silent. Forgets bans that are over. */
  tick(nowMs: number): PeerCare[] {
    for (const [peer, untilMs] of this.#bannedUntilMs) if (untilMs <= nowMs) this.#bannedUntilMs.delete(peer);
    const cares: PeerCare[] = [];
    for (const peer of this.#sessions.values()) {
      const care = careFor(peer, nowMs);
      if (care !== undefined) cares.push(care);
    }
    return cares;
  }

  #ban(id: PeerId, nowMs: number): void {
    for (const oldest of this.#bannedUntilMs.keys()) {
      if (this.#bannedUntilMs.size < BANS_MAX) break;
      this.#bannedUntilMs.delete(oldest);
    }
    this.#bannedUntilMs.delete(id);
    this.#bannedUntilMs.set(id, nowMs + BAN_MS);
  }

  #countOf(direction: PeerSession['direction']): number {
    let count = 0;
    for (const session of this.#sessions.values()) if (session.direction === direction) count++;
    return count;
  }
}

function careFor(peer: PeerSession, nowMs: number): PeerCare | undefined {
  if (!peer.isGreeted) {
    const isLate = nowMs - peer.connectedMs > HANDSHAKE_TIMEOUT_MS;
    return isLate ? { type: 'dismiss', peer, fault: { code: 'handshake-timeout' } } : undefined;
  }
  if (peer.pingSentMs !== undefined) {
    const isLate = nowMs - peer.pingSentMs > PONG_TIMEOUT_MS;
    return isLate ? { type: 'dismiss', peer, fault: { code: 'ping-timeout' } } : undefined;
  }
  if (nowMs - peer.heardMs < PING_INTERVAL_MS) return undefined;
  peer.pingSentMs = nowMs;
  return { type: 'ping', peer };
}
