/**
 * The libp2p node under the peer door. Every limit of libp2p that touches us is named here or in `libp2p-parts.ts`.
 */
import { mdns } from '@libp2p/mdns';
import { noise } from '@libp2p/noise';
import { tcp } from '@libp2p/tcp';
import { tls } from '@libp2p/tls';
import { createLibp2p } from 'libp2p';
import { guardedTransport } from './guarded-transport.ts';
import {
  CONNECTION_MONITOR,
  CONNECTION_TIMEOUTS,
  denyNoAddress,
  NODE_INFO,
  SERVICES,
  STREAM_MUXER,
} from './libp2p-parts.ts';
import type { Libp2pNode } from './linked-network.ts';
import type { NodeKey } from './node-key.ts';
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
    nodeInfo: NODE_INFO,
    addresses: { listen: [...options.listen] },
    transports: [
      guardedTransport(tcp({ maxConnections: connectionsMax })),
      guardedTransport(boundedWebSockets(connectionsMax, { maxBufferedAmount: WEBSOCKET_BUFFER_BYTES_MAX })),
    ],
    // In the order of offering. TLS takes a tenth less time for each byte, Noise half of it for a handshake, and is
    // what browsers have.
    connectionEncrypters: [tls(), noise()],
    streamMuxers: [STREAM_MUXER],
    services: SERVICES,
    peerDiscovery: options.mdns ? [mdns({ serviceTag: mdnsServiceTag(options.genesisHash) })] : [],
    connectionGater: {
      denyDialMultiaddr: denyNoAddress,
      denyInboundConnection: () => !options.hasRoom(),
    },
    connectionManager: {
      maxConnections: connectionsMax,
      maxIncomingPendingConnections: PENDING_MAX,
      maxParallelDials: PENDING_MAX,
      maxDialQueueLength: DIAL_QUEUE_MAX,
      inboundConnectionThreshold: isLoopbackOnly ? LOOPBACK_CONNECTIONS_PER_SECOND : CONNECTIONS_PER_SECOND,
      ...CONNECTION_TIMEOUTS,
    },
    connectionMonitor: CONNECTION_MONITOR,
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
const WEBSOCKET_BUFFER_BYTES_MAX = 1024 * 1024;
