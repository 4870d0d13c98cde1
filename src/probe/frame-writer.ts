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

export class FrameWriter {
  readonly #socket: Socket;
  readonly #stallTimeoutMs: number;
  #lastTurn: Promise<unknown> = Promise.resolve();

  /** A reader that takes nothing for `stallTimeoutMs` while something is being written loses the connection. */
  constructor(socket: Socket, stallTimeoutMs: number) {
    this.#socket = socket;
    this.#stallTimeoutMs = stallTimeoutMs;
  }

  /** True when the message has been handed to the operating system, false when the connection ended first. */
  send(message: Uint8Array | string): Promise<boolean> {
    const bytes = typeof message === 'string' ? Buffer.from(message, 'utf8') : message;
    return this.#takeTurn(() => this.#write(encodeFrame(bytes)));
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
    const outcome = this.#lastTurn.then(turn);
    this.#lastTurn = outcome.catch(() => undefined);
    return outcome;
  }

  async #writeStreamed({ prefix, stream, suffix }: StreamedMessage): Promise<boolean> {
    const prefixBytes = Buffer.from(prefix, 'utf8');
    const suffixBytes = Buffer.from(suffix, 'utf8');
    const header = encodeFrameHeader(prefixBytes.length + stream.sizeBytes + suffixBytes.length);
    if (!(await this.#write(Buffer.concat([header, prefixBytes])))) {
      await discardStream(stream);
      return false;
    }
    let writtenBytes = 0;
    try {
      for await (const chunk of stream.chunks) {
        writtenBytes += chunk.length;
        if (writtenBytes > stream.sizeBytes) break;
        if (!(await this.#write(chunk))) return false;
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
    return this.#write(suffixBytes);
  }

  #write(bytes: Uint8Array): Promise<boolean> {
    const socket = this.#socket;
    if (!socket.writable) return Promise.resolve(false);
    return new Promise((resolve) => {
      const stall = startDeadline(this.#stallTimeoutMs, () => socket.destroy());
      socket.write(bytes, (error) => {
        clearTimeout(stall);
        resolve((error === undefined || error === null) && !socket.destroyed);
      });
    });
  }
}
