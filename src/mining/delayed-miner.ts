/** A miner that is not there until it is needed, or nothing else is. */
import type { Miner, MiningJob } from './miner.ts';

/** A miner that `create` makes with the first job, or after `delayMs` without one: to make one keeps a processor busy. */
export function createDelayedMiner(options: { readonly create: () => Miner; readonly delayMs: number }): Miner {
  return new DelayedMiner(options.create, options.delayMs);
}

class DelayedMiner implements Miner {
  readonly #create: () => Miner;
  readonly #timer: NodeJS.Timeout;
  #miner: Miner | undefined;
  #isClosed = false;

  constructor(create: () => Miner, delayMs: number) {
    this.#create = create;
    this.#timer = setTimeout(() => this.#start(), delayMs);
  }

  mine(job: MiningJob): void {
    if (!this.#isClosed) this.#start().mine(job);
  }

  cancel(): void {
    this.#miner?.cancel();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#miner?.close();
  }

  #start(): Miner {
    clearTimeout(this.#timer);
    this.#miner ??= this.#create();
    return this.#miner;
  }
}
