/**
 * The way for a browser to the peer door of a node: `GET /peer/<port>` with an upgrade to WebSocket is carried, byte for
 * byte, to the WebSocket listener of that node (docs/spec/http.md#peer-door).
 *
 * A page may connect to its own origin alone, and the gateway is that. It sees nothing of what passes but how much: the
 * two ends encrypt, and each proves its key to the other.
 */
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import type { Duplex } from 'node:stream';
import { HTTP_ROUTES } from '../api/http-routes.ts';
import { NodeStatusShape } from '../api/shapes.ts';
import { readAnswer } from './node-answer.ts';
import type { GatewayApp, RouteParts } from './node-call.ts';
import { problem } from './problem.ts';
import type { Upgrades } from './upgrades.ts';

export function addPeerDoor(app: GatewayApp, parts: RouteParts, upgrades: Upgrades): void {
  const { directory, limits, stopping } = parts;

  /** Where the node listens for WebSockets: the port from what it says, the host where its probe socket is. */
  async function findDoor(port: string, signal: AbortSignal): Promise<{ host: string; port: number }> {
    const { addresses } = readAnswer(NodeStatusShape, await directory.ask(port, 'status', { signal }));
    const node = (await directory.list()).find((candidate) => String(candidate.port) === port);
    for (const address of addresses) {
      const doorPort = WEBSOCKET_ADDRESS.exec(address)?.[1];
      if (node !== undefined && doorPort !== undefined) return { host: node.host, port: Number(doorPort) };
    }
    throw problem(
      'peer-door-closed',
      'The node does not listen for WebSockets: start it with an address that ends in /ws.',
    );
  }

  app.route({
    ...HTTP_ROUTES.peerDoor,
    exposeHeadRoute: false,
    handler: async (message, reply) => {
      const socket = upgrades.socketOf(message);
      parts.peerDoors.take({ raw: socket });
      const gone = new AbortController();
      socket.once('close', () => gone.abort());
      const signal = AbortSignal.any([gone.signal, stopping]);
      const door = await findDoor(message.params.port, signal);
      const { upstream, accept } = await openWebSocket(door, message.raw, {
        signal: AbortSignal.any([signal, AbortSignal.timeout(limits.connectTimeoutMs)]),
      });
      if (signal.aborted) {
        upstream.destroy();
        signal.throwIfAborted();
      }
      upgrades.takeOver(message, reply);
      socket.write(`${SWITCHING}Sec-WebSocket-Accept: ${accept}\r\n\r\n`);
      carry(socket, upstream, stopping, limits.peerIdleMs);
    },
  });
}

/** Asks the node's listener for the same WebSocket. Nothing of the client's request reaches it but the key. */
function openWebSocket(
  { host, port }: { readonly host: string; readonly port: number },
  { headers }: IncomingMessage,
  { signal }: { readonly signal: AbortSignal },
): Promise<{ readonly upstream: Duplex; readonly accept: string }> {
  const key = headers['sec-websocket-key'];
  const opened = Promise.withResolvers<{ upstream: Duplex; accept: string }>();
  const asked: ClientRequest = request({
    host,
    port,
    agent: false,
    signal,
    headers: { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-key': key, 'sec-websocket-version': '13' },
  });
  const refuse = (cause: Error) =>
    opened.reject(
      problem('node-unreachable', 'The node does not take the WebSocket: it may be stopping, or have peers enough.', {
        headers: { 'retry-after': '1' },
        cause,
      }),
    );
  asked.once('upgrade', (answer, upstream: Duplex, head: Buffer) => {
    upstream.on('error', () => upstream.destroy());
    if (head.length > 0) upstream.unshift(head);
    const accept = answer.headers['sec-websocket-accept'];
    if (accept !== undefined && ACCEPT.test(accept)) {
      opened.resolve({ upstream, accept });
    } else {
      upstream.destroy();
      refuse(new Error('the answer accepts no key'));
    }
  });
  asked.once('response', () => asked.destroy(new Error('the answer is no upgrade')));
  asked.once('error', refuse);
  asked.end();
  return opened.promise;
}

/** Both ways, no faster than the slower end reads, until one of them ends or says nothing for `idleMs`. */
function carry(socket: Duplex, upstream: Duplex, stopping: AbortSignal, idleMs: number): void {
  const end = () => {
    socket.destroy();
    upstream.destroy();
  };
  const idle = setTimeout(end, idleMs);
  socket.on('data', () => idle.refresh());
  stopping.addEventListener('abort', end, { once: true });
  socket.once('close', () => {
    clearTimeout(idle);
    stopping.removeEventListener('abort', end);
    upstream.destroy();
  });
  upstream.once('close', end);
  socket.pipe(upstream);
  upstream.pipe(socket);
}

/** In what a node says of itself: `/ip4/127.0.0.1/tcp/43117/ws/p2p/12D3…`. */
const WEBSOCKET_ADDRESS = /^\/(?:ip[46]|dns[46]?)\/[^/]+\/tcp\/([1-9][0-9]{0,4})\/ws(?:\/|$)/;
const SWITCHING = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n';
/** 20 bytes in base64. */
const ACCEPT = /^[A-Za-z0-9+/]{27}=$/;
