/** What every libp2p node of ours is made of, wherever it runs. libp2p's defaults are for other networks than ours. */
import { identify } from '@libp2p/identify';
import type { MultiaddrConnection } from '@libp2p/interface';
import { yamux } from '@libp2p/yamux';
import { assert } from '../core/assert.ts';
import { STREAM_WINDOW_BYTES_MAX } from './framed-stream.ts';
import { DISCONNECT_TIMEOUT_MS, HANDSHAKE_TIMEOUT_MS } from './peer-network.ts';

export const NODE_INFO = { name: 'cairn', version: '1', userAgent: 'cairn/1' } as const;

/** Per connection and direction: ours, identify and a ping, with room for those that are closing. */
const STREAMS_MAX = 16;

export const STREAM_MUXER = yamux({
  maxInboundStreams: STREAMS_MAX,
  maxOutboundStreams: STREAMS_MAX,
  maxEarlyStreams: STREAMS_MAX,
  streamOptions: { maxStreamWindowSize: STREAM_WINDOW_BYTES_MAX },
});

export const SERVICES = { identify: identify({ runOnConnectionOpen: false, timeout: HANDSHAKE_TIMEOUT_MS }) } as const;

/** For libp2p's connection manager. */
export const CONNECTION_TIMEOUTS = {
  dialTimeout: HANDSHAKE_TIMEOUT_MS,
  addressDialTimeout: HANDSHAKE_TIMEOUT_MS,
  inboundUpgradeTimeout: HANDSHAKE_TIMEOUT_MS,
  outboundStreamProtocolNegotiationTimeout: HANDSHAKE_TIMEOUT_MS,
  inboundStreamProtocolNegotiationTimeout: HANDSHAKE_TIMEOUT_MS,
  connectionCloseTimeout: DISCONNECT_TIMEOUT_MS,
  reconnectRetries: 0,
} as const;

const PING_INTERVAL_MS = 15_000;
const PING_TIMEOUT_MS = 15_000;

/** Finds peers that are gone without a word. The timeout is long, since a machine under load answers late. */
export const CONNECTION_MONITOR = {
  pingInterval: PING_INTERVAL_MS,
  pingTimeout: { minTimeout: PING_TIMEOUT_MS },
} as const;

/** By default browsers refuse to dial private addresses, which is where our nodes are. */
export function denyNoAddress(): boolean {
  return false;
}

/**
 * Sees to it that the WebSocket under a connection that fails is cut. libp2p asks it for close code 1006, which every
 * WebSocket refuses, and leaves it open (measured with @libp2p/websockets 10.1.21).
 */
export function cutOnFailure(connection: MultiaddrConnection): void {
  assert('websocket' in connection, 'a connection of the WebSocket transport holds its socket');
  const socket = connection.websocket;
  connection.addEventListener('close', (event) => {
    if (event.error === undefined || typeof socket !== 'object' || socket === null) return;
    // Only the sockets of the listener can be cut at once; those of Node's own client give up 3 s after `close`.
    if ('terminate' in socket && typeof socket.terminate === 'function') socket.terminate();
    else if ('close' in socket && typeof socket.close === 'function') socket.close();
  });
}
