/** Waiting for the active chain to change: once for each look at it, so that no change falls between a look and the wait. */
import type { RuntimeEvent } from './runtime.ts';

/** What tells of changes: the runtime of a node. */
export interface NewsSource {
  listen(listener: (event: RuntimeEvent) => void): () => void;
}

export class ChainNews {
  #changed = Promise.withResolvers<void>();
  readonly #stop: () => void;

  constructor(source: NewsSource) {
    this.#stop = source.listen(({ type }) => {
      if (type === 'block-added' || type === 'block-removed') this.#changed.resolve();
    });
  }

  /** Settles with the first change from now on. To be asked for before a look at the chain. */
  next(): Promise<void> {
    this.#changed = Promise.withResolvers();
    return this.#changed.promise;
  }

  stop(): void {
    this.#stop();
  }
}
