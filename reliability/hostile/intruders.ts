/** Hostile peers that never get as far as a message: raw sockets, handshakes that do not end, streams without number. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createGenesis } from '../../src/core/genesis.ts';
import { protocolId } from '../../src/network/protocol-id.ts';
import { type Character, noise, pause, type Scene } from './character.ts';
import { RawConnection } from './raw-peer.ts';

/** Opens as many sockets as it can, and is silent on all of them. */
const halfOpen: Character = {
  name: 'half-open',
  visit: (scene) => withSockets(scene, 200, async () => pause(2_000, scene.signal)),
};

/** Begins a handshake and never ends it, or ends it with rubbish. */
const handshakeBreaker: Character = {
  name: 'broken-handshakes',
  visit: (scene) =>
    withSockets(scene, 20, async (sockets) => {
      const openings: readonly (() => Uint8Array)[] = [
        () => noise(scene.random, 10_000),
        () => new Uint8Array(1_000_000).fill(0xff),
        () => Buffer.from('\x13/multistream/1.0.0\n'),
        () => Buffer.from('\x13/multistream/1.0.0\n\x07/noise\n'),
        () => Buffer.concat([Buffer.from('\x13/multistream/1.0.0\n\x07/noise\n'), noise(scene.random, 65_000)]),
        () => Buffer.concat([Buffer.from('\x13/multistream/1.0.0\n\x0b/tls/1.0.0\n'), noise(scene.random, 65_000)]),
        () => Buffer.from('\x13/multistream/1.0.0\n\x0b/tls/1.0.0\n\x16\x03\x01\x40\x00\x01'),
        () => Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'),
      ];
      for (const socket of sockets) {
        const bytes = scene.random.pick(openings)();
        scene.target.tally.sent(bytes.length);
        socket.write(bytes);
      }
      await pause(500, scene.signal);
    }),
};

/** Shows one key after the other, and leaves at once. */
const keyFlood: Character = {
  name: 'key-flood',
  visit: async (scene) => {
    const connections = await Promise.all(
      Array.from({ length: 8 }, () => RawConnection.open(scene.target, scene.signal)),
    );
    scene.target.tally.connections += connections.length;
    await Promise.all(connections.map((connection) => connection?.close()));
  },
};

/** Opens streams without number on one connection, of protocols that there are and others. */
const streamFlood: Character = {
  name: 'stream-flood',
  visit: async (scene) => {
    const { target, random, signal } = scene;
    const connection = await RawConnection.open(target, signal);
    if (connection === undefined) return;
    target.tally.connections++;
    const protocols = [
      protocolId(createGenesis(target.params).hash),
      '/ipfs/id/1.0.0',
      '/ipfs/ping/1.0.0',
      '/nobody/1.0.0',
    ];
    for (let i = 0; i < 200 && connection.isOpen && !signal.aborted; i++) {
      const streams = await Promise.allSettled(
        Array.from({ length: 16 }, () => connection.openStream(random.pick(protocols))),
      );
      for (const stream of streams) {
        target.tally.message();
        if (stream.status === 'fulfilled' && random.chance(0.8)) stream.value.abort(new Error('never mind'));
      }
    }
    await connection.close();
  },
};

export const INTRUDERS: readonly Character[] = [halfOpen, handshakeBreaker, keyFlood, streamFlood];

/** Opens `count` sockets to the peer door, and closes them all in the end. */
async function withSockets(
  { target, signal }: Scene,
  count: number,
  act: (sockets: readonly Socket[]) => Promise<void>,
): Promise<void> {
  const sockets = Array.from({ length: count }, () => {
    const socket = connect(socketAddress(target.address));
    socket.on('error', () => undefined);
    return socket;
  });
  try {
    await Promise.all(sockets.map((socket) => once(socket, 'connect', { signal }).catch(() => undefined)));
    target.tally.connections += count;
    await act(sockets);
  } finally {
    for (const socket of sockets) socket.destroy();
  }
}

/** Where the multiaddress `/ip4/<host>/tcp/<port>/…` leads. */
function socketAddress(address: string): { readonly host: string; readonly port: number } {
  const [, , host = '', , port = ''] = address.split('/');
  return { host, port: Number(port) };
}
