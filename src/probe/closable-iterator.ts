/** Endings for generators that wait on a connection. */

/**
 * `generator` as an iterable that can be given up at any time: `return()` calls `close` at once, also before the first
 * `next()` and while one waits, which then comes to its end and does not throw.
 */
export function closable<Value>(
  generator: AsyncGenerator<Value, void, undefined>,
  close: () => void,
): AsyncIterable<Value> {
  let isClosed = false;
  const iterator: AsyncIterator<Value, undefined, undefined> = {
    async next() {
      try {
        const next = await generator.next();
        return next.done === true ? { done: true, value: undefined } : next;
      } catch (error) {
        if (isClosed) return { done: true, value: undefined };
        throw error;
      }
    },
    async return() {
      isClosed = true;
      close();
      await generator.return();
      return { done: true, value: undefined };
    },
  };
  return { [Symbol.asyncIterator]: () => iterator };
}
