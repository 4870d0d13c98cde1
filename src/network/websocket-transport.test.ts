import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { generateKeyPair } from '@libp2p/crypto/keys';
import { createLibp2pNetwork } from './libp2p-network.ts';
import { Member } from './network-member.ts';
import { MESSAGE_BYTES_MAX } from './peer-delivery.contract.ts';
import { GENESIS } from './peer-network.contract.ts';

test('a stranger whose WebSocket message is larger than encrypters send is hung up on, and gathers no memory', async (t) => {
  const member = await listen(t);
  const socket = new WebSocket(`ws://127.0.0.1:${portOf(member)}`);
  const closed = new Promise<CloseEvent>((resolve) => socket.addEventListener('close', resolve));
  socket.addEventListener('open', () => socket.send(new Uint8Array(1_048_577)));
  // RFC 6455 §7.4.1: too big; or cut off before that could be said.
  assert.ok([1009, 1006].includes((await closed).code));
});

test('a frame that breaks the protocol ends its connection and nothing else', async (t) => {
  const member = await listen(t);
  for (const frame of [Uint8Array.of(0xff, 0xff), Uint8Array.of(0x82, 0xff, 0, 0, 0xff, 0, 0, 0, 0, 0, 1, 2, 3, 4)]) {
    const socket = connect({ port: portOf(member), host: '127.0.0.1' });
    const closed = once(socket, 'close');
    socket.on('error', () => {});
    socket.write(UPGRADE);
    await once(socket, 'data');
    socket.write(frame);
    socket.resume();
    await closed;
  }
  const other = await listen(t);
  assert.equal(await other.network.dial(member.address), member.id);
});

/** A network that listens for WebSockets until the test ends. */
async function listen(t: TestContext): Promise<Member> {
  const network = createLibp2pNetwork({
    privateKey: await generateKeyPair('Ed25519'),
    genesisHash: GENESIS,
    networkName: 'test',
    listen: ['/ip4/127.0.0.1/tcp/0/ws'],
    mdns: false,
    messageBytesMax: MESSAGE_BYTES_MAX,
    peersMax: 8,
  });
  const member = new Member(network);
  await network.start(member);
  t.after(() => network.stop());
  return member;
}

function portOf(member: Member): number {
  return Number(/\/tcp\/(\d+)/.exec(member.address)?.[1]);
}

/** RFC 6455 §1.2, with the key that stands there. */
const UPGRADE = [
  'GET / HTTP/1.1',
  'Host: 127.0.0.1',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
  '',
  '',
].join('\r\n');
