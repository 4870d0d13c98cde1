/**
 * libp2p's WebSocket transport with four holes closed, all measured with @libp2p/websockets 10.1.21:
 *
 * - A connection given up with `abort` stays open: it asks the socket for close code 1006, which every WebSocket
 *   refuses. We cut the socket.
 * - The listener waits without limit for a first byte, and its `close` waits for those who never send one, so that one
 *   idle client holds up the end of the process. We give such a client the time of a handshake, keep their number
 *   within bounds, and cut them off when listening ends.
 * - A WebSocket message is gathered whole before anybody sees it, up to 100 MiB for each stranger. What honest nodes
 *   send is the frames of an encrypter, 64 KiB each; we take little more.
 * - A frame that breaks the protocol, or claims too much, ends the process: its error has no listener. We listen.
 */
import { Server, type Socket } from 'node:net';
import type { Listener, Transport } from '@libp2p/interface';
import { type WebSocketsComponents, type WebSocketsInit, webSockets } from '@libp2p/websockets';
import { assert } from '../core/assert.ts';
import { cutOnFailure } from './libp2p-parts.ts';
import { HANDSHAKE_TIMEOUT_MS } from './peer-network.ts';
import { tappedUpgrader } from './tapped-upgrader.ts';

/** A WebSocket transport that accepts at most `socketsMax` sockets for each address it listens on. */
export function boundedWebSockets(
  socketsMax: number,
  init: WebSocketsInit,
): (components: WebSocketsComponents) => Transport {
  return (components) => {
    const transport = webSockets(init)(components);
    const dial = transport.dial.bind(transport);
    const createListener = transport.createListener.bind(transport);
    transport.dial = (address, options) =>
      dial(address, { ...options, upgrader: tappedUpgrader(options.upgrader, CUT_ON_FAILURE) });
    transport.createListener = (options) =>
      boundListener(
        createListener({ ...options, upgrader: tappedUpgrader(options.upgrader, CUT_ON_FAILURE) }),
        socketsMax,
      );
    return transport;
  };
}

function boundListener(listener: Listener, socketsMax: number): Listener {
  assert('server' in listener && listener.server instanceof Server, 'a WebSocket listener holds its server');
  assert('wsServer' in listener && isProtocolServer(listener.wsServer), 'and the server of the WebSocket protocol');
  hearErrors(listener.wsServer);
  listener.wsServer.options.maxPayload = WEBSOCKET_MESSAGE_BYTES_MAX;
  const server = listener.server;
  const sockets = new Set<Socket>();
  server.maxConnections = socketsMax;
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    // The timeout ends with the WebSocket handshake, which sets its own: none.
    socket.setTimeout(HANDSHAKE_TIMEOUT_MS, () => socket.destroy());
    socket.on('error', () => socket.destroy());
  });
  const close = listener.close.bind(listener);
  listener.close = async () => {
    // libp2p would wait for the end of what never began, say because the port was taken.
    if (!server.listening) return;
    const closed = close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return listener;
}

/** What is wrong with a frame is told as an error of its WebSocket, and an error that nobody hears ends the process. */
function hearErrors(server: ProtocolServer): void {
  const handleUpgrade = server.handleUpgrade.bind(server);
  server.handleUpgrade = (request, socket, head, accept) =>
    handleUpgrade(request, socket, head, (webSocket, ...rest) => {
      webSocket.on('error', () => webSocket.terminate());
      accept(webSocket, ...rest);
    });
}

/** What there is of the server of the `ws` package to close its holes with. */
interface ProtocolServer {
  readonly options: { maxPayload: number };
  handleUpgrade(
    request: unknown,
    socket: unknown,
    head: unknown,
    accept: (
      webSocket: { on(event: 'error', listener: () => void): void; terminate(): void },
      ...rest: readonly unknown[]
    ) => void,
  ): void;
}

function isProtocolServer(server: unknown): server is ProtocolServer {
  if (typeof server !== 'object' || server === null || !('options' in server) || !('handleUpgrade' in server))
    return false;
  const { options, handleUpgrade } = server;
  return (
    typeof options === 'object' && options !== null && 'maxPayload' in options && typeof handleUpgrade === 'function'
  );
}

const WEBSOCKET_MESSAGE_BYTES_MAX = 1_048_576;
const CUT_ON_FAILURE = { inbound: cutOnFailure, outbound: cutOnFailure };
