/**
 * The addresses a node may dial, and when: it keeps trying, ever more slowly, until it has enough peers of its own
 * choosing. Addresses that its user named are never given up.
 *
 * With peers enough it looks around: it has one more as a guest, and another one a while later. Two parts of a network that
 * were apart so long that each has filled its places would otherwise never hear of each other again.
 */
import type { AddressSource, Effect, PeerId } from './effects.ts';
import {
  DIAL_BACKOFF_MS_MAX,
  DIAL_BACKOFF_MS_MIN,
  DIAL_TIMEOUT_MS,
  DIALS_AT_ONCE_MAX,
  KNOWN_ADDRESSES_MAX,
  LOOK_AROUND_MS,
  OUTBOUND_PEERS_TARGET,
} from './limits.ts';

interface KnownAddress {
  readonly address: string;
  source: AddressSource;
  /** Who answers there: as the address says, or as was found. */
  peer: PeerId | undefined;
  /** In a row; a peer that greeted ends the row. */
  failures: number;
  hasAnswered: boolean;
  /** Whether a node of this network has ever been there: worth trying for as long as there is room for it. */
  hasGreeted: boolean;
  /** When it was last dialled; 0: never. */
  dialledMs: number;
  /** Whether the peer that is connected was reached by a dial of this address. */
  isConnected: boolean;
  notBeforeMs: number;
  diallingSinceMs: number | undefined;
}

export class AddressBook {
  readonly #localPeer: PeerId;
  readonly #known = new Map<string, KnownAddress>();
  /** Those that are being dialled, the oldest dial first. */
  readonly #dialling = new Set<KnownAddress>();
  /** How many the user chose. */
  #chosenCount = 0;
  /** Where a guest is dialled, and who it is. */
  #guestAddress: KnownAddress | undefined;
  #guest: PeerId | undefined;
  #lookedMs: number | undefined;
  #looks = 0;

  constructor(options: { readonly localPeer: PeerId }) {
    this.#localPeer = options.localPeer;
  }

  get count(): number {
    return this.#known.size;
  }

  /** Remembers `address`; one heard of twice keeps the better source. Full, it forgets the oldest that the user did not choose. */
  add(address: string, source: AddressSource): void {
    const peer = peerOfAddress(address);
    if (peer === this.#localPeer) return;
    const known = this.#known.get(address);
    if (known !== undefined) {
      if (SOURCE_RANKS[source] <= SOURCE_RANKS[known.source]) return;
      if (isChosen(source) && !isChosen(known.source)) this.#chosenCount++;
      known.source = source;
      return;
    }
    if (this.#known.size >= KNOWN_ADDRESSES_MAX && !this.#forgetOldest()) return;
    if (isChosen(source)) this.#chosenCount++;
    this.#known.set(address, {
      address,
      source,
      peer,
      failures: 0,
      hasAnswered: false,
      hasGreeted: false,
      dialledMs: 0,
      isConnected: false,
      notBeforeMs: 0,
      diallingSinceMs: undefined,
    });
  }

  /** Remembers what a peer at `teller` told. One on another machine means its own loopback, not ours. */
  learn(addresses: readonly string[], teller: string): void {
    for (const address of addresses) {
      if (!isLoopbackAddress(address) || isLoopbackAddress(teller)) this.add(address, 'peer');
    }
  }

  /** Dials that are due. `isTaken` says of a peer that it is connected, whoever dialled, or not to be. */
  due(options: {
    readonly isTaken: (peer: PeerId) => boolean;
    readonly outboundCount: number;
    readonly nowMs: number;
  }): Effect[] {
    const { nowMs } = options;
    // One address of a peer at a time: the first that answers makes the others needless.
    const busy = new Set<PeerId>();
    for (const { address, peer, diallingSinceMs = 0 } of this.#dialling) {
      if (nowMs - diallingSinceMs > DIAL_TIMEOUT_MS) this.failed(address, false, nowMs);
      else busy.add(peer ?? address);
    }
    const effects: Effect[] = [];
    const hasEnough = () => options.outboundCount + this.#dialling.size >= OUTBOUND_PEERS_TARGET;
    const isFree = (known: KnownAddress) => {
      const peer = known.peer ?? known.address;
      return (
        known.diallingSinceMs === undefined && nowMs >= known.notBeforeMs && !busy.has(peer) && !options.isTaken(peer)
      );
    };
    const dial = (known: KnownAddress) => {
      this.#beginDial(known, nowMs);
      busy.add(known.peer ?? known.address);
      effects.push({ type: 'dial', address: known.address });
    };
    // Most of the time nothing is wanted, and the book may be long.
    if (this.#chosenCount > 0 || !hasEnough()) {
      for (const known of this.#known.values()) {
        if (this.#dialling.size >= DIALS_AT_ONCE_MAX) return effects;
        if (isFree(known) && (isChosen(known.source) || !hasEnough())) dial(known);
      }
    }
    if (hasEnough() && this.#isTimeToLook(nowMs)) {
      this.#lookedMs = nowMs;
      this.#looks++;
      this.#guestAddress = this.#guestFrom(isFree);
      if (this.#guestAddress !== undefined) dial(this.#guestAddress);
    }
    return effects;
  }

  /** The guest, where it has stayed long enough and takes a place beyond those that a node wants. */
  guestToLeave(outboundCount: number, nowMs: number): PeerId | undefined {
    if (this.#guest === undefined || !this.#isPast(nowMs)) return undefined;
    if (outboundCount > OUTBOUND_PEERS_TARGET) return this.#guest;
    // It fills a place that has become free meanwhile.
    this.#guest = undefined;
    return undefined;
  }

  /** `peer` is connected, whoever dialled: a dial of it is over. `dialled` is the address, with or without the peer. */
  connected(peer: PeerId, dialled: string | undefined, nowMs: number): void {
    for (const known of this.#known.values()) {
      if (known.address === dialled || `${known.address}/p2p/${peer}` === dialled) known.peer = peer;
      if (known.peer !== peer || known.diallingSinceMs === undefined) continue;
      if (known === this.#guestAddress && dialled !== undefined) this.#guest = peer;
      this.#endDial(known);
      known.isConnected = true;
      known.notBeforeMs = nowMs + DIAL_BACKOFF_MS_MIN;
    }
  }

  /** `peer` has greeted as a node of this network: where it was reached is worth telling others. */
  greeted(peer: PeerId): void {
    for (const known of this.#known.values()) {
      if (known.peer !== peer || !known.isConnected) continue;
      known.failures = 0;
      known.hasAnswered = true;
      known.hasGreeted = true;
    }
  }

  /** `peer` has gone. Where it never greeted, its address is as good as one that does not answer. */
  gone(
    peer: PeerId,
    options: { readonly hasGreeted: boolean; readonly isFinal: boolean; readonly nowMs: number },
  ): void {
    if (this.#guest === peer) this.#guest = undefined;
    for (const known of this.#known.values()) {
      if (known.peer !== peer || !known.isConnected) continue;
      known.isConnected = false;
      if (!options.hasGreeted) this.failed(known.address, options.isFinal, options.nowMs);
    }
  }

  /** A dial failed. `isFinal`: there is no point in trying again, as with another network's node. */
  failed(address: string, isFinal: boolean, nowMs: number): void {
    const known = this.#known.get(address);
    if (known === undefined) return;
    this.#endDial(known);
    known.failures++;
    known.hasAnswered = false;
    const backoffMs = Math.min(DIAL_BACKOFF_MS_MAX, DIAL_BACKOFF_MS_MIN * 2 ** Math.min(known.failures, 16));
    known.notBeforeMs = nowMs + (isFinal ? DIAL_BACKOFF_MS_MAX : backoffMs);
    const isHopeless = isFinal || (known.failures >= FAILURES_MAX && !known.hasGreeted);
    if (isHopeless && known.source !== 'configured') this.#forget(known);
  }

  /** Addresses to tell a peer of: those that answered. */
  shareable(max: number): string[] {
    const shared: string[] = [];
    for (const { address, hasAnswered } of this.#known.values()) {
      if (shared.length >= max) break;
      if (hasAnswered) shared.push(address);
    }
    return shared;
  }

  #beginDial(known: KnownAddress, nowMs: number): void {
    known.diallingSinceMs = nowMs;
    known.dialledMs = nowMs;
    this.#dialling.add(known);
  }

  #endDial(known: KnownAddress): void {
    known.diallingSinceMs = undefined;
    this.#dialling.delete(known);
    if (known === this.#guestAddress) this.#guestAddress = undefined;
  }

  #isTimeToLook(nowMs: number): boolean {
    // A node that has just begun knows nobody who could have gone astray.
    this.#lookedMs ??= nowMs;
    return this.#guest === undefined && this.#guestAddress === undefined && this.#isPast(nowMs);
  }

  #isPast(nowMs: number): boolean {
    return this.#lookedMs !== undefined && nowMs - this.#lookedMs >= LOOK_AROUND_MS;
  }

  /**
   * Whom to have as a guest: of those that are free, who was dialled the longest ago. Every other time one of those that
   * have greeted before, so that addresses that lead nowhere, however many are told, do not take all the turns.
   */
  #guestFrom(isFree: (known: KnownAddress) => boolean): KnownAddress | undefined {
    let any: KnownAddress | undefined;
    let proven: KnownAddress | undefined;
    for (const known of this.#known.values()) {
      if (!isFree(known)) continue;
      if (any === undefined || known.dialledMs < any.dialledMs) any = known;
      if (known.hasGreeted && (proven === undefined || known.dialledMs < proven.dialledMs)) proven = known;
    }
    return this.#looks % 2 === 1 ? (proven ?? any) : any;
  }

  /** Forgets the oldest address that the user did not choose, one where nobody was ever met if there is one. */
  #forgetOldest(): boolean {
    let oldest: KnownAddress | undefined;
    for (const known of this.#known.values()) {
      if (isChosen(known.source) || known.diallingSinceMs !== undefined) continue;
      oldest ??= known;
      if (known.hasGreeted) continue;
      oldest = known;
      break;
    }
    if (oldest !== undefined) this.#forget(oldest);
    return oldest !== undefined;
  }

  #forget(known: KnownAddress): void {
    this.#known.delete(known.address);
    if (isChosen(known.source)) this.#chosenCount--;
  }
}

/** The peer that an address ends in, as in `/ip4/127.0.0.1/tcp/4001/p2p/12D3…`. */
export function peerOfAddress(address: string): PeerId | undefined {
  return /\/p2p\/([^/]+)$/.exec(address)?.[1];
}

/** Whether `address` reaches no further than its own machine. */
export function isLoopbackAddress(address: string): boolean {
  return /^\/(ip4\/127\.|ip6\/::1\/|dns[46]?\/localhost\/)/.test(address);
}

/** Addresses that the user chose, by name or by running the node: they are dialled however many peers there are. */
function isChosen(source: AddressSource): boolean {
  return SOURCE_RANKS[source] >= SOURCE_RANKS.running;
}

/** Which of two sources of an address counts. */
const SOURCE_RANKS: Readonly<Record<AddressSource, number>> = { peer: 0, mdns: 1, running: 2, configured: 3 };

/** After so many failures in a row an address that the user did not name is forgotten. */
const FAILURES_MAX = 6;
