/** A miner under test, and all that it says. */
import { createHash } from 'node:crypto';
import type { TestContext } from 'node:test';
import type { Miner, MiningEvent } from './miner.ts';
import type { MiningError } from './worker-miner.ts';

/** What a miner calls. */
export interface MinerReports {
  readonly onEvent: (event: MiningEvent) => void;
  readonly onFailure: (error: MiningError) => void;
}

type EventType = MiningEvent['type'];
type EventOf<Type extends EventType> = Extract<MiningEvent, { type: Type }>;

export class MinerBench {
  readonly miner: Miner;
  /** All there were, in order. */
  readonly events: MiningEvent[] = [];
  readonly failures: MiningError[] = [];
  /** Resolves to the first failure. */
  readonly failed: Promise<MiningError>;
  readonly #unclaimed: MiningEvent[] = [];
  readonly #waiting: { readonly type: EventType; readonly resolve: (event: MiningEvent) => void }[] = [];

  /** The miner that `create` makes is closed at the end of the test. */
  constructor(t: TestContext, create: (reports: MinerReports) => Miner) {
    const { promise, resolve } = Promise.withResolvers<MiningError>();
    this.failed = promise;
    this.miner = create({
      onEvent: (event) => this.#take(event),
      onFailure: (error) => {
        this.failures.push(error);
        resolve(error);
      },
    });
    t.after(() => this.miner.close());
  }

  /** The next event of `type`, or the first that came and was not asked for. Progress is always that to come. */
  async next<Type extends EventType>(type: Type): Promise<EventOf<Type>> {
    const place = type === 'progress' ? -1 : this.#unclaimed.findIndex((event) => event.type === type);
    const [event] = place >= 0 ? this.#unclaimed.splice(place, 1) : [];
    const toCome = () => new Promise<MiningEvent>((resolve) => this.#waiting.push({ type, resolve }));
    return (event ?? (await toCome())) as EventOf<Type>;
  }

  async nextNonce(): Promise<number> {
    return (await this.next('found')).nonce;
  }

  /** The jobs that something was said about. */
  get jobIds(): readonly number[] {
    return [...new Set(this.events.flatMap((event) => ('jobId' in event ? [event.jobId] : [])))];
  }

  #take(event: MiningEvent): void {
    this.events.push(event);
    const place = this.#waiting.findIndex(({ type }) => type === event.type);
    if (place < 0) this.#unclaimed.push(event);
    else for (const { resolve } of this.#waiting.splice(place, 1)) resolve(event);
  }
}

/** Keeps this thread busy for a while, so that workers get ahead of it. */
export function spin(rounds: number): void {
  for (let i = 0; i < rounds; i++) createHash('sha256').update('busy').digest();
}
