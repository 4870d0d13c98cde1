/** Reads the frames of a connection as somebody asks for them, so that nobody is sent more than is being taken. */
import { assert, assertPresent } from '../core/assert.ts';
import { ok, type Result } from '../core/result.ts';
import { FRAME_BODY_BYTES_MAX, type FrameFault, type FramePart, FrameScanner } from '../protocol/frame.ts';

/** The connection ended in the middle of a message, or broke. */
export class ConnectionEndedError extends Error {
  override readonly name = 'ConnectionEndedError';
  readonly code = 'connection-ended';

  constructor(cause?: unknown) {
    super('the connection ended in the middle of a message', { cause });
  }
}

/** Where a source gets its bytes: the next chunk, or undefined at the orderly end. Throws when the connection broke. */
export type PullChunk = () => Promise<Uint8Array | undefined>;

/** Holds the chunk it is at, and nothing else. */
export class FrameSource {
  readonly #pull: PullChunk;
  readonly #scanner = new FrameScanner(FRAME_BODY_BYTES_MAX);
  #parts: Iterator<Result<FramePart, FrameFault>, void, undefined> | undefined;
  #inMessage = false;

  constructor(pull: PullChunk) {
    this.#pull = pull;
  }

  /** Whether the connection stands between two messages as far as it has been read. */
  get isBetweenFrames(): boolean {
    return this.#scanner.isBetweenFrames;
  }

  /**
   * The size in bytes that the next message announces, unchecked; undefined where the connection ended in order. What
   * is left of the message before is dropped. After a fault nothing more can be read.
   */
  async nextMessage(): Promise<Result<number, FrameFault> | undefined> {
    while (this.#inMessage) await this.nextBytes();
    const part = await this.#nextPart();
    if (part === undefined) return undefined;
    if (!part.ok) return part;
    assert(part.value.type === 'start', 'a frame begins with its start');
    this.#inMessage = true;
    return ok(part.value.sizeBytes);
  }

  /** Some more bytes of the message, good until the next call; undefined at its end. */
  async nextBytes(): Promise<Uint8Array | undefined> {
    if (!this.#inMessage) return undefined;
    const part = await this.#nextPart();
    if (part === undefined) throw new ConnectionEndedError();
    assert(part.ok, 'only a header can be at fault');
    if (part.value.type === 'bytes') return part.value.bytes;
    assert(part.value.type === 'end', 'a frame has one start');
    this.#inMessage = false;
    return undefined;
  }

  /**
   * What is left of the message, with `first` before it; undefined where that is more than `limitBytes`. Memory grows
   * with what arrives, not with what was announced.
   */
  async readRest(first: Uint8Array, limitBytes: number): Promise<Uint8Array | undefined> {
    let buffer = first;
    let filledBytes = first.length;
    for (;;) {
      const bytes = await this.nextBytes();
      if (bytes === undefined) return buffer.subarray(0, filledBytes);
      const neededBytes = filledBytes + bytes.length;
      if (neededBytes > limitBytes) return undefined;
      if (neededBytes > buffer.length) {
        const grown = new Uint8Array(Math.max(neededBytes, Math.min(2 * buffer.length, limitBytes)));
        grown.set(buffer.subarray(0, filledBytes));
        buffer = grown;
      }
      buffer.set(bytes, filledBytes);
      filledBytes = neededBytes;
    }
  }

  async #nextPart(): Promise<Result<FramePart, FrameFault> | undefined> {
    for (;;) {
      const next = this.#parts?.next();
      if (next !== undefined && next.done !== true) return assertPresent(next.value, 'what is not done has a value');
      const chunk = await this.#pull();
      if (chunk === undefined) {
        if (this.isBetweenFrames) return undefined;
        throw new ConnectionEndedError();
      }
      this.#parts = this.#scanner.push(chunk);
    }
  }
}
