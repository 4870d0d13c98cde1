/** Takes one thing after the other from what may tell nothing for long, so that something else can be done meanwhile. */

export class PatientReader<Item> {
  readonly #items: AsyncIterator<Item>;
  #next: Promise<IteratorResult<Item>> | undefined;

  constructor(items: AsyncIterator<Item>) {
    this.#items = items;
  }

  /** Begins to read. Settles when the next item is there, or there is none. */
  peek(): Promise<IteratorResult<Item>> {
    if (this.#next === undefined) {
      this.#next = this.#items.next();
      // Whoever takes it hears of it; nobody may.
      this.#next.catch(() => undefined);
    }
    return this.#next;
  }

  /** The next item; undefined where none has come for `pauseMs`. It is not lost: the next call waits for it again. */
  async take(pauseMs: number): Promise<IteratorResult<Item> | undefined> {
    const pause = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => pause.resolve(undefined), pauseMs);
    try {
      const result = await Promise.race([this.peek(), pause.promise]);
      if (result !== undefined) this.#next = undefined;
      return result;
    } finally {
      clearTimeout(timer);
    }
  }
}
