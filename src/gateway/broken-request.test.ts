import assert from 'node:assert/strict';
import { get } from 'node:http';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { startGateway } from './canned-node.fixture.ts';

/** Everything that comes back for `bytes`, until the gateway closes. The socket stays open on this side. */
function exchange(port: number, bytes: string | Buffer): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = connect({ port, host: '127.0.0.1' });
  let answer = '';
  socket.setEncoding('latin1');
  socket.on('data', (text) => {
    answer += text;
  });
  socket.on('error', () => undefined);
  socket.on('close', () => resolve(answer));
  socket.write(bytes);
  return promise;
}

describe('raw requests', () => {
  let world: Awaited<ReturnType<typeof startGateway>>;
  before(async () => {
    world = await startGateway({ limits: { headerTimeoutMs: 60, requestTimeoutMs: 120 } });
    await world.gateway.listen();
  });
  after(() => world.stop());

  /** `lines` of a request with a Host that is ours; `\n` stands for a line's end. */
  const request = (lines: string) =>
    lines.replaceAll('\n', '\r\n').replace('HOST', `Host: localhost:${world.gateway.port}`);
  const smuggled = () => request(`GET /shutdown/${world.node.port} HTTP/1.1\nHOST\n\n`);

  const cases: readonly [name: string, lines: string, status: number, code: string][] = [
    [
      'chunked, with a length',
      'POST /livez HTTP/1.1\nHOST\nTransfer-Encoding: chunked\nContent-Length: 4\n\n0\n\n',
      400,
      'request-malformed',
    ],
    [
      'a length, and chunked',
      'POST /livez HTTP/1.1\nHOST\nContent-Length: 4\nTransfer-Encoding: chunked\n\n0\n\n',
      400,
      'request-malformed',
    ],
    ['two lengths', 'POST /livez HTTP/1.1\nHOST\nContent-Length: 0\nContent-Length: 5\n\n', 400, 'request-malformed'],
    [
      'the same length twice',
      'POST /livez HTTP/1.1\nHOST\nContent-Length: 0\nContent-Length: 0\n\n',
      400,
      'request-malformed',
    ],
    ['a signed length', 'POST /livez HTTP/1.1\nHOST\nContent-Length: +0\n\n', 400, 'request-malformed'],
    ['a hexadecimal length', 'POST /livez HTTP/1.1\nHOST\nContent-Length: 0x0\n\n', 400, 'request-malformed'],
    [
      'an unknown coding last',
      'POST /livez HTTP/1.1\nHOST\nTransfer-Encoding: chunked, identity\n\n0\n\n',
      400,
      'request-malformed',
    ],
    ['a folded header', 'GET /livez HTTP/1.1\nHOST\nX-Long: a\n b\n\n', 400, 'request-malformed'],
    ['a space before the colon', 'GET /livez HTTP/1.1\nHOST\nContent-Length : 5\n\n', 400, 'request-malformed'],
    ['a null byte in a header', 'GET /livez HTTP/1.1\nHOST\nX: a\0b\n\n', 400, 'request-malformed'],
    ['no Host', 'GET /livez HTTP/1.1\nConnection: close\n\n', 403, 'host-refused'],
    ['no Host, as HTTP/1.0', 'GET /livez HTTP/1.0\n\n', 403, 'host-refused'],
    ['two Hosts', 'GET /livez HTTP/1.1\nHOST\nHost: evil.example\nConnection: close\n\n', 403, 'host-refused'],
    ['a greeting of TLS', '\x16\x03\x01\x02\0\x01\0', 400, 'request-malformed'],
    ['headers over 16 KiB', `GET /livez HTTP/1.1\nHOST\nX-Long: ${'x'.repeat(17_000)}\n\n`, 431, 'headers-too-large'],
    ['headers that do not end', 'GET /livez HTTP/1.1\nHOST\nX-Slow: ', 408, 'request-timeout'],
    ['a body that does not end', 'POST /livez HTTP/1.1\nHOST\nContent-Length: 9\n\nx', 405, 'method-not-allowed'],
  ];
  for (const [name, lines, status, code] of cases) {
    it(`${name}: ${status} ${code}, and nothing behind it is heard`, async () => {
      const answer = await exchange(world.gateway.port, request(lines) + (status === 400 ? smuggled() : ''));
      assert.match(answer, new RegExp(`^HTTP/1.1 ${status} `));
      assert.ok(answer.includes(`"code":"${code}"`), answer);
      assert.match(answer.toLowerCase(), /content-type: application\/problem\+json/);
      assert.ok(!world.node.ledger.calls.some(({ method }) => method === 'shutdown'), 'the node was stopped');
    });
  }

  it('who neither reads the answer nor stops sending loses the connection all the same', async () => {
    const socket = connect({ port: world.gateway.port, host: '127.0.0.1', allowHalfOpen: true });
    const { promise: cut, resolve } = Promise.withResolvers<void>();
    socket.on('error', () => undefined);
    socket.on('close', () => resolve());
    socket.write(request('GET /livez HTTP/1.1\nHOST\nX-Slow: '));
    const dripping = setInterval(() => socket.write('x'), 10);
    await cut;
    clearInterval(dripping);
  });
});

describe('a chain too long to hold', () => {
  it('is read from the node no faster than somebody takes it, and given up with the connection', async () => {
    const { gateway, node, stop } = await startGateway();
    await gateway.listen();
    const ended = Promise.withResolvers<void>();
    let producedBytes = 0;
    node.ledger.chainBytes = {
      sizeBytes: 4_000 * CHUNK_BYTES,
      chunks: (async function* () {
        try {
          for (let i = 0; i < 4_000; i++) {
            producedBytes += CHUNK_BYTES;
            yield new Uint8Array(CHUNK_BYTES).fill(0x20);
          }
        } finally {
          ended.resolve();
        }
      })(),
    };
    const base = `http://localhost:${gateway.port}`;
    const { promise: taken, resolve } = Promise.withResolvers<void>();
    const request = get(`${base}/get_chain/${node.port}`, (response) => {
      assert.equal(response.headers['content-length'], String(4_000 * CHUNK_BYTES));
      response.on('error', () => undefined);
      response.once('data', () => {
        response.pause();
        resolve();
      });
    });
    request.on('error', () => undefined);
    await taken;
    for (let i = 0; i < 100; i++) await (await fetch(`${base}/livez`)).text();
    assert.ok(producedBytes < 32_000_000, `${producedBytes} bytes were read ahead`);
    request.destroy();
    await ended.promise;
    await stop();
  });
});

describe('somebody who waits for a block', () => {
  it('and goes away is not mined for', async () => {
    const { gateway, node, stop } = await startGateway();
    await gateway.listen();
    const abandoned = Promise.withResolvers<void>();
    node.ledger.abandoned = abandoned;
    const abort = new AbortController();
    const url = `http://localhost:${gateway.port}/mine_block/${node.port}`;
    const waiting = fetch(url, { method: 'POST', body: '1', signal: abort.signal });
    while (node.ledger.calls.length === 0) await (await fetch(`http://localhost:${gateway.port}/livez`)).text();
    abort.abort();
    await assert.rejects(waiting);
    await abandoned.promise;
    await stop();
  });

  it('is one of a bounded number', async () => {
    const { gateway, node, stop } = await startGateway({ limits: { nodeCallsMax: 1 } });
    await gateway.listen();
    const abandoned = Promise.withResolvers<void>();
    node.ledger.abandoned = abandoned;
    const base = `http://localhost:${gateway.port}`;
    const waiting = fetch(`${base}/mine_block/${node.port}`, { method: 'POST', body: '1' });
    while (node.ledger.calls.length === 0) await (await fetch(`${base}/livez`)).text();
    const refused = await fetch(`${base}/get_chain/${node.port}`);
    assert.equal(refused.status, 503);
    assert.equal(((await refused.json()) as { code: string }).code, 'gateway-full');
    abandoned.resolve();
    assert.equal((await waiting).status, 200);
    assert.equal((await fetch(`${base}/get_chain/${node.port}`)).status, 200);
    await stop();
  });

  it('learns that the gateway stops', async () => {
    const { gateway, node, stop } = await startGateway();
    await gateway.listen();
    node.ledger.abandoned = Promise.withResolvers<void>();
    const url = `http://localhost:${gateway.port}/mine_block/${node.port}`;
    const waiting = fetch(url, { method: 'POST', body: '1' });
    while (node.ledger.calls.length === 0) await (await fetch(`http://localhost:${gateway.port}/livez`)).text();
    const stopped = stop();
    const answer = await waiting;
    assert.equal(answer.status, 503);
    assert.equal(((await answer.json()) as { code: string }).code, 'gateway-stopping');
    await stopped;
  });
});

const CHUNK_BYTES = 65_536;
