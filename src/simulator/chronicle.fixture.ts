/**
 * What happened to the nodes of a world: all that went into their machines and came out of them.
 *
 * Checks at every effect that nothing is told to others before it is durable here.
 */
import assert from 'node:assert/strict';
import { textOf } from '../../test/support/effect-text.ts';
import { readRun } from '../../test/support/header-bytes.ts';
import { createGenesis } from '../core/genesis.ts';
import type { Hash } from '../core/hash.ts';
import type { Answer, Effect, Input, NodeEvent } from '../protocol/effects.ts';
import type { FullNodeOptions } from '../protocol/full-node.ts';
import type { Now } from '../protocol/now.ts';
import type { ChainChange, CommittedChange } from '../storage/chain-store.ts';
import type { SimulatedNode } from './simulated-node.ts';
import type { World } from './world.ts';
import type { WorldObserver } from './world-observer.ts';

/** What one machine saw and said between a start and a crash. */
export interface MachineRecord {
  readonly options: FullNodeOptions;
  readonly steps: { readonly input: Input; readonly now: Now; readonly effects: string }[];
}

export interface NodeChronicle {
  /** Of all lives. */
  readonly records: MachineRecord[];
  readonly reports: Extract<Effect, { type: 'report' }>[];
  /** Of this life. */
  events: NodeEvent[];
  /** Blocks and entries that a committed change has made durable. */
  readonly durable: Set<Hash>;
  readonly answered: Set<number>;
}

export class Chronicle implements WorldObserver {
  readonly #nodes: ReadonlyMap<SimulatedNode, NodeChronicle>;

  /** Of everything that happens from now on. */
  constructor(world: World) {
    const genesis = createGenesis(world.params).hash;
    const empty = () => ({
      records: [],
      reports: [],
      events: [],
      durable: new Set([genesis]),
      answered: new Set<number>(),
    });
    this.#nodes = new Map(world.nodes.map((node): [SimulatedNode, NodeChronicle] => [node, empty()]));
    world.observe(this);
  }

  of(node: SimulatedNode): NodeChronicle {
    const chronicle = this.#nodes.get(node);
    assert.ok(chronicle, `${node.id} is of this world`);
    return chronicle;
  }

  started(node: SimulatedNode): void {
    const chronicle = this.of(node);
    chronicle.events = [];
    chronicle.records.push({ options: node.machineOptions, steps: [] });
  }

  committed(node: SimulatedNode, change: ChainChange, result: CommittedChange): void {
    const { durable } = this.of(node);
    for (const { block } of change.blocks) durable.add(block.hash);
    for (const { id } of [...change.pendingAdded, ...result.returned]) durable.add(id);
  }

  handled(node: SimulatedNode, input: Input, effects: readonly Effect[], nowMs: number): void {
    const { records } = this.of(node);
    records.at(-1)?.steps.push({ input, now: node.clock.read(nowMs), effects: textOf(effects) });
    for (const effect of effects) this.#keep(node, effect);
  }

  #keep(node: SimulatedNode, effect: Effect): void {
    const { events, reports, answered } = this.of(node);
    if (effect.type === 'notify') {
      events.push(effect.event);
      if (effect.event.type === 'block-added') this.#assertDurable(node, effect.event.hash, 'a block that is told of');
      if (effect.event.type === 'entry-pending') this.#assertDurable(node, effect.event.id, 'an entry that is told of');
    }
    if (effect.type === 'report') reports.push(effect);
    if (effect.type === 'answer') {
      assert.ok(!answered.has(effect.request), 'a question is answered once');
      answered.add(effect.request);
      this.#assertAnswerDurable(node, effect.answer);
    }
    if (effect.type === 'send') this.#assertSentDurable(node, effect);
  }

  #assertAnswerDurable(node: SimulatedNode, answer: Answer): void {
    if (answer.type === 'block-mined') this.#assertDurable(node, answer.hash, 'a block that is answered');
    if (answer.type !== 'entries-pending') return;
    for (const { id } of answer.entries) this.#assertDurable(node, id, 'an entry that is answered');
  }

  #assertSentDurable(node: SimulatedNode, { message }: Extract<Effect, { type: 'send' }>): void {
    if (message.type === 'hello') this.#assertDurable(node, message.tip.hash, 'the tip of a hello');
    if (message.type === 'headers') {
      for (const { hash } of readRun(message.headers)) this.#assertDurable(node, hash, 'a header that is announced');
    }
    if (message.type === 'inventory') {
      for (const id of message.ids) this.#assertDurable(node, id, 'an announced entry');
    }
  }

  #assertDurable(node: SimulatedNode, hash: Hash, what: string): void {
    assert.ok(this.of(node).durable.has(hash), `${what} is durable at ${node.id}`);
  }
}
