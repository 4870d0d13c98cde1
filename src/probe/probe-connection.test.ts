import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonValue } from '../core/json-text.ts';
import { encodeFrame } from '../protocol/frame.ts';
import { resultOf, startFixture } from './probe-server.fixture.ts';

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
        assert.ok(session.progress(jsonValue(1)));
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

test('who is refused can send all it has before it reads why', async (t) => {
  const { open } = await startFixture(t);
  const connection = await open();
  const sent = Promise.withResolvers<unknown>();
  connection.socket.write(Buffer.alloc(16 * 1_048_576, 'x'), sent.resolve);
  assert.equal((await sent.promise) ?? undefined, undefined);
  assert.match((await connection.receive()) ?? '', /^ERROR frame-header-invalid: /);
});

test('a message over 2 MiB that is no chain is refused by its header and first byte alone', async (t) => {
  const { open } = await startFixture(t);
  const connection = await open();
  connection.write('2097153   {');
  const { error } = JSON.parse((await connection.receive()) ?? '');
  assert.deepEqual(error.data, { sizeBytes: 2_097_153, limitBytes: 2_097_152, code: 'frame-too-large' });
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

test('a connection that has sent thousands of calls lets others come in between', async (t) => {
  const CALLS = 2_000;
  let handled = 0;
  const begun = Promise.withResolvers<void>();
  const { open } = await startFixture(t, {
    calls: {
      blocks: () => {
        handled++;
        begun.resolve();
        const endMs = performance.now() + 0.2;
        while (performance.now() < endMs);
        return resultOf({});
      },
      status: () => resultOf({ handled }),
    },
  });
  const [busy, other] = [await open(), await open()];
  const call = encodeFrame(Buffer.from('{"id":1,"jsonrpc":"2.0","method":"blocks"}'));
  busy.write(Buffer.concat(Array.from({ length: CALLS }, () => call)));
  await begun.promise;
  const answer = JSON.parse((await other.ask('{"id":1,"jsonrpc":"2.0","method":"status"}')) ?? '');
  assert.ok(answer.result.handled < CALLS / 2, `${answer.result.handled} calls came first`);
  for (let i = 0; i < CALLS; i++) await busy.receive();
  assert.equal(handled, CALLS);
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
