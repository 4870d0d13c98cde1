/** An input whose first bytes are looked at, to see what it is, before it is read as that. */

export interface PeekedInput {
  /** As many bytes as were asked for, or all where there are fewer. */
  readonly first: Uint8Array;
  /** The whole input, these bytes included. */
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** Reads `source` until there are `count` bytes. What it throws comes from here, too. */
export async function peekInput(source: AsyncIterable<Uint8Array>, count: number): Promise<PeekedInput> {
  const iterator = source[Symbol.asyncIterator]();
  const held: Uint8Array[] = [];
  let heldBytes = 0;
  while (heldBytes < count) {
    const { done, value } = await iterator.next();
    if (done === true) break;
    // A copy: whoever sends the chunks may use their memory again.
    held.push(Uint8Array.from(value));
    heldBytes += value.length;
  }
  const chunks = (async function* () {
    try {
      yield* held;
      for (;;) {
        const { done, value } = await iterator.next();
        if (done === true) return;
        yield value;
      }
    } finally {
      await iterator.return?.();
    }
  })();
  return { first: Buffer.concat(held).subarray(0, count), chunks };
}
