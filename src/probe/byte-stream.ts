/** Bytes that are too many to hold at once. */

/** A run of bytes whose size is known before the first of them. `chunks` can be gone through once. */
export interface ByteStream {
  /** What the chunks come to together, exactly. */
  readonly sizeBytes: number;
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** Gives a stream up that nobody will read, so that it lets go of what it holds. */
export async function discardStream(stream: ByteStream): Promise<void> {
  await stream.chunks[Symbol.asyncIterator]().return?.();
}
