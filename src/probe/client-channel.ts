/** A client's connection to a node: whole answers one after the other, and every failure a `ProbeError`. */
import { connect, type Socket } from 'node:net';
import { decodeUtf8 } from '#host';
import { startDeadline } from './deadline.ts';
import { ConnectionEndedError, FrameSource } from './frame-source.ts';
import { FrameWriter } from './frame-writer.ts';
import { ProbeError, type ProbeErrorCode, type ProbeTarget } from './probe-error.ts';
import { ANSWER_BYTES_MAX, CONNECT_TIMEOUT_MS } from './probe-limits.ts';
import { parseReply, type RpcReply } from './rpc-message.ts';

export interface ChannelOptions {
  /** For the connection to come about. */
  readonly connectTimeoutMs?: number;
  /** How long the node may be silent while something is waited for. */
  readonly silenceMaxMs?: number;
  /** Closes the channel, and what waits on it throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Throws `ProbeError`, or the reason of `options.signal`. */
export async function openChannel(target: ProbeTarget, options: ChannelOptions = {}): Promise<ClientChannel> {
  const { connectTimeoutMs = CONNECT_TIMEOUT_MS, signal } = options;
  signal?.throwIfAborted();
  const { host, port } = target;
  // Keep-alive finds out a node whose machine has gone without a word.
  const socket = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 30_000 });
  const { promise: settled, resolve, reject } = Promise.withResolvers<void>();
  const fail = (cause: unknown) => reject(new ProbeError('node-unreachable', target, { cause }));
  const abort = () => reject(signal?.reason);
  const deadline = startDeadline(connectTimeoutMs, () => fail(new Error(`no connection after ${connectTimeoutMs} ms`)));
  // Stays for the socket's life: a later failure is noticed where the channel is read.
  socket.on('error', fail);
  socket.once('connect', resolve);
  signal?.addEventListener('abort', abort);
  try {
    await settled;
    return new ClientChannel(socket, target, options);
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    clearTimeout(deadline);
    signal?.removeEventListener('abort', abort);
  }
}

export class ClientChannel {
  readonly #socket: Socket;
  readonly #target: ProbeTarget;
  readonly #silenceMaxMs: number;
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #source = new FrameSource(() => this.#pullChunk());
  readonly #writer: FrameWriter;
  /** Why the channel was closed from this side. */
  #failure: unknown;

  constructor(socket: Socket, target: ProbeTarget, { silenceMaxMs, signal }: ChannelOptions) {
    this.#socket = socket;
    this.#target = target;
    this.#silenceMaxMs = silenceMaxMs ?? Infinity;
    this.#chunks = socket.iterator({ destroyOnReturn: false });
    this.#writer = new FrameWriter(socket, Infinity);
    if (signal === undefined) return;
    const abort = () => this.#fail(signal.reason);
    signal.addEventListener('abort', abort);
    socket.once('close', () => signal.removeEventListener('abort', abort));
  }

  /** Resolves when the message is on its way or the connection has ended: what is read next says which. */
  async send(message: Uint8Array | string): Promise<void> {
    await this.#writer.send(message);
  }

  /** The announced size of the next message, in bytes. What is left of the one before is dropped. */
  async nextMessage(): Promise<number> {
    const size = await this.#orFailure(() => this.#source.nextMessage());
    if (size === undefined) throw this.#failed('node-closed');
    if (!size.ok) throw this.#failed('probe-protocol', size.fault.code);
    return size.value;
  }

  /** Some more bytes of the message; undefined at its end. */
  nextBytes(): Promise<Uint8Array | undefined> {
    return this.#orFailure(() => this.#source.nextBytes());
  }

  /** What is left of the message, with `first` before it. */
  async readText(first: Uint8Array = new Uint8Array(0)): Promise<string> {
    const bytes = await this.#orFailure(() => this.#source.readRest(first, ANSWER_BYTES_MAX));
    if (bytes === undefined) throw this.#failed('probe-protocol', `an answer is over ${ANSWER_BYTES_MAX} bytes`);
    const text = decodeUtf8(bytes);
    if (text === undefined) throw this.#failed('probe-protocol', 'an answer is not UTF-8');
    return text;
  }

  /** What is left of the message, with `first` before it, as JSON-RPC. Throws where it is a farewell. */
  async readReply(first?: Uint8Array): Promise<RpcReply> {
    const text = await this.readText(first);
    const reply = parseReply(text);
    if (reply === undefined) throw this.#failed('probe-protocol', `it says ${JSON.stringify(text.slice(0, 80))}`);
    if (reply.type === 'error' && reply.id === null)
      throw this.#failed('node-closed', `it says: ${reply.error.message}`);
    return reply;
  }

  /** Closes at once, so that the node sees that nobody waits any more. */
  close(): void {
    this.#fail(new ProbeError('node-closed', this.#target, { detail: 'closed by this side' }));
  }

  #failed(code: ProbeErrorCode, detail?: string): ProbeError {
    return new ProbeError(code, this.#target, detail === undefined ? {} : { detail });
  }

  #fail(failure: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = failure;
    const socket = this.#socket;
    // An orderly close would look like a client that has sent all and still reads. But a reset waits for what is
    // still to be written, and Node 24 never lets go of a socket that it resets while that is closing already.
    if (socket.writable && socket.writableLength === 0) socket.resetAndDestroy();
    else socket.destroy();
  }

  async #orFailure<Value>(read: () => Promise<Value>): Promise<Value> {
    try {
      return await read();
    } catch (cause) {
      if (!(cause instanceof ConnectionEndedError)) throw cause;
      throw this.#failure ?? new ProbeError('node-closed', this.#target, { cause });
    }
  }

  async #pullChunk(): Promise<Uint8Array | undefined> {
    const silence = startDeadline(this.#silenceMaxMs, () => {
      this.#fail(this.#failed('probe-timeout', `silent for ${this.#silenceMaxMs} ms`));
    });
    try {
      const next = await this.#chunks.next();
      if (this.#failure !== undefined) throw new ConnectionEndedError();
      return next.done === true ? undefined : next.value;
    } catch (cause) {
      throw new ConnectionEndedError(cause);
    } finally {
      clearTimeout(silence);
    }
  }
}
