/** A node of straw to probe, and a plain socket to probe it with: for tests. */

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { atEnd } from '../../test/support/lifetime.ts';
import type { RpcMethod } from '../api/rpc.ts';
import { type JsonText, jsonValue } from '../core/json-text.ts';
import { encodeFrame } from '../protocol/frame.ts';
import type { ByteStream } from './byte-stream.ts';
import { FrameSource } from './frame-source.ts';
import {
  createProbeServer,
  type ProbeHandlers,
  type ProbeServerOptions,
  type ProbeSession,
  type RpcAnswer,
} from './probe-server.ts';

type Call = (params: ReadonlyMap<string, JsonText>, session: ProbeSession) => RpcAnswer | Promise<RpcAnswer>;

export interface FixtureOptions extends Partial<Omit<ProbeServerOptions, 'handlers'>> {
  readonly chain?: () => Promise<ByteStream>;
  readonly offerChain?: ProbeHandlers['offerChain'];
  readonly calls?: Partial<Record<RpcMethod, Call>>;
}

export interface Fixture {
  readonly port: number;
  readonly target: { readonly host: string; readonly port: number };
  /** What the handlers threw. A test that expects none need not look: some at its end fail it. */
  readonly errors: unknown[];
  /** How often the node was told to shut down. */
  readonly shutdowns: { count: number };
  /** A connection that is gone before the server is at the test's end. */
  open(): Promise<RawConnection>;
  close(): Promise<void>;
}

export async function startFixture(t: TestContext, options: FixtureOptions = {}): Promise<Fixture> {
  const { chain, offerChain, calls, ...rest } = options;
  const errors: unknown[] = [];
  const shutdowns = { count: 0 };
  const connections: RawConnection[] = [];
  const server = await createProbeServer({
    host: '127.0.0.1',
    port: 0,
    onError: (error) => errors.push(error),
    ...rest,
    handlers: {
      chain: chain ?? (async () => streamOf(['[{"index":0}', ',{"index":1}]'])),
      offerChain: offerChain ?? acceptAll,
      shutdown: () => {
        shutdowns.count++;
      },
      call: async (method, params, session) => {
        const call = calls?.[method];
        return call === undefined ? resultOf({ method, params: [...params.keys()] }) : call(params, session);
      },
    },
  });
  atEnd(t, async () => {
    for (const { socket } of connections) socket.destroy();
    await server.close();
    if (errors.length > 0) throw new AggregateError(errors, 'the handlers threw');
  });
  return {
    port: server.port,
    target: { host: '127.0.0.1', port: server.port },
    errors,
    shutdowns,
    async open() {
      const connection = await RawConnection.open(server.port);
      connections.push(connection);
      return connection;
    },
    close: () => server.close(),
  };
}

export function resultOf(value: Parameters<typeof jsonValue>[0]): RpcAnswer {
  return { type: 'result', json: jsonValue(value) };
}

export function streamOf(texts: readonly string[]): ByteStream {
  const chunks = texts.map((text) => Buffer.from(text, 'utf8'));
  return { sizeBytes: chunks.reduce((size, chunk) => size + chunk.length, 0), chunks: asyncOf(chunks) };
}

export async function* asyncOf<Value>(values: Iterable<Value>): AsyncGenerator<Value, void, undefined> {
  yield* values;
}

async function acceptAll(blocks: AsyncIterable<string>): Promise<'accepted'> {
  for await (const _block of blocks);
  return 'accepted';
}

/** A socket that speaks frames, and nothing more. */
export class RawConnection {
  readonly socket: Socket;
  readonly #source: FrameSource;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => {});
    const chunks: AsyncIterator<Uint8Array> = socket.iterator({ destroyOnReturn: false });
    this.#source = new FrameSource(async () => {
      const next = await chunks.next();
      return next.done === true ? undefined : next.value;
    });
  }

  static async open(port: number): Promise<RawConnection> {
    const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
    await once(socket, 'connect');
    return new RawConnection(socket);
  }

  write(bytes: Uint8Array | string): void {
    this.socket.write(bytes);
  }

  send(message: Uint8Array | string): void {
    this.socket.write(encodeFrame(Buffer.from(message)));
  }

  /** The next answer; undefined where the node has closed. */
  async receive(): Promise<string | undefined> {
    const size = await this.#source.nextMessage();
    if (size === undefined) return undefined;
    if (!size.ok) throw new Error(`the node sent a bad frame: ${JSON.stringify(size.fault)}`);
    const bytes = await this.#source.readRest(new Uint8Array(0), Infinity);
    return bytes === undefined ? undefined : Buffer.from(bytes).toString('utf8');
  }

  async ask(message: Uint8Array | string): Promise<string | undefined> {
    this.send(message);
    return this.receive();
  }
}
