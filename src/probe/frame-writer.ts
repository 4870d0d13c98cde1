/** Writes frames to a socket, one after the other, no faster than the other side reads. */
import type { Socket } from 'node:net';
import { encodeFrame, encodeFrameHeader } from '../protocol/frame.ts';
import { type ByteStream, discardStream } from './byte-stream.ts';
import { startDeadline } from './deadline.ts';

/** A message of which the most is streamed. */
export interface StreamedMessage {
  readonly prefix: string;
  readonly stream: ByteStream;
  readonly suffix: string;
}

/** A stream that was to be written failed, or did not have its size. The socket has been destroyed. */
class StreamBrokenError extends Error {
  override readonly name = 'StreamBrokenError';
  readonly code = 'stream-broken';

  constructor(message: string, cause?: unknown) {
    super(message, { cause });
  }
}

/** Frames that are written together. */
interface Batch {
  readonly frames: Uint8Array[];
  sizeBytes: number;
  readonly written: Promise<boolean>;
}

export class FrameWriter {
  readonly #socket: Socket;
  readonly #stallTimeoutMs: number;
  #lastTurn: Promise<unknown> = Promise.resolve();
  /** Those that wait for their turn, where nothing else has been sent behind them. */
  #batch: Batch | undefined;

  /** A reader that takes nothing for `stallTimeoutMs` while something is being written loses the connection. */
  constructor(socket: Socket, stallTimeoutMs: number) {
    this.#socket = socket;
    this.#stallTimeoutMs = stallTimeoutMs;
  }

  /** True when the message has been handed to the operating system, false when the connection ended first. */
  send(message: Uint8Array | string): Promise<boolean> {
    const frame = encodeFrame(typeof message === 'string' ? Buffer.from(message, 'utf8') : message);
    const waiting = this.#batch;
    if (waiting !== undefined && waiting.sizeBytes + frame.length <= BATCH_BYTES_MAX) {
      waiting.frames.push(frame);
      waiting.sizeBytes += frame.length;
      return waiting.written;
    }
    const frames = [frame];
    const written = this.#takeTurn(() => {
      if (this.#batch?.frames === frames) this.#batch = undefined;
      return this.#write(frames);
    });
    this.#batch = { frames, sizeBytes: frame.length, written };
    return written;
  }

  /** Like `send`. Throws `StreamBrokenError` when the stream does, unless the connection had ended. */
  sendStreamed(message: StreamedMessage): Promise<boolean> {
    return this.#takeTurn(() => this.#writeStreamed(message));
  }

  /** Closes our direction when all that was sent before is written. */
  end(): Promise<void> {
    return this.#takeTurn(async () => {
      this.#socket.end();
    });
  }

  #takeTurn<Value>(turn: () => Promise<Value>): Promise<Value> {
    this.#batch = undefined;
    const outcome = this.#lastTurn.then(turn);
    this.#lastTurn = outcome.catch(() => undefined);
    return outcome;
  }

  async #writeStreamed({ prefix, stream, suffix }: StreamedMessage): Promise<boolean> {
    const prefixBytes = Buffer.from(prefix, 'utf8');
    const suffixBytes = Buffer.from(suffix, 'utf8');
    const header = encodeFrameHeader(prefixBytes.length + stream.sizeBytes + suffixBytes.length);
    if (!(await this.#write([header, prefixBytes]))) {
      await discardStream(stream);
      return false;
    }
    let writtenBytes = 0;
    try {
      for await (const chunk of stream.chunks) {
        writtenBytes += chunk.length;
        if (writtenBytes > stream.sizeBytes) break;
        if (!(await this.#write([chunk]))) return false;
      }
    } catch (cause) {
      if (this.#socket.destroyed) return false;
      this.#socket.destroy();
      throw new StreamBrokenError('a stream failed while it was being sent', cause);
    }
    if (writtenBytes !== stream.sizeBytes) {
      this.#socket.destroy();
      throw new StreamBrokenError(`a stream of ${stream.sizeBytes} bytes had ${writtenBytes} or more`);
    }
    return this.#write([suffixBytes]);
  }

  /** In one call of the system, where it takes them. */
  #write(pieces: readonly Uint8Array[]): Promise<boolean> {
    const socket = this.#socket;
    if (!socket.writable) return Promise.resolve(false);
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const stall = startDeadline(this.#stallTimeoutMs, () => socket.destroy());
    const done = (error?: Error | null) => {
      clearTimeout(stall);
      resolve((error === undefined || error === null) && !socket.destroyed);
    };
    socket.cork();
    for (const [index, piece] of pieces.entries()) socket.write(piece, index === pieces.length - 1 ? done : undefined);
    socket.uncork();
    return promise;
  }
}

/** Answers to many calls are small; beyond this nothing is won, and who reads slowly has so much less to take at a time. */
const BATCH_BYTES_MAX = 65_536;
