/**
 * A gateway that lies: it stands before an honest one and alters what passes. What is between the page and a peer is
 * encrypted, so that it can only choose whom the page speaks to.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { atEnd, type Lifetime } from '../support/lifetime.ts';

/** What it lies about. All else passes as it is. */
export interface Lies {
  /** What the honest gateway is asked for where the page asks for `path`, search included. */
  asks?(path: string): string;
  /** What is answered to a request for `path`, search included, where the honest answer is `text`. */
  answer?(path: string, text: string): string;
  /** What is told where the honest gateway tells an event of type `type` with `data`; undefined: nothing. */
  event?(type: string, data: string): string | undefined;
  /** The port on loopback that the connection to the node at `port` leads to instead. */
  peer?(port: string): number | undefined;
}

/** Starts it before the gateway at `honestUrl`, and answers where it is. */
export async function startLyingGateway(lifetime: Lifetime, honestUrl: string, lies: Lies): Promise<string> {
  const honest = new URL(honestUrl);
  const sockets = new Set<Duplex>();
  const server = createServer((asked, answer) => void relay(honest, lies, asked, answer));
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('upgrade', (asked: IncomingMessage, socket: Duplex, head: Buffer) => {
    const upstream = connectPeer(honest, lies, asked, head);
    sockets.add(upstream);
    socket.pipe(upstream).pipe(socket);
    for (const end of [socket, upstream]) {
      end.on('error', () => undefined);
      end.on('close', () => {
        socket.destroy();
        upstream.destroy();
      });
    }
  });
  server.listen({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  atEnd(lifetime, async () => {
    server.close();
    server.closeAllConnections();
    for (const socket of sockets) socket.destroy();
    await once(server, 'close');
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function relay(honest: URL, lies: Lies, asked: IncomingMessage, answer: ServerResponse): Promise<void> {
  const path = asked.url ?? '/';
  const { 'accept-encoding': _, 'if-none-match': __, ...headers } = honestHeaders(honest, asked);
  const onwardPath = lies.asks?.(path) ?? path;
  const onward = request({
    host: honest.hostname,
    port: honest.port,
    path: onwardPath,
    method: asked.method ?? 'GET',
    headers,
  });
  asked.pipe(onward);
  answer.on('close', () => onward.destroy());
  onward.on('error', () => answer.destroy());
  onward.on('response', async (told) => {
    told.on('error', () => answer.destroy());
    const type = told.headers['content-type'] ?? '';
    if (type.startsWith('text/event-stream')) {
      answer.writeHead(told.statusCode ?? 502, told.headers);
      await relayEvents(told, lies, answer).catch(() => answer.destroy());
    } else if (type.includes('json')) {
      const text = await buffer(told).catch(() => undefined);
      if (text === undefined) return;
      const altered = Buffer.from(lies.answer?.(path, text.toString()) ?? text);
      const { 'content-length': _length, 'transfer-encoding': _coding, etag: _etag, ...rest } = told.headers;
      answer.writeHead(told.statusCode ?? 502, { ...rest, 'content-length': altered.length });
      answer.end(altered);
    } else {
      answer.writeHead(told.statusCode ?? 502, told.headers);
      told.pipe(answer);
    }
  });
}

async function relayEvents(told: IncomingMessage, lies: Lies, answer: ServerResponse): Promise<void> {
  let rest = '';
  for await (const piece of told.setEncoding('utf8')) {
    const events = `${rest}${piece}`.split('\n\n');
    rest = events.pop() ?? '';
    for (const event of events) {
      const type = /^event: (.*)$/m.exec(event)?.[1];
      const data = /^data: (.*)$/m.exec(event)?.[1];
      const altered =
        type === undefined || data === undefined || lies.event === undefined ? data : lies.event(type, data);
      if (data === undefined) answer.write(`${event}\n\n`);
      else if (altered !== undefined) answer.write(`${event.replace(/^data: .*$/m, () => `data: ${altered}`)}\n\n`);
    }
  }
  answer.end();
}

/** A connection on which `asked` has been put on: to the honest gateway, or to whom the lie names. */
function connectPeer(honest: URL, lies: Lies, asked: IncomingMessage, head: Buffer): Socket {
  const path = asked.url ?? '/';
  const port = /^\/peer\/(\d+)/.exec(path)?.[1] ?? '';
  const other = lies.peer?.(port);
  const upstream = connect({ host: '127.0.0.1', port: other ?? Number(honest.port) });
  const headers = Object.entries(honestHeaders(honest, asked)).map(([name, value]) => `${name}: ${value}\r\n`);
  upstream.write(`GET ${other === undefined ? path : '/'} HTTP/1.1\r\n${headers.join('')}\r\n`);
  upstream.write(head);
  return upstream;
}

/** The headers of `asked`, as if the page came from the honest gateway. */
function honestHeaders(honest: URL, { headers }: IncomingMessage): IncomingMessage['headers'] {
  return {
    ...headers,
    host: honest.host,
    ...(headers.origin === undefined ? {} : { origin: honest.origin }),
    ...(headers.referer === undefined ? {} : { referer: `${honest.origin}/` }),
  };
}
