/** The peer door between processes: libp2p over TCP and WebSockets, TLS or Noise, Yamux. */
import { createLibp2pNode } from './libp2p-node.ts';
import { LinkedNetwork, type LinkedNetworkOptions } from './linked-network.ts';
import type { PeerNetwork } from './peer-network.ts';

export interface Libp2pNetworkOptions extends LinkedNetworkOptions {
  /** Announces this node on the local network and reports those who do. For nodes that listen beyond loopback. */
  readonly mdns: boolean;
}

export function createLibp2pNetwork(options: Libp2pNetworkOptions): PeerNetwork {
  return new LinkedNetwork(options, {
    createNode: (hasRoom) => createLibp2pNode({ ...options, hasRoom }),
    nextRound: setImmediate,
  });
}
