/**
 * The probe socket of one node: who connects, speaks in frames, and is answered by the node's handlers
 * (docs/spec/wire.md).
 */
import { createServer, type Server, type Socket } from 'node:net';
import type { RpcError, RpcMethod } from '../api/rpc.ts';
import { assert } from '../core/assert.ts';
import type { JsonMembers, JsonText } from '../core/json-text.ts';
import type { ByteStream } from './byte-stream.ts';
import { startDeadline } from './deadline.ts';
import { FrameWriter } from './frame-writer.ts';
import { ProbeConnection } from './probe-connection.ts';
import { CONNECTIONS_MAX, IDLE_TIMEOUT_MS, LINGER_MS, MESSAGE_TIMEOUT_MS } from './probe-limits.ts';
import { applicationError, errorText, NO_ID } from './rpc-message.ts';

/** What a node knows and can do, behind its probe socket. */
export interface ProbeHandlers {
  /** `GET CHAIN`: the whole chain as a JSON array. */
  chain(): Promise<ByteStream>;
  /**
   * A candidate chain: the JSON text of each block as it arrives, each well formed. Going through them throws where
   * the chain breaks off, and what came before must not be taken for a chain. Resolves early when it has seen enough;
   * the server then drops the rest.
   */
  offerChain(blocks: AsyncIterable<string>): Promise<'accepted' | 'rejected'>;
  /** Called after `EXITING`, or the result of the call `shutdown`, was flushed to the socket. */
  shutdown(): void;
  call(method: RpcMethod, params: JsonMembers, session: ProbeSession): Promise<RpcAnswer>;
}

export type RpcAnswer =
  | { readonly type: 'result'; readonly json: JsonText }
  /** The bytes of the result's JSON. */
  | { readonly type: 'stream'; readonly stream: ByteStream }
  | { readonly type: 'error'; readonly error: RpcError };

/** One call and the connection it came on. */
export interface ProbeSession {
  /**
   * Sends a notification. False when the connection has ended, or has too much waiting for its slow reader (1 MiB): it
   * is then closed with an error that says so.
   */
  notify(method: string, params: JsonText): boolean;
  /** Sends a `progress` notification about this call: `{"id": <its id>, "progress": <params>}`. As `notify`. */
  progress(params: JsonText): boolean;
  /** Aborted when the connection ends. */
  readonly closed: AbortSignal;
}

export interface ProbeServerOptions {
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  readonly handlers: ProbeHandlers;
  /** Further ones are told so and closed. */
  readonly connectionsMax?: number;
  /** How long a connection may ask nothing, and how long its reader may take nothing. `Infinity` for ever. */
  readonly idleTimeoutMs?: number;
  /** How long one message may pause. */
  readonly messageTimeoutMs?: number;
  /** Hears of what the handlers throw. Those who asked are told only that something failed. */
  readonly onError?: (error: unknown) => void;
}

export interface ProbeServer {
  readonly port: number;
  /**
   * Takes no more connections and ends all there are, after what is being sent, but within seconds. Calls that still
   * run learn it from their session's `closed`.
   */
  close(): Promise<void>;
}

/** The socket could not be opened: the `cause` is the system's own error. */
class ProbeListenError extends Error {
  override readonly name = 'ProbeListenError';
  readonly code: 'port-in-use' | 'listen-failed';

  constructor(host: string, port: number, cause: unknown) {
    const isInUse = cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE';
    const reason = isInUse
      ? 'another program listens there: stop it or choose another port'
      : 'the system refused it: check the address and the port';
    super(`cannot listen on ${host}:${port}; ${reason}`, { cause });
    this.code = isInUse ? 'port-in-use' : 'listen-failed';
  }
}

/** Opens the socket. Throws `ProbeListenError` where that fails. */
export async function createProbeServer(options: ProbeServerOptions): Promise<ProbeServer> {
  const lobby = new Lobby(options);
  const server = createServer(SOCKET_OPTIONS, (socket) => lobby.admit(socket));
  await listen(server, options);
  server.on('error', (error) => options.onError?.(error));
  const address = server.address();
  assert(typeof address === 'object' && address !== null, 'a TCP server that listens has an address');
  let closed: Promise<void> | undefined;
  return {
    port: address.port,
    close() {
      closed ??= new Promise((resolve) => {
        server.close(() => resolve());
        lobby.endAll();
      });
      return closed;
    },
  };
}

/** Who is connected. */
class Lobby {
  readonly #options: ProbeServerOptions;
  readonly #connectionsMax: number;
  readonly #connections = new Set<ProbeConnection>();
  /** Sockets that are being told there is no room. */
  readonly #refused = new Set<Socket>();

  constructor(options: ProbeServerOptions) {
    this.#options = options;
    this.#connectionsMax = options.connectionsMax ?? CONNECTIONS_MAX;
  }

  admit(socket: Socket): void {
    if (this.#connections.size >= this.#connectionsMax) {
      this.#refuse(socket);
      return;
    }
    const { handlers, idleTimeoutMs, messageTimeoutMs, onError } = this.#options;
    const connection = new ProbeConnection(socket, {
      handlers,
      idleTimeoutMs: idleTimeoutMs ?? IDLE_TIMEOUT_MS,
      messageTimeoutMs: messageTimeoutMs ?? MESSAGE_TIMEOUT_MS,
      onError: onError ?? (() => {}),
    });
    this.#connections.add(connection);
    void connection.run().then(() => this.#connections.delete(connection));
  }

  endAll(): void {
    for (const connection of this.#connections) connection.end();
    for (const socket of this.#refused) socket.destroy();
  }

  #refuse(socket: Socket): void {
    socket.on('error', () => {});
    if (this.#refused.size >= this.#connectionsMax) {
      socket.destroy();
      return;
    }
    this.#refused.add(socket);
    const linger = startDeadline(LINGER_MS, () => socket.destroy());
    socket.on('close', () => {
      clearTimeout(linger);
      this.#refused.delete(socket);
    });
    // What it has sent is read and dropped: closing on unread bytes would reset the connection under the answer.
    socket.resume();
    const message = `This node has its ${this.#connectionsMax} probe connections in use: close some, or try again later.`;
    const writer = new FrameWriter(socket, LINGER_MS);
    void writer.send(errorText(NO_ID, applicationError('too-many-connections', message)));
    void writer.end();
  }
}

function listen(server: Server, { host, port }: ProbeServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => reject(new ProbeListenError(host, port, cause)));
    server.listen({ host, port }, () => {
      server.removeAllListeners('error');
      resolve();
    });
  });
}

/** Keep-alive finds out subscribers whose machine has gone without a word. */
const SOCKET_OPTIONS = { allowHalfOpen: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: 30_000 };
