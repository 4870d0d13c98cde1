/**
 * Who is let in, and who is put out: greets peers, hears their greeting, keeps account of their faults, and says
 * goodbye. What is kept of a peer while it is here, the other machines see to as its `PeerFollower`s.
 */
import { assert } from '../core/assert.ts';
import type { Hash } from '../core/hash.ts';
import type { AddressBook } from './address-book.ts';
import type { Effect, Input, PeerId } from './effects.ts';
import { ADDRESSES_PER_MESSAGE_MAX, LIGHT_PEERS_MAX, PEERS_MAX, SCORE_BAN } from './limits.ts';
import type { Message } from './message.ts';
import type { PeerBook } from './peer-book.ts';
import { PeerSession, type PeerTip } from './peer-session.ts';

/** A machine that has dealings with peers, and is told when one comes and goes. */
export interface PeerFollower {
  greeted?(peer: PeerSession, nowMs: number): readonly Effect[];
  peerGone(peer: PeerSession, nowMs: number): readonly Effect[];
}

/** What every greeting of ours says. */
export interface Introduction {
  readonly genesis: Hash;
  readonly network: string;
  readonly agent: string;
  readonly addresses: readonly string[];
}

export class Doorkeeper {
  readonly #introduction: Introduction;
  readonly #peers: PeerBook;
  readonly #addresses: AddressBook;
  readonly #followers: readonly PeerFollower[];

  constructor(options: {
    readonly introduction: Introduction;
    readonly peers: PeerBook;
    readonly addresses: AddressBook;
    readonly followers: readonly PeerFollower[];
  }) {
    this.#introduction = options.introduction;
    this.#peers = options.peers;
    this.#addresses = options.addresses;
    this.#followers = options.followers;
  }

  /** Greets a peer, or says why it cannot stay. */
  connected(input: Input & { type: 'peer-connected' }, tip: PeerTip, nowMs: number): Effect[] {
    const { peer: id, address, direction } = input;
    assert(!this.#peers.sessions.has(id), 'a peer has one stream');
    this.#addresses.connected(id, direction === 'outbound' ? address : undefined, nowMs);
    if (this.#peers.isBanned(id, nowMs)) return this.#dismiss(id, 'banned', 'too many faults a while ago', nowMs);
    const effects: Effect[] = [];
    if (this.#peers.isFull(direction)) {
      // Light clients make room for anybody who may be more. Whom this node has dialled it wants: the last of those who
      // came by themselves makes room.
      const leaving = this.#peers.lastLight ?? (direction === 'outbound' ? this.#peers.lastInbound : undefined);
      const note = `${PEERS_MAX} peers at most`;
      if (leaving === undefined) return this.#dismiss(id, 'peers-full', note, nowMs);
      effects.push(...this.#dismiss(leaving.id, 'peers-full', note, nowMs));
    }
    this.#peers.add(new PeerSession({ id, address, direction, nowMs }));
    const { genesis, network, agent, addresses } = this.#introduction;
    const ours = addresses.slice(0, ADDRESSES_PER_MESSAGE_MAX);
    return [...effects, send(id, { type: 'hello', genesis, network, agent, tip, addresses: ours })];
  }

  disconnected(id: PeerId, reason: string, nowMs: number): Effect[] {
    // What breaks the frames has broken the connection already; what is left to do is not to take the peer back.
    const effects = reason === 'frame-fault' ? this.misbehaved(id, { code: reason, points: -SCORE_BAN }, nowMs) : [];
    return [...effects, ...this.#gone(id, reason, nowMs)];
  }

  /** Hears a peer's greeting. */
  greeted(peer: PeerSession, hello: Message & { type: 'hello' }, nowMs: number): Effect[] {
    if (peer.isGreeted) return this.misbehaved(peer.id, { code: 'hello-twice', points: 10 }, nowMs);
    const { genesis, network } = this.#introduction;
    if (hello.genesis !== genesis) {
      const ours = `${network} (genesis ${genesis})`;
      const theirs = `${hello.network} (genesis ${hello.genesis})`;
      const note = `this node is of the network ${ours}, the peer of ${theirs}`;
      return this.#dismiss(peer.id, 'network-other', note, nowMs);
    }
    if (hello.light === true) return this.#lightGreeted(peer, hello, nowMs);
    peer.agent = hello.agent;
    peer.claimedTip = hello.tip;
    this.#addresses.greeted(peer.id);
    this.#addresses.learn(hello.addresses, peer.address);
    const effects: Effect[] = [{ type: 'notify', event: { type: 'peer-joined', peer: peer.id } }];
    for (const follower of this.#followers) effects.push(...(follower.greeted?.(peer, nowMs) ?? []));
    if (peer.direction === 'inbound') return effects;
    peer.isAskedForPeers = true;
    return [...effects, send(peer.id, { type: 'get-peers' })];
  }

  /** A peer has hung up, and said why. */
  saidGoodbye(peer: PeerSession, goodbye: Message & { type: 'goodbye' }, nowMs: number): Effect[] {
    const { code, message: text } = goodbye;
    const facts = { peer: peer.id, code, text };
    return [
      { type: 'report', level: 'info', code: 'peer-said-goodbye', facts },
      ...this.#hangUp(peer.id, code, 'it said goodbye', nowMs),
    ];
  }

  /** Lowers the peer's score by the fault's `points`; low enough, it is hung up on, or banned. */
  misbehaved(id: PeerId, fault: { readonly code: string; readonly points: number }, nowMs: number): Effect[] {
    const peer = this.#peers.sessions.get(id);
    if (peer === undefined) return [];
    const { score, verdict } = this.#peers.penalise(peer, fault.points, nowMs);
    const facts = { peer: id, fault: fault.code, score };
    return [
      { type: 'report', level: 'warn', code: 'peer-misbehaved', facts },
      ...(verdict === 'leaves' ? this.#dismiss(id, fault.code, 'too many faults', nowMs) : []),
    ];
  }

  /**
   * Hangs up on a guest that has been here long enough, to make room for another; not on one that has shown a chain of more
   * than `work`, which is still to be fetched.
   */
  letGuestGo(work: bigint, nowMs: number): Effect[] {
    const id = this.#addresses.guestToLeave(this.#peers.outboundCount, nowMs);
    const guest = id === undefined ? undefined : this.#peers.sessions.get(id);
    if (guest === undefined || (guest.best?.point.work ?? 0n) > work) return [];
    const note = 'this node has peers enough, and looks around among the others';
    return this.#dismiss(guest.id, 'looked-around', note, nowMs);
  }

  /** Asks silent peers for a sign of life, and hangs up on those that give none. */
  tick(nowMs: number): Effect[] {
    return this.#peers.tick(nowMs).flatMap((care) => {
      if (care.type === 'dismiss') return this.#dismiss(care.peer.id, care.fault.code, 'nothing came', nowMs);
      return [send(care.peer.id, { type: 'ping', nonce: Math.floor(nowMs) })];
    });
  }

  /** A light client stays if there is room for one more, and is of no use to who has dialled it. */
  #lightGreeted(peer: PeerSession, hello: Message & { type: 'hello' }, nowMs: number): Effect[] {
    if (peer.direction === 'outbound') {
      return this.#dismiss(peer.id, 'light-dialled', 'light clients dial, and are not dialled', nowMs);
    }
    if (!this.#peers.keepAsLight(peer)) {
      return this.#dismiss(peer.id, 'peers-full', `${LIGHT_PEERS_MAX} light clients at most`, nowMs);
    }
    peer.agent = hello.agent;
    // For people to see: nobody asks it for that chain.
    peer.claimedTip = hello.tip;
    return [{ type: 'notify', event: { type: 'peer-joined', peer: peer.id } }];
  }

  /** Says why, then hangs up. */
  #dismiss(id: PeerId, code: string, message: string, nowMs: number): Effect[] {
    return [send(id, { type: 'goodbye', code, message }), ...this.#hangUp(id, code, `${code}: ${message}`, nowMs)];
  }

  #hangUp(id: PeerId, reason: string, note: string, nowMs: number): Effect[] {
    return [{ type: 'disconnect', peer: id, note }, ...this.#gone(id, reason, nowMs)];
  }

  #gone(id: PeerId, reason: string, nowMs: number): Effect[] {
    const peer = this.#peers.remove(id);
    const hasGreeted = peer?.isGreeted === true;
    this.#addresses.gone(id, { hasGreeted, isFinal: reason === 'network-other', nowMs });
    if (peer === undefined) return [];
    const effects: Effect[] = this.#followers.flatMap((follower) => follower.peerGone(peer, nowMs));
    if (hasGreeted) effects.push({ type: 'notify', event: { type: 'peer-left', peer: id, reason } });
    return effects;
  }
}

function send(peer: PeerId, message: Message): Effect {
  return { type: 'send', peer, message };
}
