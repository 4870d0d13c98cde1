/** A real node behind a real gateway on a socket, for programs that use the library, and a `fetch` that comes between both. */
import { createParams, type NetworkParams } from '../../src/core/params.ts';
import { createGateway } from '../../src/gateway/gateway.ts';
import { type ConnectOptions, connect } from '../../src/sdk/connect.ts';
import type { Ledger } from '../../src/sdk/ledger.ts';
import { atEnd, type Lifetime } from './lifetime.ts';
import { makeHome, TestNode } from './test-node.ts';

export interface SdkWorldOptions {
  readonly params?: Partial<NetworkParams>;
  readonly token?: string;
  /** Whether the node mines what is handed in; otherwise blocks are mined by `node.mine`. */
  readonly isMining?: boolean;
}

export class SdkWorld {
  readonly node: TestNode;
  readonly url: string;
  readonly params: NetworkParams;

  private constructor(node: TestNode, url: string, params: NetworkParams) {
    this.node = node;
    this.url = url;
    this.params = params;
  }

  /** Both run until the test ends. */
  static async start(t: Lifetime, { token, isMining = false, ...options }: SdkWorldOptions = {}): Promise<SdkWorld> {
    const home = await makeHome(t);
    const params = createParams({ name: 'test', targetLimit: 0x207fffff, ...options.params });
    const node = await TestNode.start(t, {
      home,
      params,
      mode: isMining ? 'entries' : 'demand',
      indexes: ['/n'],
    });
    const gateway = await createGateway({
      home,
      host: '127.0.0.1',
      port: 0,
      // Nothing that is waited for comes by itself after a while, and a busy machine may be late.
      limits: { heartbeatMs: 60_000, answerTimeoutMs: 600_000 },
      ...(token === undefined ? {} : { token }),
    });
    await gateway.listen();
    atEnd(t, () => gateway.close());
    return new SdkWorld(node, `http://127.0.0.1:${gateway.port}`, params);
  }

  connect(options: ConnectOptions = {}): Promise<Ledger> {
    return connect(this.url, options);
  }
}

/** What comes between: the path of a request, and the true answer. Gives the answer that the library gets. */
export type Between = (path: string, answer: Response) => Promise<Response> | Response;

/** A `fetch` that asks the true gateway and lets `between` change what it says. */
export function fetchThrough(between: Between): typeof fetch {
  return async (input, init) => {
    const answer = await fetch(input, init);
    const { pathname, search } = new URL(String(input));
    return between(`${pathname}${search}`, answer);
  };
}

/** The answer with other text; of a stream, as it comes. */
export async function reworded(answer: Response, change: (text: string) => string): Promise<Response> {
  const { status, headers, body } = answer;
  const type = headers.get('content-type') ?? '';
  if (!type.startsWith('text/event-stream') || body === null) {
    return new Response(change(await answer.text()), { status, headers: { 'content-type': type } });
  }
  const transform = (part: string, controller: TransformStreamDefaultController<string>) =>
    controller.enqueue(change(part));
  const changed = body
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new TransformStream<string, string>({ transform }))
    .pipeThrough(new TextEncoderStream());
  return new Response(changed, { status, headers: { 'content-type': type } });
}
