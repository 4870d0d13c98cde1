/** Where a scenario is played: the world, who watches it, and what the story has to remember. */
import { assert, assertPresent } from '../core/assert.ts';
import type { Hash } from '../core/hash.ts';
import type { RequestId } from '../protocol/effects.ts';
import type { FullNode } from '../protocol/full-node.ts';
import type { ActorEndpoint } from './actor.ts';
import { characterNamed } from './hostile/cast.ts';
import { Inspector } from './invariants/inspector.ts';
import type { Fault } from './plan.ts';
import { carryOut } from './planned-event.ts';
import type { SimulatedNode } from './simulated-node.ts';
import { Trace } from './trace.ts';
import { World, type WorldOptions } from './world.ts';

/** Entries that were handed in at a node. */
interface Submission {
  readonly node: SimulatedNode;
  /** Of the life in which it was asked. */
  readonly machine: FullNode;
  readonly request: RequestId;
  readonly ids: readonly Hash[];
}

export class ScenarioStage {
  readonly world: World;
  readonly inspector: Inspector;
  readonly trace: Trace;
  readonly hostile: ActorEndpoint[] = [];
  /** How many changes each disk held when a copy of it was made. */
  readonly #copies = new Map<SimulatedNode, number>();
  readonly #submitted: Submission[] = [];
  readonly #power: number;
  #events = 0;

  constructor(options: WorldOptions & { readonly print?: (line: string) => void; readonly power: number }) {
    this.world = new World(options);
    this.#power = options.power;
    this.inspector = new Inspector({ params: this.world.params, honest: this.world.nodes.map(({ id }) => id) });
    this.trace = new Trace(this.world.nowMs, options.print);
    this.world.observe(this.trace);
    this.world.observe(this.inspector);
  }

  some(indexes: readonly number[]): SimulatedNode[] {
    return indexes.map((index) => this.world.node(index));
  }

  /** All nodes but these. */
  others(indexes: readonly number[]): number[] {
    return this.world.nodes.map(({ index }) => index).filter((index) => !indexes.includes(index));
  }

  /** Has something befall the network for so long; until it is put right, unless told. */
  async befall(fault: DistributiveOmit<Fault, 'forMs'> & { readonly forMs?: number }): Promise<void> {
    this.#events++;
    const event = { atMs: 0, forMs: FOR_EVER_MS, ...fault } as { readonly atMs: number } & Fault;
    await carryOut(this.world, event, this.#events);
  }

  /** Hands in entries of a hundred bytes that nobody has handed in before. */
  submit(index: number, count: number): void {
    const node = this.world.node(index);
    this.#events++;
    const texts = Array.from({ length: count }, (_, i) =>
      `"${this.#events}.${i}"`.padEnd(99, ' ').replace(/"( *)$/, '$1"'),
    );
    this.#submitted.push({ node, machine: node.machine, ...this.world.submit(node, ...texts) });
  }

  /** The ids of all entries that were acknowledged. */
  acknowledged(): Hash[] {
    return this.#submitted.flatMap(({ node, request, ids }) =>
      node.answers.get(request)?.type === 'entries-pending' ? ids : [],
    );
  }

  /** Whether everything that was handed in is answered, all agree, and nothing waits anywhere. */
  hasSettled(): boolean {
    const { nodes } = this.world;
    // Who has crashed meanwhile answers nothing that it was asked before.
    const isOwed = ({ node, machine, request }: Submission) => {
      return node.isUp && node.machine === machine && !node.answers.has(request);
    };
    if (!this.agree(nodes) || this.#submitted.some(isOwed)) return false;
    return nodes.every(({ id }) => this.inspector.modelOf(id).pending.size === 0);
  }

  copyDisk(index: number): void {
    const node = this.world.node(index);
    this.#copies.set(node, node.disk.changeCount);
  }

  /** Stops a node, puts the copy of its disk back, and starts it. */
  async putBack(index: number): Promise<void> {
    const node = this.world.node(index);
    const count = assertPresent(this.#copies.get(node), 'a copy was made of the disk that is put back');
    this.world.crash(node);
    await node.restore(count);
    await this.world.start(node);
  }

  /** Ends a node at the moment when its next change is on its disk, before its machine hears of it. */
  crashAtNextCommit(index: number): void {
    let isDue = true;
    const doomed = this.world.node(index);
    this.world.observe({
      committed: (node) => {
        if (!isDue || node !== doomed || !node.isUp) return;
        isDue = false;
        this.world.crash(node);
      },
    });
  }

  /** Lets a hostile peer in that mines with so many per cent of all that is mined with. */
  admit(character: string, indexes: readonly number[], percent: number): void {
    const id = `hostile-${this.hostile.length}`;
    const { params, random } = this.world;
    const hashesPerSecond = (this.#power * percent) / (100 - percent);
    const props = { params, random: random.stream(id) };
    const actor = assertPresent(characterNamed(character), `there is a character ${character}`).create(
      props,
      hashesPerSecond,
    );
    const toNodes = this.some(indexes);
    this.hostile.push(this.world.admit(actor, { id, toNodes, direction: 'inbound', redialMs: REDIAL_MS }));
  }

  agree(nodes: readonly SimulatedNode[]): boolean {
    return new Set(nodes.map((node) => (node.isUp ? node.machine.tip.hash : node.id))).size === 1;
  }

  /** Every acknowledged entry is in the chain of every node that is up, or waits there. */
  assertNothingLost(): void {
    for (const id of this.acknowledged()) {
      for (const node of this.world.nodes) {
        assert(this.inspector.modelOf(node.id).isSafe(id), `${node.id} has the entry ${id}; ${this.world.describe()}`);
      }
    }
  }
}

type DistributiveOmit<Union, Key extends PropertyKey> = Union extends unknown ? Omit<Union, Key> : never;

/** Longer than any story. */
const FOR_EVER_MS = 1_000 * 24 * 3_600_000;
const REDIAL_MS = 20_000;
