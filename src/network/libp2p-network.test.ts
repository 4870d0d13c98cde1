import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { generateKeyPair } from '@libp2p/crypto/keys';
import { identify } from '@libp2p/identify';
import type { Libp2p, Stream } from '@libp2p/interface';
import { noise } from '@libp2p/noise';
import { peerIdFromPrivateKey } from '@libp2p/peer-id';
import { tcp } from '@libp2p/tcp';
import { webSockets } from '@libp2p/websockets';
import { yamux } from '@libp2p/yamux';
import { multiaddr } from '@multiformats/multiaddr';
import { createLibp2p, type Libp2pOptions } from 'libp2p';
import { createLibp2pNetwork, type Libp2pNetworkOptions } from './libp2p-network.ts';
import { Member } from './network-member.ts';
import type { NodeKey } from './node-key.ts';
import { MESSAGE_BYTES_MAX } from './peer-delivery.contract.ts';
import { GENESIS, testPeerNetwork } from './peer-network.contract.ts';
import { NetworkError, type PeerNetwork } from './peer-network.ts';
import { protocolId } from './protocol-id.ts';

const TCP = '/ip4/127.0.0.1/tcp/0';
const WS = '/ip4/127.0.0.1/tcp/0/ws';
const MULTICAST_GROUP = '224.0.0.251';

async function createNetwork(options: Partial<Libp2pNetworkOptions>): Promise<PeerNetwork> {
  return createLibp2pNetwork({
    privateKey: await generateKeyPair('Ed25519'),
    genesisHash: GENESIS,
    networkName: 'test',
    listen: [],
    mdns: false,
    messageBytesMax: MESSAGE_BYTES_MAX,
    peersMax: 64,
    ...options,
  });
}

for (const [name, listen, addressDead] of [
  ['TCP', TCP, '/ip4/127.0.0.1/tcp/1'],
  ['WebSockets', WS, '/ip4/127.0.0.1/tcp/1/ws'],
] as const) {
  testPeerNetwork(`libp2p network over ${name}`, () => ({
    addressInvalid: '/ip4/127.0.0.1/udp/1',
    addressDead,
    createNetwork: (options) => createNetwork({ listen: [listen], ...options }),
  }));
}

describe('libp2p network', () => {
  let networks: PeerNetwork[] = [];
  let nodes: Libp2p[] = [];
  let sockets: Socket[] = [];

  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    await Promise.all([...networks, ...nodes].map((one) => one.stop()));
    networks = [];
    nodes = [];
    sockets = [];
  });

  async function join(options: Partial<Libp2pNetworkOptions> = {}): Promise<Member> {
    const member = new Member(await createNetwork({ listen: [TCP], ...options }));
    networks.push(member.network);
    await member.network.start(member);
    return member;
  }

  /** A libp2p node that is not ours and does as it likes. */
  async function stranger(options: Libp2pOptions = {}): Promise<Libp2p> {
    const node = await createLibp2p({
      addresses: { listen: [TCP] },
      transports: [tcp(), webSockets()],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
      services: { identify: identify() },
      ...options,
    });
    nodes.push(node);
    return node;
  }

  async function connectRaw(address: string): Promise<Socket> {
    const { port } = /\/tcp\/(?<port>\d+)/.exec(address)?.groups ?? {};
    const socket = connect({ port: Number(port), host: '127.0.0.1' });
    sockets.push(socket);
    socket.on('error', () => {});
    await once(socket, 'connect');
    return socket;
  }

  /** A stream of our protocol to `member`, from a stranger whose id makes it the one to open it. */
  async function openStream(member: Member): Promise<{ stream: Stream; node: Libp2p }> {
    const node = await stranger({ privateKey: await keyWhoseId((id) => id < member.id) });
    const connection = await node.dial(multiaddr(member.address));
    return { stream: await connection.newStream(protocolId(GENESIS)), node };
  }

  test('nodes that listen on both transports name both addresses with real ports, and meet on either', async () => {
    const a = await join({ listen: [TCP, WS] });
    const addresses = a.network.addresses();
    assert.equal(addresses.length, 2);
    for (const address of addresses) {
      assert.match(address, new RegExp(`^/ip4/127\\.0\\.0\\.1/tcp/[1-9][0-9]*(/ws)?/p2p/${a.id}$`));
      const b = await join({ listen: [] });
      assert.equal(await b.network.dial(address), a.id);
      const c = await join({ listen: [] });
      assert.equal(await c.network.dial(address.replace(/\/p2p\/.*/, '')), a.id);
    }
    await a.untilConnected(4);
  });

  test('an address with the id of somebody else is not taken for a connection', async () => {
    const a = await join();
    const b = await join();
    const c = await join();
    const wrong = b.address.replace(b.id, c.id);
    await assert.rejects(a.network.dial(wrong), { code: 'dial-failed' });
    assert.deepEqual(a.connected, []);
  });

  test('garbage on the ports does no harm', async () => {
    const a = await join({ listen: [TCP, WS] });
    const b = await join();
    await b.network.dial(a.address);
    const garbage = [
      Buffer.from('GET / HTTP/1.1\r\n\r\n'),
      Buffer.alloc(1),
      Buffer.alloc(200_000, 0xff),
      Buffer.from('\x13/multistream/1.0.0\n\x0b/tls/1.0.0\n\x16\x03\x01 no hello'),
      Buffer.from('\x13/multistream/1.0.0\n\x07/noise\n\x00\x20 no handshake'),
      Buffer.from('13        Valid message'),
    ];
    for (const address of a.network.addresses()) {
      for (const bytes of garbage) {
        const socket = await connectRaw(address);
        const closed = new Promise((resolve) => socket.once('close', resolve));
        socket.resume();
        socket.end(bytes);
        await closed;
      }
    }
    b.sendText(a, 'still here');
    await a.until(() => a.texts.includes('still here'));
    assert.equal(a.connected.length, 1);
  });

  test('clients that connect and say nothing do not hold up stop', async () => {
    const a = await join({ listen: [TCP, WS] });
    for (const address of a.network.addresses()) await connectRaw(address);
    await a.network.stop();
  });

  test('a port that is taken fails the start with a message that names it, over either transport', async () => {
    for (const listen of [TCP, WS]) {
      const a = await join({ listen: [listen] });
      const taken = a.address.replace(/\/p2p\/.*/, '');
      const b = new Member(await createNetwork({ listen: [taken] }));
      await assert.rejects(b.network.start(b), (error) => {
        assert(error instanceof NetworkError && error.code === 'listen-failed');
        assert(error.message.includes(taken), error.message);
        return true;
      });
    }
  });

  test('a connection that is broken off leaves no socket behind, over either transport', async () => {
    for (const listen of [TCP, WS]) {
      const a = await join({ listen: [listen] });
      const b = await join({ listen: [], messageBytesMax: 10 });
      const c = await join({ listen: [] });
      await b.network.dial(a.address);
      await c.network.dial(a.address);
      await a.untilConnected(2);
      a.sendText(b, 'longer than it takes');
      c.network.disconnect(a.id, 'enough');
      await Promise.all([a.untilDisconnected(2), b.untilDisconnected(), c.untilDisconnected()]);
      await Promise.all([a, b, c].map(({ network }) => network.stop()));
      // Sockets take some turns to close. One that stays fails the test by its timeout.
      while (process.getActiveResourcesInfo().some((name) => name.startsWith('TCP'))) await setImmediate();
    }
  });

  test('what is no frame ends the connection with that fault', async () => {
    const a = await join();
    const { stream } = await openStream(a);
    const closed = once(stream, 'close');
    stream.send(Buffer.from('2         ok{"json":1}'));
    assert.deepEqual(await a.untilDisconnected(), {
      code: 'frame-fault',
      fault: { code: 'frame-header-invalid', header: '{"json":1}' },
    });
    assert.deepEqual(a.texts, ['ok']);
    await closed;
  });

  test('a stream that ends within a message is no orderly end', async () => {
    const a = await join();
    const { stream } = await openStream(a);
    stream.send(Buffer.from('10        half'));
    await stream.close();
    assert.equal((await a.untilDisconnected()).code, 'failed');
    assert.deepEqual(a.texts, []);
  });

  test('a peer that vanishes without a word is a failure, and one that ends in order is not', async () => {
    const a = await join();
    const first = await openStream(a);
    await a.untilConnected();
    for (const connection of first.node.getConnections()) connection.abort(new Error('vanished'));
    assert.equal((await a.untilDisconnected()).code, 'failed');
    const { stream } = await openStream(a);
    await a.untilConnected(2);
    await stream.close();
    assert.deepEqual(await a.untilDisconnected(2), { code: 'closed' });
  });

  test('a peer that has lost the connection and opens another one replaces the first', async () => {
    const a = await join();
    const { node } = await openStream(a);
    await a.untilConnected();
    const again = await node.dial(multiaddr(a.address), { force: true });
    const stream = await again.newStream(protocolId(GENESIS));
    await a.untilConnected(2);
    assert.equal((await a.untilDisconnected()).code, 'failed');
    stream.send(Buffer.from('5         again'));
    await a.until(() => a.texts.includes('again'));
    assert.equal(a.disconnected.length, 1);
  });

  test('only the peer with the lower id may open the stream', async () => {
    const a = await join();
    const node = await stranger({ privateKey: await keyWhoseId((id) => id > a.id) });
    const connection = await node.dial(multiaddr(a.address));
    const refused = connection.newStream(protocolId(GENESIS)).then((stream) => {
      if (stream.status === 'open') return once(stream, 'close');
      throw new Error('refused during the handshake');
    });
    await Promise.allSettled([refused]);
    assert.deepEqual(a.connected, []);
  });

  test('a program that is no node, and a node of another version, are refused as what they are', async () => {
    const a = await join();
    const other = await stranger();
    const address = String(other.getMultiaddrs()[0]);
    await assert.rejects(a.network.dial(address), { code: 'dial-failed', message: /no Cairn node/ });
    await other.handle(`/cairn/${GENESIS}/2`, () => {});
    await assert.rejects(a.network.dial(address), { code: 'dial-failed', message: /speaks version 2/ });
  });

  test('nodes that can do Noise only, as browsers are, are peers too', async () => {
    const a = await join({ listen: [WS] });
    const { stream } = await openStream(a);
    stream.send(Buffer.from('4         noise'.slice(0, 14)));
    await a.until(() => a.messages.length === 1);
    assert.match(a.connected[0]?.address ?? '', /\/ws\//);
  });

  test('nodes on one local network find each other', async (context) => {
    if (!(await hasMulticast())) return context.skip('multicast does not come back to this machine');
    const genesisHash = randomBytes(32).toString('hex');
    const a = await join({ mdns: true, genesisHash });
    const b = await join({ mdns: true, genesisHash });
    await a.until(() => a.discovered.includes(b.address));
    assert.equal(await a.network.dial(b.address), b.id);
    await b.until(() => b.discovered.includes(a.address));
  });
});

/** A key of which the peer id is as wanted, be that one in a thousand. */
async function keyWhoseId(isWanted: (id: string) => boolean): Promise<NodeKey> {
  for (;;) {
    const key = await generateKeyPair('Ed25519');
    if (isWanted(peerIdFromPrivateKey(key).toString())) return key;
  }
}

/** Whether a datagram to a multicast group reaches its sender, as it does unless a sandbox keeps it from it. */
async function hasMulticast(): Promise<boolean> {
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  try {
    socket.bind(0);
    await once(socket, 'listening');
    socket.addMembership(MULTICAST_GROUP);
    socket.setMulticastLoopback(true);
    const came = once(socket, 'message', { signal: AbortSignal.timeout(1_000) });
    socket.send('?', socket.address().port, MULTICAST_GROUP);
    await came;
    return true;
  } catch {
    return false;
  } finally {
    socket.close();
  }
}
