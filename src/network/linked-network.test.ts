import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { generateKeyPair } from '@libp2p/crypto/keys';
import { createLibp2pNetwork } from './libp2p-network.ts';
import { createLibp2pNode } from './libp2p-node.ts';
import { type Libp2pNode, LinkedNetwork } from './linked-network.ts';
import { Member } from './network-member.ts';
import { MESSAGE_BYTES_MAX } from './peer-delivery.contract.ts';
import { GENESIS } from './peer-network.contract.ts';

describe('a connection that libp2p gives up by itself, as it does when a peer is frozen and answers no ping', () => {
  for (const [name, listen] of [
    ['TCP', '/ip4/127.0.0.1/tcp/0'],
    ['WebSockets', '/ip4/127.0.0.1/tcp/0/ws'],
  ] as const) {
    test(`over ${name}, is told of once, and nothing fails`, async () => {
      const shared = { genesisHash: GENESIS, networkName: 'test', messageBytesMax: MESSAGE_BYTES_MAX, peersMax: 4 };
      const other = new Member(
        createLibp2pNetwork({
          ...shared,
          privateKey: await generateKeyPair('Ed25519'),
          listen: [listen],
          mdns: false,
        }),
      );
      await other.network.start(other);
      const options = { ...shared, privateKey: await generateKeyPair('Ed25519'), listen: [] };
      const { promise: created, resolve } = Promise.withResolvers<Libp2pNode>();
      const own = new Member(
        new LinkedNetwork(options, {
          createNode: async (hasRoom) => {
            const node = await createLibp2pNode({ ...options, mdns: false, hasRoom });
            resolve(node);
            return node;
          },
          nextRound: setImmediate,
        }),
      );
      await own.network.start(own);
      try {
        await own.network.dial(other.address);
        await other.untilConnected();
        const [connection] = (await created).getConnections();
        // What libp2p throws here, it throws where nobody catches it, and that ends the process.
        assert.doesNotThrow(() => connection?.abort(new Error('the ping was not answered in time')));
        assert.equal((await own.untilDisconnected()).code, 'failed');
        await other.untilDisconnected();
        assert.equal(own.disconnected.length, 1);
        assert.equal(await own.network.dial(other.address), other.id, 'and the peer can be reached again');
      } finally {
        await own.network.stop();
        await other.network.stop();
      }
    });
  }
});
