/**
 * What goes into the light client's machine and what comes out of it, as `effects.ts` has it for the full node: inputs
 * are facts, effects are orders, and nothing else passes between the machine and the world.
 */
import type { Block } from '../core/block.ts';
import type { ChainProofFault, ChainProofReport } from '../core/chain-proof.ts';
import type { EntryProof, EntryProofFault } from '../core/entry-proof.ts';
import type { Hash } from '../core/hash.ts';
import type { Header } from '../core/header.ts';
import type { HeaderProof, HeaderProofFault } from '../core/header-proof.ts';
import type { Result } from '../core/result.ts';
import type { BlockFault, ChainPoint } from '../core/validation.ts';
import type { Facts, PeerId, RequestId } from './effects.ts';
import type { HeaderEvidence, HeaderFaultShown } from './header-evidence.ts';
import type { Message, MessageFault } from './message.ts';
import type { PeerTip } from './peer-session.ts';

export type LightInput =
  /** A stream to a full node is open. */
  | { readonly type: 'peer-connected'; readonly peer: PeerId; readonly address: string }
  | { readonly type: 'peer-disconnected'; readonly peer: PeerId; readonly reason: string }
  | { readonly type: 'message-received'; readonly peer: PeerId; readonly message: Message }
  | { readonly type: 'message-malformed'; readonly peer: PeerId; readonly fault: MessageFault }
  /** Somebody wants to know something. Answered once, by `answered` with the same `request`. */
  | { readonly type: 'asked'; readonly request: RequestId; readonly question: LightQuestion }
  /** Whoever asked has gone: no answer will be given. */
  | { readonly type: 'request-cancelled'; readonly request: RequestId }
  /** Time has passed: about four times a second. */
  | { readonly type: 'tick' };

export type LightEffect =
  | { readonly type: 'send'; readonly peer: PeerId; readonly message: Message }
  | { readonly type: 'disconnect'; readonly peer: PeerId; readonly note: string }
  /** A peer has shown a whole chain, from the genesis to `point`, and it is valid. Whether it is the best one, `tip-moved` says. */
  | { readonly type: 'tip-proven'; readonly peer: PeerId; readonly point: ChainPoint; readonly report: TipReport }
  /** The chain that is followed has another tip: of those that any peer has shown, the one with the most work. */
  | { readonly type: 'tip-moved'; readonly move: TipMove }
  /** What is known of a peer has changed. */
  | { readonly type: 'peer-judged'; readonly peer: LightPeer }
  /** A peer has sent what cannot be true. It is hung up on, and not listened to again. */
  | { readonly type: 'peer-convicted'; readonly peer: PeerId; readonly conviction: Conviction }
  | { readonly type: 'answered'; readonly request: RequestId; readonly result: Result<LightAnswer, QuestionFault> }
  /** For the log. */
  | { readonly type: 'report'; readonly level: 'info' | 'warn'; readonly code: string; readonly facts: Facts };

/** How a chain was checked: by sampling, as docs/spec/chain-proof.md has it, or header by header. */
export type TipReport =
  | { readonly method: 'proof'; readonly proof: ChainProofReport }
  | { readonly method: 'headers'; readonly headers: number };

export interface TipMove {
  /** Undefined where there was no chain before. */
  readonly from: PeerTip | undefined;
  readonly to: ChainPoint;
  /** The last height that both have in common, if it is known: below the window it need not be. */
  readonly forkHeight: number | undefined;
  /** Who showed the new tip first. */
  readonly peer: PeerId;
}

/**
 * Where a peer stands. All but the last are honest as far as anybody can tell: to be behind, or on a branch, is no crime.
 *
 * - `new`: has not shown a chain yet
 * - `agrees`: its tip is the one that is followed
 * - `behind`: its tip is an earlier block of the chain that is followed
 * - `forked`: its tip is on another branch, valid, with less work
 * - `apart`: valid and with less work; whether it is behind or on a branch is still being asked
 * - `silent`: has not shown the chain that it says it has, in the time that it was given
 * - `convicted`: has sent what cannot be true
 */
export type PeerStanding = 'new' | 'agrees' | 'behind' | 'forked' | 'apart' | 'silent' | 'convicted';

/** What is known of a peer, at one moment. */
export interface LightPeer {
  readonly id: PeerId;
  readonly address: string;
  /** Undefined until it has greeted. */
  readonly agent: string | undefined;
  readonly isConnected: boolean;
  readonly standing: PeerStanding;
  /** What it said its tip is; not believed. */
  readonly claimed: PeerTip | undefined;
  /** The tip of the chain that it has shown, all of it checked. */
  readonly shown: PeerTip | undefined;
  /** Whether it has shown headers that are ahead of this machine's clock, and so wait: too early, or the clock is wrong. */
  readonly isAhead: boolean;
  /** Why it was hung up on, if it was: a code of docs/spec/errors.md. */
  readonly fault: string | undefined;
}

/** A lie, and what it takes for anybody to see that it is one: `confirmConviction` does. */
export interface Conviction {
  readonly fault: ConvictionFault;
  readonly evidence: Evidence;
}

export type ConvictionFault = ChainProofFault | HeaderProofFault | EntryProofFault | HeaderFaultShown | BlockFault;

/** What was sent that cannot be true, and what it is held against. */
export type Evidence =
  /** A chain proof that does not hold: to be judged by the network's parameters alone. */
  | { readonly type: 'chain-proof'; readonly proof: Uint8Array }
  /** A header that breaks a rule after the ones before it. */
  | { readonly type: 'headers'; readonly headers: HeaderEvidence }
  /** Headers that are not those of the chain below the header `tip`, 118 bytes. */
  | { readonly type: 'header-proof'; readonly tip: Uint8Array; readonly proof: HeaderProof }
  /** An entry that is not where the proof says, in the chain below the header `tip`, 118 bytes. */
  | { readonly type: 'entry-proof'; readonly tip: Uint8Array; readonly proof: EntryProof }
  /** A body that is not the one that `header`, 118 bytes, commits to. */
  | { readonly type: 'body'; readonly header: Uint8Array; readonly bodyBytes: Uint8Array };

/** Everything is asked of the chain that is followed, and answered only by what was checked. */
export type LightQuestion =
  | { readonly type: 'header-at'; readonly height: number }
  /** The block at `height`, with its body; with a `hash`, only if it is that block. */
  | { readonly type: 'block'; readonly height: number; readonly hash: Hash | undefined }
  /** Where an entry stands. */
  | { readonly type: 'entry'; readonly id: Hash }
  /** Whether the chain goes on from what was its tip at some earlier time. */
  | { readonly type: 'extends'; readonly older: { readonly hash: Hash; readonly height: number } };

export type LightAnswer =
  | { readonly type: 'header-at'; readonly header: CheckedHeader }
  | { readonly type: 'block'; readonly header: CheckedHeader; readonly block: Block; readonly peer: PeerId }
  | { readonly type: 'entry'; readonly proof: EntryProof; readonly header: CheckedHeader }
  /** `header` is what stands at the height of the older tip: where that does not go on, another block. */
  | { readonly type: 'extends'; readonly doesExtend: boolean; readonly header: CheckedHeader };

/** A header of the chain that is followed, and what shows it. */
export interface CheckedHeader {
  readonly header: Header;
  readonly hash: Hash;
  /** Of all headers up to and including this one. */
  readonly work: bigint;
  /** Shows that it is in the history that `tip` commits to; undefined where the header was judged here itself. */
  readonly proof: HeaderProof | undefined;
  /** Who gave the proof. */
  readonly peer: PeerId | undefined;
  /** The tip at that moment. */
  readonly tip: ChainPoint;
}

export type QuestionFault =
  /** No chain is known yet, and none came in time. */
  | { readonly code: 'tip-unknown' }
  | { readonly code: 'height-not-on-chain'; readonly height: number; readonly tipHeight: number }
  /** Another block stands there. */
  | { readonly code: 'block-not-on-chain'; readonly hash: Hash; readonly there: Hash }
  /** None of the peers that were asked has such an entry in its chain. They may all hide it: nothing proves that it is not there. */
  | { readonly code: 'entry-not-shown'; readonly peersAsked: number }
  /** No peer has given an answer that holds. */
  | { readonly code: 'question-unanswered'; readonly peersAsked: number }
  | { readonly code: 'questions-full'; readonly limit: number };
