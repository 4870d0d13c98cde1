/**
 * Blocks that are damaged on this node's own disk: their bodies are asked of peers, one after the other, until one has
 * the right one. The header is known, so nothing has to be believed.
 */
import type { Hash } from '../core/hash.ts';
import type { ChainPoint } from '../core/validation.ts';
import type { Effect, PeerId } from './effects.ts';
import { MEND_TIMEOUT_MS, MENDED_AT_ONCE_MAX } from './limits.ts';
import type { PeerSession } from './peer-session.ts';

interface Damaged {
  readonly point: ChainPoint;
  /** Who was asked since the last round through all peers. */
  readonly tried: Set<PeerId>;
  askedMs: number;
}

export class Mender {
  readonly #peers: ReadonlyMap<PeerId, PeerSession>;
  readonly #damaged = new Map<Hash, Damaged>();

  constructor(peers: ReadonlyMap<PeerId, PeerSession>) {
    this.#peers = peers;
  }

  /** A stored block was found damaged. More than can be mended at once are found again when they are read again. */
  found(point: ChainPoint, nowMs: number): Effect[] {
    if (this.#damaged.has(point.hash) || this.#damaged.size >= MENDED_AT_ONCE_MAX) return [];
    const damaged: Damaged = { point, tried: new Set(), askedMs: nowMs };
    this.#damaged.set(point.hash, damaged);
    return this.#ask(damaged, nowMs);
  }

  /** The place of the damaged block `hash`, if a body for it is wanted. */
  wanted(hash: Hash): ChainPoint | undefined {
    return this.#damaged.get(hash)?.point;
  }

  /** The right body is here. */
  mended(hash: Hash): void {
    this.#damaged.delete(hash);
  }

  /** Asks somebody else where no body came in time. */
  retryOverdue(nowMs: number): Effect[] {
    const effects: Effect[] = [];
    for (const damaged of this.#damaged.values()) {
      if (nowMs - damaged.askedMs > MEND_TIMEOUT_MS) effects.push(...this.#ask(damaged, nowMs));
    }
    return effects;
  }

  #ask(damaged: Damaged, nowMs: number): Effect[] {
    damaged.askedMs = nowMs;
    const greeted = [...this.#peers.values()].filter(({ isGreeted }) => isGreeted);
    const next = greeted.find(({ id }) => !damaged.tried.has(id));
    if (next === undefined) {
      // All were asked: from the first again, when the next time has come.
      damaged.tried.clear();
      return [];
    }
    damaged.tried.add(next.id);
    return [{ type: 'send', peer: next.id, message: { type: 'get-blocks', hashes: [damaged.point.hash] } }];
  }
}
