import assert from 'node:assert/strict';
import { get } from 'node:http';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { atEnd, type Lifetime } from '../../test/support/lifetime.ts';
import { startGateway } from './canned-node.fixture.ts';
import type { GatewayLimits } from './gateway-limits.ts';

type World = Awaited<ReturnType<typeof startGateway>>;

async function startWorld(t: Lifetime, limits: Partial<GatewayLimits>): Promise<World> {
  const world = await startGateway({ limits });
  atEnd(t, world.stop);
  await world.gateway.listen();
  return world;
}

/** `lines` of a request with a Host that is ours; `\n` stands for a line's end. */
function request({ gateway }: World, lines: string): string {
  return lines.replaceAll('\n', '\r\n').replaceAll('HOST', `Host: localhost:${gateway.port}`);
}

/** Everything that comes back for `lines`, until the gateway closes. The socket stays open on this side. */
function exchange(world: World, lines: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = connect({ port: world.gateway.port, host: '127.0.0.1' });
  let answer = '';
  socket.setEncoding('latin1');
  socket.on('data', (text) => {
    answer += text;
  });
  socket.on('error', () => undefined);
  socket.on('close', () => resolve(answer));
  socket.write(request(world, lines));
  return promise;
}

function assertProblem(answer: string, status: number, code: string): void {
  assert.match(answer, new RegExp(`^HTTP/1.1 ${status} `));
  assert.ok(answer.includes(`"code":"${code}"`), answer);
  assert.match(answer.toLowerCase(), /content-type: application\/problem\+json/);
}

describe('raw requests', () => {
  let world: World;
  before(async () => {
    world = await startGateway();
    await world.gateway.listen();
  });
  after(() => world.stop());

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
  ];
  for (const [name, lines, status, code] of cases) {
    it(`${name}: ${status} ${code}, and nothing behind it is heard`, async () => {
      const smuggled = `GET /shutdown/${world.node.port} HTTP/1.1\nHOST\n\n`;
      const answer = await exchange(world, lines + (status === 400 ? smuggled : ''));
      assertProblem(answer, status, code);
      assert.ok(!world.node.ledger.calls.some(({ method }) => method === 'shutdown'), 'the node was stopped');
    });
  }
});

describe('a request that does not end', () => {
  it('is answered with a 408 where its headers do not', async (t) => {
    const world = await startWorld(t, { headerTimeoutMs: 100 });
    assertProblem(await exchange(world, 'GET /livez HTTP/1.1\nHOST\nX-Slow: '), 408, 'request-timeout');
  });

  it('is answered as it would be anyhow where its body does not, and cut off', async (t) => {
    const world = await startWorld(t, { headerTimeoutMs: 2_900, requestTimeoutMs: 3_000 });
    const answer = await exchange(world, 'POST /livez HTTP/1.1\nHOST\nContent-Length: 9\n\nx');
    assertProblem(answer, 405, 'method-not-allowed');
  });

  it('costs him who neither reads the answer nor stops sending the connection all the same', async (t) => {
    const world = await startWorld(t, { headerTimeoutMs: 100 });
    const socket = connect({ port: world.gateway.port, host: '127.0.0.1', allowHalfOpen: true });
    const { promise: cut, resolve } = Promise.withResolvers<void>();
    socket.on('error', () => undefined);
    socket.on('close', () => resolve());
    socket.write(request(world, 'GET /livez HTTP/1.1\nHOST\nX-Slow: '));
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
    const sizeBytes = 4_000 * CHUNK_BYTES;
    node.ledger.chainBytes = {
      sizeBytes,
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
    const base = `http://127.0.0.1:${gateway.port}`;
    const { promise: taken, resolve } = Promise.withResolvers<void>();
    const request = get(`${base}/get_chain/${node.port}`, (response) => {
      assert.equal(response.headers['content-length'], String(sizeBytes));
      response.on('error', () => undefined);
      response.once('data', () => {
        response.pause();
        resolve();
      });
    });
    request.on('error', () => undefined);
    await taken;
    for (let i = 0; i < 100; i++) await (await fetch(`${base}/livez`)).text();
    // What the system takes for two connections, which it sizes itself, is a few MiB.
    assert.ok(producedBytes < sizeBytes / 4, `${producedBytes} bytes were read ahead`);
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
    const url = `http://127.0.0.1:${gateway.port}/mine_block/${node.port}`;
    const waiting = fetch(url, { method: 'POST', body: '1', signal: abort.signal });
    while (node.ledger.calls.length === 0) await (await fetch(`http://127.0.0.1:${gateway.port}/livez`)).text();
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
    const base = `http://127.0.0.1:${gateway.port}`;
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
    const url = `http://127.0.0.1:${gateway.port}/mine_block/${node.port}`;
    const waiting = fetch(url, { method: 'POST', body: '1' });
    while (node.ledger.calls.length === 0) await (await fetch(`http://127.0.0.1:${gateway.port}/livez`)).text();
    const stopped = stop();
    const answer = await waiting;
    assert.equal(answer.status, 503);
    assert.equal(((await answer.json()) as { code: string }).code, 'gateway-stopping');
    await stopped;
  });
});

const CHUNK_BYTES = 65_536;
