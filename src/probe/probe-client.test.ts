import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { freePort } from '../../test/support/free-port.ts';
import { atEnd } from '../../test/support/lifetime.ts';
import { heldMemory } from '../../test/support/memory.ts';
import { type JsonText, jsonValue } from '../core/json-text.ts';
import { encodeFrame, encodeFrameHeader } from '../protocol/frame.ts';
import { type ByteStream, discardStream } from './byte-stream.ts';
import { connectProbe, type ProbeClient, ProbeError, type ProbeTarget, RpcCallError } from './probe-client.ts';
import { type FixtureOptions, resultOf, startFixture, streamOf } from './probe-server.fixture.ts';
import type { ProbeSession } from './probe-server.ts';

test('a call gives the text of its result', async (t) => {
  const client = await startClient(t, { calls: { block: (params) => resultOf([...params]) } });
  const params = '{"height":1e2,"__proto__":{"b":1,"a":"ü🪨"}}' as JsonText;
  assert.equal(
    await client.call('block', params),
    JSON.stringify([
      ['height', '1e2'],
      ['__proto__', '{"b":1,"a":"ü🪨"}'],
    ]),
  );
});

test('many calls at once have each its own answer, in whatever order they come', async (t) => {
  const gates = Array.from({ length: 50 }, () => Promise.withResolvers<void>());
  const client = await startClient(t, {
    calls: {
      block: async (params) => {
        const height = Number(params.get('height'));
        await gates[height]?.promise;
        gates[height - 1]?.resolve();
        return resultOf(height);
      },
    },
  });
  const calls = gates.map((_gate, height) => client.call('block', jsonValue({ height })));
  gates.at(-1)?.resolve();
  assert.deepEqual(
    await Promise.all(calls),
    gates.map((_gate, height) => String(height)),
  );
});

test('an error that the node answers has its code and facts', async (t) => {
  const rpc = { code: -32000, message: 'Not here.', data: { code: 'block-unknown', height: 7 } };
  const client = await startClient(t, { calls: { block: () => ({ type: 'error', error: rpc }) } });
  for (const asked of [client.call('block'), client.stream('block')]) {
    await assert.rejects(asked, (error) => {
      assert.ok(error instanceof RpcCallError);
      assert.equal(error.message, 'Not here.');
      assert.deepEqual(error.rpc, rpc);
      return true;
    });
  }
  assert.equal(await client.send('get chain'), '[{"index":0},{"index":1}]');
});

test('progress goes to the call that it is about', async (t) => {
  const client = await startClient(t, {
    calls: {
      validate: (params, session) => {
        for (let step = 1; step <= 3; step++) session.progress(jsonValue({ step, of: Number(params.get('name')) }));
        return resultOf({});
      },
    },
  });
  const heard: string[][] = [[], [], []];
  await Promise.all([
    client.call('validate', jsonValue({ name: 0 }), { onProgress: (progress) => heard[0]?.push(progress) }),
    client.call('validate', jsonValue({ name: 1 }), { onProgress: (progress) => heard[1]?.push(progress) }),
    client.call('validate', jsonValue({ name: 3 })),
    client.stream('validate', jsonValue({ name: 2 }), { onProgress: (progress) => heard[2]?.push(progress) }),
  ]);
  assert.deepEqual(
    heard,
    [0, 1, 2].map((of) => [1, 2, 3].map((step) => JSON.stringify({ step, of }))),
  );
});

test('a stream has the bytes of the result alone, and its size before the first of them', async (t) => {
  const texts = ['{"chain":[', '"ü🪨"', '],"length":1}'];
  const client = await startClient(t, { calls: { chain: () => ({ type: 'stream', stream: streamOf(texts) }) } });
  const stream = await client.stream('chain');
  assert.equal(stream.sizeBytes, Buffer.byteLength(texts.join('')));
  assert.equal(await readAll(stream), texts.join(''));
});

test('a result that is short streams like a long one', async (t) => {
  const client = await startClient(t, { calls: { chain: () => resultOf(1) } });
  const stream = await client.stream('chain');
  assert.equal(stream.sizeBytes, 1);
  assert.equal(await readAll(stream), '1');
});

const GIVING_UP: readonly [name: string, giveUp: (stream: ByteStream, client: ProbeClient) => unknown][] = [
  ['discarded unread', (stream) => discardStream(stream)],
  [
    'left halfway',
    async (stream) => {
      for await (const _chunk of stream.chunks) break;
    },
  ],
  ['closed with its client', (_stream, client) => client.close()],
];

for (const [name, giveUp] of GIVING_UP) {
  test(`a stream that is ${name} ends at the node too`, async (t) => {
    const released = Promise.withResolvers<void>();
    const chunk = Buffer.alloc(65_536, ' ');
    async function* produce() {
      try {
        for (;;) yield chunk;
      } finally {
        released.resolve();
      }
    }
    const stream = { sizeBytes: 9_000_000_000, chunks: produce() };
    const client = await startClient(t, { calls: { chain: () => ({ type: 'stream', stream }) } });
    await giveUp(await client.stream('chain'), client);
    await released.promise;
  });
}

test('a stream that the node cannot finish throws, and does not end as if it were whole', async (t) => {
  async function* produce() {
    yield Buffer.from('{"chain":[');
    throw new Error('disk');
  }
  const fixture = await startFixture(t, {
    calls: { chain: () => ({ type: 'stream', stream: { sizeBytes: 1_000, chunks: produce() } }) },
  });
  const client = await connect(t, fixture.target);
  await assert.rejects(client.stream('chain').then(readAll), { code: 'node-closed' });
  assert.equal(fixture.errors.splice(0).length, 1);
});

test('events come in their order once the node has confirmed, and end when they are left', async (t) => {
  const sessions: ProbeSession[] = [];
  const client = await startClient(t, {
    calls: {
      subscribe: (_params, session) => {
        sessions.push(session);
        return resultOf({});
      },
    },
  });
  const confirmed = Promise.withResolvers<void>();
  const heard: string[] = [];
  const listening = (async () => {
    for await (const params of client.events({ onSubscribed: confirmed.resolve })) {
      heard.push(params);
      if (heard.length === 3) break;
    }
  })();
  await confirmed.promise;
  for (let i = 1; i <= 3; i++) sessions[0]?.notify('event', jsonValue({ event: i }));
  await listening;
  assert.deepEqual(heard, ['{"event":1}', '{"event":2}', '{"event":3}']);
  const [session] = sessions;
  assert.ok(session !== undefined);
  if (!session.closed.aborted) await once(session.closed, 'abort');
});

test('events can be left while the next one is waited for', async (t) => {
  const client = await startClient(t, { calls: { subscribe: () => resultOf({}) } });
  const confirmed = Promise.withResolvers<void>();
  const events = client.events({ onSubscribed: confirmed.resolve })[Symbol.asyncIterator]();
  const waiting = events.next();
  await confirmed.promise;
  await events.return?.();
  assert.deepEqual(await waiting, { done: true, value: undefined });
});

test('events end with the reason of their signal', async (t) => {
  const client = await startClient(t, { calls: { subscribe: () => resultOf({}) } });
  const leaving = new AbortController();
  const confirmed = Promise.withResolvers<void>();
  const events = client.events({ signal: leaving.signal, onSubscribed: confirmed.resolve })[Symbol.asyncIterator]();
  const waiting = events.next();
  await confirmed.promise;
  leaving.abort(new Error('enough'));
  await assert.rejects(waiting, { message: 'enough' });
});

test('events throw when the node goes, and so do calls that wait and calls that come after', async (t) => {
  const begun = Promise.withResolvers<void>();
  const fixture = await startFixture(t, {
    port: await freePort(),
    calls: {
      subscribe: () => resultOf({}),
      mine: () => {
        begun.resolve();
        return new Promise<never>(() => {});
      },
    },
  });
  const client = await connect(t, fixture.target);
  const confirmed = Promise.withResolvers<void>();
  const waiting = [
    client.events({ onSubscribed: confirmed.resolve })[Symbol.asyncIterator]().next(),
    client.call('mine', undefined, { timeoutMs: Infinity }),
  ].map((asked) => assert.rejects(asked, { code: 'node-closed' }));
  await Promise.all([confirmed.promise, begun.promise]);
  await fixture.close();
  await Promise.all(waiting);
  await assert.rejects(client.call('status'), { code: 'node-closed' });
  await assert.rejects(client.stream('chain'), { code: 'node-unreachable' });
  await assert.rejects(client.send('get chain'), { code: 'node-unreachable' });
});

test('a subscriber that is closed for reading too slowly is told why', async (t) => {
  const refused = Promise.withResolvers<void>();
  const client = await startClient(t, {
    calls: {
      subscribe: (_params, session) => {
        const params = jsonValue({ event: 'x'.repeat(100_000) });
        const flood = (): void => {
          if (session.notify('event', params)) setImmediate(flood);
          else refused.resolve();
        };
        flood();
        return resultOf({});
      },
    },
  });
  const listen = async () => {
    // Takes the first event, and the others when it is too late.
    for await (const _event of client.events()) await refused.promise;
  };
  await assert.rejects(listen(), { code: 'node-closed', message: /read faster/ });
});

test('a call is given up at its time or at its signal, and the others go on', async (t) => {
  const client = await startClient(t, { calls: { mine: () => new Promise<never>(() => {}) } });
  await assert.rejects(client.call('mine', undefined, { timeoutMs: 5 }), { code: 'probe-timeout' });
  const leaving = new AbortController();
  const waiting = client.call('mine', undefined, { signal: leaving.signal, timeoutMs: Infinity });
  leaving.abort(new Error('enough'));
  await assert.rejects(waiting, { message: 'enough' });
  await assert.rejects(client.call('status', undefined, { signal: leaving.signal }), { message: 'enough' });
  assert.equal(await client.call('status'), '{"method":"status","params":[]}');
});

test('a stream whose node falls silent is given up at its time', async (t) => {
  async function* produce() {
    yield Buffer.from('[');
    await new Promise<never>(() => {});
  }
  const stream = { sizeBytes: 100, chunks: produce() };
  const client = await startClient(t, { calls: { chain: () => ({ type: 'stream', stream }) } });
  const begun = client.stream('chain', undefined, { timeoutMs: 1_000 });
  await assert.rejects(begun.then(readAll), { code: 'probe-timeout' });
});

test('a call that is closed by its own side is over at the node too', async (t) => {
  const ended = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const client = await startClient(t, {
    calls: {
      mine: async (_params, session) => {
        session.closed.addEventListener('abort', () => ended.resolve());
        begun.resolve();
        await ended.promise;
        return resultOf({});
      },
    },
  });
  const waiting = assert.rejects(client.call('mine'), { code: 'node-closed', message: /closed by this side/ });
  await begun.promise;
  client.close();
  await waiting;
  await ended.promise;
});

test('what the node would refuse before it knew the id is refused here', async (t) => {
  const client = await startClient(t, {});
  const deep = `{"entries":${'['.repeat(1_000)}${']'.repeat(1_000)}}` as JsonText;
  const large = jsonValue({ entries: ['x'.repeat(2_097_152)] });
  for (const [params, code] of [
    [deep, 'json-depth'],
    [large, 'frame-too-large'],
  ] as const) {
    await assert.rejects(client.call('append', params), (error) => {
      assert.ok(error instanceof RpcCallError);
      assert.equal(error.rpc.data.code, code);
      return true;
    });
  }
  // Who knows only that they nest no deeper than is too deep, knows nothing.
  await assert.rejects(client.call('append', deep, { paramsDepthMax: 64 }), (error) => {
    return error instanceof RpcCallError && error.rpc.data.code === 'json-depth';
  });
  const brackets = jsonValue({ entries: ['["'.repeat(1_000)] });
  assert.equal(await client.call('append', brackets), '{"method":"append","params":["entries"]}');
});

test('words and candidate chains have the answer of the founding specification', async (t) => {
  const client = await startClient(t, { offerChain: async () => 'rejected' });
  assert.equal(await client.send('[{"index":0}]'), 'BLOCKCHAIN REJECTED');
  assert.equal(await client.send(Buffer.from('nonsense')), 'INVALID JSON');
  assert.equal(await client.send('SHUTDOWN'), 'EXITING');
});

test('where nothing listens no node can be reached, and the message names the place', async () => {
  const port = await freePort();
  await assert.rejects(connectProbe({ host: '127.0.0.1', port }), (error) => {
    assert.ok(error instanceof ProbeError);
    assert.equal(error.code, 'node-unreachable');
    assert.ok(error.message.startsWith(`127.0.0.1:${port}: `));
    return true;
  });
});

test('a node without room says so', async (t) => {
  const fixture = await startFixture(t, { connectionsMax: 1 });
  const client = await connect(t, fixture.target);
  assert.equal(await client.call('status'), '{"method":"status","params":[]}');
  await assert.rejects(client.stream('chain'), { code: 'node-closed', message: /connections in use/ });
});

const IMPOSTORS: readonly [name: string, says: Uint8Array | string, code: string][] = [
  ['another protocol', 'HTTP/1.1 400 Bad Request\r\n\r\n', 'probe-protocol'],
  ['words', encodeFrame(Buffer.from('hello')), 'probe-protocol'],
  ['other JSON', encodeFrame(Buffer.from('{"id":"x","result":1}')), 'probe-protocol'],
  ['what is not UTF-8', encodeFrame(Uint8Array.of(0xff)), 'probe-protocol'],
  ['half an answer', '100       {"id":1,', 'node-closed'],
  ['nothing', '', 'node-closed'],
];

for (const [name, says, code] of IMPOSTORS) {
  test(`who answers ${name} is no node: ${code}`, async (t) => {
    const target = await startImpostor(t, (socket) => socket.end(says));
    for (const ask of [
      (client: ProbeClient) => client.call('status'),
      (client: ProbeClient) => client.stream('chain').then(readAll),
      (client: ProbeClient) => client.events()[Symbol.asyncIterator]().next(),
    ]) {
      const client = await connect(t, target);
      await assert.rejects(ask(client), { code });
    }
  });
}

test('an answer that announces ten digits of bytes costs no memory', async (t) => {
  const target = await startImpostor(t, (socket) => {
    socket.write(encodeFrameHeader(9_999_999_999));
    socket.end('{"id":1,');
  });
  const before = heldMemory().arrayBuffers;
  const client = await connect(t, target);
  await assert.rejects(client.call('status'), { code: 'node-closed' });
  await assert.rejects(client.send('get chain'), { code: 'node-closed' });
  assert.ok(heldMemory().arrayBuffers - before < 10 * 1_048_576);
});

async function startClient(t: TestContext, options: FixtureOptions): Promise<ProbeClient> {
  const fixture = await startFixture(t, options);
  const client = await connectProbe(fixture.target);
  // Before the server is closed, which waits for its clients a while.
  atEnd(t, () => client.close());
  return client;
}

async function connect(t: TestContext, target: ProbeTarget): Promise<ProbeClient> {
  const client = await connectProbe(target);
  atEnd(t, () => client.close());
  return client;
}

/** A server that answers the first bytes it gets with `answer`. */
async function startImpostor(t: TestContext, answer: (socket: Socket) => void): Promise<ProbeTarget> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('data', () => answer(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(t, () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return targetOf(server.address());
}

function targetOf(address: AddressInfo | string | null): ProbeTarget {
  assert.ok(typeof address === 'object' && address !== null);
  return { host: '127.0.0.1', port: address.port };
}

async function readAll(stream: ByteStream): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream.chunks) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
