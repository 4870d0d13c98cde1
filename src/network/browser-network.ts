/**
 * The peer door in a browser: the network that a node runs, over WebSockets that the browser opens to the page's own
 * origin, where a gateway carries them to the nodes (docs/spec/http.md#peer-door). It dials and nobody dials it. Its key is
 * drawn anew each time, since it has no name to keep. All of it works without WebCrypto, which pages of plain http have not.
 */
import { generateKeyPair } from '@libp2p/crypto/keys';
import type { Transport } from '@libp2p/interface';
import { noise } from '@libp2p/noise';
import { type WebSocketsComponents, webSockets } from '@libp2p/websockets';
import type { Multiaddr } from '@multiformats/multiaddr';
import { createLibp2p } from 'libp2p';
import {
  CONNECTION_MONITOR,
  CONNECTION_TIMEOUTS,
  cutOnFailure,
  denyNoAddress,
  NODE_INFO,
  SERVICES,
  STREAM_MUXER,
} from './libp2p-parts.ts';
import { LinkedNetwork, type LinkedNetworkHost, type LinkedNetworkOptions } from './linked-network.ts';
import type { PeerNetwork } from './peer-network.ts';
import { tappedUpgrader } from './tapped-upgrader.ts';

export type BrowserNetworkOptions = Omit<LinkedNetworkOptions, 'privateKey' | 'listen'> &
  Pick<LinkedNetworkHost, 'nextRound'>;

export async function createBrowserNetwork(options: BrowserNetworkOptions): Promise<PeerNetwork> {
  const privateKey = await generateKeyPair('Ed25519');
  return new LinkedNetwork(
    { ...options, privateKey, listen: [] },
    {
      nextRound: options.nextRound,
      createNode: () =>
        createLibp2p({
          start: false,
          privateKey,
          nodeInfo: NODE_INFO,
          addresses: { listen: [] },
          transports: [doorTransport],
          connectionEncrypters: [noise()],
          streamMuxers: [STREAM_MUXER],
          services: SERVICES,
          connectionGater: { denyDialMultiaddr: denyNoAddress },
          connectionManager: { ...CONNECTION_TIMEOUTS, maxConnections: 2 * options.peersMax },
          connectionMonitor: CONNECTION_MONITOR,
        }),
    },
  );
}

/** The address, for `dial`, of the peer door of the node at `port` behind the gateway whose pages have the origin `origin`. */
export function doorAddress(origin: string, port: number): string {
  const { protocol, hostname, port: originPort } = new URL(origin);
  const isSecure = protocol === 'https:';
  const tcpPort = originPort !== '' ? originPort : isSecure ? '443' : '80';
  return `/${hostPart(hostname)}/tcp/${tcpPort}${isSecure ? '/tls' : ''}/ws/http-path/${encodeURIComponent(`peer/${port}`)}`;
}

function hostPart(hostname: string): string {
  if (hostname.startsWith('[')) return `ip6/${hostname.slice(1, -1)}`;
  return IPV4.test(hostname) ? `ip4/${hostname}` : `dns/${hostname}`;
}

/** WebSockets to paths, which the transport makes the right URL of, but takes for addresses of something else. */
function doorTransport(components: WebSocketsComponents): Transport {
  const transport = webSockets()(components);
  const dial = transport.dial.bind(transport);
  transport.dial = (address, options) =>
    dial(address, { ...options, upgrader: tappedUpgrader(options.upgrader, { outbound: cutOnFailure }) });
  transport.dialFilter = (addresses) => addresses.filter(hasPath);
  return transport;
}

function hasPath(address: Multiaddr): boolean {
  return address.getComponents().some(({ name }) => name === 'http-path');
}

const IPV4 = /^\d{1,3}(?:\.\d{1,3}){3}$/;
