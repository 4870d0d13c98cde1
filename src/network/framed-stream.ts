/**
 * Whole messages over one libp2p stream, both ways, in memory that is bounded whatever the other side does.
 *
 * Reading: while a message is being handled the stream is paused, so that Yamux opens no more of the other side's window
 * (`STREAM_WINDOW_BYTES_MAX`); and so it is while the turn of the event loop is over and others have theirs. Writing: what the stream does not take waits here, up to a limit.
 */
import type { Stream, StreamCloseEvent, StreamMessageEvent } from '@libp2p/interface';
import { assert } from '../core/assert.ts';
import type { Result } from '../core/result.ts';
import { encodeFrameHeader, FRAME_HEADER_BYTES, type FrameFault, FrameReader } from '../protocol/frame.ts';
import type { LoopTurns } from './loop-turns.ts';
import type { DisconnectReason } from './peer-network.ts';

/**
 * How far the other side may be ahead of our reading. 512 KiB carry 10 MB/s at 50 ms of round trip, and must stay below
 * the stream's read buffer (4 MiB), which libp2p resets the stream for overflowing.
 */
export const STREAM_WINDOW_BYTES_MAX = 512 * 1024;

export interface FramedStreamLimits {
  readonly messageBytesMax: number;
  readonly sendQueueBytesMax: number;
}

export interface FramedStreamHandlers {
  /** As in `NetworkHandlers`: a promise holds the next message back. */
  messageReceived(message: Uint8Array): void | Promise<void>;
  /** Once, and nothing after it. Not from within `send` or `close`. */
  ended(reason: DisconnectReason): void;
}

export class FramedStream {
  readonly #stream: Stream;
  readonly #limits: FramedStreamLimits;
  readonly #handlers: FramedStreamHandlers;
  readonly #turns: LoopTurns;

  readonly #reader: FrameReader;
  readonly #chunks: Uint8Array[] = [];
  #messages: Iterator<Result<Uint8Array, FrameFault>> | undefined;
  #isHandling = false;
  #isPaused = false;
  #isResuming = false;
  #remoteEnded = false;

  #queue: Uint8Array[] = [];
  #queueBytes = 0;
  readonly #batch = new Uint8Array(BATCH_BYTES);
  #batchBytes = 0;
  #flushScheduled = false;

  #closing: { readonly reason: DisconnectReason; readonly signal: AbortSignal } | undefined;
  #streamClosing = false;
  #ended = false;

  /** All streams of one network share the same `turns`. */
  constructor(
    stream: Stream,
    {
      limits,
      handlers,
      turns,
    }: {
      readonly limits: FramedStreamLimits;
      readonly handlers: FramedStreamHandlers;
      readonly turns: LoopTurns;
    },
  ) {
    this.#stream = stream;
    this.#limits = limits;
    this.#handlers = handlers;
    this.#turns = turns;
    this.#reader = new FrameReader(limits.messageBytesMax);
  }

  /** Begins to read. What came before waits in the stream. */
  start(): void {
    this.#stream.addEventListener('message', this.#onMessage);
    this.#stream.addEventListener('remoteCloseWrite', this.#onRemoteEnd);
    this.#stream.addEventListener('drain', this.#onDrain);
    this.#stream.addEventListener('close', this.#onClose);
    if (this.#stream.remoteWriteStatus !== 'writable') this.#onRemoteEnd();
    else if (this.#stream.status !== 'open') this.#end({ code: 'failed', message: BROKEN_OFF });
  }

  get queuedBytes(): number {
    return this.#queueBytes + this.#batchBytes + this.#stream.writeBufferLength;
  }

  /** Queues one frame. Past the limit the stream is given up. */
  send(message: Uint8Array): void {
    assert(message.length <= this.#limits.messageBytesMax, 'a message we send is within the limit of messages');
    if (this.#ended || this.#closing !== undefined) return;
    const limitBytes = this.#limits.sendQueueBytesMax;
    if (this.queuedBytes + FRAME_HEADER_BYTES + message.length > limitBytes) {
      this.overflow(limitBytes);
      return;
    }
    this.#enqueue(encodeFrameHeader(message.length));
    this.#enqueue(message);
    this.#scheduleFlush();
  }

  /** Gives the stream up, and what waits in it at once, since with this more than `limitBytes` would wait. */
  overflow(limitBytes: number): void {
    if (this.#ended) return;
    const reason = this.#closing?.reason ?? { code: 'send-queue-full', limitBytes };
    this.#closing = { reason, signal: AbortSignal.abort() };
    this.#dropQueue();
    queueMicrotask(() => this.#end(reason));
  }

  /**
   * Sends what is queued and ends the stream; `reason` is reported when the other side has ended it too, or at once
   * when `signal` aborts. What comes in meanwhile is dropped.
   */
  close(reason: DisconnectReason, signal: AbortSignal): void {
    if (this.#ended || this.#closing !== undefined) return;
    this.#closing = { reason, signal };
    signal.addEventListener('abort', () => this.#end(reason), { once: true });
    queueMicrotask(() => {
      this.#readOn();
      this.#flush();
    });
  }

  /** Gives the stream up at once. */
  abort(reason: DisconnectReason): void {
    this.#end(reason);
  }

  // Reading.

  readonly #onMessage = (event: StreamMessageEvent): void => {
    if (event.data instanceof Uint8Array) this.#chunks.push(event.data);
    else this.#chunks.push(...event.data);
    this.#readOn();
  };

  readonly #onRemoteEnd = (): void => {
    this.#remoteEnded = true;
    // Not yet: Yamux may tell of the end before it delivers the bytes that came in the same frame.
    queueMicrotask(() => {
      // The rest, at most a window, is taken over now: libp2p forgets it when the connection breaks before we ask.
      this.#resume();
      this.#readOn();
    });
  };

  readonly #onClose = (event: StreamCloseEvent): void => {
    if (this.#closing !== undefined) this.#end(this.#closing.reason);
    // After the other side has ended in order, it is we who are late.
    else if (!this.#remoteEnded) this.#end({ code: 'failed', message: event.error?.message ?? BROKEN_OFF });
  };

  /** Handles what is there, until a message takes time or nothing is left. */
  #readOn(): void {
    if (this.#isHandling || this.#isResuming) return;
    for (;;) {
      while (!this.#ended) {
        if (this.#turns.isOver) {
          this.#hold();
          this.#turns.waitForNext(this.#goOn);
          return;
        }
        const message = this.#nextMessage();
        if (message === undefined) break;
        if (this.#closing !== undefined) continue;
        if (!message.ok) {
          this.#end({ code: 'frame-fault', fault: message.fault });
          return;
        }
        const handled = this.#handlers.messageReceived(message.value);
        if (handled instanceof Promise) {
          this.#hold();
          // A rejection stays unhandled: see NetworkHandlers.messageReceived.
          void handled.then(this.#goOn);
          return;
        }
      }
      if (this.#ended) return;
      if (!this.#isPaused) break;
      this.#resume();
    }
    if (this.#remoteEnded && this.#stream.readBufferLength === 0) this.#remoteDone();
  }

  #hold(): void {
    this.#isHandling = true;
    this.#pause();
  }

  readonly #goOn = (): void => {
    this.#isHandling = false;
    this.#readOn();
  };

  #nextMessage(): Result<Uint8Array, FrameFault> | undefined {
    for (;;) {
      if (this.#messages !== undefined) {
        const next = this.#messages.next();
        if (next.done !== true) return next.value;
        this.#messages = undefined;
      }
      const chunk = this.#chunks.shift();
      if (chunk === undefined) return undefined;
      this.#messages = this.#reader.push(chunk);
    }
  }

  #pause(): void {
    if (this.#isPaused || this.#remoteEnded || this.#stream.readStatus !== 'readable') return;
    this.#isPaused = true;
    this.#stream.pause();
  }

  /**
   * libp2p delivers what it kept from within `resume`, and only then reopens the window; a `pause` in between would be
   * undone by that, and the read buffer would overflow. So nothing is handled until `resume` has returned.
   */
  #resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#isResuming = true;
    try {
      if (this.#stream.readStatus === 'paused') this.#stream.resume();
    } catch {
      // The connection is gone and cannot be told of the window. What it had brought was delivered before.
    } finally {
      this.#isResuming = false;
    }
  }

  #remoteDone(): void {
    if (this.#closing !== undefined) {
      if (this.#streamClosing) this.#end(this.#closing.reason);
    } else if (this.#reader.isBetweenFrames) this.#end({ code: 'closed' });
    else this.#end({ code: 'failed', message: 'the other side ended the stream within a message' });
  }

  // Writing.

  /** Small pieces are gathered, for each piece handed to libp2p costs more than copying it; large ones are shared. */
  #enqueue(bytes: Uint8Array): void {
    if (bytes.length > BATCH_BYTES - this.#batchBytes) this.#sealBatch();
    if (bytes.length >= SHARED_BYTES_MIN) {
      this.#sealBatch();
      this.#queue.push(bytes);
      this.#queueBytes += bytes.length;
    } else {
      this.#batch.set(bytes, this.#batchBytes);
      this.#batchBytes += bytes.length;
    }
  }

  #sealBatch(): void {
    if (this.#batchBytes === 0) return;
    this.#queue.push(this.#batch.slice(0, this.#batchBytes));
    this.#queueBytes += this.#batchBytes;
    this.#batchBytes = 0;
  }

  /** What is sent in one turn goes out together. */
  #scheduleFlush(): void {
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    queueMicrotask(() => {
      this.#flushScheduled = false;
      this.#flush();
    });
  }

  readonly #onDrain = (): void => this.#scheduleFlush();

  #flush(): void {
    if (this.#ended || this.#streamClosing) return;
    let taken = 0;
    while (!this.#stream.writableNeedsDrain && this.#stream.writeStatus === 'writable') {
      if (taken === this.#queue.length) this.#sealBatch();
      const bytes = this.#queue[taken];
      if (bytes === undefined) break;
      taken++;
      this.#queueBytes -= bytes.length;
      try {
        this.#stream.send(bytes);
      } catch {
        // The stream broke in this moment; its close event says why.
        break;
      }
    }
    this.#queue = taken === this.#queue.length ? [] : this.#queue.slice(taken);
    if (this.#closing !== undefined && this.#queueBytes + this.#batchBytes === 0) this.#closeStream(this.#closing);
  }

  /** All is handed over: says so to the other side behind the last message, and waits for it to do the same. */
  #closeStream({ reason, signal }: { reason: DisconnectReason; signal: AbortSignal }): void {
    this.#streamClosing = true;
    this.#stream.close({ signal }).then(
      () => {
        if (this.#remoteEnded) this.#end(reason);
      },
      () => this.#end(reason),
    );
  }

  #dropQueue(): void {
    this.#queue = [];
    this.#queueBytes = 0;
    this.#batchBytes = 0;
  }

  // The end.

  #end(reason: DisconnectReason): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#stream.removeEventListener('message', this.#onMessage);
    this.#stream.removeEventListener('remoteCloseWrite', this.#onRemoteEnd);
    this.#stream.removeEventListener('drain', this.#onDrain);
    this.#stream.removeEventListener('close', this.#onClose);
    this.#dropQueue();
    this.#chunks.length = 0;
    this.#messages = undefined;
    // Only an end that both sides have declared needs no breaking off.
    const isOrderly = this.#remoteEnded && (reason.code === 'closed' || this.#streamClosing);
    if (!isOrderly) this.#stream.abort(new Error(`cairn: ${reason.code}`));
    this.#handlers.ended(reason);
  }
}

const BATCH_BYTES = 16 * 1024;
const SHARED_BYTES_MIN = 4 * 1024;
const BROKEN_OFF = 'the connection was lost, or the other side broke it off';
