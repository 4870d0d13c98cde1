/** From several that have something to tell to one that takes it, each waiting for the other: nothing piles up. */
export class Handover<Item> {
  readonly #signal: AbortSignal;
  readonly #offered: { readonly item: Item; readonly taken: () => void }[] = [];
  #changed = Promise.withResolvers<void>();
  #failure: { readonly error: unknown } | undefined;

  /** Ends when `signal` is aborted. */
  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener('abort', () => this.#end(), { once: true });
  }

  /** Resolves when `item` was taken, or there is nobody any more to take it. */
  put(item: Item): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (this.#signal.aborted || this.#failure !== undefined) return Promise.resolve();
    this.#offered.push({ item, taken: resolve });
    this.#changed.resolve();
    return promise;
  }

  /** Makes the one who takes hear of `error`, and lets the others go. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#end();
  }

  /** What was put, in that order. */
  async *items(): AsyncGenerator<Item, void, undefined> {
    while (!this.#signal.aborted) {
      if (this.#failure !== undefined) throw this.#failure.error;
      const next = this.#offered.shift();
      if (next !== undefined) {
        next.taken();
        yield next.item;
        continue;
      }
      this.#changed = Promise.withResolvers();
      await this.#changed.promise;
    }
  }

  #end(): void {
    for (const { taken } of this.#offered.splice(0)) taken();
    this.#changed.resolve();
  }
}
