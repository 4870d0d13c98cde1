import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { afterEach, describe, test } from 'node:test';
import { generateKeyPair } from '@libp2p/crypto/keys';
import type { MultiaddrConnection, Transport } from '@libp2p/interface';
import { noise } from '@libp2p/noise';
import { tcp } from '@libp2p/tcp';
import type { WebSocketsComponents } from '@libp2p/websockets';
import { createLibp2p, type Libp2p } from 'libp2p';
import { guardedTransport } from './guarded-transport.ts';
import { createLibp2pNetwork } from './libp2p-network.ts';
import { Member } from './network-member.ts';
import { MESSAGE_BYTES_MAX } from './peer-delivery.contract.ts';
import { GENESIS } from './peer-network.contract.ts';
import { boundedWebSockets } from './websocket-transport.ts';

const FLOODS = 50;
/** Below the number of handshakes that a node has under way at once, so that each is refused for what it says. */
const FLOODS_AT_ONCE = 10;
const FLOOD = Buffer.alloc(100_000, 0xff);

/** Each sends `bytes` to the port, and comes back when the other side has closed. */
const clients = {
  TCP: async (port: number, bytes: Uint8Array): Promise<void> => {
    const socket = connect({ port, host: '127.0.0.1' });
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => {});
    socket.resume();
    socket.write(bytes);
    await closed;
  },
  WebSockets: async (port: number, bytes: Uint8Array): Promise<void> => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}`);
    const closed = new Promise((resolve) => socket.addEventListener('close', resolve));
    socket.addEventListener('open', () => socket.send(Uint8Array.from(bytes)));
    await closed;
  },
};

const doors: readonly {
  readonly name: keyof typeof clients;
  readonly listen: string;
  readonly createTransport: (components: WebSocketsComponents) => Transport;
}[] = [
  { name: 'TCP', listen: '/ip4/127.0.0.1/tcp/0', createTransport: tcp() },
  { name: 'WebSockets', listen: '/ip4/127.0.0.1/tcp/0/ws', createTransport: boundedWebSockets(16, {}) },
];

for (const { name, listen, createTransport } of doors) {
  const send = clients[name];

  describe(`strangers at the door, over ${name}`, () => {
    let node: Libp2p | undefined;
    let members: Member[] = [];

    afterEach(async () => {
      await node?.stop();
      await Promise.all(members.map(({ network }) => network.stop()));
      node = undefined;
      members = [];
    });

    async function join(): Promise<Member> {
      const network = await createLibp2pNetwork({
        privateKey: await generateKeyPair('Ed25519'),
        genesisHash: GENESIS,
        networkName: 'test',
        listen: [listen],
        mdns: false,
        messageBytesMax: MESSAGE_BYTES_MAX,
        peersMax: 64,
      });
      const member = new Member(network);
      members.push(member);
      await network.start(member);
      return member;
    }

    test('what is no preface ends the connection, and libp2p sees nothing of it', async () => {
      let seenBytes = 0;
      const ended = Promise.withResolvers<Error | undefined>();
      node = await createLibp2p({
        addresses: { listen: [listen] },
        transports: [guardedTransport(createTransport)],
        connectionEncrypters: [noise()],
        connectionGater: {
          denyInboundConnection: (connection: MultiaddrConnection) => {
            connection.addEventListener('message', ({ data }) => {
              seenBytes += data.byteLength;
            });
            connection.addEventListener('close', ({ error }) => ended.resolve(error));
            return false;
          },
        },
      });
      await send(portOf(String(node.getMultiaddrs()[0])), FLOOD);
      assert.deepEqual((await ended.promise)?.cause, { code: 'preface-length-invalid' });
      assert.equal(seenBytes, 0);
    });

    test('while they flood a node, it hangs up on them, and others connect and are heard', async (t) => {
      // Handshakes take as long as they take: their time is not what this is about.
      t.mock.method(AbortSignal, 'timeout', () => new AbortController().signal);
      const a = await join();
      const b = await join();
      const port = portOf(a.address);
      let floods = 0;
      let heard = false;
      const flood = async () => {
        while (!heard || floods < FLOODS) {
          floods += 1;
          await send(port, FLOOD);
        }
      };
      const flooded = Promise.all(Array.from({ length: FLOODS_AT_ONCE }, flood));
      await b.network.dial(a.address);
      b.sendText(a, 'through the noise');
      await a.until(() => a.texts.includes('through the noise'));
      heard = true;
      await flooded;
      assert.equal(a.connected.length, 1);
      assert.deepEqual(a.disconnected, []);
    });
  });
}

function portOf(address: string): number {
  return Number(/\/tcp\/(?<port>\d+)/.exec(address)?.groups?.['port']);
}
