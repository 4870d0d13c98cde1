/** What a node knows of one connected peer. */
import type { Hash } from '../core/hash.ts';
import type { TreeNode } from './block-tree.ts';
import type { DownloadPath } from './download-path.ts';
import type { PeerId } from './effects.ts';
import type { HeaderPresync } from './header-presync.ts';
import { KNOWN_IDS_PER_PEER_MAX, SCORE_HALF_LIFE_MS, STALL_MS_MIN } from './limits.ts';
import { OwedBodies } from './owed-bodies.ts';
import { RecentSet } from './recent-set.ts';

export interface PeerTip {
  readonly hash: Hash;
  readonly height: number;
  readonly work: bigint;
}

export class PeerSession {
  readonly id: PeerId;
  readonly address: string;
  readonly direction: 'inbound' | 'outbound';
  readonly connectedMs: number;
  /** Undefined until its hello. */
  agent: string | undefined;
  /** Whether it has said that it is a light client: it is asked for nothing, and told of no entries. */
  isLight = false;
  /** What it says its chain is: not believed, only asked for. Once it has shown a chain to its end, that one. */
  claimedTip: PeerTip | undefined;
  /** The last header that it has shown: where to ask on from. */
  shown: TreeNode | undefined;
  /** Of the headers that it has shown, the one with the most work. */
  best: TreeNode | undefined;
  /** Whether it is to be asked for headers as soon as that can be. */
  hasMoreHeaders = false;
  /** When the outstanding `get-headers` was sent. */
  headersAskedMs: number | undefined;
  /** The first hash of that question's locator. */
  headersAskedFrom: Hash | undefined;
  /** How long its answers with headers have taken so far: who takes long is asked less often. */
  headersSpentMs = 0;
  /** How far its chain has been judged in the first pass. */
  presync: HeaderPresync | undefined;
  /** Whether it did not go on with the chain of another when it could have: it has one of its own. */
  isApart = false;
  /** Not to be asked for headers before: it did not answer, or one was ahead of the clock. */
  headersNotBeforeMs = 0;
  /** The bodies it was asked for. */
  readonly inFlight = new OwedBodies();
  /** When it last delivered the body that was due, or was asked for one while it owed none. */
  deliveredMs = 0;
  stallMs = STALL_MS_MIN;
  /** While a message of the peer is judged, it can deliver nothing more: that is no fault of its. */
  isHeldBack = false;
  /** Its best chain above the active one, as it was last asked for bodies of it. Other peers may have the same. */
  path: DownloadPath | undefined;
  /** Ids of entries that it has. */
  readonly knownIds = new RecentSet(KNOWN_IDS_PER_PEER_MAX);
  /** How many entries it was asked for that have not come. */
  entriesAsked = 0;
  /** Whether it was asked for addresses and has not answered. */
  isAskedForPeers = false;
  heardMs: number;
  pingSentMs: number | undefined;
  #score = 0;
  #scoreMs = 0;

  constructor(options: {
    readonly id: PeerId;
    readonly address: string;
    readonly direction: 'inbound' | 'outbound';
    readonly nowMs: number;
  }) {
    this.id = options.id;
    this.address = options.address;
    this.direction = options.direction;
    this.connectedMs = options.nowMs;
    this.heardMs = options.nowMs;
  }

  get isGreeted(): boolean {
    return this.agent !== undefined;
  }

  /** Whether it has shown a chain of more work than this, or says so. */
  hasMoreWorkThan(work: bigint): boolean {
    return (this.best?.point.work ?? 0n) > work || (this.claimedTip?.work ?? 0n) > work;
  }

  /** 0 is spotless; faults lower it, and half of it is forgotten in ten minutes. */
  score(nowMs: number): number {
    return this.#score * 0.5 ** ((nowMs - this.#scoreMs) / SCORE_HALF_LIFE_MS);
  }

  /** Lowers the score, and gives back what it is then. */
  penalise(points: number, nowMs: number): number {
    this.#score = this.score(nowMs) - points;
    this.#scoreMs = nowMs;
    return this.#score;
  }
}
