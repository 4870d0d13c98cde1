/** Many who ask for the chain and read it slowly, or not at all: what it costs the node, and what others notice. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { startFixture } from './probe-server.fixture.ts';

const READERS = 50;
const CHAIN_BYTES = 64 * 1024 * 1024;
const CHUNK_BYTES = 64 * 1024;

test('fifty readers of a long chain who read slowly cost a little each, and hold up nobody', async (t) => {
  let producedBytes = 0;
  async function* chunks() {
    for (let sent = 0; sent < CHAIN_BYTES; sent += CHUNK_BYTES) {
      producedBytes += CHUNK_BYTES;
      // A chunk of its own each time, as a store has it, so that what waits is what is resident.
      yield new Uint8Array(CHUNK_BYTES).fill(0x20);
    }
  }
  const { open } = await startFixture(t, { chain: async () => ({ sizeBytes: CHAIN_BYTES, chunks: chunks() }) });
  const readers = await Promise.all(Array.from({ length: READERS }, () => open()));
  let takenBytes = 0;
  for (const { socket } of readers) {
    socket.pause();
    socket.write('9         GET CHAIN');
  }
  const other = await open();
  const aheadMax = async (): Promise<number> => {
    let mostBytes = 0;
    for (let turn = 0; turn < 300; turn++) {
      await nextTurn();
      mostBytes = Math.max(mostBytes, producedBytes - takenBytes);
    }
    return mostBytes;
  };
  const [whileNobodyReads, answer] = await Promise.all([
    aheadMax(),
    other.ask('{"id":1,"jsonrpc":"2.0","method":"status"}'),
  ]);
  assert.match(answer ?? '', /"id":1/);
  // What the operating system takes for both ends of a socket is not the node's to bound.
  const perReader = whileNobodyReads / READERS;
  assert.ok(perReader < CHAIN_BYTES / 8, `${perReader} bytes were produced for each reader who takes nothing`);

  for (const { socket } of readers)
    socket.on('data', (bytes: Uint8Array) => {
      takenBytes += bytes.length;
      socket.pause();
    });
  for (let round = 0; round < 20; round++) {
    for (const { socket } of readers) socket.resume();
    const asked = await other.ask('{"id":2,"jsonrpc":"2.0","method":"status"}');
    assert.match(asked ?? '', /"id":2/);
  }
  assert.ok(takenBytes > 0 && takenBytes < READERS * CHAIN_BYTES, 'they still read slowly');
  const stillPerReader = (producedBytes - takenBytes) / READERS;
  assert.ok(stillPerReader < CHAIN_BYTES / 8, `${stillPerReader} bytes wait for each reader who reads slowly`);
});
