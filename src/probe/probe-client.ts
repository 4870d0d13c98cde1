/** Asks one node: calls over one connection, and streams, events and words each over one of their own. */
import { RPC_ERROR_CODES, RPC_METHODS, RPC_NOTIFICATIONS, type RpcMethod } from '../api/rpc.ts';
import { assertNever } from '../core/assert.ts';
import { type JsonText, readMembers } from '../core/json-text.ts';
import type { ByteStream } from './byte-stream.ts';
import { type ChannelOptions, type ClientChannel, openChannel } from './client-channel.ts';
import { closable } from './closable-iterator.ts';
import { startDeadline } from './deadline.ts';
import { ProbeError, type ProbeTarget, RpcCallError } from './probe-error.ts';
import {
  CALL_TIMEOUT_MS,
  CONNECT_TIMEOUT_MS,
  MESSAGE_BYTES_MAX,
  RPC_DEPTH_MAX,
  SEND_SILENCE_MAX_MS,
} from './probe-limits.ts';
import { applicationError, nestsDeeper, RESULT_SUFFIX, requestText, resultPrefix } from './rpc-message.ts';

export { ProbeError, type ProbeTarget, RpcCallError } from './probe-error.ts';

interface CallOptions {
  /** Gives the answer up; the call itself goes on at the node for as long as the connection does. */
  readonly signal?: AbortSignal;
  /** 10 s unless told; `Infinity` for ever. For a stream, how long the node may be silent. */
  readonly timeoutMs?: number;
  /** How many levels the parameters nest at most, where that is known: otherwise they are looked through for it. */
  readonly paramsDepthMax?: number;
  readonly onProgress?: (progress: JsonText) => void;
}

interface EventOptions {
  readonly signal?: AbortSignal;
  /** Called when the node has confirmed: what happens from then on is told. */
  readonly onSubscribed?: () => void;
}

/** Everything throws `ProbeError` where no answer comes, and `RpcCallError` where the answer is an error. */
export interface ProbeClient {
  /** The result's text. Any number of calls may be under way at once. */
  call(method: RpcMethod, params?: JsonText, options?: CallOptions): Promise<JsonText>;
  /** The bytes of the result alone. Giving them up closes their connection, and so does `close`. */
  stream(method: RpcMethod, params?: JsonText, options?: CallOptions): Promise<ByteStream>;
  /** The parameters of each `event` notification. Ends by `return()`; throws when the node goes. */
  events(options?: EventOptions): AsyncIterable<JsonText>;
  /** A word of the founding specification, or any other message: the answer's text. */
  send(message: Uint8Array | string): Promise<string>;
  /** Closes all connections; what waits for an answer throws. */
  close(): void;
}

/** Connects within `timeoutMs`, 5 s unless told. */
export async function connectProbe(target: ProbeTarget, options: { timeoutMs?: number } = {}): Promise<ProbeClient> {
  const connectTimeoutMs = options.timeoutMs ?? CONNECT_TIMEOUT_MS;
  return new SocketProbeClient(target, connectTimeoutMs, await openChannel(target, { connectTimeoutMs }));
}

/** Who waits for an answer. */
interface PendingCall {
  readonly resolve: (result: JsonText) => void;
  readonly reject: (error: unknown) => void;
  readonly onProgress: ((progress: JsonText) => void) | undefined;
}

class SocketProbeClient implements ProbeClient {
  readonly #target: ProbeTarget;
  readonly #connectTimeoutMs: number;
  readonly #channel: ClientChannel;
  readonly #pending = new Map<number, PendingCall>();
  #lastId = 0;
  /** Why no more calls can be made. */
  #ending: unknown;
  readonly #sideChannels = new Set<ClientChannel>();

  constructor(target: ProbeTarget, connectTimeoutMs: number, channel: ClientChannel) {
    this.#target = target;
    this.#connectTimeoutMs = connectTimeoutMs;
    this.#channel = channel;
    void this.#readReplies();
  }

  async call(method: RpcMethod, params?: JsonText, options: CallOptions = {}): Promise<JsonText> {
    const { signal, timeoutMs = CALL_TIMEOUT_MS, paramsDepthMax, onProgress } = options;
    signal?.throwIfAborted();
    if (this.#ending !== undefined) throw this.#ending;
    const id = ++this.#lastId;
    const request = encodeRequest(id, method, params, paramsDepthMax);
    const { promise: answer, resolve, reject } = Promise.withResolvers<JsonText>();
    this.#pending.set(id, { resolve, reject, onProgress });
    const deadline = startDeadline(timeoutMs, () => {
      reject(new ProbeError('probe-timeout', this.#target, { detail: `${method} was given ${timeoutMs} ms` }));
    });
    const abort = () => reject(signal?.reason);
    signal?.addEventListener('abort', abort);
    void this.#channel.send(request);
    try {
      return await answer;
    } finally {
      clearTimeout(deadline);
      signal?.removeEventListener('abort', abort);
      this.#pending.delete(id);
    }
  }

  async stream(method: RpcMethod, params?: JsonText, options: CallOptions = {}): Promise<ByteStream> {
    const { signal, timeoutMs = CALL_TIMEOUT_MS, onProgress } = options;
    const request = encodeRequest(ONLY_ID, method, params);
    const channel = await this.#openSideChannel({ silenceMaxMs: timeoutMs, signal });
    try {
      void channel.send(request);
      const { first, sizeBytes } = await beginResult(channel, onProgress);
      const chunks = closable(
        resultBytes(channel, first, sizeBytes, () => this.#closeSideChannel(channel)),
        () => this.#closeSideChannel(channel),
      );
      return { sizeBytes, chunks };
    } catch (error) {
      this.#closeSideChannel(channel);
      throw error;
    }
  }

  events(options: EventOptions = {}): AsyncIterable<JsonText> {
    const ended = new AbortController();
    const signal = options.signal === undefined ? ended.signal : AbortSignal.any([options.signal, ended.signal]);
    return closable(this.#readEvents(signal, options.onSubscribed), () => ended.abort());
  }

  async send(message: Uint8Array | string): Promise<string> {
    const channel = await this.#openSideChannel({ silenceMaxMs: SEND_SILENCE_MAX_MS });
    try {
      // Not waited for: the node may have its answer before it has read all.
      void channel.send(message);
      await channel.nextMessage();
      return await channel.readText();
    } finally {
      this.#closeSideChannel(channel);
    }
  }

  close(): void {
    this.#channel.close();
    for (const channel of this.#sideChannels) channel.close();
  }

  async #readReplies(): Promise<void> {
    try {
      for (;;) {
        await this.#channel.nextMessage();
        const reply = await this.#channel.readReply();
        switch (reply.type) {
          case 'result':
            this.#pending.get(reply.id ?? NaN)?.resolve(reply.result);
            break;
          case 'error':
            this.#pending.get(reply.id ?? NaN)?.reject(new RpcCallError(reply.error));
            break;
          case 'notification':
            this.#reportProgress(reply.method, reply.params);
            break;
          default:
            assertNever(reply);
        }
      }
    } catch (error) {
      this.#ending = error;
      this.#channel.close();
      for (const call of this.#pending.values()) call.reject(error);
    }
  }

  #reportProgress(method: string, params: JsonText): void {
    const { id, progress } = parseProgress(method, params);
    if (progress !== undefined) this.#pending.get(id)?.onProgress?.(progress);
  }

  async *#readEvents(signal: AbortSignal, onSubscribed: (() => void) | undefined): AsyncGenerator<JsonText, void> {
    const channel = await this.#openSideChannel({ signal });
    try {
      void channel.send(requestText(ONLY_ID, RPC_METHODS.subscribe, undefined));
      for (;;) {
        await channel.nextMessage();
        const reply = await channel.readReply();
        if (reply.type === 'error') throw new RpcCallError(reply.error);
        if (reply.type === 'result') onSubscribed?.();
        else if (reply.method === RPC_NOTIFICATIONS.event) yield reply.params;
      }
    } finally {
      this.#closeSideChannel(channel);
    }
  }

  async #openSideChannel(options: ChannelOptions): Promise<ClientChannel> {
    const channel = await openChannel(this.#target, { ...options, connectTimeoutMs: this.#connectTimeoutMs });
    this.#sideChannels.add(channel);
    return channel;
  }

  #closeSideChannel(channel: ClientChannel): void {
    channel.close();
    this.#sideChannels.delete(channel);
  }
}

/** The request as bytes. What the node could not even tell the id of is refused here. */
function encodeRequest(
  id: number,
  method: RpcMethod,
  params: JsonText | undefined,
  paramsDepthMax = Infinity,
): Uint8Array {
  const mayBeDeep = params !== undefined && paramsDepthMax >= RPC_DEPTH_MAX;
  if (mayBeDeep && nestsDeeper(params, RPC_DEPTH_MAX - 1)) {
    const message = `The parameters nest deeper than ${RPC_DEPTH_MAX - 1} levels: use a flatter structure.`;
    throw new RpcCallError({ code: RPC_ERROR_CODES.invalidParams, message, data: { code: 'json-depth' } });
  }
  const bytes = Buffer.from(requestText(id, method, params), 'utf8');
  if (bytes.length > MESSAGE_BYTES_MAX) {
    const message = `The request has ${bytes.length} bytes, and ${MESSAGE_BYTES_MAX} is the most: send it in parts.`;
    const facts = { sizeBytes: bytes.length, limitBytes: MESSAGE_BYTES_MAX };
    throw new RpcCallError(applicationError('frame-too-large', message, facts));
  }
  return bytes;
}

/** Reads up to where the result begins: the first bytes of it, and its size. */
async function beginResult(
  channel: ClientChannel,
  onProgress: ((progress: JsonText) => void) | undefined,
): Promise<{ readonly first: Uint8Array; readonly sizeBytes: number }> {
  const prefix = Buffer.from(resultPrefix(String(ONLY_ID)), 'utf8');
  for (;;) {
    const messageBytes = await channel.nextMessage();
    let head = Buffer.alloc(0);
    while (head.length < prefix.length) {
      const bytes = await channel.nextBytes();
      if (bytes === undefined) break;
      head = Buffer.concat([head, bytes]);
    }
    if (prefix.equals(head.subarray(0, prefix.length))) {
      const sizeBytes = messageBytes - prefix.length - RESULT_SUFFIX.length;
      return { first: head.subarray(prefix.length), sizeBytes };
    }
    const reply = await channel.readReply(head);
    if (reply.type === 'error') throw new RpcCallError(reply.error);
    if (reply.type !== 'notification') continue;
    const { progress } = parseProgress(reply.method, reply.params);
    if (progress !== undefined) onProgress?.(progress);
  }
}

/** The result's bytes, of which `first` may already be more than all. */
async function* resultBytes(
  channel: ClientChannel,
  first: Uint8Array,
  sizeBytes: number,
  finish: () => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    let remainingBytes = sizeBytes;
    for (let chunk: Uint8Array | undefined = first; chunk !== undefined; chunk = await channel.nextBytes()) {
      const bytes = chunk.subarray(0, remainingBytes);
      remainingBytes -= bytes.length;
      if (bytes.length > 0) yield bytes;
    }
  } finally {
    finish();
  }
}

/** The call that a `progress` notification is about, and what it says; nothing for any other notification. */
function parseProgress(method: string, params: JsonText): { readonly id: number; readonly progress?: JsonText } {
  const members = method === RPC_NOTIFICATIONS.progress ? readMembers(params) : undefined;
  const progress = members?.ok ? members.value.get('progress') : undefined;
  const id = members?.ok ? Number(members.value.get('id')) : NaN;
  return progress === undefined ? { id } : { id, progress };
}

/** The id of the one request on a connection of its own. */
const ONLY_ID = 1;
