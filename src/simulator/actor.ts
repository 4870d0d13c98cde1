/** A peer that is played: it says what it likes, when it likes, to the nodes that it is connected to. */
import type { PeerId } from '../protocol/effects.ts';
import type { Message, MessageFault } from '../protocol/message.ts';
import type { Direction, Endpoint, Received } from './endpoint.ts';
import type { SimulatedNetwork } from './simulated-network.ts';
import type { SimulatedNode } from './simulated-node.ts';

export interface Actor {
  /** It is connected to a node, by whoever dialled. */
  connected(link: ActorLink): void;
  heard(link: ActorLink, message: Message): void;
  /** The connection is over: the node hung up, or is gone. */
  gone(link: ActorLink): void;
  /** Now and then: `nowMs` is the time of the world. */
  tick(nowMs: number): void;
}

/** One connection of an actor. */
export interface ActorLink {
  readonly node: SimulatedNode;
  say(message: Message): void;
  /** Says something that is no message. */
  sayMalformed(fault: MessageFault): void;
  /** With `frame-fault` it broke the frames, as a node's network reports it. */
  hangUp(reason?: 'closed' | 'frame-fault'): void;
}

export interface ActorOptions {
  readonly id: PeerId;
  /** Where nodes may dial it. */
  readonly address?: string;
  /** Whom it has to do with: dials them, or is known to them and waits to be dialled. */
  readonly toNodes: readonly SimulatedNode[];
  /** As the nodes see it: `inbound` is the one that dials. */
  readonly direction: Direction;
  /** How long after the end of a connection, or a dial that failed, it dials again; never, unless told. */
  readonly redialMs?: number;
  /** How often it ticks; 1,000, unless told. */
  readonly tickMs?: number;
}

/** An actor's place on the network. */
export class ActorEndpoint implements Endpoint {
  readonly id: PeerId;
  readonly address: string;
  isUp = true;
  readonly #actor: Actor;
  readonly #options: ActorOptions;
  readonly #network: SimulatedNetwork;
  readonly #after: (delayMs: number, run: () => void) => void;
  readonly #links = new Map<PeerId, ActorLink>();

  constructor(
    actor: Actor,
    options: ActorOptions,
    world: { readonly network: SimulatedNetwork; readonly after: (delayMs: number, run: () => void) => void },
  ) {
    this.id = options.id;
    this.address = options.address ?? `/ip4/10.66.0.1/tcp/1/p2p/${options.id}`;
    this.#actor = actor;
    this.#options = options;
    this.#network = world.network;
    this.#after = world.after;
  }

  /** Connects to a node, and again where that is wanted. */
  dial(node: SimulatedNode): void {
    if (!this.isUp) return;
    this.#network.dial(this, node.address, ({ ok }) => {
      if (!ok) this.#redial(node);
    });
  }

  connected(peer: PeerId): void {
    const node = this.#options.toNodes.find(({ id }) => id === peer);
    if (node === undefined) return this.#network.hangUp(this.id, peer);
    const link: ActorLink = {
      node,
      say: (message) => this.#network.send(this.id, peer, message),
      sayMalformed: (fault) => this.#network.sendMalformed(this.id, peer, fault),
      hangUp: (reason = 'closed') => this.#network.hangUp(this.id, peer, reason),
    };
    this.#links.set(peer, link);
    this.#actor.connected(link);
  }

  heard(peer: PeerId, received: Received): void {
    const link = this.#links.get(peer);
    if (link !== undefined && received.ok) this.#actor.heard(link, received.value);
  }

  gone(peer: PeerId): void {
    const link = this.#links.get(peer);
    if (link === undefined) return;
    this.#links.delete(peer);
    this.#actor.gone(link);
    if (this.#options.direction === 'inbound') this.#redial(link.node);
  }

  /** Leaves the world. */
  leave(): void {
    this.isUp = false;
    for (const peer of this.#links.keys()) this.#network.hangUp(this.id, peer);
  }

  #redial(node: SimulatedNode): void {
    const { redialMs } = this.#options;
    if (redialMs !== undefined) this.#after(redialMs, () => this.dial(node));
  }
}
