import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { freePort } from '../../test/support/free-port.ts';
import { heldMemory } from '../../test/support/memory.ts';
import { jsonValue } from '../core/json-text.ts';
import { encodeFrame } from '../protocol/frame.ts';
import { RawConnection, resultOf, startFixture, streamOf } from './probe-server.fixture.ts';
import { createProbeServer } from './probe-server.ts';

const CHAIN = '[{"index":0},{"index":1}]';

test('a header that claims ten digits of bytes costs no memory', async (t) => {
  const { open } = await startFixture(t);
  const before = heldMemory();
  for (const start of ['9999999999', '9999999999[', '9999999999[[[["', '9999999999   ']) {
    for (let i = 0; i < 20; i++) {
      const connection = await open();
      connection.socket.end(start);
      await connection.receive();
    }
  }
  const after = heldMemory();
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
    idleTimeoutMs: 1_000,
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
    // Time enough to ask on a busy machine, too.
    idleTimeoutMs: 1_000,
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
        const params = jsonValue({ event: 'x'.repeat(10_000) });
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

test('a subscription ends when the subscriber closes its direction: it cannot be told from one that is gone', async (t) => {
  const { open } = await startFixture(t, { calls: { subscribe: () => resultOf({}) } });
  const connection = await open();
  await connection.ask('{"id":1,"jsonrpc":"2.0","method":"subscribe"}');
  connection.socket.end();
  assert.equal(await connection.receive(), undefined);
});

test('a session is told when its connection breaks', async (t) => {
  const begun = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<boolean>();
  const { open } = await startFixture(t, {
    calls: {
      mine: async (_params, session) => {
        begun.resolve();
        await new Promise((resolve) => session.closed.addEventListener('abort', resolve));
        ended.resolve(session.notify('event', jsonValue({})));
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

test('what a handler throws because the connection ended is no error, nor is what it makes of that', async (t) => {
  const begun = Promise.withResolvers<void>();
  const { open, close } = await startFixture(t, {
    calls: {
      mine: async (_params, { closed }) => {
        begun.resolve();
        await new Promise((resolve) => closed.addEventListener('abort', resolve));
        throw new Error('given up', { cause: closed.reason });
      },
    },
  });
  const connection = await open();
  connection.send('{"id":1,"jsonrpc":"2.0","method":"mine"}');
  await begun.promise;
  connection.socket.resetAndDestroy();
  await close();
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

test('closing ends every session and frees the port', async (t) => {
  const aborted = Promise.withResolvers<void>();
  const never = new Promise<never>(() => {});
  const fixture = await startFixture(t, {
    port: await freePort(),
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
    { seed: 20261122, numRuns: 100 },
  );
});
