/**
 * How a node comes to hold the best chain: headers first, from whoever claims more work, then the bodies from all peers
 * that have them (docs/spec/wire.md#sync).
 *
 * Judges nothing that it did not check: a peer's claim only makes the node ask. Works on the sessions it is given and
 * returns effects.
 */
import type { Hash } from '../core/hash.ts';
import type { NetworkParams } from '../core/params.ts';
import type { ChainPoint } from '../core/validation.ts';
import { BlockDownload, type BodyQuestions } from './block-download.ts';
import type { BlockIntake } from './block-intake.ts';
import type { BlockTree, TreeNode } from './block-tree.ts';
import type { Effect, PeerId } from './effects.ts';
import { type HeaderFault, HeaderSync } from './header-sync.ts';
import type { Now } from './now.ts';
import type { PeerSession } from './peer-session.ts';

/** What became of a `headers` message. */
export interface HeadersOutcome {
  readonly effects: readonly Effect[];
  /** Set when a header broke a rule, or was not what the peer had shown before. */
  readonly fault: HeaderFault | undefined;
}

/** How far the node is behind what has been shown to it. */
export interface SyncStatus {
  /** `headers` while no block can be fetched yet, because headers are still being judged. */
  readonly phase: 'idle' | 'headers' | 'blocks';
  /** How high the headers reach that were judged, kept or not. */
  readonly headersChecked: number;
  /** The height of the best chain that was shown, work and all. No mere claim. */
  readonly targetHeight: number;
  /** Blocks that are still to come. */
  readonly behind: number;
}

export class Sync {
  readonly #tree: BlockTree;
  readonly #headers: HeaderSync;
  readonly #download: BlockDownload;

  constructor(options: {
    readonly tree: BlockTree;
    readonly intake: BlockIntake;
    readonly params: NetworkParams;
    readonly peers: ReadonlyMap<PeerId, PeerSession>;
    readonly questions: BodyQuestions;
  }) {
    this.#tree = options.tree;
    this.#download = new BlockDownload(options);
    this.#headers = new HeaderSync({ ...options, download: this.#download });
  }

  get status(): SyncStatus {
    const { height } = this.#tree.tip.point.header;
    const targetHeight = Math.max(height, this.#tree.bestHeader.point.header.height, this.#headers.provenHeight);
    const headersChecked = Math.max(targetHeight, this.#headers.judgedHeight);
    const behind = targetHeight - height;
    const phase = behind > 0 ? 'blocks' : this.#headers.judgedHeight > height ? 'headers' : 'idle';
    return { phase, headersChecked, targetHeight, behind };
  }

  /** A peer has said how far its chain goes. */
  greeted(peer: PeerSession, nowMs: number): Effect[] {
    this.#headers.greeted(peer);
    return this.proceed(nowMs);
  }

  /** `run`: headers as they travel, 118 bytes each. */
  headersReceived(peer: PeerSession, run: Uint8Array, now: Now): HeadersOutcome {
    return this.#followedUp(this.#headers.received(peer, run, now), now.steadyMs);
  }

  /** Headers that build on `hash` can be judged if that is on the active chain, below the window. */
  branchPointLoaded(
    peer: PeerSession,
    loaded: { readonly hash: Hash; readonly point: ChainPoint | undefined },
    now: Now,
  ): HeadersOutcome {
    return this.#followedUp(this.#headers.branchPointLoaded(peer, loaded, now), now.steadyMs);
  }

  /** Whether the body of `hash` was asked for, of whomever, and has not come. */
  isAsked(hash: Hash): boolean {
    return this.#download.isAsked(hash);
  }

  /** A body of `sizeBytes` arrived. False where there is no room for it now: it will be asked for again. */
  blockReceived(peer: PeerSession, hash: Hash, sizeBytes: number, nowMs: number): boolean {
    return this.#download.received(peer, hash, sizeBytes, nowMs);
  }

  /** The body that came for `node` was not its own: it has to be asked for again. */
  bodyRefused(node: TreeNode): void {
    this.#download.askAgain(node);
  }

  /** What to ask this peer for next, after a delivery. */
  proceedWith(peer: PeerSession, nowMs: number): Effect[] {
    return this.#download.fetchFrom(peer, nowMs);
  }

  /** The peer does not have these after all: they are asked of others. */
  notFound(peer: PeerSession, hashes: readonly Hash[], nowMs: number): Effect[] {
    if (!this.#download.notFound(peer, hashes)) return [];
    this.#headers.lacks(peer);
    return this.#download.fetch(nowMs);
  }

  peerGone(peer: PeerSession, nowMs: number): Effect[] {
    this.#headers.peerGone(peer);
    this.#download.peerGone(peer);
    return this.proceed(nowMs);
  }

  /** What there is to ask for now: after a commit or a while. */
  proceed(nowMs: number): Effect[] {
    return [...this.#headers.proceed(nowMs), ...this.#download.fetch(nowMs)];
  }

  /** Takes requests back from peers that deliver nothing, and names those peers. */
  findStalled(nowMs: number): PeerSession[] {
    return this.#download.findStalled(nowMs);
  }

  #followedUp(outcome: HeadersOutcome, nowMs: number): HeadersOutcome {
    return { effects: [...outcome.effects, ...this.proceed(nowMs)], fault: outcome.fault };
  }
}
