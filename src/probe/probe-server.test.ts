import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodeFrame, encodeFrameHeader } from '../protocol/frame.ts';
import { asyncOf, RawConnection, resultOf, startFixture, streamOf } from './probe-server.fixture.ts';
import { createProbeServer } from './probe-server.ts';

const CHAIN = '[{"index":0},{"index":1}]';

const ANSWERS: readonly [message: string | Uint8Array, answer: string][] = [
  ['GET CHAIN', CHAIN],
  ['get chain', CHAIN],
  [' Get Chain\r\n', CHAIN],
  ['GETCHAIN', 'INVALID JSON'],
  // A dotless i is no I, whatever the case rules of Unicode say.
  ['GET CHAıN', 'INVALID JSON'],
  ['', 'INVALID JSON'],
  ['   ', 'INVALID JSON'],
  ['Valid message', 'INVALID JSON'],
  ['{"jsonrpc":"2.0"', 'INVALID JSON'],
  ['{"a":1}}', 'INVALID JSON'],
  ["{'a':1}", 'INVALID JSON'],
  ['nul', 'INVALID JSON'],
  ['01', 'INVALID JSON'],
  ['\u{feff}1', 'INVALID JSON'],
  [Uint8Array.of(0x22, 0xff, 0x22), 'INVALID JSON'],
  [Uint8Array.of(0x22, 0xc3), 'INVALID JSON'],
  // A surrogate in UTF-8.
  [Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22), 'INVALID JSON'],
  ['1', 'BLOCKCHAIN REJECTED'],
  ['"GET CHAIN"', 'BLOCKCHAIN REJECTED'],
  ['null', 'BLOCKCHAIN REJECTED'],
  ['[]', 'BLOCKCHAIN ACCEPTED'],
  [' \n[1, {"a": [2]}, "ü🪨"] ', 'BLOCKCHAIN ACCEPTED'],
  ['[1', 'INVALID JSON'],
  ['[1,]', 'INVALID JSON'],
  ['[1 2]', 'INVALID JSON'],
  ['[1] 2', 'INVALID JSON'],
  ['[{]}', 'INVALID JSON'],
  ['[', 'INVALID JSON'],
  [Uint8Array.of(0x5b, 0x22, 0xff, 0x22, 0x5d), 'INVALID JSON'],
  [`[${'['.repeat(100_000)}${']'.repeat(100_000)}]`, 'BLOCKCHAIN REJECTED'],
  [`["${'x'.repeat(8_388_608)}"]`, 'BLOCKCHAIN REJECTED'],
];

test('each message has its answer, and the connection goes on after it', async (t) => {
  const { open } = await startFixture(t);
  const connection = await open();
  for (const [message, answer] of ANSWERS) {
    assert.equal(await connection.ask(message), answer, String(message).slice(0, 60));
  }
});

const REFUSED_REQUESTS: readonly [request: string, code: number, dataCode: string, id: string][] = [
  ['{}', -32600, 'request-invalid', 'null'],
  ['{"id":1,"method":"status"}', -32600, 'request-invalid', '1'],
  ['{"jsonrpc":"1.0","id":1,"method":"status"}', -32600, 'request-invalid', '1'],
  ['{"jsonrpc":"2.0","id":"a","method":7}', -32600, 'request-invalid', '"a"'],
  ['{"jsonrpc":"2.0","id":{},"method":"status"}', -32600, 'request-invalid', 'null'],
  [`{"jsonrpc":"2.0","id":"${'x'.repeat(300)}","method":"status"}`, -32600, 'request-invalid', 'null'],
  ['{"jsonrpc":"2.0","id":1,"id":2,"method":"status"}', -32600, 'json-duplicate-key', 'null'],
  [`{"a":${'['.repeat(100_000)}`, -32600, 'json-depth', 'null'],
  ['{"jsonrpc":"2.0","id":1.5,"method":"frobnicate"}', -32601, 'method-unknown', '1.5'],
  ['{"jsonrpc":"2.0","id":1,"method":"__proto__"}', -32601, 'method-unknown', '1'],
  ['{"jsonrpc":"2.0","id":1,"method":"toString"}', -32601, 'method-unknown', '1'],
  ['{"jsonrpc":"2.0","id":null,"method":"status","params":[1]}', -32602, 'params-invalid', 'null'],
  ['{"jsonrpc":"2.0","id":1,"method":"status","params":null}', -32602, 'params-invalid', '1'],
  ['{"jsonrpc":"2.0","id":1,"method":"status","params":{"a":1,"a":2}}', -32602, 'params-invalid', '1'],
];

for (const [request, code, dataCode, id] of REFUSED_REQUESTS) {
  test(`the request ${request.slice(0, 66)} is refused with ${code} ${dataCode}`, async (t) => {
    const { open } = await startFixture(t);
    const connection = await open();
    const answer = (await connection.ask(request)) ?? '';
    const { error, ...envelope } = JSON.parse(answer);
    assert.deepEqual([error.code, error.data.code], [code, dataCode]);
    assert.deepEqual(envelope, { id: JSON.parse(id), jsonrpc: '2.0' });
    assert.ok(error.message.endsWith('.'));
    assert.equal(await connection.ask('get chain'), CHAIN);
  });
}

test('a call is answered with its id as it was spelt, its parameters by name', async (t) => {
  const { open } = await startFixture(t);
  const connection = await open();
  assert.equal(
    await connection.ask('{"jsonrpc":"2.0","method":"st\\u0061tus","params":{"__proto__":1,"b":2},"id":1e2}'),
    '{"id":1e2,"jsonrpc":"2.0","result":{"method":"status","params":["__proto__","b"]}}',
  );
});

test('a request without an id is carried out and not answered', async (t) => {
  const called: string[] = [];
  const { open } = await startFixture(t, {
    calls: {
      append: (_params, session) => {
        called.push('append');
        assert.ok(session.progress('1' as never));
        return resultOf({});
      },
    },
  });
  const connection = await open();
  connection.send('{"jsonrpc":"2.0","method":"append"}');
  connection.send('{"jsonrpc":"2.0","method":"frobnicate"}');
  assert.equal(await connection.ask('get chain'), CHAIN);
  assert.deepEqual(called, ['append']);
});

const BAD_HEADERS = [
  'GET / HTTP/1.1\r\n\r\n',
  '-5        hello',
  '+5        hello',
  '0x10      ',
  ' 5        hello',
  '5 5       ',
  '          ',
  '1e3       ',
  '5\t        ',
  '5\0        ',
];

for (const header of BAD_HEADERS) {
  test(`the header ${JSON.stringify(header.slice(0, 10))} is answered with what is wrong, and the connection closed`, async (t) => {
    const { open } = await startFixture(t);
    const connection = await open();
    connection.write(header);
    const answer = (await connection.receive()) ?? '';
    assert.ok(answer.startsWith('ERROR frame-header-invalid: '), answer);
    assert.match(answer, /^[\x20-\x7e]*$/);
    assert.equal(await connection.receive(), undefined);
  });
}

test('a message over 2 MiB that is no chain is refused by its header and first byte alone', async (t) => {
  const { open } = await startFixture(t);
  const connection = await open();
  connection.write('2097153   {');
  const { error } = JSON.parse((await connection.receive()) ?? '');
  assert.deepEqual(error.data, { size_bytes: 2_097_153, limit_bytes: 2_097_152, code: 'frame-too-large' });
  assert.equal(await connection.receive(), undefined);
});

test('a message of exactly 2 MiB is taken', async (t) => {
  const { open } = await startFixture(t);
  const connection = await open();
  assert.equal(await connection.ask(`"${'x'.repeat(2_097_150)}"`), 'BLOCKCHAIN REJECTED');
});

test('a message that arrives byte by byte is read like any other', async (t) => {
  const { open } = await startFixture(t);
  const connection = await open();
  connection.socket.setNoDelay(true);
  for (const byte of encodeFrame(Buffer.from('["ü","🪨"]'))) {
    // Flushed each, so that the bytes come in segments of their own.
    await new Promise((resolve) => connection.socket.write(Uint8Array.of(byte), resolve));
  }
  assert.equal(await connection.receive(), 'BLOCKCHAIN ACCEPTED');
});

test('messages in one segment are answered in their order', async (t) => {
  const { open } = await startFixture(t);
  const connection = await open();
  const messages = ['GET CHAIN', '[1]', 'x', '1', 'get chain'];
  connection.write(Buffer.concat(messages.map((message) => encodeFrame(Buffer.from(message)))));
  const answers = [];
  for (const _message of messages) answers.push(await connection.receive());
  assert.deepEqual(answers, [CHAIN, 'BLOCKCHAIN ACCEPTED', 'INVALID JSON', 'BLOCKCHAIN REJECTED', CHAIN]);
});

test('who closes its direction first still gets its answers, then the connection ends', async (t) => {
  const gate = Promise.withResolvers<void>();
  const { open } = await startFixture(t, { calls: { mine: () => gate.promise.then(() => resultOf({ mined: true })) } });
  const connection = await open();
  connection.send('{"id":1,"jsonrpc":"2.0","method":"mine"}');
  connection.socket.end(encodeFrame(Buffer.from('get chain')));
  assert.equal(await connection.receive(), CHAIN);
  gate.resolve();
  assert.equal(await connection.receive(), '{"id":1,"jsonrpc":"2.0","result":{"mined":true}}');
  assert.equal(await connection.receive(), undefined);
});

test('a long call does not hold up a short one', async (t) => {
  const gate = Promise.withResolvers<void>();
  const { open } = await startFixture(t, { calls: { mine: () => gate.promise.then(() => resultOf('mined')) } });
  const connection = await open();
  connection.send('{"id":1,"jsonrpc":"2.0","method":"mine"}');
  const status = await connection.ask('{"id":2,"jsonrpc":"2.0","method":"status"}');
  assert.equal(status, '{"id":2,"jsonrpc":"2.0","result":{"method":"status","params":[]}}');
  gate.resolve();
  assert.equal(await connection.receive(), '{"id":1,"jsonrpc":"2.0","result":"mined"}');
});

test('of more calls than 64 the further ones begin when earlier ones have been answered', async (t) => {
  const gates: PromiseWithResolvers<void>[] = [];
  const begun = Promise.withResolvers<void>();
  const { open } = await startFixture(t, {
    calls: {
      mine: async () => {
        const gate = Promise.withResolvers<void>();
        gates.push(gate);
        if (gates.length === 64) begun.resolve();
        await gate.promise;
        return resultOf('mined');
      },
    },
  });
  const connection = await open();
  for (let id = 1; id <= 65; id++) connection.send(`{"id":${id},"jsonrpc":"2.0","method":"mine"}`);
  await begun.promise;
  const other = await open();
  // By now everything that was sent before has been read, if it ever is.
  assert.equal(await other.ask('get chain'), CHAIN);
  assert.equal(gates.length, 64);
  gates[10]?.resolve();
  assert.equal(await connection.receive(), '{"id":11,"jsonrpc":"2.0","result":"mined"}');
  for (const gate of gates) gate.resolve();
  for (let i = 0; i < 63; i++) await connection.receive();
  assert.equal(gates.length, 65);
  gates[64]?.resolve();
  assert.equal(await connection.receive(), '{"id":65,"jsonrpc":"2.0","result":"mined"}');
});

test('SHUTDOWN is told to the node after EXITING has been sent', async (t) => {
  const { open, shutdowns } = await startFixture(t);
  const connection = await open();
  assert.equal(await connection.ask('ShutDown\n'), 'EXITING');
  assert.equal(shutdowns.count, 1);
});

test('the call shutdown is told to the node after its result, and one that is refused is not', async (t) => {
  let answer = resultOf({});
  const { open, shutdowns } = await startFixture(t, { calls: { shutdown: () => answer } });
  const connection = await open();
  answer = { type: 'error', error: { code: -32000, message: 'No.', data: { code: 'busy' } } };
  assert.equal(
    await connection.ask('{"id":1,"jsonrpc":"2.0","method":"shutdown"}'),
    '{"error":{"code":-32000,"data":{"code":"busy"},"message":"No."},"id":1,"jsonrpc":"2.0"}',
  );
  assert.equal(shutdowns.count, 0);
  answer = resultOf({});
  assert.equal(
    await connection.ask('{"id":2,"jsonrpc":"2.0","method":"shutdown"}'),
    '{"id":2,"jsonrpc":"2.0","result":{}}',
  );
  await connection.ask('get chain');
  assert.equal(shutdowns.count, 1);
});

test('a node can be closed by the very handler that is told to shut down', async () => {
  let closed: Promise<void> | undefined;
  const server = await createProbeServer({
    host: '127.0.0.1',
    port: 0,
    handlers: {
      chain: async () => streamOf(['[]']),
      offerChain: async () => 'rejected',
      call: async () => resultOf({}),
      shutdown: () => {
        closed = server.close();
      },
    },
  });
  const connection = await RawConnection.open(server.port);
  assert.equal(await connection.ask('SHUTDOWN'), 'EXITING');
  assert.equal(await connection.receive(), undefined);
  connection.socket.end();
  await closed;
});

test('what a handler throws is reported, and only called internal to who asked', async (t) => {
  const fail = async () => {
    throw new Error('secret');
  };
  const { open, errors } = await startFixture(t, { chain: fail, offerChain: fail, calls: { status: fail } });
  const connection = await open();
  for (const message of ['get chain', '[1]', '{"id":null,"jsonrpc":"2.0","method":"status"}']) {
    const answer = (await connection.ask(message)) ?? '';
    assert.ok(!answer.includes('secret'));
    assert.deepEqual(JSON.parse(answer).error.data, { code: 'internal' });
  }
  assert.deepEqual(
    errors.splice(0).map((error) => error instanceof Error && error.message),
    ['secret', 'secret', 'secret'],
  );
});

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

test('a stream is not read further than its reader has come', async (t) => {
  const chunk = Buffer.alloc(65_536, ' ');
  const sizeBytes = 64 * 1_048_576;
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
  // What the kernel holds on both sides, which it sizes itself, is a few MiB.
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

test('a header that claims ten digits of bytes costs no memory', async (t) => {
  const { open } = await startFixture(t);
  const before = process.memoryUsage();
  for (const start of ['9999999999', '9999999999[', '9999999999[[[["', '9999999999   ']) {
    for (let i = 0; i < 20; i++) {
      const connection = await open();
      connection.socket.end(start);
      await connection.receive();
    }
  }
  const after = process.memoryUsage();
  const grownBytes = after.arrayBuffers + after.heapUsed - before.arrayBuffers - before.heapUsed;
  assert.ok(grownBytes < 50 * 1_048_576, `${grownBytes} bytes`);
  assert.equal(await (await open()).ask('get chain'), CHAIN);
});

test('connections beyond the limit are told so, and there is room again when one ends', async (t) => {
  const { open } = await startFixture(t, { connectionsMax: 2 });
  const first = await open();
  const second = await open();
  assert.equal(await second.ask('get chain'), CHAIN);
  const third = await open();
  third.send('get chain');
  assert.equal(JSON.parse((await third.receive()) ?? '').error.data.code, 'too-many-connections');
  assert.equal(await third.receive(), undefined);
  first.socket.end();
  assert.equal(await first.receive(), undefined);
  const fourth = await open();
  assert.equal(await fourth.ask('get chain'), CHAIN);
});

test('a message that pauses too long is given up with an error', async (t) => {
  const { open } = await startFixture(t, { messageTimeoutMs: 20 });
  for (const start of ['1', '9         GET', '9         [1,']) {
    const connection = await open();
    connection.write(start);
    assert.equal(JSON.parse((await connection.receive()) ?? '').error.data.code, 'message-timeout');
    assert.equal(await connection.receive(), undefined);
  }
});

test('an idle connection is closed, and one with a call running or a subscription is not idle', async (t) => {
  const gate = Promise.withResolvers<void>();
  const { open } = await startFixture(t, {
    idleTimeoutMs: 20,
    calls: { mine: () => gate.promise.then(() => resultOf('mined')), subscribe: () => resultOf({}) },
  });
  const calling = await open();
  calling.send('{"id":1,"jsonrpc":"2.0","method":"mine"}');
  const subscribed = await open();
  assert.equal(
    await subscribed.ask('{"id":1,"jsonrpc":"2.0","method":"subscribe"}'),
    '{"id":1,"jsonrpc":"2.0","result":{}}',
  );
  const idle = await open();
  // That this one is closed shows that the time is over for the others too.
  assert.equal(await idle.receive(), undefined);
  gate.resolve();
  assert.equal(await calling.receive(), '{"id":1,"jsonrpc":"2.0","result":"mined"}');
  assert.equal(await calling.receive(), undefined);
  assert.equal(await subscribed.ask('get chain'), CHAIN);
});

test('a reader that takes nothing of an answer for too long loses the connection, and the stream is let go', async (t) => {
  const released = Promise.withResolvers<void>();
  const chunk = Buffer.alloc(1_048_576, ' ');
  async function* produce() {
    try {
      for (let i = 0; i < 1_000; i++) yield chunk;
    } finally {
      released.resolve();
    }
  }
  const { open } = await startFixture(t, {
    idleTimeoutMs: 50,
    chain: async () => ({ sizeBytes: 1_000 * chunk.length, chunks: produce() }),
  });
  const connection = await open();
  connection.send('get chain');
  await released.promise;
});

test('a subscriber that reads too slowly is told so at the end of what waited for it', async (t) => {
  const refused = Promise.withResolvers<number>();
  const { open } = await startFixture(t, {
    calls: {
      subscribe: (_params, session) => {
        const params = JSON.stringify({ event: 'x'.repeat(10_000) }) as never;
        let sent = 0;
        const flood = (): void => {
          for (let i = 0; i < 50; i++) {
            if (!session.notify('event', params)) {
              refused.resolve(sent);
              return;
            }
            sent++;
          }
          setImmediate(flood);
        };
        setImmediate(flood);
        return resultOf({});
      },
    },
  });
  const connection = await open();
  connection.send('{"id":1,"jsonrpc":"2.0","method":"subscribe"}');
  const sent = await refused.promise;
  const messages: string[] = [];
  for (let message = await connection.receive(); message !== undefined; message = await connection.receive()) {
    messages.push(message);
  }
  assert.equal(messages.filter((message) => message.includes('"method":"event"')).length, sent);
  assert.equal(JSON.parse(messages.at(-1) ?? '').error.data.code, 'reader-too-slow');
});

test('a session is told when its connection breaks', async (t) => {
  const begun = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<boolean>();
  const { open } = await startFixture(t, {
    calls: {
      mine: async (_params, session) => {
        begun.resolve();
        await new Promise((resolve) => session.closed.addEventListener('abort', resolve));
        ended.resolve(session.notify('event', '{}' as never));
        session.closed.throwIfAborted();
        return resultOf({});
      },
    },
  });
  const connection = await open();
  connection.send('{"id":1,"jsonrpc":"2.0","method":"mine"}');
  await begun.promise;
  connection.socket.resetAndDestroy();
  assert.equal(await ended.promise, false);
});

test('closing ends every session and frees the port', async (t) => {
  const aborted = Promise.withResolvers<void>();
  const never = new Promise<never>(() => {});
  const fixture = await startFixture(t, {
    offerChain: () => never,
    calls: {
      mine: (_params, session) => {
        session.closed.addEventListener('abort', () => aborted.resolve());
        return never;
      },
    },
  });
  const idle = await fixture.open();
  const calling = await fixture.open();
  calling.send('{"id":1,"jsonrpc":"2.0","method":"mine"}');
  assert.equal(await calling.ask('get chain'), CHAIN);
  const closed = fixture.close();
  await aborted.promise;
  for (const connection of [idle, calling]) {
    assert.equal(await connection.receive(), undefined);
    connection.socket.end();
  }
  await closed;
  const handlers = { chain: () => never, offerChain: () => never, call: () => never, shutdown: () => {} };
  const next = await createProbeServer({ host: '127.0.0.1', port: fixture.port, handlers });
  await assert.rejects(createProbeServer({ host: '127.0.0.1', port: fixture.port, handlers }), { code: 'port-in-use' });
  await next.close();
});

test('no bytes bring the node down or make it deaf to others', async (t) => {
  const { open } = await startFixture(t, { messageTimeoutMs: 1_000 });
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.string({ unit: 'binary', maxLength: 40 }).map((text) => Buffer.from(text)),
    fc
      .constantFrom(
        '5         ',
        '0         ',
        '9999999999',
        '[',
        ']',
        '{',
        '"',
        '\\',
        'GET CHAIN',
        '9         get chain',
      )
      .map((text) => Buffer.from(text)),
    fc.json().map((text) => encodeFrame(Buffer.from(text))),
    fc
      .record({
        jsonrpc: fc.constant('2.0'),
        id: fc.jsonValue(),
        method: fc.constantFrom('status', 'x'),
        params: fc.jsonValue(),
      })
      .map((request) => encodeFrame(Buffer.from(JSON.stringify(request)))),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 12 }), fc.boolean(), async (pieces, isOrderly) => {
      const hostile = await open();
      for (const bytes of pieces) hostile.write(bytes);
      if (isOrderly) hostile.socket.end();
      else hostile.socket.resetAndDestroy();
      const connection = await open();
      assert.equal(await connection.ask('get chain'), CHAIN);
      connection.socket.destroy();
      hostile.socket.destroy();
    }),
    { seed: 20261122, numRuns: 200 },
  );
});
