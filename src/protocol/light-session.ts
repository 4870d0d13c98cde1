/** What a light client knows of one connected peer. */
import type { Hash } from '../core/hash.ts';
import type { PeerId } from './effects.ts';
import type { LightNode } from './light-chain.ts';
import type { PeerTip } from './peer-session.ts';

/**
 * What there is to ask a peer for: the headers after those that are known, or its whole chain, as a proof, or, where it has
 * none to give, header by header.
 */
export type ChainWish = 'headers' | 'proof' | 'walk';

export class LightSession {
  readonly id: PeerId;
  readonly address: string;
  readonly connectedMs: number;
  heardMs: number;
  pingSentMs: number | undefined;
  /** Undefined until its hello. */
  agent: string | undefined;
  /** What it says its tip is: not believed, only asked for. Once it has shown a chain to its end, the end of that. */
  claimed: PeerTip | undefined;
  /** The end of the chain that it has shown. */
  shown: LightNode | undefined;
  /** What it is to be asked for as soon as that can be. */
  wish: ChainWish | undefined;
  /** What it was asked for and has not answered. */
  asked: { readonly what: ChainWish; readonly sinceMs: number } | undefined;
  /** How often it was asked for a whole chain. */
  chainsAsked = 0;
  /** How far its chain has been judged header by header. */
  walked: LightNode | undefined;
  /** Whether it told of a header that builds on what was not known, since it was last asked for headers. */
  hasNews = false;
  /** Not to be asked for headers before: it did not answer, or one was ahead of the clock. */
  headersNotBeforeMs = 0;
  /** Not to be asked for a chain proof before. */
  proofNotBeforeMs = 0;
  /** Whether it has shown headers that are ahead of the clock, and were not taken in. */
  isAhead = false;
  /** Whether it has not shown, in the time it was given, what it says it has. */
  isSilent = false;
  /** Whether the tip `hash`, which it has shown, is of the chain that is followed, where only a proof could tell. */
  placed: { readonly hash: Hash; readonly isOnChain: boolean } | undefined;
  /** That is not to be asked before. */
  placeNotBeforeMs = 0;
  /** How many questions about the chain it was asked: they go round, so that a liar among the peers is found out. */
  questionsAsked = 0;
  /** How many answers it gave to what it was not asked. */
  unaskedCount = 0;

  constructor(options: { readonly id: PeerId; readonly address: string; readonly nowMs: number }) {
    this.id = options.id;
    this.address = options.address;
    this.connectedMs = options.nowMs;
    this.heardMs = options.nowMs;
  }

  get isGreeted(): boolean {
    return this.agent !== undefined;
  }

  /** What was found out of its place counts no more, and may be asked at once. */
  displace(): void {
    this.placed = undefined;
    this.placeNotBeforeMs = 0;
  }
}
