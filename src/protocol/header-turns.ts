/**
 * Whose turn it is to be asked for headers. The right to be asked is shared by time, not by number: who takes long to
 * answer is asked less often, so nobody can keep the others from being heard.
 */
import type { Hash } from '../core/hash.ts';
import type { Effect, PeerId } from './effects.ts';
import { HEADERS_PATIENCE_MS, LOCATOR_HASHES_MAX } from './limits.ts';
import type { PeerSession } from './peer-session.ts';

export class HeaderTurns {
  readonly #peers: ReadonlyMap<PeerId, PeerSession>;

  constructor(peers: ReadonlyMap<PeerId, PeerSession>) {
    this.#peers = peers;
  }

  /** A new peer begins level with those that have been asked the least, not before them. */
  joined(peer: PeerSession): void {
    const others = [...this.#peers.values()].filter((other) => other !== peer && other.isGreeted);
    if (others.length > 0) peer.headersSpentMs = Math.min(...others.map(({ headersSpentMs }) => headersSpentMs));
  }

  /** Of `peers` those that may be asked now; first who has taken the least of our time so far. */
  inTurn(peers: Iterable<PeerSession>, nowMs: number): PeerSession[] {
    return [...peers]
      .filter((peer) => peer.isGreeted && peer.headersAskedMs === undefined && nowMs >= peer.headersNotBeforeMs)
      .sort((one, other) => one.headersSpentMs - other.headersSpentMs);
  }

  /** The first hashes of the questions that are not answered yet, of late. */
  asked(nowMs: number): (Hash | undefined)[] {
    const hashes: (Hash | undefined)[] = [];
    for (const peer of this.#peers.values()) if (isBusy(peer, nowMs)) hashes.push(peer.headersAskedFrom);
    return hashes;
  }

  ask(peer: PeerSession, hashes: readonly Hash[], nowMs: number): Effect {
    const locator = [...new Set(hashes)].slice(0, LOCATOR_HASHES_MAX);
    peer.headersAskedMs = nowMs;
    peer.headersAskedFrom = locator[0];
    return { type: 'send', peer: peer.id, message: { type: 'get-headers', locator } };
  }

  /** The peer has answered, or has had its time. */
  answered(peer: PeerSession, nowMs: number): void {
    if (peer.headersAskedMs === undefined) return;
    peer.headersSpentMs += Math.max(ANSWER_COST_MS_MIN, nowMs - peer.headersAskedMs);
    peer.headersAskedMs = undefined;
  }
}

/** Whether the peer was asked a moment ago. A question that is older keeps nobody else from being asked. */
export function isBusy({ headersAskedMs }: PeerSession, nowMs: number): boolean {
  return headersAskedMs !== undefined && nowMs - headersAskedMs <= HEADERS_PATIENCE_MS;
}

/** An answer counts for as long at least, so that who answers at once gives way, too. */
const ANSWER_COST_MS_MIN = 10;
