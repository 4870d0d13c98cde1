import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { generateKeyPair } from '@libp2p/crypto/keys';
import { startGateway } from '../src/gateway/canned-node.fixture.ts';
import { createBrowserNetwork, doorAddress } from '../src/network/browser-network.ts';
import { createLibp2pNetwork } from '../src/network/libp2p-network.ts';
import { Member } from '../src/network/network-member.ts';
import { MESSAGE_BYTES_MAX } from '../src/network/peer-delivery.contract.ts';
import { GENESIS } from '../src/network/peer-network.contract.ts';
import { NetworkError } from '../src/network/peer-network.ts';
import { endAll } from './support/lifetime.ts';

describe('the address of a peer door behind a gateway', () => {
  const cases: readonly [origin: string, address: string][] = [
    ['http://localhost:8080', '/dns/localhost/tcp/8080/ws/http-path/peer%2F5001'],
    ['http://127.0.0.1:8080', '/ip4/127.0.0.1/tcp/8080/ws/http-path/peer%2F5001'],
    ['http://[::1]:8080', '/ip6/::1/tcp/8080/ws/http-path/peer%2F5001'],
    ['http://cairn.example', '/dns/cairn.example/tcp/80/ws/http-path/peer%2F5001'],
    ['https://cairn.example', '/dns/cairn.example/tcp/443/tls/ws/http-path/peer%2F5001'],
  ];
  for (const [origin, address] of cases) {
    it(`at ${origin} is ${address}`, () => assert.equal(doorAddress(origin, 5001), address));
  }
});

describe('the network of a browser', () => {
  const ends: (() => unknown)[] = [];
  afterEach(() => endAll(ends));

  const shared = { networkName: 'test', messageBytesMax: MESSAGE_BYTES_MAX, peersMax: 8 };

  async function startNode(genesisHash = GENESIS): Promise<Member> {
    const privateKey = await generateKeyPair('Ed25519');
    const listen = ['/ip4/127.0.0.1/tcp/0/ws'];
    const node = new Member(createLibp2pNetwork({ ...shared, genesisHash, privateKey, listen, mdns: false }));
    await node.network.start(node);
    ends.push(() => node.network.stop());
    return node;
  }

  /** A browser, and the address of `node` behind a gateway. */
  async function meet(node: Member): Promise<{ browser: Member; address: string }> {
    const world = await startGateway();
    await world.gateway.listen();
    ends.push(world.stop);
    world.node.ledger.status = { addresses: [node.address] };
    const browser = new Member(
      await createBrowserNetwork({ ...shared, genesisHash: GENESIS, nextRound: setImmediate }),
    );
    await browser.network.start(browser);
    ends.push(() => browser.network.stop());
    return { browser, address: doorAddress(`http://localhost:${world.gateway.port}`, world.node.port) };
  }

  it('reaches a node through the gateway, whichever of the two keys is the lower', async () => {
    const orders = new Set<boolean>();
    // Both keys are drawn anew: with one that stays, and is among the lowest, the other order would hardly come.
    while (orders.size < 2) {
      const node = await startNode();
      const { browser, address } = await meet(node);
      orders.add(browser.id < node.id);
      assert.equal(await browser.network.dial(address), node.id);
      await node.untilConnected();
      browser.sendText(node, 'from the page');
      await node.until(() => node.messages.some(({ peer }) => peer === browser.id));
      node.sendText(browser, 'to the page');
      await browser.until(() => browser.texts.includes('to the page'));
    }
  });

  it('carries the largest message both ways', async () => {
    const node = await startNode();
    const { browser, address } = await meet(node);
    await browser.network.dial(address);
    await node.untilConnected();
    const large = new Uint8Array(MESSAGE_BYTES_MAX).fill(7);
    browser.network.send(node.id, large);
    node.network.send(browser.id, large);
    await node.until(() => node.messages.length === 1);
    await browser.until(() => browser.messages.length === 1);
    assert.deepEqual(browser.messages[0]?.message, large);
  });

  it('says that a node is of another network', async () => {
    const { browser, address } = await meet(await startNode('ab'.repeat(32)));
    await assert.rejects(browser.network.dial(address), (error) => {
      return error instanceof NetworkError && error.code === 'network-other';
    });
  });

  it('says that there is no such node', async () => {
    const { browser, address } = await meet(await startNode());
    await assert.rejects(browser.network.dial(address.replace(/\d+$/, '1')), (error) => {
      return error instanceof NetworkError && error.code === 'dial-failed';
    });
  });

  it('learns that the node has gone, and can reach it no more', async () => {
    const node = await startNode();
    const { browser, address } = await meet(node);
    await browser.network.dial(address);
    await node.network.stop();
    await browser.untilDisconnected();
    await assert.rejects(browser.network.dial(address));
  });
});
