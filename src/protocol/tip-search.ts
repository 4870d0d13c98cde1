/**
 * How a light client comes to the chain with the most work (docs/spec/light-client.md#tip).
 *
 * The peer that claims the most is asked for a proof of its whole chain first. From then on every peer whose tip is not known
 * is asked for the headers that lead there; where these leave the chain below what is in memory, for a proof of its own. So
 * every tip that any peer has is checked, and nobody is asked for what another peer has shown already.
 */
import { assertPresent } from '../core/assert.ts';
import { verifyChainProof } from '../core/chain-proof.ts';
import { isBetterTip } from '../core/fork-choice.ts';
import type { JudgedHeaders } from '../core/header-run.ts';
import type { NetworkParams } from '../core/params.ts';
import type { PeerId } from './effects.ts';
import type { HeaderEvidence } from './header-evidence.ts';
import { countUntil, hashAt, headerCount, headerSlice, previousHashAt } from './header-run.ts';
import type { LightChain, LightNode } from './light-chain.ts';
import type { Conviction, LightEffect, TipReport } from './light-effects.ts';
import { CHAIN_PATIENCE_MS, CHAIN_PROOF_INTERVAL_MS, CHAIN_PROOF_TIMEOUT_MS } from './light-limits.ts';
import type { ChainWish, LightSession } from './light-session.ts';
import { tipOf } from './light-tip.ts';
import { HEADERS_PER_MESSAGE_MAX, HEADERS_TIMEOUT_MS, HOLD_RETRY_MS } from './limits.ts';
import type { Now } from './now.ts';
import type { PeerTip } from './peer-session.ts';

/** What came of something that a peer has sent. */
export interface LightOutcome {
  readonly effects: readonly LightEffect[];
  /** Why it cannot stay, if it cannot: a lie, or what nobody makes sense of. */
  readonly verdict: LightVerdict | undefined;
}

export type LightVerdict =
  | { readonly type: 'lie'; readonly conviction: Conviction }
  | { readonly type: 'nuisance'; readonly code: string }
  | { readonly type: 'unasked' };

export class TipSearch {
  readonly #chain: LightChain;
  readonly #params: NetworkParams;
  readonly #peers: ReadonlyMap<PeerId, LightSession>;

  constructor(options: {
    readonly chain: LightChain;
    readonly params: NetworkParams;
    readonly peers: ReadonlyMap<PeerId, LightSession>;
  }) {
    this.#chain = options.chain;
    this.#params = options.params;
    this.#peers = options.peers;
  }

  /** A peer has said what its tip is. */
  greeted(peer: LightSession): LightEffect[] {
    peer.wish = this.#hasChain ? 'headers' : 'proof';
    return this.#believeKnownTip(peer);
  }

  /** A peer gives a proof of its whole chain. */
  proofReceived(peer: LightSession, bytes: Uint8Array, now: Now): LightOutcome {
    if (peer.asked?.what !== 'proof') return UNASKED;
    peer.asked = undefined;
    peer.proofNotBeforeMs = now.steadyMs + CHAIN_PROOF_INTERVAL_MS;
    const proven = verifyChainProof(bytes, this.#params);
    if (!proven.ok) {
      const conviction = { fault: proven.fault, evidence: { type: 'chain-proof', proof: bytes } } as const;
      return { effects: [], verdict: { type: 'lie', conviction } };
    }
    const { tail, tip, report } = proven.value;
    const latest = this.#latestTime(now);
    // Times never go back, so what is ahead of the clock is at the end.
    const timely = tail.filter(({ header }) => header.timestamp <= latest);
    const last = this.#chain.insert(timely);
    peer.isAhead = timely.length < tail.length;
    if (last === undefined) return NOTHING;
    const effects = this.#shows(peer, last, { method: 'proof', proof: report });
    if (peer.isAhead) this.#askAgainLater(peer, tipOf(tip), now.steadyMs);
    else this.#isAtEnd(peer);
    return { effects, verdict: undefined };
  }

  /** A peer has no proof to give. */
  proofMissing(peer: LightSession): LightOutcome {
    if (peer.asked?.what !== 'proof') return UNASKED;
    peer.asked = undefined;
    this.#beginWalk(peer);
    return NOTHING;
  }

  /** A peer gives headers, or tells of a new tip by its header. */
  headersReceived(peer: LightSession, run: Uint8Array, now: Now): LightOutcome {
    if (headerCount(run) === 0) return this.#hasNoMore(peer);
    const count = countUntil(run, this.#latestTime(now));
    const isHeld = count < headerCount(run);
    if (isHeld) {
      // Ahead of our clock is not wrong: the same headers are asked for again a little later.
      this.#isAnswered(peer);
      this.#askAgainLater(peer, toldTip(peer, run), now.steadyMs);
      if (count === 0) return NOTHING;
    }
    const timely = headerSlice(run, 0, count);
    const known = this.#chain.knownPrefix(timely);
    const parent = known.last ?? this.#chain.find(previousHashAt(timely, 0));
    if (parent === undefined) {
      this.#hasGoneOn(peer, timely);
      return NOTHING;
    }
    this.#isAnswered(peer);
    const isFull = count === HEADERS_PER_MESSAGE_MAX;
    if (!this.#chain.canJudgeAfter(parent) || (isFull && peer.walked === undefined)) {
      // So far behind, or from so far down, a proof is less to send and less to check.
      if (peer.walked !== undefined) peer.walked = this.#chain.genesis;
      else peer.wish = 'proof';
      return NOTHING;
    }
    return this.#judge(peer, parent, headerSlice(timely, known.count), { isHeld, isFull });
  }

  /** What there is to ask for now. */
  proceed(nowMs: number): LightEffect[] {
    const effects: LightEffect[] = [];
    for (const peer of this.#peers.values()) {
      this.#expire(peer, nowMs);
      effects.push(...this.#believeKnownTip(peer));
      const isDue = peer.wish === 'headers' && peer.asked === undefined && nowMs >= peer.headersNotBeforeMs;
      if (isDue) effects.push(this.#ask(peer, 'headers', nowMs));
    }
    const next = this.#nextForChain(nowMs);
    if (next?.wish !== undefined) effects.push(this.#ask(next, next.wish, nowMs));
    return effects;
  }

  /** Whether there is a chain to hold others against; the genesis alone is none. */
  get #hasChain(): boolean {
    return this.#chain.tip !== undefined && this.#chain.tip !== this.#chain.genesis;
  }

  #judge(
    peer: LightSession,
    parent: LightNode,
    run: Uint8Array,
    { isHeld, isFull }: { readonly isHeld: boolean; readonly isFull: boolean },
  ): LightOutcome {
    const { last, fault, evidence } = this.#chain.extend(parent, run);
    if (fault !== undefined) return { effects: [], verdict: verdictOn(fault, evidence) };
    if (peer.walked !== undefined && isFull && last !== peer.walked) {
      peer.walked = last;
      peer.isSilent = false;
      return NOTHING;
    }
    const effects = this.#endsIn(peer, last);
    if (!isHeld) this.#isAtEnd(peer);
    return { effects, verdict: undefined };
  }

  /** The peer has nothing beyond what it was asked to go on from. */
  #hasNoMore(peer: LightSession): LightOutcome {
    const { walked } = peer;
    if (!this.#isAnswered(peer)) return UNASKED;
    if (walked !== undefined) {
      const effects = this.#endsIn(peer, walked);
      this.#isAtEnd(peer);
      return { effects, verdict: undefined };
    }
    // Its tip is one that is known, but not the one that it named.
    if (!peer.hasNews) peer.wish = 'proof';
    peer.hasNews = false;
    return NOTHING;
  }

  /** The peer has shown a chain up to `node`, by headers; all of it, if it was walked. */
  #endsIn(peer: LightSession, node: LightNode): LightEffect[] {
    const isWalked = peer.walked !== undefined;
    peer.walked = undefined;
    if (isWalked) peer.wish = 'headers';
    return this.#shows(peer, node, isWalked ? { method: 'headers', headers: node.point.header.height } : undefined);
  }

  /** The peer has shown a valid chain up to `node`. */
  #shows(peer: LightSession, node: LightNode, report: TipReport | undefined): LightEffect[] {
    peer.shown = node;
    peer.isSilent = false;
    peer.unaskedCount = 0;
    const effects: LightEffect[] = [];
    const { point } = node;
    if (report !== undefined) effects.push({ type: 'tip-proven', peer: peer.id, point, report });
    const { tip } = this.#chain;
    const hadChain = this.#hasChain;
    const forkHeight = this.#chain.forkHeight(node);
    if (!this.#chain.follow(node)) return effects;
    const from = tip === undefined ? undefined : tipOf(tip.point);
    effects.push({ type: 'tip-moved', move: { from, to: point, forkHeight, peer: peer.id } });
    // It may be another chain all the way down: who is on it, and who is not, has to be found out anew.
    if (forkHeight === undefined) for (const other of this.#peers.values()) other.displace();
    if (hadChain || !this.#hasChain) return effects;
    // What others have is mostly the same, or near it.
    for (const other of this.#peers.values()) if (other.wish === 'proof') other.wish = 'headers';
    return effects;
  }

  /** All that the peer has is shown, as far as it has told. */
  #isAtEnd(peer: LightSession): void {
    const { shown, claimed, hasNews } = peer;
    const isMore = hasNews && claimed !== undefined && this.#chain.find(claimed.hash) === undefined;
    peer.hasNews = false;
    peer.isAhead = false;
    peer.wish = isMore ? 'headers' : undefined;
    if (!isMore && shown !== undefined) peer.claimed = tipOf(shown.point);
  }

  /** Its tip may have become known through others: then it need not be asked. */
  #believeKnownTip(peer: LightSession): LightEffect[] {
    if (peer.wish === undefined || peer.asked !== undefined || peer.claimed === undefined) return [];
    const known = this.#chain.find(peer.claimed.hash);
    if (known === undefined) return [];
    // Unless it is this peer itself that has shown it just now.
    if (peer.walked !== known) peer.walked = undefined;
    const effects = this.#endsIn(peer, known);
    this.#isAtEnd(peer);
    return effects;
  }

  /** The peer tells of a tip that builds on what is not known here. */
  #hasGoneOn(peer: LightSession, run: Uint8Array): void {
    peer.claimed = toldTip(peer, run);
    peer.hasNews = true;
    peer.wish ??= this.#hasChain ? 'headers' : 'proof';
  }

  #beginWalk(peer: LightSession): void {
    peer.wish = 'walk';
    peer.walked = this.#chain.genesis;
  }

  /** The peer has headers up to `claimed`, not all of which are in time. */
  #askAgainLater(peer: LightSession, claimed: PeerTip, nowMs: number): void {
    peer.claimed = claimed;
    peer.isAhead = true;
    peer.wish ??= 'headers';
    peer.headersNotBeforeMs = nowMs + HOLD_RETRY_MS;
  }

  /** Whether the peer was asked for headers; if so, that is done. */
  #isAnswered(peer: LightSession): boolean {
    if (peer.asked === undefined || peer.asked.what === 'proof') return false;
    peer.asked = undefined;
    return true;
  }

  /** Gives up on an answer that has not come in time. */
  #expire(peer: LightSession, nowMs: number): void {
    if (peer.asked === undefined) return;
    const { what, sinceMs } = peer.asked;
    if (nowMs - sinceMs <= (what === 'proof' ? CHAIN_PROOF_TIMEOUT_MS : HEADERS_TIMEOUT_MS)) return;
    peer.asked = undefined;
    peer.isSilent = true;
    peer.headersNotBeforeMs = nowMs + HEADERS_TIMEOUT_MS;
    if (what === 'proof') return this.#beginWalk(peer);
    if (what === 'headers') return;
    peer.walked = undefined;
    peer.wish = 'proof';
  }

  /**
   * Who is to be asked for a whole chain: one at a time, as long as they are prompt. First who was asked the least, so that
   * nobody keeps the others from being heard, and of these who claims the most.
   */
  #nextForChain(nowMs: number): LightSession | undefined {
    let next: LightSession | undefined;
    for (const peer of this.#peers.values()) {
      const { asked, wish } = peer;
      if (asked !== undefined && asked.what !== 'headers' && nowMs - asked.sinceMs <= CHAIN_PATIENCE_MS)
        return undefined;
      if (asked !== undefined || wish === undefined || wish === 'headers') continue;
      if (nowMs < (wish === 'proof' ? peer.proofNotBeforeMs : peer.headersNotBeforeMs)) continue;
      if (next === undefined || goesBefore(peer, next)) next = peer;
    }
    return next;
  }

  #ask(peer: LightSession, what: ChainWish, nowMs: number): LightEffect {
    peer.asked = { what, sinceMs: nowMs };
    if (what === 'proof' || peer.walked === this.#chain.genesis) peer.chainsAsked++;
    if (what === 'proof') return { type: 'send', peer: peer.id, message: { type: 'get-chain-proof' } };
    const from = assertPresent(peer.walked ?? peer.shown ?? this.#chain.tip, 'headers go on from what is known');
    return { type: 'send', peer: peer.id, message: { type: 'get-headers', locator: this.#chain.locator(from) } };
  }

  /** The latest time, Unix seconds, that a header may have for now. */
  #latestTime(now: Now): number {
    return Math.floor(now.unixMs / 1000) + this.#params.futureTimeMax;
  }
}

function verdictOn(fault: NonNullable<JudgedHeaders['fault']>, evidence: HeaderEvidence | undefined): LightVerdict {
  if (fault.code === 'parent-unknown' || evidence === undefined) return { type: 'nuisance', code: fault.code };
  return { type: 'lie', conviction: { fault, evidence: { type: 'headers', headers: evidence } } };
}

/** The tip that a peer tells of by the last header in `run`; nothing but its hash is sure. */
function toldTip(peer: LightSession, run: Uint8Array): PeerTip {
  const { height, work } = claimOf(peer);
  return { hash: hashAt(run, headerCount(run) - 1), height: height + 1, work };
}

function goesBefore(one: LightSession, other: LightSession): boolean {
  if (one.chainsAsked !== other.chainsAsked) return one.chainsAsked < other.chainsAsked;
  return isBetterTip(claimOf(one), claimOf(other));
}

function claimOf({ claimed }: LightSession): PeerTip {
  return assertPresent(claimed, 'who has greeted has named a tip');
}

const NOTHING: LightOutcome = { effects: [], verdict: undefined };
const UNASKED: LightOutcome = { effects: [], verdict: { type: 'unasked' } };
