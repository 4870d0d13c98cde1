/** A light client of a world: the machine, its clock, and connections to whom it was told of, made again when they end. */
import { assertNever } from '../core/assert.ts';
import type { NetworkParams } from '../core/params.ts';
import type { Result } from '../core/result.ts';
import type { PeerId, RequestId } from '../protocol/effects.ts';
import { LightClient } from '../protocol/light-client.ts';
import type { LightAnswer, LightEffect, LightInput, LightQuestion, QuestionFault } from '../protocol/light-effects.ts';
import type { Endpoint, Received } from './endpoint.ts';
import { SimulatedClock } from './simulated-clock.ts';
import type { World } from './world.ts';

/** Is told of all that happens to a light client, as it happens. May stop the run by throwing. */
export interface LightObserver {
  lightHandled(client: SimulatedLightClient, input: LightInput, effects: readonly LightEffect[], nowMs: number): void;
}

export interface SimulatedLightClientOptions {
  readonly id: PeerId;
  readonly params: NetworkParams;
  readonly world: Pick<World, 'network' | 'after' | 'nowMs'>;
  readonly observers: readonly LightObserver[];
  /** How many headers of a chain stay in memory. */
  readonly windowBlocks: number;
  /** Whom it dials. */
  readonly peers: readonly Endpoint[];
}

export class SimulatedLightClient implements Endpoint {
  readonly id: PeerId;
  readonly address: string;
  /** It takes no connections. */
  readonly isUp = false;
  readonly machine: LightClient;
  readonly clock: SimulatedClock;
  readonly answers = new Map<RequestId, Result<LightAnswer, QuestionFault>>();
  readonly #options: SimulatedLightClientOptions;
  readonly #inputs: LightInput[] = [];
  #isHandling = false;
  #requests = 0;

  constructor(options: SimulatedLightClientOptions) {
    const { id, params, windowBlocks, world } = options;
    this.id = id;
    this.address = `/ip4/10.77.0.1/tcp/1/p2p/${id}`;
    this.machine = new LightClient({ params, agent: 'simulated/1', windowBlocks });
    this.clock = new SimulatedClock(world.nowMs);
    this.#options = options;
  }

  /** Comes into the world. */
  start(): void {
    const { world, peers } = this.#options;
    world.network.join(this);
    for (const peer of peers) this.#dial(peer);
    const tick = () => {
      this.#feed({ type: 'tick' });
      world.after(TICK_MS, tick);
    };
    world.after(0, tick);
  }

  /** Asks, and gives back the number under which the answer will be. */
  ask(question: LightQuestion): RequestId {
    this.#requests++;
    this.#feed({ type: 'asked', request: this.#requests, question });
    return this.#requests;
  }

  connected(peer: PeerId, address: string): void {
    this.#feed({ type: 'peer-connected', peer, address });
  }

  heard(peer: PeerId, received: Received): void {
    if (received.ok) this.#feed({ type: 'message-received', peer, message: received.value });
    else this.#feed({ type: 'message-malformed', peer, fault: received.fault });
  }

  gone(id: PeerId, reason: string): void {
    this.#feed({ type: 'peer-disconnected', peer: id, reason });
    const peer = this.#options.peers.find((one) => one.id === id);
    if (peer !== undefined) this.#options.world.after(REDIAL_MS, () => this.#dial(peer));
  }

  /** One input after the other: what comes while effects are carried out waits its turn. */
  #feed(input: LightInput): void {
    this.#inputs.push(input);
    if (this.#isHandling) return;
    this.#isHandling = true;
    try {
      for (let next = this.#inputs.shift(); next !== undefined; next = this.#inputs.shift()) this.#handle(next);
    } finally {
      this.#isHandling = false;
    }
  }

  #handle(input: LightInput): void {
    const { world, observers } = this.#options;
    const effects = this.machine.handle(input, this.clock.read(world.nowMs));
    for (const observer of observers) observer.lightHandled(this, input, effects, world.nowMs);
    for (const effect of effects) this.#carryOut(effect);
  }

  #carryOut(effect: LightEffect): void {
    const { network } = this.#options.world;
    switch (effect.type) {
      case 'send':
        return network.send(this.id, effect.peer, effect.message);
      case 'disconnect':
        return network.hangUp(this.id, effect.peer);
      case 'answered':
        this.answers.set(effect.request, effect.result);
        return;
      case 'tip-proven':
      case 'tip-moved':
      case 'peer-judged':
      case 'peer-convicted':
      case 'report':
        return;
      default:
        return assertNever(effect);
    }
  }

  #dial(peer: Endpoint): void {
    const { world } = this.#options;
    world.network.dial(this, peer.address, ({ ok }) => {
      if (!ok) world.after(REDIAL_MS, () => this.#dial(peer));
    });
  }
}

const TICK_MS = 250;
const REDIAL_MS = 5_000;
