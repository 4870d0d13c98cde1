/**
 * What the page's own light client has found out, as plain data: it passes between the worker and the page, and is shown.
 *
 * Texts are whole sentences in plain words; codes are those of docs/spec/errors.md where a fault has one.
 */
import type { CheckFact, CheckStep } from '../../core/check-step.ts';
import type { Authorship } from '../../core/signed-entry.ts';
import type { PeerStanding } from '../../protocol/light-effects.ts';

/** Where the verifier stands, all of it, at one moment. A new one for each change; never altered. */
export interface VerifierStatus {
  /**
   * - `starting`: its code is being loaded, or the network's parameters asked for
   * - `connecting`: no peer is connected, and nothing is proven yet
   * - `checking`: a peer is connected, and its chain is being checked
   * - `verified`: `tip` is proven, and followed
   * - `cut-off`: `tip` was proven, but no peer is left that would tell of a newer one
   * - `untrusted`: the gateway's nodes belong to another network than the one that is trusted; nothing is checked
   * - `failed`: it could not start, or broke: `trouble` says why
   */
  readonly phase: 'starting' | 'connecting' | 'checking' | 'verified' | 'cut-off' | 'untrusted' | 'failed';
  readonly trust: TrustRoot | undefined;
  /** The tip of the chain with the most work that any peer has shown. */
  readonly tip: VerifiedTip | undefined;
  /** How the chain up to `tip` was checked: the last whole check, and what was followed since. */
  readonly steps: readonly CheckStep[];
  /** One for each running node, by port. */
  readonly peers: readonly PeerVerdict[];
  /** How what the gateway shows of tips stands to what the peers have proven. */
  readonly gateway: GatewayVerdict;
  readonly trouble: Trouble | undefined;
}

/** What everything else is checked against, and why it is believed. */
export interface TrustRoot {
  readonly genesisHash: string;
  /** Undefined until the parameters are known that hash to it. */
  readonly networkName: string | undefined;
  /**
   * - `built-in`: the default network's, part of this page
   * - `first-use`: what the gateway said when this browser first saw it; believed from then on
   * - `set`: put in by the user
   */
  readonly origin: 'built-in' | 'first-use' | 'set';
  /** What the gateway's nodes say; another one than `genesisHash` means another network, or a lie. */
  readonly offered: string | undefined;
}

export interface VerifiedTip {
  readonly height: number;
  readonly hash: string;
  /** Unix seconds, as the header says. */
  readonly timestamp: number;
  /** Expected number of hash tries in the whole chain, as a decimal string. */
  readonly work: string;
  /** The node that showed it first. */
  readonly port: number | undefined;
  /** Whether the chain below was sampled, as docs/spec/chain-proof.md has it, or every header of it was checked. */
  readonly method: 'proof' | 'headers';
  /** When it was found, in the browser's time: ms since 1970. */
  readonly sinceMs: number;
}

/** What is known of one node, from talking with it directly. */
export interface PeerVerdict {
  readonly port: number;
  /** As `PeerStanding` has it; `unreachable` where there is no connection, and `connecting` where one is being made. */
  readonly standing: PeerStanding | 'unreachable' | 'connecting';
  readonly isConnected: boolean;
  /** Its public key as libp2p writes it, proved by the connection. */
  readonly peerId: string | undefined;
  /** What program it says it is. */
  readonly agent: string | undefined;
  /** The tip of the chain that it has shown and that was checked. */
  readonly shown: TipFacts | undefined;
  /** The tip that it says it has; not checked. */
  readonly claimed: TipFacts | undefined;
  /** How it stands, in a sentence. */
  readonly text: string;
  /** The lie that it was caught in, or why it cannot be reached. */
  readonly trouble: Trouble | undefined;
}

export interface TipFacts {
  readonly height: number;
  readonly hash: string;
  /** A decimal string. */
  readonly work: string;
}

/**
 * - `agrees`: every tip that it shows is on the chain that was verified, or a branch of it that a peer has shown
 * - `behind`: for some seconds now it has shown less of the chain than there is
 * - `invented`: it shows a block that the node itself does not have
 * - `unchecked`: there is nothing to compare yet
 */
export interface GatewayVerdict {
  readonly outcome: 'agrees' | 'behind' | 'invented' | 'unchecked';
  readonly text: string;
  /** The nodes of which it shows something else than they do. */
  readonly ports: readonly number[];
}

export interface Trouble {
  readonly code: string;
  readonly text: string;
  readonly facts: readonly CheckFact[];
}

/**
 * What became of one check of something that the page shows.
 *
 * - `verified`: it is as shown, in the chain that ends in `tip`; of the authors of an entry, their signatures are right
 * - `refuted`: it is not: the last of `steps` says what is wrong
 * - `unchecked`: nobody could be asked, or nobody has shown it; not a lie, but to be believed only if the gateway is
 */
export interface Verdict {
  readonly outcome: 'verified' | 'refuted' | 'unchecked';
  /** The outcome in a sentence. */
  readonly text: string;
  readonly steps: readonly CheckStep[];
  /** Where it stands, if it is verified and was held against the chain. */
  readonly place: VerifiedPlace | undefined;
  /** Who has signed it, if it is an entry and verified. */
  readonly authors: readonly Authorship[];
}

export interface VerifiedPlace {
  readonly height: number;
  readonly hash: string;
  /** Of an entry, its index in the block. */
  readonly index: number | undefined;
  /** Of an entry, how many its block has. */
  readonly count: number | undefined;
  /** The path from the entry's leaf to the data root, from the leaf up: hashes of the siblings. */
  readonly path: readonly string[];
  readonly dataRoot: string | undefined;
  /** Height and hash of the tip that it was held against. */
  readonly tip: { readonly height: number; readonly hash: string };
}
