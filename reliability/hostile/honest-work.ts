/**
 * What honest people go on doing meanwhile, and how long it takes: they append at two nodes and ask one of them, at a
 * steady pace, whether or not the answer before has come; and blocks travel between the two.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { LedgerEvent, Submitted } from '../../src/api/shapes.ts';
import { jsonValue } from '../../src/core/json-text.ts';
import type { ProbeClient } from '../../src/probe/probe-client.ts';
import { type Percentiles, percentiles } from './percentiles.ts';

/** In milliseconds, of one stretch of time. */
export interface HonestLatencies {
  /** Until an entry is durable. */
  readonly append: Percentiles;
  readonly status: Percentiles;
  /** From the one node's following a block to the other's. */
  readonly block: Percentiles;
}

export class HonestWork {
  /** Ids of entries that were acknowledged. */
  readonly acknowledged: string[] = [];
  /** What was refused, or not answered. */
  readonly failures: string[] = [];
  readonly #attacked: ProbeClient;
  readonly #other: ProbeClient;
  readonly #seenMs = new Map<string, number>();
  #append: number[] = [];
  #status: number[] = [];
  #block: number[] = [];
  #count = 0;

  constructor(nodes: { readonly attacked: ProbeClient; readonly other: ProbeClient }) {
    this.#attacked = nodes.attacked;
    this.#other = nodes.other;
  }

  /** Watches the blocks of both nodes until `signal` aborts, and who comes and goes at the one that is attacked. */
  async watch(signal: AbortSignal, onEvent: (event: LedgerEvent) => void): Promise<void> {
    const follow = async (client: ProbeClient, isAttacked: boolean) => {
      for await (const text of client.events({ signal })) {
        const event: LedgerEvent = JSON.parse(text).event;
        if (event.type === 'block-added') this.#blockSeen(event.hash);
        if (isAttacked) onEvent(event);
      }
    };
    await Promise.all([follow(this.#attacked, true), follow(this.#other, false)]).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }

  /** Works for so long, and says how long things took. */
  async work(durationMs: number): Promise<HonestLatencies> {
    this.#append = [];
    this.#status = [];
    this.#block = [];
    const startMs = performance.now();
    const underWay = new Set<Promise<void>>();
    for (let dueMs = startMs; dueMs < startMs + durationMs; dueMs += INTERVAL_MS) {
      await delay(Math.max(0, dueMs - performance.now()));
      const questions = [this.#appendAt(this.#attacked, dueMs, this.#append), this.#ask(dueMs)];
      if (this.#count++ % OTHER_EVERY === 0) questions.push(this.#appendAt(this.#other, dueMs, []));
      for (const question of questions) {
        underWay.add(question);
        void question.then(() => underWay.delete(question));
      }
    }
    await Promise.all(underWay);
    return {
      append: percentiles(this.#append),
      status: percentiles(this.#status),
      block: percentiles(this.#block),
    };
  }

  async #appendAt(client: ProbeClient, dueMs: number, times: number[]): Promise<void> {
    const entry = { honest: this.#count, at: dueMs };
    await this.#measured(dueMs, times, async () => {
      const params = jsonValue({ entries: [entry] });
      const { entries }: { readonly entries: readonly Submitted[] } = JSON.parse(
        await client.call('append', params, { timeoutMs: ANSWER_MS_MAX }),
      );
      for (const { id } of entries) this.acknowledged.push(id);
    });
  }

  async #ask(dueMs: number): Promise<void> {
    await this.#measured(dueMs, this.#status, () =>
      this.#attacked.call('status', undefined, { timeoutMs: ANSWER_MS_MAX }),
    );
  }

  /** From when it was due: what waits because something before it took long has waited, too. */
  async #measured(dueMs: number, times: number[], question: () => Promise<unknown>): Promise<void> {
    try {
      await question();
      times.push(performance.now() - dueMs);
    } catch (error) {
      this.failures.push(error instanceof Error ? error.message : String(error));
    }
  }

  #blockSeen(hash: string): void {
    const beforeMs = this.#seenMs.get(hash);
    if (beforeMs === undefined) this.#seenMs.set(hash, performance.now());
    else this.#block.push(performance.now() - beforeMs);
  }
}

const INTERVAL_MS = 100;
/** Every so many turns something is appended at the other node, too. */
const OTHER_EVERY = 2;
const ANSWER_MS_MAX = 30_000;
