/**
 * One node of a `MachineWorld`: the machine, the store that outlives it, and a record of all that went in and came out.
 *
 * Checks at every effect that nothing is told to others before it is durable here.
 */
import assert from 'node:assert/strict';
import { type Hash, hashToNumber } from '../../src/core/hash.ts';
import type { Header } from '../../src/core/header.ts';
import type { NetworkParams } from '../../src/core/params.ts';
import { bitsToTarget } from '../../src/core/target.ts';
import { createGenesis, hashedHeader } from '../../src/core/validation.ts';
import type { Answer, Commit, Effect, Input, NodeEvent, PeerId, RequestId } from '../../src/protocol/effects.ts';
import { FullNode, type FullNodeOptions } from '../../src/protocol/full-node.ts';
import { MILESTONE_INTERVAL_BLOCKS } from '../../src/protocol/limits.ts';
import type { ChainStore, CommittedChange } from '../../src/storage/chain-store.ts';
import { createMemoryStore } from '../../src/storage/memory-store.ts';
import { clocksAt } from './clocks.ts';
import { textOf } from './effect-text.ts';
import { readRun } from './header-bytes.ts';
import { ALL_PENDING } from './store-change.ts';

/** What one machine saw and said between a start and a crash. */
export interface MachineRecord {
  readonly options: FullNodeOptions;
  readonly steps: { readonly input: Input; readonly nowMs: number; readonly effects: string }[];
}

export class WorldNode {
  readonly id: PeerId;
  readonly address: string;
  readonly store: ChainStore;
  readonly records: MachineRecord[] = [];
  readonly answers = new Map<RequestId, Answer>();
  /** Of this life. */
  events: NodeEvent[] = [];
  readonly reports: { readonly code: string; readonly facts: Readonly<Record<string, unknown>> }[] = [];
  /** Counts starts and crashes: what was begun in another life is over. */
  life = 0;
  job: number | undefined;
  #machine: FullNode | undefined;
  #record: MachineRecord | undefined;
  /** Blocks and entries that a committed change has made durable. */
  readonly #durable: Set<Hash>;

  constructor(options: { readonly id: PeerId; readonly address: string; readonly params: NetworkParams }) {
    this.id = options.id;
    this.address = options.address;
    this.store = createMemoryStore(options.params);
    this.#durable = new Set([createGenesis(options.params).hash]);
  }

  get isUp(): boolean {
    return this.#machine !== undefined;
  }

  get machine(): FullNode {
    assert.ok(this.#machine, `${this.id} is up`);
    return this.#machine;
  }

  async start(
    options: Omit<FullNodeOptions, 'state' | 'localPeer' | 'addresses'>,
    windowBlocks: number,
  ): Promise<void> {
    const state = await this.store.load({
      windowLength: windowBlocks,
      milestoneInterval: MILESTONE_INTERVAL_BLOCKS,
      pending: ALL_PENDING,
    });
    const whole: FullNodeOptions = {
      ...options,
      state,
      localPeer: this.id,
      addresses: [this.address],
      windowBlocks,
    };
    this.life++;
    this.events = [];
    this.#machine = new FullNode(whole);
    this.#record = { options: whole, steps: [] };
    this.records.push(this.#record);
  }

  crash(): void {
    this.life++;
    this.#machine = undefined;
    this.job = undefined;
  }

  handle(input: Input, nowMs: number): readonly Effect[] {
    const effects = this.machine.handle(input, clocksAt(nowMs));
    this.#record?.steps.push({ input, nowMs, effects: textOf(effects) });
    for (const effect of effects) this.#check(effect);
    return effects;
  }

  /** Makes `change` durable. The machine is not told yet. */
  async commit(change: Commit): Promise<CommittedChange> {
    const committed = await this.store.commit(change);
    for (const { block } of change.blocks) this.#durable.add(block.hash);
    for (const { id } of [...change.pendingAdded, ...committed.returned]) this.#durable.add(id);
    return committed;
  }

  /** The hashes of the active chain from the genesis. */
  async chain(): Promise<readonly Hash[]> {
    return this.store.activeHashes(0, (await this.store.chainJson()).length);
  }

  #check(effect: Effect): void {
    if (effect.type === 'notify') {
      this.events.push(effect.event);
      if (effect.event.type === 'block-added') this.#assertDurable(effect.event.hash, 'a block that is told of');
      if (effect.event.type === 'entry-pending') this.#assertDurable(effect.event.id, 'an entry that is told of');
    }
    if (effect.type === 'report') this.reports.push(effect);
    if (effect.type === 'answer') {
      assert.ok(!this.answers.has(effect.request), 'a question is answered once');
      this.answers.set(effect.request, effect.answer);
      if (effect.answer.type === 'block-mined') this.#assertDurable(effect.answer.hash, 'a block that is answered');
      if (effect.answer.type === 'entries-pending') {
        for (const { id } of effect.answer.entries) this.#assertDurable(id, 'an entry that is answered');
      }
    }
    if (effect.type === 'send') {
      const { message } = effect;
      if (message.type === 'hello') this.#assertDurable(message.tip.hash, 'the tip of a hello');
      if (message.type === 'headers') {
        for (const { hash } of readRun(message.headers)) this.#assertDurable(hash, 'a header that is announced');
      }
      if (message.type === 'inventory') for (const id of message.ids) this.#assertDurable(id, 'an announced entry');
    }
  }

  #assertDurable(hash: Hash, what: string): void {
    assert.ok(this.#durable.has(hash), `${what} is durable at ${this.id}`);
  }
}

/** A nonce with which `header` meets its target, from `start` on. */
export function findNonce(header: Header, start: number): number {
  const target = bitsToTarget(header.bits) ?? 0n;
  for (let nonce = start; ; nonce++) if (hashToNumber(hashedHeader({ ...header, nonce }).hash) <= target) return nonce;
}
