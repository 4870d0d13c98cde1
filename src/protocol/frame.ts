/**
 * Frames: how messages stand one after the other on a stream (docs/spec/wire.md#frames).
 *
 * A frame is a header of 10 characters, the message's size in bytes as decimal digits padded on the right with
 * spaces, and then the message. `'13        Valid message'`.
 */
import { assert } from '../core/assert.ts';
import { fail, ok, type Result } from '../core/result.ts';

export const FRAME_HEADER_BYTES = 10;

/** The largest size that ten digits can say. */
export const FRAME_BODY_BYTES_MAX = 9_999_999_999;

export type FrameFault =
  | { readonly code: 'frame-header-invalid'; readonly header: string }
  | { readonly code: 'frame-too-large'; readonly sizeBytes: number; readonly limitBytes: number };

/** The 10 bytes that announce a message of `sizeBytes`. */
export function encodeFrameHeader(sizeBytes: number): Uint8Array {
  assert(
    Number.isInteger(sizeBytes) && sizeBytes >= 0 && sizeBytes <= FRAME_BODY_BYTES_MAX,
    'the size of a frame fits into its header',
  );
  const header = new Uint8Array(FRAME_HEADER_BYTES).fill(SPACE);
  const digits = String(sizeBytes);
  for (let i = 0; i < digits.length; i++) header[i] = digits.charCodeAt(i);
  return header;
}

/** `message` with its header before it. */
export function encodeFrame(message: Uint8Array): Uint8Array {
  const frame = new Uint8Array(FRAME_HEADER_BYTES + message.length);
  frame.set(encodeFrameHeader(message.length), 0);
  frame.set(message, FRAME_HEADER_BYTES);
  return frame;
}

/** The size that the 10 bytes of `header` announce: digits, then spaces, at least one digit, and nothing else. */
export function parseFrameHeader(header: Uint8Array, limitBytes: number): Result<number, FrameFault> {
  let sizeBytes = 0;
  let digits = 0;
  let valid = true;
  for (let i = 0; i < FRAME_HEADER_BYTES; i++) {
    const byte = header[i] ?? 0;
    if (byte >= DIGIT_0 && byte <= DIGIT_9 && digits === i) {
      sizeBytes = sizeBytes * 10 + (byte - DIGIT_0);
      digits++;
    } else if (byte !== SPACE) {
      valid = false;
    }
  }
  if (!valid || digits === 0) return fail({ code: 'frame-header-invalid', header: printableHeader(header) });
  if (sizeBytes > limitBytes) return fail({ code: 'frame-too-large', sizeBytes, limitBytes });
  return ok(sizeBytes);
}

/** One piece of what a stream carries: the start of a frame, some bytes of its message, or the message's end. */
export type FramePart =
  | { readonly type: 'start'; readonly sizeBytes: number }
  | { readonly type: 'bytes'; readonly bytes: Uint8Array }
  | { readonly type: 'end' };

/**
 * Cuts a stream of chunks, of any sizes, into the parts of its frames. Holds at most one header: message bytes are
 * passed on as views of the chunk they came in.
 */
export class FrameScanner {
  readonly limitBytes: number;
  readonly #header = new Uint8Array(FRAME_HEADER_BYTES);
  #headerBytes = 0;
  #remainingBytes = 0;

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes;
  }

  /** Whether the stream stands between two frames, so that its end now is an orderly one. */
  get isBetweenFrames(): boolean {
    return this.#headerBytes === 0 && this.#remainingBytes === 0;
  }

  /** The parts that `chunk` completes. After a fault nothing more can be read from the stream. */
  *push(chunk: Uint8Array): Generator<Result<FramePart, FrameFault>, void, undefined> {
    let position = 0;
    while (position < chunk.length) {
      if (this.#remainingBytes > 0) {
        const end = Math.min(chunk.length, position + this.#remainingBytes);
        this.#remainingBytes -= end - position;
        const bytes = chunk.subarray(position, end);
        position = end;
        yield ok({ type: 'bytes', bytes });
        if (this.#remainingBytes === 0) yield ok({ type: 'end' });
        continue;
      }
      const taken = Math.min(chunk.length - position, FRAME_HEADER_BYTES - this.#headerBytes);
      this.#header.set(chunk.subarray(position, position + taken), this.#headerBytes);
      this.#headerBytes += taken;
      position += taken;
      if (this.#headerBytes < FRAME_HEADER_BYTES) return;
      const size = parseFrameHeader(this.#header, this.limitBytes);
      if (!size.ok) {
        yield size;
        return;
      }
      this.#headerBytes = 0;
      this.#remainingBytes = size.value;
      yield ok({ type: 'start', sizeBytes: size.value });
      if (size.value === 0) yield ok({ type: 'end' });
    }
  }
}

/**
 * Gathers whole messages. Memory grows with the bytes that have arrived, at most eightfold, never with the size that was
 * announced, so a header that claims much costs nothing.
 */
export class FrameReader {
  readonly #scanner: FrameScanner;
  #buffer: Uint8Array = new Uint8Array(0);
  #filledBytes = 0;
  #sizeBytes = 0;

  constructor(limitBytes: number) {
    this.#scanner = new FrameScanner(limitBytes);
  }

  get isBetweenFrames(): boolean {
    return this.#scanner.isBetweenFrames;
  }

  /** The messages that `chunk` completes, in order. A message may be a view of `chunk`. */
  *push(chunk: Uint8Array): Generator<Result<Uint8Array, FrameFault>, void, undefined> {
    let position = 0;
    // Small messages mostly lie in a chunk as a whole: cut out at once, each costs a third.
    while (this.#scanner.isBetweenFrames && position + FRAME_HEADER_BYTES <= chunk.length) {
      const start = position + FRAME_HEADER_BYTES;
      const size = parseFrameHeader(chunk.subarray(position, start), this.#scanner.limitBytes);
      if (!size.ok || start + size.value > chunk.length) break;
      position = start + size.value;
      yield ok(chunk.subarray(start, position));
    }
    for (const part of this.#scanner.push(chunk.subarray(position))) {
      if (!part.ok) {
        yield part;
        return;
      }
      switch (part.value.type) {
        case 'start':
          this.#buffer = new Uint8Array(0);
          this.#filledBytes = 0;
          this.#sizeBytes = part.value.sizeBytes;
          break;
        case 'bytes':
          this.#append(part.value.bytes);
          break;
        case 'end':
          yield ok(this.#buffer.subarray(0, this.#filledBytes));
          this.#buffer = new Uint8Array(0);
          break;
      }
    }
  }

  #append(bytes: Uint8Array): void {
    const filledBytes = this.#filledBytes + bytes.length;
    if (this.#filledBytes === 0 && filledBytes === this.#sizeBytes) {
      this.#buffer = bytes;
    } else {
      if (filledBytes > this.#buffer.length) {
        const grown = new Uint8Array(Math.min(this.#sizeBytes, GROWTH * filledBytes));
        grown.set(this.#buffer.subarray(0, this.#filledBytes));
        this.#buffer = grown;
      }
      this.#buffer.set(bytes, this.#filledBytes);
    }
    this.#filledBytes = filledBytes;
  }
}

/** The header for an error message: what is not printable ASCII is shown as `?`. */
function printableHeader(header: Uint8Array): string {
  return String.fromCharCode(...header.map((byte) => (byte >= SPACE && byte < 0x7f ? byte : 0x3f)));
}

/** A mebibyte that comes in pieces of 16 KiB is moved twice on its way, and four hundred bytes are no worse for it. */
const GROWTH = 8;
const SPACE = 0x20;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
