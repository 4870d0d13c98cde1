/** Answers and candidate chains that are longer than memory should be: how they go out, and how they come in. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeFrameHeader } from '../protocol/frame.ts';
import { asyncOf, startFixture } from './probe-server.fixture.ts';

const CHAIN = '[{"index":0},{"index":1}]';

const BROKEN_STREAMS: readonly [name: string, texts: readonly string[], sizeBytes: number, fails: boolean][] = [
  ['fails', ['[1,'], 10, true],
  ['is too short', ['[1,'], 10, false],
  ['is too long', ['[1,', '2,3,4,5,6]'], 10, false],
];

for (const [name, texts, sizeBytes, fails] of BROKEN_STREAMS) {
  test(`an answer whose stream ${name} ends with the connection, not as if it were whole`, async (t) => {
    async function* chunks() {
      yield* asyncOf(texts.map((text) => Buffer.from(text)));
      if (fails) throw new Error('disk');
    }
    const { open, errors } = await startFixture(t, { chain: async () => ({ sizeBytes, chunks: chunks() }) });
    const connection = await open();
    await assert.rejects(connection.ask('get chain'));
    assert.equal(errors.splice(0).length, 1);
  });
}

test('an answer that no frame can announce is refused with a reason, and the connection goes on', async (t) => {
  let discarded = 0;
  const endless = () => ({
    sizeBytes: 10_000_000_000,
    chunks: {
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.reject(new Error('it is not read')),
        return: async () => {
          discarded++;
          return { done: true as const, value: undefined };
        },
      }),
    },
  });
  const { open, errors } = await startFixture(t, {
    chain: async () => endless(),
    calls: { chain: () => ({ type: 'stream', stream: endless() }) },
  });
  const connection = await open();
  for (const question of ['GET CHAIN', '{"id":1,"jsonrpc":"2.0","method":"chain"}']) {
    const { error } = JSON.parse((await connection.ask(question)) ?? 'null');
    assert.deepEqual([error.data.code, error.data.sizeBytes], ['frame-too-large', 10_000_000_000]);
  }
  assert.equal(discarded, 2);
  assert.deepEqual(errors, []);
});

test('a stream is not read further than its reader has come', async (t) => {
  const chunk = Buffer.alloc(65_536, ' ');
  const sizeBytes = 256 * 1_048_576;
  let producedBytes = 0;
  let consumedBytes = 0;
  let aheadBytes = 0;
  async function* produce() {
    while (producedBytes < sizeBytes) {
      producedBytes += chunk.length;
      aheadBytes = Math.max(aheadBytes, producedBytes - consumedBytes);
      yield chunk;
    }
  }
  const { open } = await startFixture(t, {
    calls: { chain: () => ({ type: 'stream', stream: { sizeBytes, chunks: produce() } }) },
  });
  const connection = await open();
  connection.send('{"id":1,"jsonrpc":"2.0","method":"chain"}');
  connection.send('{"id":2,"jsonrpc":"2.0","method":"status"}');
  const envelope = '{"id":1,"jsonrpc":"2.0","result":';
  const messageBytes = envelope.length + sizeBytes + 1;
  let received = Buffer.alloc(0);
  for await (const bytes of connection.socket.iterator({ destroyOnReturn: false })) {
    consumedBytes += bytes.length;
    // Only the ends are of interest.
    received = Buffer.concat([received, bytes]);
    if (received.length > 200) received = Buffer.concat([received.subarray(0, 100), received.subarray(-100)]);
    if (received.includes('"status"')) break;
  }
  assert.ok(received.toString().startsWith(`${String(messageBytes).padEnd(10)}${envelope}   `));
  assert.ok(received.toString().includes('  }65        {"id":2,'));
  // What the kernel holds on both sides, which it sizes itself, is a few MiB; where it is busy Linux lets it grow to 36.
  assert.ok(aheadBytes < sizeBytes / 4, `${aheadBytes} bytes ahead`);
});

test('a candidate chain of 50 MB is handed on block by block, in bounded memory', async (t) => {
  const block = Buffer.from(`,{"data":"${'x'.repeat(60_000)}"}`);
  const count = 800;
  let blocks = 0;
  let sentBytes = 0;
  let seenBytes = 0;
  let aheadBytes = 0;
  const { open } = await startFixture(t, {
    offerChain: async (offered) => {
      for await (const text of offered) {
        blocks++;
        seenBytes += text.length;
        aheadBytes = Math.max(aheadBytes, sentBytes - seenBytes);
      }
      return 'accepted';
    },
  });
  const connection = await open();
  const { socket } = connection;
  socket.write(encodeFrameHeader(2 + 1 + count * block.length));
  socket.write('[0');
  for (let i = 0; i < count; i++) {
    sentBytes += block.length;
    await new Promise((resolve) => socket.write(block, resolve));
  }
  socket.write(']');
  assert.equal(await connection.receive(), 'BLOCKCHAIN ACCEPTED');
  assert.equal(blocks, count + 1);
  assert.ok(aheadBytes < (count * block.length) / 4, `${aheadBytes} bytes ahead`);
});

test('a candidate chain is answered as soon as the node has seen enough, and the rest of it dropped', async (t) => {
  const seen: string[] = [];
  const { open } = await startFixture(t, {
    offerChain: async (offered) => {
      for await (const text of offered) {
        seen.push(text);
        if (seen.length === 2) break;
      }
      return 'rejected';
    },
  });
  const connection = await open();
  connection.write('21        [1,2,3');
  assert.equal(await connection.receive(), 'BLOCKCHAIN REJECTED');
  connection.write(',not json at ]]9         GET CHAIN');
  assert.equal(await connection.receive(), CHAIN);
  assert.deepEqual(seen, ['1', '2']);
});

test('a node that has answered gets no more of the chain, and takes nothing from the message after it', async (t) => {
  let blocks: AsyncIterator<string> | undefined;
  const { open } = await startFixture(t, {
    offerChain: async (offered) => {
      blocks = offered[Symbol.asyncIterator]();
      await blocks.next();
      return 'rejected';
    },
  });
  const connection = await open();
  assert.equal(await connection.ask('[1,2,3]'), 'BLOCKCHAIN REJECTED');
  assert.deepEqual(await blocks?.next(), { done: true, value: undefined });
  assert.equal(await connection.ask('get chain'), CHAIN);
});

test('a chain that breaks off is never accepted, even by a node that would', async (t) => {
  const codes: unknown[] = [];
  const { open } = await startFixture(t, {
    offerChain: async (offered) => {
      try {
        for await (const _block of offered);
      } catch (error) {
        codes.push(error instanceof Error && 'code' in error && error.code);
      }
      return 'accepted';
    },
  });
  const connection = await open();
  assert.equal(await connection.ask('[1,2'), 'INVALID JSON');
  assert.equal(await connection.ask('[1,2}'), 'INVALID JSON');
  connection.socket.end('100       [1,2,');
  assert.equal(await connection.receive(), undefined);
  assert.deepEqual(codes, ['not-json', 'not-json', 'connection-ended']);
});
