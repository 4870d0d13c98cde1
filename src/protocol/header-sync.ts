/**
 * How headers come in (docs/spec/wire.md#sync). A short answer goes into the tree at once, if its branch has about as much
 * work as our chain. A full one, behind which there is more, is only judged; when the whole chain has shown more work
 * than ours, its headers are fetched a second time, and let in as bodies come. So what has little work takes no room.
 *
 * What a message is, its own bytes say: it goes on with what its first header builds on, whoever sends it. Peers with the
 * same chain go on where another of them has stopped.
 */
import { assertPresent } from '../core/assert.ts';
import { isBetterTip } from '../core/fork-choice.ts';
import type { Hash } from '../core/hash.ts';
import type { NetworkParams } from '../core/params.ts';
import type { ChainPoint } from '../core/validation.ts';
import type { BlockDownload } from './block-download.ts';
import type { BlockTree, TreeFault, TreeNode } from './block-tree.ts';
import type { Effect, PeerId } from './effects.ts';
import { bestFirst, chainEndingIn, chainTo, HeaderPresync } from './header-presync.ts';
import { countUntil, hashAt, headerCount, headerSlice, previousHashAt } from './header-run.ts';
import { HeaderTurns, isBusy } from './header-turns.ts';
import {
  HEADER_LEAD_BLOCKS_MAX,
  HEADERS_PER_MESSAGE_MAX,
  HEADERS_TIMEOUT_MS,
  HOLD_RETRY_MS,
  SECOND_PASS_PATIENCE_MS,
  TREE_HEADERS_MAX,
} from './limits.ts';
import type { Now } from './now.ts';
import type { PeerSession } from './peer-session.ts';
import { SecondPass } from './second-pass.ts';

export type HeaderFault = TreeFault | { readonly code: 'headers-changed'; readonly expected: Hash };

interface Taken {
  readonly effects: readonly Effect[];
  readonly fault: HeaderFault | undefined;
}

export class HeaderSync {
  readonly #tree: BlockTree;
  readonly #params: NetworkParams;
  readonly #peers: ReadonlyMap<PeerId, PeerSession>;
  readonly #download: BlockDownload;
  readonly #turns: HeaderTurns;
  /** Headers that wait until the place they build on was read from disk. */
  readonly #unrooted = new Map<PeerId, Uint8Array>();
  /** The chain with the most work that was shown in a first pass and is not in the tree yet. */
  #second: SecondPass | undefined;
  /** Who was asked for a message of the second pass. */
  #secondAsked: PeerSession | undefined;
  #tipBefore: TreeNode | undefined;
  /** Since when the tip has been where it is, or it was last asked who leads further. */
  #standsSinceMs = 0;

  constructor(options: {
    readonly tree: BlockTree;
    readonly params: NetworkParams;
    readonly peers: ReadonlyMap<PeerId, PeerSession>;
    readonly download: BlockDownload;
  }) {
    this.#tree = options.tree;
    this.#params = options.params;
    this.#peers = options.peers;
    this.#download = options.download;
    this.#turns = new HeaderTurns(options);
  }

  /** How high the chain reaches that is being let in; 0 without one. */
  get provenHeight(): number {
    return this.#second?.chain.point.header.height ?? 0;
  }

  /** How high headers have been judged in a first pass that goes on; 0 without one. */
  get judgedHeight(): number {
    let height = 0;
    for (const { presync } of this.#peers.values()) height = Math.max(height, presync?.point.header.height ?? 0);
    return height;
  }

  greeted(peer: PeerSession): void {
    peer.hasMoreHeaders = this.#claimsMore(peer);
    this.#turns.joined(peer);
  }

  received(peer: PeerSession, run: Uint8Array, now: Now): Taken {
    if (headerCount(run) === 0) {
      if (this.#secondAsked === peer) this.#second?.fail(peer);
      this.#answered(peer, now.steadyMs);
      peer.hasMoreHeaders = false;
      // Its chain ended with its last full answer.
      if (peer.presync !== undefined) this.#hasShown(peer, peer.presync, now.steadyMs);
      peer.presync = undefined;
      return NOTHING;
    }
    return this.#take(peer, run, now);
  }

  /** Headers that build on `hash` can be judged if that is on the active chain, below the window. */
  branchPointLoaded(
    peer: PeerSession,
    loaded: { readonly hash: Hash; readonly point: ChainPoint | undefined },
    now: Now,
  ): Taken {
    const run = this.#unrooted.get(peer.id);
    if (run === undefined || previousHashAt(run, 0) !== loaded.hash) return NOTHING;
    this.#unrooted.delete(peer.id);
    if (!this.#tree.hasRoomFor(1)) this.#makeRoom();
    if (loaded.point !== undefined && this.#tree.addAnchor(loaded.point) !== undefined) {
      return this.#take(peer, run, now);
    }
    // One header alone was the news of a tip, and the answer is still to come.
    if (headerCount(run) === 1) return this.#hasGoneOn(peer, run);
    // Either it answers at random, or our chain moved between question and answer: it is asked again, a little later.
    this.#answered(peer, now.steadyMs);
    peer.presync = undefined;
    peer.headersNotBeforeMs = now.steadyMs + HOLD_RETRY_MS;
    if (this.#second?.due.parent === loaded.hash) this.#leaveSecondPass();
    return { effects: [], fault: { code: 'parent-unknown', parent: loaded.hash } };
  }

  /** The peer does not have what it was taken to have. */
  lacks(peer: PeerSession): void {
    this.#second?.fail(peer);
  }

  peerGone(peer: PeerSession): void {
    this.#unrooted.delete(peer.id);
    this.#second?.peerGone(peer);
    if (this.#secondAsked === peer) this.#secondAsked = undefined;
  }

  /** What there is to ask for now. */
  proceed(nowMs: number): Effect[] {
    for (const peer of this.#peers.values()) {
      if (!peer.isGreeted) continue;
      if (peer.headersAskedMs !== undefined && nowMs - peer.headersAskedMs > HEADERS_TIMEOUT_MS) {
        if (this.#secondAsked === peer) this.#second?.fail(peer);
        this.#answered(peer, nowMs);
        peer.headersNotBeforeMs = nowMs + HEADERS_TIMEOUT_MS;
      }
      this.#believeKnownTip(peer);
    }
    return [...this.#askForSecondPass(nowMs), ...this.#turns.askForMore(() => this.#chains(), nowMs)];
  }

  /** Takes headers for what they go on with. */
  #take(peer: PeerSession, run: Uint8Array, { steadyMs, unixMs }: Now): Taken {
    const condemned = this.#tree.condemnedIn(run);
    if (condemned !== undefined) {
      this.#answered(peer, steadyMs);
      return { effects: [], fault: condemned };
    }
    const count = countUntil(run, Math.floor(unixMs / 1000) + this.#params.futureTimeMax);
    const isHeld = count < headerCount(run);
    const isFull = !isHeld && count === HEADERS_PER_MESSAGE_MAX;
    if (isHeld) {
      // Ahead of our clock is not wrong: the same headers are asked for again a little later.
      this.#answered(peer, steadyMs);
      peer.hasMoreHeaders = true;
      peer.headersNotBeforeMs = steadyMs + HOLD_RETRY_MS;
      if (count === 0) return NOTHING;
    }
    return this.#goOn(peer, headerSlice(run, 0, count), { isHeld, isFull, nowMs: steadyMs });
  }

  #goOn(peer: PeerSession, run: Uint8Array, message: MessageKind): Taken {
    const { nowMs } = message;
    const parentHash = previousHashAt(run, 0);
    const known = this.#tree.knownPrefix(run);
    const parent = known.last ?? this.#tree.find(parentHash);
    const isDue = this.#second?.isDue(run) === true;
    if (isDue && this.#tree.find(parentHash) !== undefined) return this.#letIn(peer, run, message);
    if (!isDue && this.#secondAsked === peer && this.#second?.due.parent === parentHash) {
      // It has another chain now: what follows is judged like anything new.
      this.#second.fail(peer);
      this.#secondAsked = undefined;
      const { hash: expected } = this.#second.due;
      const { effects, fault } = this.#goOn(peer, run, message);
      return { effects, fault: fault ?? (message.isFull ? { code: 'headers-changed', expected } : undefined) };
    }
    if (parent !== undefined) {
      this.#answered(peer, nowMs);
      return this.#goOnInTree(peer, headerSlice(run, known.count), parent, message);
    }
    const chain = chainTo([peer.presync, ...this.#chains()], parentHash) ?? chainEndingIn(this.#chains(), run);
    // What is due was judged before, and waits for the place where its chain begins.
    if (chain !== undefined && !isDue) {
      this.#answered(peer, nowMs);
      peer.isApart ||= peer.headersAskedFrom !== undefined && peer.headersAskedFrom !== parentHash;
      return this.#goOnJudging(peer, chain, run, message);
    }
    if (peer.headersAskedMs !== undefined && !this.#unrooted.has(peer.id)) {
      this.#unrooted.set(peer.id, run);
      return { effects: [{ type: 'load-branch-point', peer: peer.id, hash: parentHash }], fault: undefined };
    }
    return this.#hasGoneOn(peer, run);
  }

  /** `run` builds on `parent`, which is in the tree, and is not there itself. */
  #goOnInTree(peer: PeerSession, run: Uint8Array, parent: TreeNode, message: MessageKind): Taken {
    const { isHeld, isFull } = message;
    if (headerCount(run) === 0) {
      const shownBefore = peer.shown;
      this.#download.follow(peer, parent);
      // A full answer has more behind it, unless it leads nowhere new.
      peer.hasMoreHeaders = isHeld || (isFull && peer.shown !== shownBefore);
      return NOTHING;
    }
    if (isFull) return this.#goOnJudging(peer, new HeaderPresync(parent.point), run, message);
    if (this.#tree.leadOf(parent.point) > HEADER_LEAD_BLOCKS_MAX) {
      // Asked at once, it would say the same: bodies have to come nearer first.
      this.#download.follow(peer, parent);
      peer.hasMoreHeaders = true;
      return NOTHING;
    }
    if (!this.#tree.hasRoomFor(headerCount(run))) this.#makeRoom();
    const { last, fault } = this.#tree.addRun(run, parent);
    if (last !== undefined) this.#download.follow(peer, last);
    peer.hasMoreHeaders = isHeld && fault === undefined;
    return { effects: [], fault };
  }

  /** `run` goes on with `chain`, or with a part of it, and is judged and not kept. */
  #goOnJudging(peer: PeerSession, chain: HeaderPresync, run: Uint8Array, message: MessageKind): Taken {
    const other = chainEndingIn(this.#chains(), run);
    const fault = other === undefined ? chain.extend(run, this.#params) : undefined;
    const judged = other?.copyTo(other.point.hash) ?? chain;
    if (fault !== undefined || judged.isFull) {
      peer.presync = undefined;
      peer.hasMoreHeaders = false;
      return { effects: [], fault };
    }
    // A peer that shows the same again leads nowhere.
    const isNew = peer.presync?.point.hash !== judged.point.hash;
    peer.hasMoreHeaders = (message.isFull && isNew) || message.isHeld;
    peer.presync = message.isFull && isNew ? judged : undefined;
    if (!message.isFull) this.#hasShown(peer, judged, message.nowMs);
    return NOTHING;
  }

  /** The peer has shown a chain to its end. */
  #hasShown(peer: PeerSession, chain: HeaderPresync, nowMs: number): void {
    peer.isApart = false;
    const { hash, header, work } = chain.point;
    // Its claim is worth no more than what it has shown, nor less.
    if (!peer.hasMoreHeaders) peer.claimedTip = { hash, height: header.height, work };
    if (!isBetterTip(chain.point, this.#tree.tip.point)) return;
    const second = this.#second;
    if (second === undefined) this.#second = new SecondPass(chain, nowMs);
    else if (isBetterTip(chain.point, second.chain.point)) second.exchange(chain);
    else if (chain.point.hash !== second.chain.point.hash) return;
    this.#second?.addHolder(peer);
  }

  /** The message of the second pass that was due has come. */
  #letIn(peer: PeerSession, run: Uint8Array, message: MessageKind): Taken {
    const second = assertPresent(this.#second, 'what is due is so in a second pass');
    const { count, parent } = second.due;
    this.#answered(peer, message.nowMs);
    if (!this.#tree.hasRoomFor(count)) this.#makeRoom();
    if (!this.#tree.hasRoomFor(count)) {
      // It leaves ours so far down that it does not fit, which is no fault of whoever has it.
      this.#postponeSecondPass(message.nowMs);
      const report = {
        type: 'report',
        level: 'warn',
        code: 'header-tree-full',
        facts: { limit: TREE_HEADERS_MAX },
      } as const;
      return { effects: [report], fault: undefined };
    }
    const start = assertPresent(this.#tree.find(parent), 'a branch that is being let in is not forgotten');
    const { last: node, fault } = this.#tree.addRun(headerSlice(run, 0, count), start, 0n);
    if (fault !== undefined || node === undefined) return { effects: [], fault };
    second.advance(message.nowMs);
    second.addHolder(peer);
    for (const holder of second.holders) this.#download.follow(holder, node);
    if (second.isDone) this.#second = undefined;
    return count < headerCount(run) ? this.#goOn(peer, headerSlice(run, count), message) : NOTHING;
  }

  /** The chains that were judged and are not in the tree, the one with the most work first. */
  #chains(): HeaderPresync[] {
    const chains = [...this.#peers.values()].map(({ presync }) => presync);
    return bestFirst([this.#second?.chain, ...chains]);
  }

  /** The peer tells of a tip that builds on what is not known here. */
  #hasGoneOn(peer: PeerSession, run: Uint8Array): Taken {
    if (peer.claimedTip !== undefined) {
      const height = peer.claimedTip.height + 1;
      peer.claimedTip = { hash: hashAt(run, headerCount(run) - 1), height, work: peer.claimedTip.work };
    }
    peer.hasMoreHeaders = true;
    return NOTHING;
  }

  /** The peer has answered, or has had its time. */
  #answered(peer: PeerSession, nowMs: number): void {
    if (this.#secondAsked === peer) this.#secondAsked = undefined;
    this.#turns.answered(peer, nowMs);
  }

  #claimsMore(peer: PeerSession): boolean {
    const { claimedTip } = peer;
    if (claimedTip === undefined || this.#tree.find(claimedTip.hash) !== undefined) return false;
    return isBetterTip(claimedTip, this.#tree.tip.point);
  }

  /** Its tip may have become known through others: then it can deliver, too, and need not be asked for headers. */
  #believeKnownTip(peer: PeerSession): void {
    const { claimedTip } = peer;
    if (claimedTip === undefined) return;
    const second = this.#second;
    if (second !== undefined && claimedTip.hash === second.chain.point.hash && second.mayHave(peer)) {
      const node = second.isHolder(peer) ? undefined : this.#tree.find(second.due.parent);
      second.addHolder(peer);
      if (node !== undefined && !node.isActive) this.#download.follow(peer, node);
      peer.hasMoreHeaders = false;
      peer.presync = undefined;
    }
    const known = peer.shown === undefined ? this.#tree.find(claimedTip.hash) : undefined;
    if (known === undefined) return;
    this.#download.follow(peer, known);
    peer.hasMoreHeaders = false;
  }

  /** Asks for the next message of the second pass, as soon as bodies have come near enough. */
  #askForSecondPass(nowMs: number): Effect[] {
    const { tip } = this.#tree;
    const second = this.#second;
    if (tip !== this.#tipBefore) {
      this.#tipBefore = tip;
      this.#standsSinceMs = nowMs;
      if (second !== undefined) second.progressMs = nowMs;
    }
    if (second === undefined) {
      if (nowMs - this.#standsSinceMs <= SECOND_PASS_PATIENCE_MS) return [];
      // Nothing has come of what was shown: what was passed over for it may lead further.
      this.#standsSinceMs = nowMs;
      return this.#leaveSecondPass();
    }
    if (!isBetterTip(second.chain.point, tip.point)) return this.#leaveSecondPass();
    if (nowMs - second.progressMs > SECOND_PASS_PATIENCE_MS) {
      this.#postponeSecondPass(nowMs);
      return [];
    }
    if (this.#secondAsked !== undefined && isBusy(this.#secondAsked, nowMs)) return [];
    const parent = this.#tree.find(second.due.parent);
    if (parent === undefined && second.due.parent !== second.chain.start.hash) return this.#leaveSecondPass();
    if (this.#tree.leadOf((parent ?? { point: second.chain.start }).point) > HEADER_LEAD_BLOCKS_MAX) return [];
    const able = [...this.#peers.values()].filter((peer) => second.mayHave(peer));
    if (able.length === 0) return this.#leaveSecondPass();
    const inTurn = this.#turns.inTurn(able, nowMs);
    const peer = inTurn.find((one) => second.isHolder(one)) ?? inTurn[0];
    if (peer === undefined) return [];
    this.#secondAsked = peer;
    return [this.#turns.ask(peer, [second.due.parent, ...this.#tree.locator(parent ?? tip)], nowMs)];
  }

  /** What was judged is not let in: whoever claims more than our tip is asked again. */
  #leaveSecondPass(): Effect[] {
    [this.#second, this.#secondAsked] = [undefined, undefined];
    for (const peer of this.#peers.values()) if (this.#claimsMore(peer)) peer.hasMoreHeaders = true;
    return [];
  }

  /** The chain cannot be let in now: others have their turn, and those that hold it are asked again later. */
  #postponeSecondPass(nowMs: number): void {
    for (const peer of this.#second?.holders ?? []) peer.headersNotBeforeMs = nowMs + SECOND_PASS_PATIENCE_MS;
    this.#leaveSecondPass();
  }

  #makeRoom(): void {
    const proven = this.#second === undefined ? undefined : this.#tree.find(this.#second.due.parent);
    this.#download.makeRoom(proven);
  }
}

interface MessageKind {
  /** It ended in headers that are ahead of the clock. */
  readonly isHeld: boolean;
  /** There may be more behind it. */
  readonly isFull: boolean;
  readonly nowMs: number;
}

const NOTHING: Taken = { effects: [], fault: undefined };
