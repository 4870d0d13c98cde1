/**
 * The libp2p node under the peer door. Every limit of libp2p that touches us is named here; its defaults are for other
 * networks than ours.
 */
import { identify } from '@libp2p/identify';
import { mdns } from '@libp2p/mdns';
import { noise } from '@libp2p/noise';
import { tcp } from '@libp2p/tcp';
import { tls } from '@libp2p/tls';
import { yamux } from '@libp2p/yamux';
import { createLibp2p } from 'libp2p';
import { STREAM_WINDOW_BYTES_MAX } from './framed-stream.ts';
import { guardedTransport } from './guarded-transport.ts';
import type { Libp2pNode } from './linked-network.ts';
import type { NodeKey } from './node-key.ts';
import { DISCONNECT_TIMEOUT_MS, HANDSHAKE_TIMEOUT_MS } from './peer-network.ts';
import { boundedWebSockets } from './websocket-transport.ts';

export interface Libp2pNodeOptions {
  readonly privateKey: NodeKey;
  readonly genesisHash: string;
  readonly listen: readonly string[];
  readonly mdns: boolean;
  readonly peersMax: number;
  /** Whether another inbound connection may be accepted now; asked before any work is done for it. */
  readonly hasRoom: () => boolean;
}

/** A node that is not started yet. */
export function createLibp2pNode(options: Libp2pNodeOptions): Promise<Libp2pNode> {
  const connectionsMax = options.peersMax + CONNECTIONS_SPARE;
  const isLoopbackOnly = options.listen.every((address) => LOOPBACK.test(address));
  return createLibp2p({
    start: false,
    privateKey: options.privateKey,
    nodeInfo: { name: 'cairn', version: '1', userAgent: 'cairn/1' },
    addresses: { listen: [...options.listen] },
    transports: [
      guardedTransport(tcp({ maxConnections: connectionsMax })),
      guardedTransport(boundedWebSockets(connectionsMax, { maxBufferedAmount: WEBSOCKET_BUFFER_BYTES_MAX })),
    ],
    // In the order of offering. TLS takes a tenth less time for each byte, Noise half of it for a handshake, and is
    // what browsers have.
    connectionEncrypters: [tls(), noise()],
    streamMuxers: [
      yamux({
        maxInboundStreams: STREAMS_MAX,
        maxOutboundStreams: STREAMS_MAX,
        maxEarlyStreams: STREAMS_MAX,
        streamOptions: { maxStreamWindowSize: STREAM_WINDOW_BYTES_MAX },
      }),
    ],
    services: { identify: identify({ runOnConnectionOpen: false, timeout: HANDSHAKE_TIMEOUT_MS }) },
    peerDiscovery: options.mdns ? [mdns({ serviceTag: mdnsServiceTag(options.genesisHash) })] : [],
    connectionGater: {
      // By default browsers refuse to dial private addresses, which is where our nodes are.
      denyDialMultiaddr: () => false,
      denyInboundConnection: () => !options.hasRoom(),
    },
    connectionManager: {
      maxConnections: connectionsMax,
      maxIncomingPendingConnections: PENDING_MAX,
      maxParallelDials: PENDING_MAX,
      maxDialQueueLength: DIAL_QUEUE_MAX,
      inboundConnectionThreshold: isLoopbackOnly ? LOOPBACK_CONNECTIONS_PER_SECOND : CONNECTIONS_PER_SECOND,
      dialTimeout: HANDSHAKE_TIMEOUT_MS,
      addressDialTimeout: HANDSHAKE_TIMEOUT_MS,
      inboundUpgradeTimeout: HANDSHAKE_TIMEOUT_MS,
      outboundStreamProtocolNegotiationTimeout: HANDSHAKE_TIMEOUT_MS,
      inboundStreamProtocolNegotiationTimeout: HANDSHAKE_TIMEOUT_MS,
      connectionCloseTimeout: DISCONNECT_TIMEOUT_MS,
      reconnectRetries: 0,
    },
    // Finds peers that are gone without a word. The timeout is long, since a machine under load answers late.
    connectionMonitor: { pingInterval: PING_INTERVAL_MS, pingTimeout: { minTimeout: PING_TIMEOUT_MS } },
  });
}

/** One per network, so that nodes of other networks, and other programs that use libp2p, are not even heard. */
function mdnsServiceTag(genesisHash: string): string {
  return `_cairn-${genesisHash.slice(0, 8)}._udp.local`;
}

const LOOPBACK = /^\/(?:ip4\/127\.|ip6\/::1\/|dns[46]?\/localhost\/)/;
const PENDING_MAX = 16;
/** Connections beside those that carry a link: dials that cross, handshakes, and peers of another network. */
const CONNECTIONS_SPARE = 2 * PENDING_MAX;
const DIAL_QUEUE_MAX = 64;
/** Per address. Loopback is one address, and a network under test starts all at once. */
const LOOPBACK_CONNECTIONS_PER_SECOND = 1_000;
const CONNECTIONS_PER_SECOND = 20;
/** Per connection and direction: ours, identify and a ping, with room for those that are closing. */
const STREAMS_MAX = 16;
const WEBSOCKET_BUFFER_BYTES_MAX = 1024 * 1024;
const PING_INTERVAL_MS = 15_000;
const PING_TIMEOUT_MS = 15_000;
