/**
 * How a node comes to hold the best chain: headers first, from whoever claims more work, then the bodies from all peers
 * that have them (docs/spec/wire.md#sync).
 *
 * Judges nothing that it did not check: a peer's claim only makes the node ask. Works on the sessions it is given and
 * returns effects.
 */
import { isBetterTip } from '../core/fork-choice.ts';
import type { Hash } from '../core/hash.ts';
import type { NetworkParams } from '../core/params.ts';
import { type ChainPoint, type HashedHeader, isAheadOfClock } from '../core/validation.ts';
import type { BlockIntake } from './block-intake.ts';
import { type BlockTree, pathFromActive, type TreeFault, type TreeNode } from './block-tree.ts';
import type { Effect, PeerId } from './effects.ts';
import {
  BLOCKS_IN_FLIGHT_PER_PEER_MAX,
  DOWNLOAD_WINDOW_BLOCKS,
  HEADER_LEAD_BLOCKS_MAX,
  HEADERS_PER_MESSAGE_MAX,
  HEADERS_TIMEOUT_MS,
  HELD_BODY_BYTES_MAX,
  HOLD_RETRY_MS,
  STALL_MS_MAX,
  STALL_MS_MIN,
} from './limits.ts';
import type { PeerSession } from './peer-session.ts';

/** What became of a `headers` message. */
export interface HeadersOutcome {
  readonly effects: readonly Effect[];
  /** Set when a header broke a rule: the peer is at fault. */
  readonly fault: TreeFault | undefined;
}

export class Sync {
  readonly #tree: BlockTree;
  readonly #intake: BlockIntake;
  readonly #params: NetworkParams;
  readonly #peers: ReadonlyMap<PeerId, PeerSession>;
  /** Whom each body was asked of. */
  readonly #asked = new Map<Hash, PeerId>();
  /** Headers that wait until the place they build on was read from disk. */
  readonly #unrooted = new Map<PeerId, readonly HashedHeader[]>();

  constructor(options: {
    readonly tree: BlockTree;
    readonly intake: BlockIntake;
    readonly params: NetworkParams;
    readonly peers: ReadonlyMap<PeerId, PeerSession>;
  }) {
    this.#tree = options.tree;
    this.#intake = options.intake;
    this.#params = options.params;
    this.#peers = options.peers;
  }

  /** A peer has said how far its chain goes. */
  greeted(peer: PeerSession, nowMs: number): Effect[] {
    peer.hasMoreHeaders = this.#claimsMore(peer);
    return this.proceed(nowMs);
  }

  headersReceived(peer: PeerSession, headers: readonly HashedHeader[], nowMs: number): HeadersOutcome {
    const wasAsked = peer.headersAskedMs !== undefined;
    peer.headersAskedMs = undefined;
    const first = headers[0];
    if (first === undefined) {
      peer.hasMoreHeaders = false;
      return { effects: this.proceed(nowMs), fault: undefined };
    }
    if (this.#tree.find(first.header.previousHash) === undefined && this.#tree.find(first.hash) === undefined) {
      if (wasAsked) {
        this.#unrooted.set(peer.id, headers);
        const hash = first.header.previousHash;
        return { effects: [{ type: 'load-branch-point', peer: peer.id, hash }], fault: undefined };
      }
      peer.hasMoreHeaders = true;
      return { effects: this.proceed(nowMs), fault: undefined };
    }
    return this.#addHeaders(peer, headers, nowMs);
  }

  /** Headers that build below the window can now be judged; without a point they build on nothing of ours. */
  branchPointLoaded(peer: PeerSession, point: ChainPoint | undefined, nowMs: number): HeadersOutcome {
    const headers = this.#unrooted.get(peer.id);
    this.#unrooted.delete(peer.id);
    const first = headers?.[0];
    if (headers === undefined || first === undefined) return { effects: [], fault: undefined };
    if (point === undefined || this.#tree.addAnchor(point) === undefined) {
      return { effects: [], fault: { code: 'parent-unknown', parent: first.header.previousHash } };
    }
    return this.#addHeaders(peer, headers, nowMs);
  }

  /** A body arrived and was taken in or dropped: the peer has delivered. */
  blockDelivered(peer: PeerSession, hash: Hash, nowMs: number): void {
    peer.inFlight.delete(hash);
    if (this.#asked.get(hash) === peer.id) this.#asked.delete(hash);
    peer.deliveredMs = nowMs;
    peer.stallMs = Math.max(STALL_MS_MIN, peer.stallMs / 2);
  }

  /** The peer does not have these after all: they are asked of others. */
  notFound(peer: PeerSession, hashes: readonly Hash[], nowMs: number): Effect[] {
    this.#release(peer, hashes);
    peer.best = undefined;
    peer.claimedTip = undefined;
    return this.#fetch(nowMs);
  }

  peerGone(peer: PeerSession, nowMs: number): Effect[] {
    this.#unrooted.delete(peer.id);
    this.#release(peer, [...peer.inFlight]);
    return this.#fetch(nowMs);
  }

  /** What there is to ask for now: after a commit, a delivery or a while. */
  proceed(nowMs: number): Effect[] {
    const effects: Effect[] = [];
    for (const peer of this.#peers.values()) {
      if (!peer.isGreeted) continue;
      if (peer.headersAskedMs !== undefined && nowMs - peer.headersAskedMs > HEADERS_TIMEOUT_MS) {
        peer.headersAskedMs = undefined;
        peer.headersNotBeforeMs = nowMs + HEADERS_TIMEOUT_MS;
      }
      this.#believeKnownTip(peer);
      if (peer.hasMoreHeaders) effects.push(...this.#askForHeaders(peer, nowMs));
    }
    return [...effects, ...this.#fetch(nowMs)];
  }

  /** Takes requests back from peers that deliver nothing, and names those peers. */
  findStalled(nowMs: number): PeerSession[] {
    const stalled: PeerSession[] = [];
    for (const peer of this.#peers.values()) {
      if (peer.inFlight.size === 0 || nowMs - peer.deliveredMs <= peer.stallMs) continue;
      this.#release(peer, [...peer.inFlight]);
      peer.stallMs = Math.min(STALL_MS_MAX, peer.stallMs * 2);
      stalled.push(peer);
    }
    return stalled;
  }

  #addHeaders(peer: PeerSession, headers: readonly HashedHeader[], nowMs: number): HeadersOutcome {
    const bestBefore = peer.best;
    let fault: TreeFault | undefined;
    let isHeld = false;
    for (const header of headers) {
      if (isAheadOfClock(header.header, Math.floor(nowMs / 1000), this.#params)) {
        isHeld = true;
        break;
      }
      const added = this.#tree.add(header);
      if (!added.ok) {
        fault = added.fault;
        break;
      }
      this.#follow(peer, added.value);
    }
    if (isHeld) {
      // Ahead of our clock is not wrong: the same headers are asked for again a little later.
      peer.hasMoreHeaders = true;
      peer.headersNotBeforeMs = nowMs + HOLD_RETRY_MS;
    } else {
      // A full answer has more behind it, unless it leads nowhere new.
      peer.hasMoreHeaders = headers.length === HEADERS_PER_MESSAGE_MAX && peer.best !== bestBefore;
    }
    return { effects: fault === undefined ? this.proceed(nowMs) : [], fault };
  }

  /** The peer's best chain ends in `best` now. */
  #follow(peer: PeerSession, best: TreeNode): void {
    if (peer.wanted.length > 0 && best.parent === peer.best) peer.wanted.push(best);
    else if (best !== peer.best) peer.wanted = [];
    peer.best = best;
  }

  #claimsMore(peer: PeerSession): boolean {
    const { claimedTip } = peer;
    if (claimedTip === undefined || this.#tree.find(claimedTip.hash) !== undefined) return false;
    return isBetterTip(claimedTip, this.#tree.bestHeader.point);
  }

  /** Its tip may have become known through others: then it can deliver, too. */
  #believeKnownTip(peer: PeerSession): void {
    if (peer.best !== undefined || peer.claimedTip === undefined) return;
    const known = this.#tree.find(peer.claimedTip.hash);
    if (known !== undefined) this.#follow(peer, known);
  }

  #askForHeaders(peer: PeerSession, nowMs: number): Effect[] {
    if (peer.headersAskedMs !== undefined || nowMs < peer.headersNotBeforeMs) return [];
    const lead = this.#tree.bestHeader.point.header.height - this.#tree.tip.point.header.height;
    if (lead > HEADER_LEAD_BLOCKS_MAX) return [];
    let asked = 0;
    for (const other of this.#peers.values()) if (other.headersAskedMs !== undefined) asked++;
    if (asked >= HEADER_PEERS_MAX) return [];
    peer.headersAskedMs = nowMs;
    const from = peer.best !== undefined && this.#isInTree(peer.best) ? peer.best : this.#tree.bestHeader;
    return [{ type: 'send', peer: peer.id, message: { type: 'get-headers', locator: this.#tree.locator(from) } }];
  }

  /** Asks every peer for the next bodies of its best chain, as far as the window goes; the prompt ones first. */
  #fetch(nowMs: number): Effect[] {
    const effects: Effect[] = [];
    for (const peer of promptFirst(this.#peers.values())) {
      const hashes = this.#nextBodies(peer);
      if (hashes.length === 0) continue;
      if (peer.inFlight.size === 0) peer.deliveredMs = nowMs;
      for (const hash of hashes) {
        peer.inFlight.add(hash);
        this.#asked.set(hash, peer.id);
      }
      effects.push({ type: 'send', peer: peer.id, message: { type: 'get-blocks', hashes } });
    }
    return effects;
  }

  #nextBodies(peer: PeerSession): Hash[] {
    const hashes: Hash[] = [];
    const free = BLOCKS_IN_FLIGHT_PER_PEER_MAX - peer.inFlight.size;
    if (free < BLOCKS_IN_FLIGHT_PER_PEER_MAX / 2) return hashes;
    if (peer.best === undefined || !isBetterTip(peer.best.point, this.#tree.tip.point)) return hashes;
    if (peer.wanted.length === 0) {
      const path = this.#isInTree(peer.best) ? pathFromActive(peer.best) : undefined;
      if (path === undefined) peer.best = undefined;
      peer.wanted = path ?? [];
    }
    let passed = 0;
    for (const node of peer.wanted) {
      if (hashes.length >= free) break;
      const { hash } = node.point;
      if (node.body === 'missing' && !this.#asked.has(hash)) {
        if (!this.#hasRoom(node, hashes.length)) break;
        hashes.push(hash);
      }
      passed++;
    }
    // What others were asked for is passed over; where they fail, the path is worked out anew.
    peer.wanted = peer.wanted.slice(passed);
    return hashes;
  }

  /** The body that everything waits for always has room. */
  #hasRoom(node: TreeNode, planned: number): boolean {
    if (node.parent === undefined || node.parent.body === 'stored') return true;
    return (
      this.#intake.heldCount + this.#asked.size + planned < DOWNLOAD_WINDOW_BLOCKS &&
      this.#intake.heldBytes < HELD_BODY_BYTES_MAX
    );
  }

  #isInTree(node: TreeNode): boolean {
    return this.#tree.find(node.point.hash) === node;
  }

  /** These bodies can be asked of anybody again. */
  #release(peer: PeerSession, hashes: readonly Hash[]): void {
    for (const hash of hashes) {
      peer.inFlight.delete(hash);
      if (this.#asked.get(hash) === peer.id) this.#asked.delete(hash);
    }
    for (const other of this.#peers.values()) other.wanted = [];
  }
}

function promptFirst(peers: Iterable<PeerSession>): PeerSession[] {
  return [...peers].sort((one, other) => one.stallMs - other.stallMs);
}

/** How many peers are asked for headers at once: the answers are mostly the same. */
const HEADER_PEERS_MAX = 2;
