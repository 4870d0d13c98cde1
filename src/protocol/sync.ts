/**
 * How a node comes to hold the best chain: headers first, from whoever claims more work, then the bodies from all peers
 * that have them (docs/spec/wire.md#sync).
 *
 * Judges nothing that it did not check: a peer's claim only makes the node ask. Works on the sessions it is given and
 * returns effects.
 */
import { isBetterTip } from '../core/fork-choice.ts';
import type { Hash } from '../core/hash.ts';
import { HEADER_BYTES, type HeaderFault, hashHeader, parseHeader } from '../core/header.ts';
import type { NetworkParams } from '../core/params.ts';
import type { Result } from '../core/result.ts';
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
import type { Message } from './message.ts';
import type { PeerSession } from './peer-session.ts';

/** What became of a `headers` message. */
export interface HeadersOutcome {
  readonly effects: readonly Effect[];
  /** Set when a header broke a rule: the peer is at fault. */
  readonly fault: TreeFault | HeaderFault | undefined;
}

/** In which words bodies are asked for. */
export interface BodyQuestions {
  question(hashes: readonly Hash[]): Message;
}

export class Sync {
  readonly #questions: BodyQuestions;
  readonly #tree: BlockTree;
  readonly #intake: BlockIntake;
  readonly #params: NetworkParams;
  readonly #peers: ReadonlyMap<PeerId, PeerSession>;
  /** Whom each body was asked of. */
  readonly #asked = new Map<Hash, PeerSession>();
  /** Headers that wait until the place they build on was read from disk. */
  readonly #unrooted = new Map<PeerId, readonly HashedHeader[]>();

  constructor(options: {
    readonly tree: BlockTree;
    readonly intake: BlockIntake;
    readonly params: NetworkParams;
    readonly peers: ReadonlyMap<PeerId, PeerSession>;
    readonly questions: BodyQuestions;
  }) {
    this.#questions = options.questions;
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

  /** `run`: headers as they travel, 118 bytes each. */
  headersReceived(peer: PeerSession, run: Uint8Array, nowMs: number): HeadersOutcome {
    const { headers, fault } = parseRun(run);
    if (fault !== undefined) return { effects: [], fault };
    const first = headers[0];
    if (first === undefined) {
      peer.headersAskedMs = undefined;
      peer.hasMoreHeaders = false;
      return { effects: this.proceed(nowMs), fault: undefined };
    }
    const parent = first.header.previousHash;
    if (this.#tree.find(parent) !== undefined || this.#tree.find(first.hash) !== undefined) {
      return this.#addHeaders(peer, headers, nowMs);
    }
    if (peer.headersAskedMs !== undefined && !this.#unrooted.has(peer.id)) {
      this.#unrooted.set(peer.id, headers);
      return { effects: [{ type: 'load-branch-point', peer: peer.id, hash: parent }], fault: undefined };
    }
    return { effects: this.#hasGoneOn(peer, nowMs), fault: undefined };
  }

  /** Headers that build on `hash` can be judged if that is on the active chain, below the window. */
  branchPointLoaded(
    peer: PeerSession,
    loaded: { readonly hash: Hash; readonly point: ChainPoint | undefined },
    nowMs: number,
  ): HeadersOutcome {
    const headers = this.#unrooted.get(peer.id);
    if (headers?.[0]?.header.previousHash !== loaded.hash) return { effects: [], fault: undefined };
    this.#unrooted.delete(peer.id);
    if (loaded.point !== undefined && this.#tree.addAnchor(loaded.point) !== undefined) {
      return this.#addHeaders(peer, headers, nowMs);
    }
    // One header alone was the news of a tip, and the answer is still to come.
    if (headers.length === 1) return { effects: this.#hasGoneOn(peer, nowMs), fault: undefined };
    // Either it answers at random, or our chain moved between question and answer: it is asked again, a little later.
    peer.headersAskedMs = undefined;
    peer.headersNotBeforeMs = nowMs + HOLD_RETRY_MS;
    return { effects: this.proceed(nowMs), fault: { code: 'parent-unknown', parent: loaded.hash } };
  }

  /** Whether the body of `hash` was asked for, of whomever, and has not come. */
  isAsked(hash: Hash): boolean {
    return this.#asked.has(hash);
  }

  /** A body arrived. It counts as delivered if it is the one that was due: bodies come in the order they are asked for. */
  blockReceived(peer: PeerSession, hash: Hash, nowMs: number): void {
    const [due] = peer.inFlight;
    if (due === hash) {
      peer.deliveredMs = nowMs;
      peer.stallMs = Math.max(STALL_MS_MIN, peer.stallMs / 2);
    }
    peer.inFlight.delete(hash);
    // It may have been asked of another since, who need not send it now.
    this.#asked.get(hash)?.inFlight.delete(hash);
    this.#asked.delete(hash);
  }

  /** The peer does not have these after all: they are asked of others. */
  notFound(peer: PeerSession, hashes: readonly Hash[], nowMs: number): Effect[] {
    const owed = hashes.filter((hash) => peer.inFlight.has(hash));
    if (owed.length === 0) return [];
    this.#release(peer, owed);
    peer.best = undefined;
    peer.claimedTip = undefined;
    return this.#fetch(nowMs);
  }

  peerGone(peer: PeerSession, nowMs: number): Effect[] {
    this.#unrooted.delete(peer.id);
    if (peer.inFlight.size > 0) this.#release(peer, [...peer.inFlight]);
    return this.proceed(nowMs);
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
    const hadRoom = this.#hasRoomFor(0);
    for (const peer of this.#peers.values()) {
      if (peer.inFlight.size === 0 || nowMs - peer.deliveredMs <= peer.stallMs) continue;
      this.#release(peer, [...peer.inFlight]);
      peer.stallMs = Math.min(STALL_MS_MAX, peer.stallMs * 2);
      stalled.push(peer);
    }
    // All the room is taken by what waits for a body that does not come, though it was asked for again and again: other
    // branches need it.
    if (!hadRoom && stalled.some(({ stallMs }) => stallMs >= STALL_MS_HOPELESS)) this.#intake.dropWaiting();
    return stalled;
  }

  /** The peer tells of a tip that builds on what is not known here. */
  #hasGoneOn(peer: PeerSession, nowMs: number): Effect[] {
    peer.claimedTip = undefined;
    peer.hasMoreHeaders = true;
    return this.proceed(nowMs);
  }

  #addHeaders(peer: PeerSession, headers: readonly HashedHeader[], nowMs: number): HeadersOutcome {
    peer.headersAskedMs = undefined;
    const shownBefore = peer.shown;
    for (const header of headers) {
      if (isAheadOfClock(header.header, Math.floor(nowMs / 1000), this.#params)) {
        // Ahead of our clock is not wrong: the same headers are asked for again a little later.
        peer.hasMoreHeaders = true;
        peer.headersNotBeforeMs = nowMs + HOLD_RETRY_MS;
        return { effects: this.proceed(nowMs), fault: undefined };
      }
      const added = this.#add(header);
      if (!added.ok) {
        peer.hasMoreHeaders = false;
        return { effects: [], fault: added.fault };
      }
      this.#follow(peer, added.value);
    }
    // A full answer has more behind it, unless it leads nowhere new.
    peer.hasMoreHeaders = headers.length === HEADERS_PER_MESSAGE_MAX && peer.shown !== shownBefore;
    return { effects: this.proceed(nowMs), fault: undefined };
  }

  /** A tree that is full of what nobody follows makes room once. */
  #add(header: HashedHeader): Result<TreeNode, TreeFault> {
    const added = this.#tree.add(header);
    if (added.ok || added.fault.code !== 'header-tree-full') return added;
    const wanted: TreeNode[] = [];
    for (const { best, shown } of this.#peers.values()) {
      if (best !== undefined) wanted.push(best);
      if (shown !== undefined) wanted.push(shown);
    }
    this.#tree.forgetBranches(wanted);
    return this.#tree.add(header);
  }

  /** The peer has shown `node`. Its best chain ends there, if no other that it has shown has more work. */
  #follow(peer: PeerSession, node: TreeNode): void {
    peer.shown = node;
    const best = peer.best !== undefined && this.#isInTree(peer.best) ? peer.best : undefined;
    if (best !== undefined && !isBetterTip(node.point, best.point)) return;
    if (best !== undefined && peer.wanted.length > 0 && node.parent === best) peer.wanted.push(node);
    else peer.wanted = [];
    peer.best = node;
  }

  #claimsMore(peer: PeerSession): boolean {
    const { claimedTip } = peer;
    if (claimedTip === undefined || this.#tree.find(claimedTip.hash) !== undefined) return false;
    return isBetterTip(claimedTip, this.#tree.tip.point);
  }

  /** Its tip may have become known through others: then it can deliver, too, and need not be asked for headers. */
  #believeKnownTip(peer: PeerSession): void {
    if (peer.shown !== undefined || peer.claimedTip === undefined) return;
    const known = this.#tree.find(peer.claimedTip.hash);
    if (known === undefined) return;
    this.#follow(peer, known);
    peer.hasMoreHeaders = false;
  }

  #askForHeaders(peer: PeerSession, nowMs: number): Effect[] {
    if (peer.headersAskedMs !== undefined || nowMs < peer.headersNotBeforeMs) return [];
    const shown = peer.shown !== undefined && this.#isInTree(peer.shown) ? peer.shown : undefined;
    const tipHeight = this.#tree.tip.point.header.height;
    // Its bodies first: a peer that shows ever more headers and no body takes no more room.
    if (shown !== undefined && shown.point.header.height - tipHeight > HEADER_LEAD_BLOCKS_MAX) return [];
    let asked = 0;
    for (const other of this.#peers.values()) if (other.headersAskedMs !== undefined) asked++;
    if (asked >= HEADER_PEERS_MAX) return [];
    peer.headersAskedMs = nowMs;
    const locator = this.#tree.locator(shown ?? this.#tree.bestHeader);
    return [{ type: 'send', peer: peer.id, message: { type: 'get-headers', locator } }];
  }

  /** Asks every peer for the next bodies of its best chain, as far as the window goes; the prompt ones first. */
  #fetch(nowMs: number): Effect[] {
    const effects: Effect[] = [];
    for (const peer of promptFirst(this.#peers.values())) {
      const hashes = this.#nextBodies(peer, nowMs);
      if (hashes.length === 0) continue;
      if (peer.inFlight.size === 0) peer.deliveredMs = nowMs;
      for (const hash of hashes) {
        peer.inFlight.add(hash);
        this.#asked.set(hash, peer);
      }
      effects.push({ type: 'send', peer: peer.id, message: this.#questions.question(hashes) });
    }
    return effects;
  }

  #nextBodies(peer: PeerSession, nowMs: number): Hash[] {
    const hashes: Hash[] = [];
    const free = BLOCKS_IN_FLIGHT_PER_PEER_MAX - peer.inFlight.size;
    if (free < BLOCKS_IN_FLIGHT_PER_PEER_MAX / 2) return hashes;
    if (peer.best === undefined || !isBetterTip(peer.best.point, this.#tree.tip.point)) return hashes;
    if (peer.wanted.length === 0) {
      const path = this.#isInTree(peer.best) ? pathFromActive(peer.best) : undefined;
      if (path === undefined) return this.#forgetShown(peer, nowMs);
      peer.wanted = path;
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

  /** What the peer has shown was forgotten here, so that it has to show it again. */
  #forgetShown(peer: PeerSession, nowMs: number): Hash[] {
    peer.best = undefined;
    peer.shown = undefined;
    peer.claimedTip = undefined;
    peer.hasMoreHeaders = true;
    peer.headersNotBeforeMs = nowMs + HOLD_RETRY_MS;
    return [];
  }

  /** The body that everything waits for always has room. */
  #hasRoom(node: TreeNode, planned: number): boolean {
    if (node.parent === undefined || node.parent.body === 'stored') return true;
    return this.#hasRoomFor(planned);
  }

  #hasRoomFor(planned: number): boolean {
    const { heldBytes, heldCount } = this.#intake;
    return heldBytes < HELD_BODY_BYTES_MAX && heldCount + this.#asked.size + planned < DOWNLOAD_WINDOW_BLOCKS;
  }

  #isInTree(node: TreeNode): boolean {
    return this.#tree.find(node.point.hash) === node;
  }

  /** These bodies can be asked of anybody again. */
  #release(peer: PeerSession, hashes: readonly Hash[]): void {
    for (const hash of hashes) {
      peer.inFlight.delete(hash);
      if (this.#asked.get(hash) === peer) this.#asked.delete(hash);
    }
    for (const other of this.#peers.values()) other.wanted = [];
  }
}

function parseRun(run: Uint8Array): { headers: HashedHeader[]; fault: HeaderFault | undefined } {
  const headers: HashedHeader[] = [];
  for (let at = 0; at < run.length; at += HEADER_BYTES) {
    const bytes = run.subarray(at, at + HEADER_BYTES);
    const header = parseHeader(bytes);
    if (!header.ok) return { headers: [], fault: header.fault };
    headers.push({ header: header.value, bytes, hash: hashHeader(bytes) });
  }
  return { headers, fault: undefined };
}

function promptFirst(peers: Iterable<PeerSession>): PeerSession[] {
  return [...peers].sort((one, other) => one.stallMs - other.stallMs);
}

/** How many peers are asked for headers at once: the answers are mostly the same. */
const HEADER_PEERS_MAX = 2;

/** The patience with a peer that has stalled three times in a row. */
const STALL_MS_HOPELESS = 8 * STALL_MS_MIN;
