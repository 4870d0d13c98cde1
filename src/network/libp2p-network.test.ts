import { generateKeyPair } from '@libp2p/crypto/keys';
import { createLibp2pNetwork } from './libp2p-network.ts';
import { GENESIS, MESSAGE_BYTES_MAX, testPeerNetwork } from './peer-network.contract.ts';

for (const [name, listen, addressDead] of [
  ['TCP', '/ip4/127.0.0.1/tcp/0', '/ip4/127.0.0.1/tcp/1'],
  ['WebSockets', '/ip4/127.0.0.1/tcp/0/ws', '/ip4/127.0.0.1/tcp/1/ws'],
] as const) {
  testPeerNetwork(`libp2p network over ${name}`, () => ({
    addressInvalid: '/ip4/127.0.0.1/udp/1',
    addressDead,
    createNetwork: async (options = {}) =>
      createLibp2pNetwork({
        privateKey: await generateKeyPair('Ed25519'),
        genesisHash: GENESIS,
        networkName: 'test',
        listen: [listen],
        mdns: false,
        messageBytesMax: MESSAGE_BYTES_MAX,
        peersMax: 64,
        ...options,
      }),
  }));
}
