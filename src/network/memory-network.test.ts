import { MemoryNetworkHub } from './memory-network.ts';
import { MESSAGE_BYTES_MAX } from './peer-delivery.contract.ts';
import { GENESIS, testPeerNetwork } from './peer-network.contract.ts';

testPeerNetwork('memory network', () => {
  const hub = new MemoryNetworkHub();
  let count = 0;
  return {
    addressInvalid: '/memory/a/p2p/b',
    addressDead: '/memory/nobody/p2p/nobody',
    createNetwork: async (options = {}) =>
      hub.createNetwork(`node-${count++}`, {
        genesisHash: GENESIS,
        networkName: 'test',
        messageBytesMax: MESSAGE_BYTES_MAX,
        peersMax: 64,
        ...options,
      }),
  };
});
