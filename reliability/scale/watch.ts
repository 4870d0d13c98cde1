/** What is measured of a network: when each block reached each node, and what was sent meanwhile. */
import type { Hash } from '../../src/core/hash.ts';
import type { Effect, Input, PeerId } from '../../src/protocol/effects.ts';
import { FRAME_HEADER_BYTES } from '../../src/protocol/frame.ts';
import type { Message } from '../../src/protocol/message.ts';
import type { SimulatedNode } from '../../src/simulator/simulated-node.ts';
import type { WorldObserver } from '../../src/simulator/world-observer.ts';

/** The way of one block through the network. */
export interface Spread {
  readonly height: number;
  /** When its nonce was found, ms. */
  readonly foundMs: number;
  /** When it became part of a node's chain for the first time there, a time for each node, in order. */
  readonly joinedMs: number[];
}

export class Watch implements WorldObserver {
  /** Of every block that has become part of somebody's chain. */
  readonly spreads = new Map<Hash, Spread>();
  /** Blocks found, whatever became of them. */
  foundCount = 0;
  /** Entries that have become pending, counted at each node. */
  pendingCount = 0;
  /** Bytes on the wire since the last `reset`, by what was said. */
  sentBytes = new Map<Message['type'], number>();
  readonly #foundMs = new Map<SimulatedNode, number>();

  /** Forgets all that was counted; blocks on their way are forgotten as well. */
  reset(): void {
    this.spreads.clear();
    this.foundCount = 0;
    this.pendingCount = 0;
    this.sentBytes = new Map();
  }

  /** The bytes of these messages, or of all. */
  bytesOf(types: readonly Message['type'][] = [...this.sentBytes.keys()]): number {
    return types.reduce((sum, type) => sum + (this.sentBytes.get(type) ?? 0), 0);
  }

  handled(node: SimulatedNode, input: Input, effects: readonly Effect[], nowMs: number): void {
    if (input.type === 'nonce-found') {
      this.foundCount++;
      this.#foundMs.set(node, nowMs);
    }
    for (const effect of effects) {
      if (effect.type !== 'notify') continue;
      if (effect.event.type === 'entry-pending') this.pendingCount++;
      if (effect.event.type !== 'block-added') continue;
      const { hash, header } = effect.event;
      const spread = this.spreads.get(hash);
      if (spread !== undefined) spread.joinedMs.push(nowMs);
      // Whoever has it first is whoever found it.
      else
        this.spreads.set(hash, { height: header.height, foundMs: this.#foundMs.get(node) ?? nowMs, joinedMs: [nowMs] });
    }
  }

  sent(_from: PeerId, _to: PeerId, { type }: Message, sizeBytes: number): void {
    this.sentBytes.set(type, (this.sentBytes.get(type) ?? 0) + sizeBytes + FRAME_HEADER_BYTES);
  }
}

/** How long it took, in ms, until a share of `nodes` had the block; undefined: it has not reached so many. */
export function reachedMs({ foundMs, joinedMs }: Spread, share: number, nodes: number): number | undefined {
  const last = joinedMs[Math.ceil(share * nodes) - 1];
  return last === undefined ? undefined : last - foundMs;
}

/** The value below which this share of `values` lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
