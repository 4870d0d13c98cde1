/**
 * Requests that ask for a WebSocket. They go through the router like all others, so that whatever holds for a request holds for
 * them; the route finds the socket here, and takes it over or leaves it, and then the answer is sent on it.
 */
import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { GatewayApp } from './node-call.ts';
import { problem } from './problem.ts';

/** Node's `shouldUpgradeCallback`: whether what a client asks for with `Upgrade` is ours to give. Else it is ignored. */
export function isOurUpgrade({ url = '', headers }: IncomingMessage): boolean {
  return UPGRADED_PATH.test(url) && headers.upgrade?.toLowerCase() === 'websocket';
}

export interface Upgrades {
  /** The socket of a request that asks for a WebSocket. Throws a problem where it does not, or not as RFC 6455 wants it. */
  socketOf(request: FastifyRequest): Duplex;
  /** Takes the socket away from the server: nothing is answered on it any more. */
  takeOver(request: FastifyRequest, reply: FastifyReply): void;
}

/** To be added once, before the routes that need it. */
export function addUpgrades(app: GatewayApp): Upgrades {
  const sockets = new WeakMap<IncomingMessage, Duplex>();

  app.server.on('upgrade', (message: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (head.length > 0) socket.unshift(head);
    socket.on('error', () => socket.destroy());
    sockets.set(message, socket);
    app.routing(message, refusalOn(socket, message));
  });

  return {
    socketOf({ raw }) {
      const socket = sockets.get(raw);
      if (socket === undefined) {
        throw problem('upgrade-required', 'This path is for WebSockets: ask for an upgrade.', {
          headers: { upgrade: 'websocket', connection: 'upgrade' },
        });
      }
      const key = raw.headers['sec-websocket-key'];
      if (key === undefined || !KEY.test(key) || raw.headers['sec-websocket-version'] !== '13') {
        throw problem('request-malformed', 'This is no handshake of WebSocket version 13 (RFC 6455 §4.1).');
      }
      return socket;
    },
    takeOver({ raw }, reply) {
      reply.hijack();
      reply.raw.detachSocket(raw.socket);
    },
  };
}

/** Whoever asks for an upgrade and does not get it is answered on the socket that the server has let go of, and hung up on. */
function refusalOn(socket: Duplex, message: IncomingMessage): ServerResponse {
  const response = new ServerResponse(message);
  response.shouldKeepAlive = false;
  response.assignSocket(message.socket);
  response.once('finish', () => {
    response.detachSocket(message.socket);
    socket.end();
    const lingering = setTimeout(() => socket.destroy(), LINGER_MS);
    socket.once('close', () => clearTimeout(lingering));
    socket.resume();
  });
  return response;
}

const UPGRADED_PATH = /^\/peer\/|^\/api\/v1\/nodes\/[^/?]*\/records\/socket(?:$|\?)/;
/** 16 bytes in base64. */
const KEY = /^[A-Za-z0-9+/]{22}==$/;
/** For the client to read why it was refused. */
const LINGER_MS = 1_000;
