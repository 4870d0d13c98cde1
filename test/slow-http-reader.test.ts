/** Somebody asks the gateway for a chain of 56 MB and hardly reads it: a real node, a real gateway, real sockets. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { createGateway } from '../src/gateway/gateway.ts';
import { makeHome, TestNode } from './support/test-node.ts';

const MIB = 1_048_576;
const BLOCKS = 56;
const DATA = JSON.stringify(Array.from({ length: 16 }, () => 'x'.repeat(65_000)));

/** What this process holds beside its own objects: where bytes on their way are. */
function heldBytes(): number {
  return process.memoryUsage().external;
}

test('who reads a long chain slowly costs a little memory and holds up nobody, and gets all of it in the end', async (t) => {
  const home = await makeHome(t);
  const node = await TestNode.start(t, { home });
  for (let i = 0; i < BLOCKS; i++) await node.mine(DATA);
  const gateway = await createGateway({ home, host: '127.0.0.1', port: 0 });
  t.after(() => gateway.close());
  await gateway.listen();
  const url = `http://127.0.0.1:${gateway.port}`;
  const port = node.node.port;
  const status = async (): Promise<number> => {
    const startMs = performance.now();
    const answer = await fetch(`${url}/api/v1/nodes/${port}/status`);
    assert.equal(answer.status, 200);
    await answer.arrayBuffer();
    return performance.now() - startMs;
  };
  await status();
  const restingBytes = heldBytes();

  const reader = connect({ host: '127.0.0.1', port: gateway.port });
  t.after(() => reader.destroy());
  await once(reader, 'connect');
  reader.pause();
  reader.write(`GET /get_chain/${port} HTTP/1.1\r\nHost: 127.0.0.1:${gateway.port}\r\nConnection: close\r\n\r\n`);
  let mostBytes = 0;
  let slowestMs = 0;
  for (let look = 0; look < 30; look++) {
    slowestMs = Math.max(slowestMs, await status());
    mostBytes = Math.max(mostBytes, heldBytes() - restingBytes);
    // A little is read now and then, so that the answer goes on.
    reader.read(65_536);
    await delay(10);
  }
  // What was sent and is not yet collected counts, too. Held at the node and at the gateway it would be twice its size.
  assert.ok(mostBytes < (BLOCKS * MIB) / 2, `${mostBytes} bytes are held for a reader who takes nothing`);
  assert.ok(slowestMs < 2_000, `another client waited ${slowestMs} ms`);
  assert.ok(reader.bytesRead < BLOCKS * MIB * 0.9, 'most of the chain is still to come');

  let received = 0;
  let last = '';
  for await (const chunk of reader) {
    const bytes: Buffer = chunk;
    received += bytes.length;
    last = `${last}${bytes.toString('latin1')}`.slice(-40);
  }
  assert.ok(received > (BLOCKS - 1) * 16 * 65_000 - 30 * 65_536, `${received} bytes came`);
  assert.match(last, new RegExp(`],"length":${BLOCKS + 1}}$`));
});
