/**
 * Which bodies are asked of whom: of every peer the next ones of its best chain, so many at a time that the line to it is
 * never idle, and no more than there is room for.
 *
 * What it costs does not grow with how far the headers are ahead: peers on one branch share its path, and along it only
 * a height moves up.
 */
import { isBetterTip } from '../core/fork-choice.ts';
import type { Hash } from '../core/hash.ts';
import type { BlockIntake } from './block-intake.ts';
import type { BlockTree, TreeNode } from './block-tree.ts';
import { DownloadPath } from './download-path.ts';
import type { Effect, PeerId } from './effects.ts';
import {
  BLOCKS_IN_FLIGHT_PER_PEER_MAX,
  BLOCKS_IN_FLIGHT_PER_PEER_MIN,
  BLOCKS_PER_REQUEST_MAX,
  DOWNLOAD_WINDOW_BLOCKS,
  HELD_BODY_BYTES_MAX,
  HOLD_RETRY_MS,
  IN_FLIGHT_BYTES_PER_PEER_MAX,
  STALL_MS_MAX,
  STALL_MS_MIN,
} from './limits.ts';
import type { Message } from './message.ts';
import type { PeerSession } from './peer-session.ts';

/** In which words bodies are asked for. */
export interface BodyQuestions {
  question(hashes: readonly Hash[]): Message;
}

export class BlockDownload {
  readonly #tree: BlockTree;
  readonly #intake: BlockIntake;
  readonly #peers: ReadonlyMap<PeerId, PeerSession>;
  readonly #questions: BodyQuestions;
  /** Whom each body was asked of, and its height. */
  readonly #asked = new Map<Hash, { readonly peer: PeerSession; readonly height: number }>();
  /** The size of a body, by those that came of late. */
  #bodyBytes = BODY_BYTES_AT_FIRST;

  constructor(options: {
    readonly tree: BlockTree;
    readonly intake: BlockIntake;
    readonly peers: ReadonlyMap<PeerId, PeerSession>;
    readonly questions: BodyQuestions;
  }) {
    this.#tree = options.tree;
    this.#intake = options.intake;
    this.#peers = options.peers;
    this.#questions = options.questions;
  }

  /** Whether the body of `hash` was asked for, of whomever, and has not come. */
  isAsked(hash: Hash): boolean {
    return this.#asked.has(hash);
  }

  /** The peer has shown `node`. Its best chain ends there, if no other that it has shown has more work. */
  follow(peer: PeerSession, node: TreeNode): void {
    peer.shown = node;
    const best = peer.best !== undefined && this.#isInTree(peer.best) ? peer.best : undefined;
    if (best === undefined || isBetterTip(node.point, best.point)) peer.best = node;
  }

  /** A tree that is full of what nobody follows makes room; the branch up to `proven` stays. */
  makeRoom(proven: TreeNode | undefined): void {
    const wanted: TreeNode[] = [];
    for (const { best, shown } of this.#peers.values()) {
      if (best !== undefined) wanted.push(best);
      if (shown !== undefined) wanted.push(shown);
    }
    this.#tree.forgetBranches(wanted, proven);
  }

  /**
   * A body arrived, of `sizeBytes`. It counts as delivered if it is the one that was due: bodies come in the order they
   * are asked for. False where there is no room for it: it will be asked for again.
   */
  received(peer: PeerSession, hash: Hash, sizeBytes: number, nowMs: number): boolean {
    this.#bodyBytes += (sizeBytes - this.#bodyBytes) / SIZES_REMEMBERED;
    if (peer.inFlight.isDue(hash)) {
      peer.deliveredMs = nowMs;
      peer.stallMs = Math.max(STALL_MS_MIN, peer.stallMs / 2);
    }
    peer.inFlight.delete(hash);
    const asked = this.#asked.get(hash);
    // It may have been asked of another since, who need not send it now.
    asked?.peer.inFlight.delete(hash);
    this.#asked.delete(hash);
    const node = this.#tree.find(hash);
    if (asked === undefined || node === undefined || isNext(node)) return true;
    if (this.#intake.heldBytes + sizeBytes <= HELD_BODY_BYTES_MAX) return true;
    this.#askAgainFrom(asked.height);
    return false;
  }

  /** The body of `node` is still to come, though it was asked for. */
  askAgain(node: TreeNode): void {
    this.#askAgainFrom(node.point.header.height);
  }

  /** The peer does not have these after all: whether they were asked of it, and so are to be asked of others. */
  notFound(peer: PeerSession, hashes: readonly Hash[]): boolean {
    const owed = hashes.filter((hash) => peer.inFlight.has(hash));
    if (owed.length === 0) return false;
    this.#release(peer, owed);
    peer.best = undefined;
    peer.claimedTip = undefined;
    return true;
  }

  peerGone(peer: PeerSession): void {
    if (peer.inFlight.size > 0) this.#release(peer, [...peer.inFlight]);
  }

  /** Takes requests back from peers that deliver nothing, and names those peers. */
  findStalled(nowMs: number): PeerSession[] {
    const stalled: PeerSession[] = [];
    const hadRoom = this.#hasRoomFor(1);
    for (const peer of this.#peers.values()) {
      if (peer.isHeldBack || peer.inFlight.size === 0 || nowMs - peer.deliveredMs <= peer.stallMs) continue;
      this.#release(peer, [...peer.inFlight]);
      peer.stallMs = Math.min(STALL_MS_MAX, peer.stallMs * 2);
      stalled.push(peer);
    }
    // All the room is taken by what waits for a body that does not come, though it was asked for again and again: other
    // branches need it.
    if (!hadRoom && stalled.some(({ stallMs }) => stallMs >= STALL_MS_HOPELESS)) {
      this.#intake.dropWaiting();
      this.#askAgainFrom(0);
    }
    return stalled;
  }

  /** Asks every peer for the next bodies of its best chain; the prompt ones first. */
  fetch(nowMs: number): Effect[] {
    const { tip } = this.#tree;
    const ahead: PeerSession[] = [];
    // Asked after every message, and nearly always nobody is.
    for (const peer of this.#peers.values()) if (isAhead(peer, tip)) ahead.push(peer);
    ahead.sort((one, other) => one.stallMs - other.stallMs);
    return ahead.flatMap((peer) => this.fetchFrom(peer, nowMs));
  }

  /** Asks one peer for the next bodies of its best chain. */
  fetchFrom(peer: PeerSession, nowMs: number): Effect[] {
    const effects: Effect[] = [];
    for (let hashes = this.#next(peer, nowMs); hashes.length > 0; hashes = this.#next(peer, nowMs)) {
      effects.push({ type: 'send', peer: peer.id, message: this.#questions.question(hashes) });
    }
    return effects;
  }

  /** Notes as asked of `peer`, and names, as many bodies as one question may ask it for now. */
  #next(peer: PeerSession, nowMs: number): Hash[] {
    const { best } = peer;
    const free = this.#inFlightMax() - peer.inFlight.size;
    if (best === undefined || free < Math.min(BLOCKS_PER_REQUEST_MAX, this.#inFlightMax() / 2)) return [];
    if (!isAhead(peer, this.#tree.tip)) return [];
    const path = this.#pathTo(peer, best);
    if (path === undefined) {
      this.#forgetShown(peer, nowMs);
      return [];
    }
    const hashes: Hash[] = [];
    if (peer.inFlight.size === 0) peer.deliveredMs = nowMs;
    const end = best.point.header.height;
    const count = Math.min(free, BLOCKS_PER_REQUEST_MAX);
    let height = path.next;
    for (; height <= end && hashes.length < count; height++) {
      const node = path.at(height);
      if (node === undefined || node.body !== 'missing' || this.#asked.has(node.point.hash)) continue;
      if (!isNext(node) && !this.#hasRoomFor(1)) break;
      const { hash } = node.point;
      hashes.push(hash);
      peer.inFlight.add(hash);
      this.#asked.set(hash, { peer, height });
    }
    path.next = height;
    return hashes;
  }

  /** The path to `best`: its own or another peer's, made longer where `best` stands above its end. */
  #pathTo(peer: PeerSession, best: TreeNode): DownloadPath | undefined {
    if (!this.#isInTree(best)) return undefined;
    const { height } = best.point.header;
    if (peer.path?.isRooted === true && peer.path.at(height) === best) {
      peer.path.trim();
      return peer.path;
    }
    peer.path = undefined;
    const paths = this.#paths();
    const above: TreeNode[] = [];
    for (let node = best; ; ) {
      const path = paths.find((other) => other.at(node.point.header.height) === node);
      // Where it leaves the path before its end, it is a branch, with a path of its own.
      if (path !== undefined && (above.length === 0 || path.last === node)) {
        for (const next of above.reverse()) path.push(next);
        peer.path = path;
        return path;
      }
      above.push(node);
      if (node.parent === undefined) return undefined;
      if (node.parent.isActive) break;
      node = node.parent;
    }
    peer.path = new DownloadPath(above.reverse());
    return peer.path;
  }

  /** The paths that are in use. */
  #paths(): DownloadPath[] {
    const paths = new Set<DownloadPath>();
    for (const { path } of this.#peers.values()) if (path?.isRooted === true) paths.add(path);
    for (const path of paths) path.trim();
    return [...paths];
  }

  /** What the peer has shown was forgotten here, so that it has to show it again. */
  #forgetShown(peer: PeerSession, nowMs: number): void {
    peer.best = undefined;
    peer.shown = undefined;
    peer.claimedTip = undefined;
    peer.hasMoreHeaders = true;
    peer.headersNotBeforeMs = nowMs + HOLD_RETRY_MS;
  }

  /** How many bodies one peer is asked for at once. */
  #inFlightMax(): number {
    const count = Math.floor(IN_FLIGHT_BYTES_PER_PEER_MAX / this.#bodyBytes);
    return Math.min(BLOCKS_IN_FLIGHT_PER_PEER_MAX, Math.max(BLOCKS_IN_FLIGHT_PER_PEER_MIN, count));
  }

  /** Whether `planned` more bodies would fit beside those that are here and on their way. By the sizes seen, half is filled. */
  #hasRoomFor(planned: number): boolean {
    const { heldBytes, heldCount } = this.#intake;
    const coming = this.#asked.size + planned;
    return (
      heldCount + coming <= DOWNLOAD_WINDOW_BLOCKS && heldBytes + coming * this.#bodyBytes <= HELD_BODY_BYTES_MAX / 2
    );
  }

  #isInTree(node: TreeNode): boolean {
    return this.#tree.find(node.point.hash) === node;
  }

  /** These bodies can be asked of anybody again. */
  #release(peer: PeerSession, hashes: readonly Hash[]): void {
    let lowest = Number.POSITIVE_INFINITY;
    for (const hash of hashes) {
      peer.inFlight.delete(hash);
      const asked = this.#asked.get(hash);
      if (asked?.peer !== peer) continue;
      this.#asked.delete(hash);
      lowest = Math.min(lowest, asked.height);
    }
    this.#askAgainFrom(lowest);
  }

  /** Bodies from this height up are looked through again for those that nobody was asked for. */
  #askAgainFrom(height: number): void {
    for (const path of this.#paths()) path.next = Math.min(path.next, height);
  }
}

/** Whether the peer has shown a better chain than the one that ends in `tip`. */
function isAhead({ best }: PeerSession, tip: TreeNode): boolean {
  return best !== undefined && best !== tip && isBetterTip(best.point, tip.point);
}

/** Whether the body is the one that all others wait for: for it there is always room. */
function isNext({ parent }: TreeNode): boolean {
  return parent === undefined || parent.body === 'stored';
}

/** Taken for the size of a body before any has come. */
const BODY_BYTES_AT_FIRST = 32_768;
/** As long as the average over the latest bodies reaches back. */
const SIZES_REMEMBERED = 32;
/** The patience with a peer that has stalled three times in a row. */
const STALL_MS_HOPELESS = 8 * STALL_MS_MIN;
