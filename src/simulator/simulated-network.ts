/**
 * The network of a world: connections between endpoints, messages on their way, and all that can befall them.
 *
 * A connection is what a stream over TCP is: what is sent arrives whole and in order, or the connection ends. So a lost
 * packet makes messages late. Only in `weather` that says so do messages vanish, come twice or overtake each other: a
 * network that is worse than any that nodes really use. What opens a connection, its first message, comes once even then.
 */
import { assertPresent } from '../core/assert.ts';
import type { PeerId } from '../protocol/effects.ts';
import type { Message, MessageFault } from '../protocol/message.ts';
import { carryEncoded } from './carrier.ts';
import type { DelayModel } from './delays.ts';
import type { Carrier, DialOutcome, Endpoint, Parcel } from './endpoint.ts';
import type { EventQueue } from './event-queue.ts';
import { NetworkCuts } from './network-cuts.ts';
import type { Random } from './random.ts';

export interface NetworkOptions {
  readonly queue: EventQueue;
  readonly random: Random;
  readonly delay: DelayModel;
  /** How messages travel; through the codec, unless told. */
  readonly carry?: Carrier | undefined;
  /** How much an endpoint sends in a millisecond, to all its peers together; no bound, unless told. */
  readonly uploadBytesPerMs?: ((endpoint: PeerId) => number) | undefined;
  /** Called for every message that is sent. */
  readonly onSent?: ((from: PeerId, to: PeerId, message: Message, sizeBytes: number) => void) | undefined;
}

/** Probabilities, each from 0 to 1 and for each message. */
export interface Weather {
  /** A packet of it is lost and sent again: it, and what follows it, is late. */
  readonly retransmission: number;
  /** It vanishes. */
  readonly loss: number;
  /** It comes twice. */
  readonly duplication: number;
  /** It does not wait for those before it. */
  readonly reordering: number;
}

export const FAIR_WEATHER: Weather = { retransmission: 0, loss: 0, duplication: 0, reordering: 0 };

/** One direction of a connection. */
interface Way {
  readonly from: Endpoint;
  readonly to: Endpoint;
  /** The other direction. */
  back: Way | undefined;
  /** Whether `from` may still send. */
  isOpen: boolean;
  /** Whether `to` still hears. */
  isHeard: boolean;
  sentCount: number;
  firstArrivalMs: number;
  /** When the last of what is on its way arrives. */
  lastArrivalMs: number;
  /** What has to wait for a cut to heal, in order. */
  readonly held: Arrival[];
}

type Arrival = { readonly type: 'parcel'; readonly parcel: Parcel } | { readonly type: 'end'; readonly reason: string };

export class SimulatedNetwork {
  readonly cuts = new NetworkCuts();
  weather = FAIR_WEATHER;
  readonly #options: NetworkOptions;
  readonly #carry: Carrier;
  readonly #endpoints = new Map<PeerId, Endpoint>();
  readonly #byAddress = new Map<string, Endpoint>();
  readonly #ways = new Map<PeerId, Map<PeerId, Way>>();
  readonly #uploadFreeMs = new Map<PeerId, number>();
  #dials = 0;

  constructor(options: NetworkOptions) {
    this.#options = options;
    this.#carry = options.carry ?? carryEncoded;
  }

  /** Whether every message that is sent over a connection that lasts arrives, once and in order. */
  get isFaithful(): boolean {
    const { loss, duplication, reordering } = this.weather;
    return loss === 0 && duplication === 0 && reordering === 0;
  }

  join(endpoint: Endpoint): void {
    this.#endpoints.set(endpoint.id, endpoint);
    this.#byAddress.set(endpoint.address, endpoint);
    this.#ways.set(endpoint.id, new Map());
  }

  /** Whether the two are connected, as far as the one knows. */
  isLinked(from: PeerId, to: PeerId): boolean {
    return this.#way(from, to)?.isOpen === true;
  }

  /** To whom there is a connection, as far as `from` knows. */
  peersOf(from: PeerId): PeerId[] {
    return [...(this.#ways.get(from)?.values() ?? [])].filter(({ isOpen }) => isOpen).map(({ to }) => to.id);
  }

  /** Dials; `done` hears later what came of it. */
  dial(from: Endpoint, address: string, done: (outcome: DialOutcome) => void): void {
    const { queue, delay, random } = this.#options;
    const to = this.#byAddress.get(address);
    const isSilent = to !== undefined && this.cuts.isSilent(from.id, to.id);
    const takesMs = to === undefined ? random.integer(1, 50) : delay(from.id, to.id);
    queue.after(isSilent ? takesMs + DIAL_GIVEN_UP_MS : takesMs, () => {
      if (to?.isUp !== true || !this.cuts.isClear(from.id, to.id)) return done({ ok: false });
      const way = this.#way(from.id, to.id);
      // A connection of which one end does not know yet that it is over.
      if (way !== undefined && !(way.isOpen && way.isHeard && way.back?.isOpen === true)) return done({ ok: false });
      if (way === undefined) this.#connect(from, to);
      done({ ok: true, peer: to.id });
    });
  }

  /** Puts a message on its way, if there is a connection. */
  send(from: PeerId, to: PeerId, message: Message): void {
    const way = this.#way(from, to);
    if (way?.isOpen !== true) return;
    const parcel = this.#carry(message);
    this.#options.onSent?.(from, to, message, parcel.sizeBytes);
    this.#post(way, parcel);
  }

  /** Puts something on its way that is no message. */
  sendMalformed(from: PeerId, to: PeerId, fault: MessageFault): void {
    const way = this.#way(from, to);
    if (way?.isOpen === true) this.#post(way, { sizeBytes: 1, open: () => ({ ok: false, fault }) });
  }

  /** `from` ends its connection to `to`: what it has said still arrives there, and then the end. */
  hangUp(from: PeerId, to: PeerId, reason = 'closed'): void {
    const way = this.#way(from, to);
    if (way?.isOpen !== true) return;
    way.isOpen = false;
    this.#arriveInOrder(way, this.#delayOf(way, 0), { type: 'end', reason });
    this.#options.queue.after(0, () => this.#hearEnd(assertPresent(way.back, 'a way has one back'), reason));
  }

  /** Ends the connection between two at once: nothing that is on its way arrives. */
  breakLink(one: PeerId, other: PeerId): void {
    for (const way of [this.#way(one, other), this.#way(other, one)]) {
      if (way === undefined) continue;
      way.isOpen = false;
      this.#hearEnd(way, 'failed');
    }
  }

  /** An endpoint has stopped without a word: the others notice. */
  vanish(id: PeerId): void {
    for (const way of [...(this.#ways.get(id)?.values() ?? [])]) {
      const { back } = way;
      if (back !== undefined) back.isHeard = false;
      if (way.isOpen) {
        way.isOpen = false;
        this.#arriveInOrder(way, this.#delayOf(way, 0), { type: 'end', reason: 'failed' });
      } else this.#forgetIfOver(way);
    }
  }

  /** What waited for a cut to heal goes on its way again, where it can. */
  release(): void {
    for (const ways of this.#ways.values()) {
      for (const way of ways.values()) {
        if (way.held.length === 0 || this.cuts.isSilent(way.from.id, way.to.id)) continue;
        this.#options.queue.after(this.#delayOf(way, 0), () => this.#drain(way));
      }
    }
  }

  /** Holds everything from the one to the other back for so long. */
  clog(from: PeerId, to: PeerId, ms: number): void {
    const way = this.#way(from, to);
    if (way !== undefined) way.lastArrivalMs = Math.max(way.lastArrivalMs, this.#options.queue.nowMs + ms);
  }

  #connect(from: Endpoint, to: Endpoint): void {
    const there = createWay(from, to);
    const back = createWay(to, from);
    there.back = back;
    back.back = there;
    this.#ways.get(from.id)?.set(to.id, there);
    this.#ways.get(to.id)?.set(from.id, back);
    this.#dials++;
    // As for a real one: who is dialled sees where a connection comes from, not where its peer can be dialled.
    to.connected(from.id, `/ip4/10.255.0.1/tcp/${this.#dials}`, 'inbound');
    from.connected(to.id, to.address, 'outbound');
  }

  #post(way: Way, parcel: Parcel): void {
    const { random } = this.#options;
    const { loss, duplication, reordering } = this.weather;
    const delayMs = this.#delayOf(way, parcel.sizeBytes);
    const arrival: Arrival = { type: 'parcel', parcel };
    way.sentCount++;
    if (way.sentCount === 1 || this.isFaithful) return this.#arriveInOrder(way, delayMs, arrival);
    if (random.chance(loss)) return;
    const copies = random.chance(duplication) ? 2 : 1;
    for (let i = 0; i < copies; i++) {
      if (random.chance(reordering)) this.#arriveOutOfOrder(way, delayMs * random.integer(1, 4), arrival);
      else this.#arriveInOrder(way, delayMs, arrival);
    }
  }

  #arriveInOrder(way: Way, delayMs: number, arrival: Arrival): void {
    const { queue } = this.#options;
    way.lastArrivalMs = Math.max(way.lastArrivalMs, queue.nowMs + delayMs);
    if (way.sentCount === 1) way.firstArrivalMs = way.lastArrivalMs;
    queue.after(way.lastArrivalMs - queue.nowMs, () => this.#arrive(way, arrival));
  }

  #arriveOutOfOrder(way: Way, delayMs: number, arrival: Arrival): void {
    const { queue } = this.#options;
    const arrivalMs = Math.max(way.firstArrivalMs, queue.nowMs + delayMs);
    queue.after(arrivalMs - queue.nowMs, () => this.#arrive(way, arrival));
  }

  #arrive(way: Way, arrival: Arrival): void {
    if (!way.isHeard) return;
    // What waits already goes first.
    if (way.held.length > 0 || this.cuts.isSilent(way.from.id, way.to.id)) way.held.push(arrival);
    else this.#deliver(way, arrival);
  }

  #drain(way: Way): void {
    while (!this.cuts.isSilent(way.from.id, way.to.id)) {
      const arrival = way.held.shift();
      if (arrival === undefined) return;
      this.#deliver(way, arrival);
    }
  }

  #deliver(way: Way, arrival: Arrival): void {
    if (arrival.type === 'end') this.#hearEnd(way, arrival.reason);
    else way.to.heard(way.from.id, arrival.parcel.open());
  }

  /** `way.to` hears that the connection is over. */
  #hearEnd(way: Way, reason: string): void {
    if (!way.isHeard) return;
    way.isHeard = false;
    way.held.length = 0;
    const { from, to, back } = way;
    if (back !== undefined) back.isOpen = false;
    this.#forgetIfOver(way);
    to.gone(from.id, reason);
  }

  /** Makes room for another connection once both ends know that this one is over. */
  #forgetIfOver(way: Way): void {
    const { from, to, back } = way;
    if (way.isHeard || back?.isHeard === true) return;
    if (this.#way(from.id, to.id) === way) this.#ways.get(from.id)?.delete(to.id);
    if (this.#way(to.id, from.id) === back) this.#ways.get(to.id)?.delete(from.id);
  }

  #delayOf({ from, to }: Way, sizeBytes: number): number {
    const { queue, random, delay, uploadBytesPerMs } = this.#options;
    let delayMs = delay(from.id, to.id);
    for (let late = RETRANSMISSION_MS; random.chance(this.weather.retransmission) && late < 10_000; late *= 2) {
      delayMs += late;
    }
    if (uploadBytesPerMs === undefined) return delayMs;
    const startMs = Math.max(queue.nowMs, this.#uploadFreeMs.get(from.id) ?? 0);
    const freeMs = startMs + (sizeBytes + FRAMING_BYTES) / uploadBytesPerMs(from.id);
    this.#uploadFreeMs.set(from.id, freeMs);
    return freeMs - queue.nowMs + delayMs;
  }

  #way(from: PeerId, to: PeerId): Way | undefined {
    return this.#ways.get(from)?.get(to);
  }
}

function createWay(from: Endpoint, to: Endpoint): Way {
  return {
    from,
    to,
    back: undefined,
    isOpen: true,
    isHeard: true,
    sentCount: 0,
    firstArrivalMs: 0,
    lastArrivalMs: 0,
    held: [],
  };
}

/** How long it takes to notice that a packet was lost, the first time: what TCP waits. */
const RETRANSMISSION_MS = 200;

/** How long a dial is tried that nobody answers. */
const DIAL_GIVEN_UP_MS = 5_000;

/** A frame's header, and what encryption and multiplexing add to a message, about. */
const FRAMING_BYTES = 50;
