/** Somebody asks the gateway for a chain of 56 MB and hardly reads it: a real node, a real gateway, real sockets. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { createGateway } from '../src/gateway/gateway.ts';
import { atEnd } from './support/lifetime.ts';
import { heldMemory } from './support/memory.ts';
import { makeHome, TestNode } from './support/test-node.ts';

const MIB = 1_048_576;
const BLOCKS = 56;
const DATA = JSON.stringify(Array.from({ length: 16 }, () => 'x'.repeat(65_000)));

/** What this process holds beside its own objects: where bytes on their way are. */
function heldBytes(): number {
  return heldMemory().external;
}

test('who reads a long chain slowly costs a little memory and holds up nobody, and gets all of it in the end', async (t) => {
  const home = await makeHome(t);
  const node = await TestNode.start(t, { home });
  for (let i = 0; i < BLOCKS; i++) await node.mine(DATA);
  const gateway = await createGateway({ home, host: '127.0.0.1', port: 0 });
  atEnd(t, () => gateway.close());
  await gateway.listen();
  const url = `http://127.0.0.1:${gateway.port}`;
  const port = node.node.port;
  const status = async (): Promise<void> => {
    const answer = await fetch(`${url}/api/v1/nodes/${port}/status`);
    assert.equal(answer.status, 200);
    await answer.arrayBuffer();
  };
  await status();
  const restingBytes = heldBytes();

  const reader = connect({ host: '127.0.0.1', port: gateway.port });
  atEnd(t, () => reader.destroy());
  await once(reader, 'connect');
  reader.pause();
  reader.write(`GET /get_chain/${port} HTTP/1.1\r\nHost: 127.0.0.1:${gateway.port}\r\nConnection: close\r\n\r\n`);
  let mostBytes = 0;
  for (let look = 0; look < 60; look++) {
    // Others are answered meanwhile.
    await status();
    mostBytes = Math.max(mostBytes, heldBytes() - restingBytes);
    // A little is read now and then, so that the answer goes on.
    reader.read(65_536);
  }
  assert.ok(mostBytes < 8 * MIB, `${mostBytes} bytes are held for a reader who takes nothing`);
  assert.ok(reader.bytesRead < BLOCKS * MIB * 0.9, 'most of the chain is still to come');

  let received = 0;
  let last = '';
  for await (const chunk of reader) {
    const bytes: Buffer = chunk;
    received += bytes.length;
    last = `${last}${bytes.toString('latin1')}`.slice(-40);
  }
  assert.ok(received > (BLOCKS - 1) * 16 * 65_000 - 60 * 65_536, `${received} bytes came`);
  assert.match(last, new RegExp(`],"length":${BLOCKS + 1}}$`));
});
