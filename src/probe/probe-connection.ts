/**
 * One connection to the probe socket, seen from the node.
 *
 * Words and candidate chains are answered in the order in which they come. Calls run side by side, and their answers
 * come when they are there; while `CALLS_MAX` of them are under way nothing more is read.
 */
import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { decodeUtf8 } from '#host';
import { RPC_METHODS, RPC_NOTIFICATIONS, type RpcError } from '../api/rpc.ts';
import { assertNever } from '../core/assert.ts';
import { isWhiteSpace } from '../core/json-bytes.ts';
import { isWellFormedJson, type JsonText } from '../core/json-text.ts';
import type { FrameFault } from '../protocol/frame.ts';
import { ARRAY_OPEN } from './array-splitter.ts';
import { type ByteStream, discardStream } from './byte-stream.ts';
import { CandidateChain } from './candidate-chain.ts';
import { startDeadline } from './deadline.ts';
import { ConnectionEndedError, FrameSource } from './frame-source.ts';
import { FrameWriter } from './frame-writer.ts';
import { CALLS_MAX, LINGER_MS, MESSAGE_BYTES_MAX, NOTIFICATION_BYTES_MAX, TURN_MS_MAX } from './probe-limits.ts';
import type { ProbeHandlers, ProbeSession, RpcAnswer } from './probe-server.ts';
import {
  applicationError,
  errorText,
  internalError,
  NO_ID,
  notificationText,
  parseRequest,
  RESULT_SUFFIX,
  type RpcRequest,
  resultPrefix,
} from './rpc-message.ts';

export interface ProbeConnectionOptions {
  readonly handlers: ProbeHandlers;
  readonly idleTimeoutMs: number;
  readonly messageTimeoutMs: number;
  readonly onError: (error: unknown) => void;
}

export class ProbeConnection {
  readonly #socket: Socket;
  readonly #options: ProbeConnectionOptions;
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #source = new FrameSource(() => this.#pullChunk());
  readonly #writer: FrameWriter;
  readonly #closed = new AbortController();
  readonly #calls = new Set<Promise<void>>();
  #isSubscribed = false;
  /** Bytes of notifications that are not yet flushed. */
  #notificationBytes = 0;
  #isReading = false;
  #readDeadline: NodeJS.Timeout | undefined;
  #lingerDeadline: NodeJS.Timeout | undefined;

  constructor(socket: Socket, options: ProbeConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#chunks = socket.iterator({ destroyOnReturn: false });
    this.#writer = new FrameWriter(socket, options.idleTimeoutMs);
  }

  /** Holds the conversation. Resolves when the socket has closed; never rejects. */
  async run(): Promise<void> {
    const { promise: socketClosed, resolve } = Promise.withResolvers<void>();
    // A broken connection is noticed where it is read and written.
    this.#socket.on('error', () => {});
    this.#socket.on('close', () => {
      this.#closed.abort();
      clearTimeout(this.#lingerDeadline);
      resolve();
    });
    try {
      await this.#converse();
      // The other side may have closed its direction only, and wait for its answers. It waits for no events: nothing
      // would tell a subscriber that does from one that is gone.
      if (!this.#isSubscribed) await Promise.all(this.#calls);
    } catch (error) {
      if (!(error instanceof ConnectionEndedError)) this.#options.onError(error);
    }
    this.end();
    await this.#dropInput();
    await socketClosed;
  }

  /** Ends the connection after what is already on its way, and `farewell`. The other side has little time to read it. */
  end(farewell?: string): void {
    if (this.#closed.signal.aborted) return;
    this.#closed.abort();
    clearTimeout(this.#readDeadline);
    if (farewell !== undefined) void this.#writer.send(farewell);
    void this.#writer.end();
    this.#lingerDeadline = startDeadline(LINGER_MS, () => this.#socket.destroy());
  }

  async #converse(): Promise<void> {
    let turnStartMs = performance.now();
    while (!this.#closed.signal.aborted) {
      const size = await this.#source.nextMessage();
      if (size === undefined) return;
      if (!size.ok) {
        this.end(describeFrameFault(size.fault));
        return;
      }
      await this.#handleMessage(size.value);
      // Messages that have come already are handled without a turn of the event loop between them.
      if (performance.now() - turnStartMs < TURN_MS_MAX) continue;
      await nextTurn();
      turnStartMs = performance.now();
    }
  }

  async #handleMessage(sizeBytes: number): Promise<void> {
    const first = await this.#skipWhiteSpace();
    if (first?.[0] === ARRAY_OPEN) {
      await this.#writer.send(await this.#judgeChain(first));
      return;
    }
    if (first === undefined) {
      await this.#writer.send('INVALID JSON');
      return;
    }
    const bytes = sizeBytes > MESSAGE_BYTES_MAX ? undefined : await this.#source.readRest(first, MESSAGE_BYTES_MAX);
    if (bytes === undefined) {
      this.end(describeFrameFault({ code: 'frame-too-large', sizeBytes, limitBytes: MESSAGE_BYTES_MAX }));
      return;
    }
    await this.#handleText(decodeUtf8(bytes));
  }

  async #handleText(text: string | undefined): Promise<void> {
    if (text === undefined) {
      await this.#writer.send('INVALID JSON');
    } else if (GET_CHAIN.test(text)) {
      await this.#sendChain();
    } else if (SHUTDOWN.test(text)) {
      await this.#writer.send('EXITING');
      this.#options.handlers.shutdown();
    } else if (text.startsWith('{')) {
      await this.#handleRequest(text);
    } else {
      // A string or a number is JSON, but no chain.
      await this.#writer.send(isWellFormedJson(text) ? 'BLOCKCHAIN REJECTED' : 'INVALID JSON');
    }
  }

  /** The message from its first byte on that is no white space; undefined where all is. */
  async #skipWhiteSpace(): Promise<Uint8Array | undefined> {
    for (;;) {
      const bytes = await this.#source.nextBytes();
      if (bytes === undefined) return undefined;
      const start = bytes.findIndex((byte) => !isWhiteSpace(byte));
      if (start >= 0) return bytes.subarray(start);
    }
  }

  async #judgeChain(first: Uint8Array): Promise<string> {
    const candidate = new CandidateChain(this.#source, first);
    try {
      const verdict = await this.#options.handlers.offerChain(candidate.blocks());
      if (candidate.fault === undefined) return verdict === 'accepted' ? 'BLOCKCHAIN ACCEPTED' : 'BLOCKCHAIN REJECTED';
    } catch (error) {
      if (candidate.fault === undefined) {
        this.#options.onError(error);
        return errorText(NO_ID, internalError());
      }
    } finally {
      candidate.stop();
    }
    if (candidate.fault === 'connection-ended') throw new ConnectionEndedError();
    return candidate.fault === 'not-json' ? 'INVALID JSON' : 'BLOCKCHAIN REJECTED';
  }

  async #sendChain(): Promise<void> {
    const { handlers, onError } = this.#options;
    try {
      const stream = await handlers.chain();
      const error = await discardTooLong(stream);
      if (error !== undefined) await this.#writer.send(errorText(NO_ID, error));
      else await this.#writer.sendStreamed({ prefix: '', stream, suffix: '' });
    } catch (error) {
      onError(error);
      // Where the stream itself broke the socket is gone, and this with it.
      await this.#writer.send(errorText(NO_ID, internalError()));
    }
  }

  async #handleRequest(text: string): Promise<void> {
    const request = parseRequest(text);
    if (!request.ok) {
      const { fault } = request;
      if (fault.code === 'json-syntax') await this.#writer.send('INVALID JSON');
      else if (fault.id !== undefined) await this.#writer.send(errorText(fault.id, fault.error));
      return;
    }
    while (this.#calls.size >= CALLS_MAX) await Promise.race(this.#calls);
    const call = this.#carryOut(request.value).then(() => {
      this.#calls.delete(call);
      // The connection may be idle from now on.
      if (this.#isReading) this.#startReadDeadline();
    });
    this.#calls.add(call);
  }

  async #carryOut(request: RpcRequest): Promise<void> {
    const { handlers, onError } = this.#options;
    try {
      const answer = await this.#answerTo(request);
      if (answer.type === 'result' && request.method === RPC_METHODS.subscribe) this.#isSubscribed = true;
      await this.#sendAnswer(request.id, answer);
      if (answer.type === 'result' && request.method === RPC_METHODS.shutdown) handlers.shutdown();
    } catch (error) {
      onError(error);
    }
  }

  async #answerTo({ id, method, params }: RpcRequest): Promise<RpcAnswer> {
    const { handlers, onError } = this.#options;
    try {
      return await handlers.call(method, params, this.#sessionOf(id));
    } catch (error) {
      // Giving up because the connection ended is what `closed` asks for.
      if (!this.#closed.signal.aborted || !isAbort(error)) onError(error);
      return { type: 'error', error: internalError() };
    }
  }

  async #sendAnswer(id: string | undefined, answer: RpcAnswer): Promise<void> {
    switch (answer.type) {
      case 'result':
        if (id !== undefined) await this.#writer.send(resultPrefix(id) + answer.json + RESULT_SUFFIX);
        return;
      case 'stream':
        if (id === undefined) {
          await discardStream(answer.stream);
          return;
        }
        return this.#sendStream(id, answer.stream);
      case 'error':
        if (id !== undefined) await this.#writer.send(errorText(id, answer.error));
        return;
      default:
        assertNever(answer);
    }
  }

  async #sendStream(id: string, stream: ByteStream): Promise<void> {
    const error = await discardTooLong(stream);
    if (error !== undefined) await this.#writer.send(errorText(id, error));
    else await this.#writer.sendStreamed({ prefix: resultPrefix(id), stream, suffix: RESULT_SUFFIX });
  }

  #sessionOf(id: string | undefined): ProbeSession {
    return {
      closed: this.#closed.signal,
      notify: (method, params) => this.#notify(method, params),
      progress: (params: JsonText) => {
        if (id === undefined) return !this.#closed.signal.aborted;
        return this.#notify(RPC_NOTIFICATIONS.progress, `{"id":${id},"progress":${params}}`);
      },
    };
  }

  #notify(method: string, params: string): boolean {
    if (this.#closed.signal.aborted) return false;
    const message = Buffer.from(notificationText(method, params), 'utf8');
    if (this.#notificationBytes + message.length > NOTIFICATION_BYTES_MAX) {
      const advice = `${NOTIFICATION_BYTES_MAX} bytes of notifications wait to be read: read faster, then subscribe again.`;
      this.end(errorText(NO_ID, applicationError('reader-too-slow', advice)));
      return false;
    }
    this.#notificationBytes += message.length;
    void this.#writer.send(message).then(() => {
      this.#notificationBytes -= message.length;
    });
    return true;
  }

  async #pullChunk(): Promise<Uint8Array | undefined> {
    this.#isReading = true;
    this.#startReadDeadline();
    try {
      const next = await this.#chunks.next();
      if (this.#closed.signal.aborted) throw new ConnectionEndedError();
      return next.done === true ? undefined : next.value;
    } catch (cause) {
      throw new ConnectionEndedError(cause);
    } finally {
      this.#isReading = false;
      clearTimeout(this.#readDeadline);
    }
  }

  #startReadDeadline(): void {
    clearTimeout(this.#readDeadline);
    const { idleTimeoutMs, messageTimeoutMs } = this.#options;
    const isIdle = this.#source.isBetweenFrames;
    this.#readDeadline = startDeadline(isIdle ? idleTimeoutMs : messageTimeoutMs, () => {
      if (!isIdle) {
        const advice = `The message paused for more than ${messageTimeoutMs} ms: send it whole, then wait for its answer.`;
        this.end(errorText(NO_ID, applicationError('message-timeout', advice)));
      } else if (this.#calls.size === 0 && !this.#isSubscribed) {
        this.end();
      }
    });
  }

  /** Reads what still comes and drops it: closing on unread bytes would reset the connection under the last answer. */
  async #dropInput(): Promise<void> {
    try {
      while ((await this.#chunks.next()).done !== true);
    } catch {
      // The connection broke, which is one way to end.
    }
  }
}

/** What is said instead of an answer that no frame can announce; undefined where `stream` can be sent. */
async function discardTooLong(stream: ByteStream): Promise<RpcError | undefined> {
  const { sizeBytes } = stream;
  if (sizeBytes <= STREAM_BYTES_MAX) return undefined;
  await discardStream(stream);
  const message = `The answer has ${sizeBytes} bytes, and ${STREAM_BYTES_MAX} is the most that a frame holds: ask for it in parts.`;
  return applicationError('frame-too-large', message, { sizeBytes, limitBytes: STREAM_BYTES_MAX });
}

function describeFrameFault(fault: FrameFault): string {
  switch (fault.code) {
    case 'frame-header-invalid':
      // Who sends this may speak another protocol altogether, so it is answered in words.
      return `ERROR ${fault.code}: a message begins with its size in bytes, decimal digits padded with spaces to 10 characters, not with "${fault.header}"`;
    case 'frame-too-large': {
      const { sizeBytes, limitBytes } = fault;
      const message = `The message announces ${sizeBytes} bytes, and ${limitBytes} is the most for anything but a chain: send it in parts.`;
      return errorText(NO_ID, applicationError(fault.code, message, { sizeBytes, limitBytes }));
    }
    default:
      return assertNever(fault);
  }
}

/** Whether `error` comes of an abort, however often it has been wrapped since. */
function isAbort(error: unknown): boolean {
  return error instanceof Error && (error.name === 'AbortError' || isAbort(error.cause));
}

/** As much as a frame announces, but for what stands around it there. */
const STREAM_BYTES_MAX = 9_999_998_975;
const GET_CHAIN = /^[ \t\r\n]*get chain[ \t\r\n]*$/i;
const SHUTDOWN = /^[ \t\r\n]*shutdown[ \t\r\n]*$/i;
