/** A world of honest nodes that mine, under every invariant, for hostile characters to come to. */
import { assert } from '../../core/assert.ts';
import type { NetworkParams } from '../../core/params.ts';
import type { PeerId } from '../../protocol/effects.ts';
import type { Actor, ActorEndpoint } from '../actor.ts';
import { Inspector } from '../invariants/inspector.ts';
import { Liveness } from '../invariants/liveness.ts';
import type { SimulatedNode } from '../simulated-node.ts';
import { FIRST_WORK, simulationParams } from '../simulation-params.ts';
import { World, type WorldOptions } from '../world.ts';
import type { Props } from './stranger.ts';

export interface StageOptions {
  readonly seed: number;
  readonly nodes: number;
  /** Of what the whole network mines with, what the honest nodes have: all, unless told. */
  readonly honestShare?: number;
  readonly knows?: WorldOptions['knows'];
  /** How long after the genesis the world begins. */
  readonly ageMs?: number;
}

export class Stage {
  readonly params: NetworkParams = simulationParams(10);
  readonly world: World;
  readonly inspector: Inspector;
  /** The faults that nodes have found in peers: of each peer, by code, how often. */
  readonly faults = new Map<PeerId, Map<string, number>>();
  readonly #endpoints: ActorEndpoint[] = [];

  constructor({ seed, nodes, honestShare = 1, knows, ageMs }: StageOptions) {
    this.world = new World({
      seed,
      nodes,
      miningMode: 'always',
      params: this.params,
      hashesPerSecond: (honestShare * this.hashesPerSecond) / nodes,
      ...(knows === undefined ? {} : { knows }),
      ...(ageMs === undefined ? {} : { ageMs }),
    });
    this.inspector = new Inspector({ params: this.params, honest: this.world.nodes.map(({ id }) => id) });
    this.world.observe(this.inspector);
    this.world.observe({
      handled: (_node, _input, effects) => {
        for (const effect of effects) {
          if (effect.type !== 'report' || effect.code !== 'peer-misbehaved') continue;
          this.#count(String(effect.facts['peer']), String(effect.facts['fault']));
        }
      },
    });
  }

  /** What a network makes in a second whose blocks come in time. */
  get hashesPerSecond(): number {
    return FIRST_WORK / this.params.blockInterval;
  }

  /** What character number `index` is given to play with. */
  props(index: number): Props {
    return { params: this.params, random: this.world.random.stream(`character ${index}`) };
  }

  /** Lets a character in, which dials `toNodes`, or all of them, or is dialled. */
  admit(
    actor: Actor,
    options: {
      readonly toNodes?: readonly SimulatedNode[];
      readonly isDialled?: boolean;
      readonly tickMs?: number;
    } = {},
  ): PeerId {
    const number = this.#endpoints.length;
    const id = `stranger-${number}`;
    const { toNodes = this.world.nodes, isDialled = false, tickMs = 1_000 } = options;
    const address = `/ip4/10.66.${number >> 8}.${number & 255}/tcp/1/p2p/${id}`;
    const direction = isDialled ? 'outbound' : 'inbound';
    this.#endpoints.push(this.world.admit(actor, { id, address, toNodes, direction, redialMs: 5_000, tickMs }));
    return id;
  }

  /** Lets so many minutes go by, with an entry for somebody every few seconds. */
  async work(minutes: number): Promise<void> {
    const random = this.world.random.stream(`work ${this.world.nowMs}`);
    const endMs = this.world.nowMs + minutes * 60_000;
    for (let i = 0; this.world.nowMs < endMs; i++) {
      const node = random.pick(this.world.nodes);
      if (node.isUp) this.world.submit(node, `"${this.world.nowMs} ${i}"`);
      await this.world.run(random.integer(1_000, 15_000));
    }
  }

  /** Sends all characters away, and sees to it that the honest nodes agree and no entry is left; then reads every disk. */
  async end(): Promise<void> {
    for (const endpoint of this.#endpoints) endpoint.leave();
    const { inspector, params, world } = this;
    const liveness = new Liveness({ inspector, params, nodes: world.nodes, nowMs: world.nowMs, syncMs: 60_000 });
    await world.until('all comes to rest', 3_600_000, () => liveness.observe(world.nowMs) === 'settled');
    for (const node of world.nodes) await inspector.inspect(node);
    assert((inspector.tally.counts.get('S-a') ?? 0) > 0, 'the nodes have mined under the eyes of the inspector');
  }

  /** The codes of the faults that were found in any of `peers`. */
  faultsOf(...peers: readonly PeerId[]): string[] {
    return [...new Set(peers.flatMap((peer) => [...(this.faults.get(peer)?.keys() ?? [])]))].toSorted();
  }

  #count(peer: PeerId, fault: string): void {
    const faults = this.faults.get(peer) ?? new Map<string, number>();
    this.faults.set(peer, faults);
    faults.set(fault, (faults.get(fault) ?? 0) + 1);
  }
}
