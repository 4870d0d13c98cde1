/** The records of a node over a WebSocket: each event is a text message (docs/spec/streams.md#over-http). */
import type { IncomingMessage } from 'node:http';
import { WebSocket, WebSocketServer } from 'ws';
import type { GatewayLimits } from './gateway-limits.ts';
import { problemFrom } from './problem.ts';
import type { FeedEvent, RecordFeed } from './record-feed.ts';

/**
 * Answers the handshake of `message`, whose socket the server has let go of, and carries `feed` until either side ends it. The
 * socket is closed in the end. Resolves then; what is a mistake of ours is thrown.
 */
export async function carryRecords(options: {
  readonly message: IncomingMessage;
  readonly feed: RecordFeed;
  readonly limits: GatewayLimits;
  readonly stopping: AbortSignal;
}): Promise<void> {
  const { message, feed, limits, stopping } = options;
  const webSocket = await shakeHands(message);
  // A healthy reader takes something with each heartbeat.
  message.socket.setTimeout(limits.streamStallMs, () => message.socket.destroy());
  const stop = () => hangUp(webSocket, CLOSE_CODES.goingAway, 'gateway-stopping');
  stopping.addEventListener('abort', stop, { once: true });
  webSocket.on('error', () => webSocket.terminate());
  webSocket.once('message', () => hangUp(webSocket, CLOSE_CODES.policyViolation, 'no messages are taken here'));
  try {
    for await (const events of feed) {
      if (!(await sendAll(webSocket, events))) return;
    }
  } catch (error) {
    // Whoever has gone, or is being hung up on, made what was done for him fail.
    if (webSocket.readyState !== WebSocket.OPEN) return;
    const expected = problemFrom(error, limits);
    hangUp(webSocket, CLOSE_CODES.serverFailed, expected?.code ?? 'internal');
    if (expected === undefined) throw error;
  } finally {
    stopping.removeEventListener('abort', stop);
  }
}

/** Never resolves where the handshake is refused: the socket is closed then. */
function shakeHands(message: IncomingMessage): Promise<WebSocket> {
  return new Promise((resolve) => SERVER.handleUpgrade(message, message.socket, Buffer.alloc(0), resolve));
}

/** Resolves when the socket has taken all; false where it is closing. */
function sendAll(webSocket: WebSocket, events: readonly FeedEvent[]): Promise<boolean> {
  return new Promise((resolve) => {
    for (const [i, { json }] of events.entries()) {
      if (i < events.length - 1) webSocket.send(json, () => undefined);
      else webSocket.send(json, (error) => resolve(error === undefined || error === null));
    }
  });
}

function hangUp(webSocket: WebSocket, code: number, reason: string): void {
  webSocket.close(code, reason);
  const lingering = setTimeout(() => webSocket.terminate(), LINGER_MS);
  webSocket.once('close', () => clearTimeout(lingering));
}

/** What a client sends is not taken, so no room is made for it. */
const SERVER = new WebSocketServer({
  noServer: true,
  clientTracking: false,
  perMessageDeflate: false,
  maxPayload: 1_024,
});
/** RFC 6455 §7.4.1. */
const CLOSE_CODES = { goingAway: 1_001, policyViolation: 1_008, serverFailed: 1_011 } as const;
/** For the client to close, too. */
const LINGER_MS = 1_000;
