/**
 * Whose turn it is to be asked for headers, and from where on. The right to be asked is shared by time, not by number: who takes long to
 * answer is asked less often, so nobody can keep the others from being heard.
 */
import type { Hash } from '../core/hash.ts';
import type { BlockTree } from './block-tree.ts';
import type { Effect, PeerId } from './effects.ts';
import type { HeaderPresync } from './header-presync.ts';
import { HEADER_LEAD_BLOCKS_MAX, HEADERS_PATIENCE_MS, LOCATOR_HASHES_MAX } from './limits.ts';
import type { PeerSession } from './peer-session.ts';

export class HeaderTurns {
  readonly #tree: BlockTree;
  readonly #peers: ReadonlyMap<PeerId, PeerSession>;

  constructor(options: { readonly tree: BlockTree; readonly peers: ReadonlyMap<PeerId, PeerSession> }) {
    this.#tree = options.tree;
    this.#peers = options.peers;
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

  ask(peer: PeerSession, hashes: readonly Hash[], nowMs: number): Effect {
    const locator = [...new Set(hashes)].slice(0, LOCATOR_HASHES_MAX);
    peer.headersAskedMs = nowMs;
    peer.headersAskedFrom = locator[0];
    return { type: 'send', peer: peer.id, message: { type: 'get-headers', locator } };
  }

  /**
   * Asks those peers that have more to show. `judged` gives the chains that have been judged and are not in the tree, the
   * one with the most work first.
   */
  askForMore(judged: () => readonly HeaderPresync[], nowMs: number): Effect[] {
    const effects: Effect[] = [];
    const waiting: PeerSession[] = [];
    for (const peer of this.#peers.values()) if (peer.hasMoreHeaders) waiting.push(peer);
    if (waiting.length === 0) return effects;
    const chains = judged();
    const asked = this.#asked(nowMs);
    for (const peer of this.inTurn(waiting, nowMs)) {
      if (asked.length >= HEADER_PEERS_MAX) break;
      const locator = this.#locatorFor(peer, chains);
      const [first] = locator;
      const isCommon = first === undefined || this.#tree.find(first) !== undefined;
      // Another peer is going on with that chain just now: its answer will be as good.
      if (!isCommon && asked.includes(first)) continue;
      // Its bodies first: a peer that shows ever more headers and no body takes no more room.
      if (isCommon && this.#isFarAhead(peer)) continue;
      effects.push(this.ask(peer, locator, nowMs));
      asked.push(first);
    }
    return effects;
  }

  /** The peer has answered, or has had its time. */
  answered(peer: PeerSession, nowMs: number): void {
    if (peer.headersAskedMs === undefined) return;
    peer.headersSpentMs += Math.max(ANSWER_COST_MS_MIN, nowMs - peer.headersAskedMs);
    peer.headersAskedMs = undefined;
  }

  /** The first hashes of the questions that are not answered yet, of late. */
  #asked(nowMs: number): (Hash | undefined)[] {
    const hashes: (Hash | undefined)[] = [];
    for (const peer of this.#peers.values()) if (isBusy(peer, nowMs)) hashes.push(peer.headersAskedFrom);
    return hashes;
  }

  /** Hashes for the peer to go on from: of chains that were judged, its own or others', and then of the tree. */
  #locatorFor(peer: PeerSession, chains: readonly HeaderPresync[]): Hash[] {
    const { shown, presync } = peer;
    const offered = chains.filter((chain, i) => chain === presync || (!peer.isApart && i < CHAINS_OFFERED_MAX));
    const from = shown !== undefined && this.#tree.find(shown.point.hash) === shown ? shown : this.#tree.bestHeader;
    return [...offered.flatMap(({ ends }) => ends), ...this.#tree.locator(from)];
  }

  #isFarAhead({ shown }: PeerSession): boolean {
    return (
      shown !== undefined &&
      this.#tree.find(shown.point.hash) === shown &&
      this.#tree.leadOf(shown.point) > HEADER_LEAD_BLOCKS_MAX
    );
  }
}

/** Whether the peer was asked a moment ago. A question that is older keeps nobody else from being asked. */
export function isBusy({ headersAskedMs }: PeerSession, nowMs: number): boolean {
  return headersAskedMs !== undefined && nowMs - headersAskedMs <= HEADERS_PATIENCE_MS;
}

/** An answer counts for as long at least, so that who answers at once gives way, too. */
const ANSWER_COST_MS_MIN = 10;

/** How many peers are asked for headers at once: the answers are mostly the same. */
const HEADER_PEERS_MAX = 2;

/** Of the chains of others, a peer is offered to go on with so many. */
const CHAINS_OFFERED_MAX = 3;
