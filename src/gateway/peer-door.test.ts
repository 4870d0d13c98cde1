import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { after, afterEach, before, describe, it } from 'node:test';
import { freePort } from '../../test/support/free-port.ts';
import { startGateway } from './canned-node.fixture.ts';
import type { GatewayLimits } from './gateway-limits.ts';

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';

/** A WebSocket listener that gives back every byte that comes after the handshake. */
async function startEcho(accept?: string): Promise<{ server: Server; requests: IncomingMessage[]; sockets: Socket[] }> {
  const requests: IncomingMessage[] = [];
  const sockets: Socket[] = [];
  const server = createServer((_request, response) => response.writeHead(200).end('no WebSocket'));
  server.on('upgrade', (request: IncomingMessage, socket: Socket) => {
    requests.push(request);
    sockets.push(socket);
    const digest = createHash('sha1').update(`${request.headers['sec-websocket-key']}${GUID}`).digest('base64');
    socket.on('error', () => undefined);
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept ?? digest}\r\nX-Inside: 1\r\n\r\nhello `,
    );
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, requests, sockets };
}

/** The other end of a connection to the gateway: what came, and when enough of it has come. */
class Client {
  readonly socket: Socket;
  text = '';
  #changed = Promise.withResolvers<void>();

  constructor(port: number, lines: readonly string[], body = '') {
    this.socket = connect({ port, host: '127.0.0.1' });
    this.socket.setEncoding('latin1');
    this.socket.on('data', (text: string) => {
      this.text += text;
      this.#tell();
    });
    this.socket.on('close', () => this.#tell());
    this.socket.on('error', () => undefined);
    this.socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`, 'latin1');
  }

  async until(pattern: RegExp): Promise<string> {
    while (!pattern.test(this.text)) {
      assert.ok(!this.socket.closed, `closed after ${JSON.stringify(this.text)}`);
      await this.#changed.promise;
    }
    return this.text;
  }

  async closed(): Promise<string> {
    if (!this.socket.closed) await once(this.socket, 'close');
    return this.text;
  }

  #tell(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

describe('the way to the peer door of a node', () => {
  let world: Awaited<ReturnType<typeof startGateway>>;
  let echo: Awaited<ReturnType<typeof startEcho>>;
  const clients: Client[] = [];
  before(async () => {
    world = await startGateway({ limits: { peerStreamsMax: 2 } });
    await world.gateway.listen();
    echo = await startEcho();
    listenAt(echo.server);
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) {
      client.socket.destroy();
      await client.closed();
    }
    for (const socket of echo.sockets.splice(0)) if (!socket.closed) await once(socket, 'close');
    echo.requests.length = 0;
    listenAt(echo.server);
  });
  after(async () => {
    echo.server.close();
    await world.stop();
  });

  function listenAt(server: Server): void {
    tellPort((server.address() as AddressInfo).port);
  }

  function tellPort(port: number): void {
    world.node.ledger.status = {
      addresses: ['/ip4/10.9.8.7/tcp/1', `/ip4/10.9.8.7/tcp/${port}/ws/p2p/12D3KooW`],
    };
  }

  function open(more: { path?: string; lines?: readonly string[]; drop?: RegExp; body?: string } = {}): Client {
    const { path = `/peer/${world.node.port}`, lines = [], drop = /^$/, body = '' } = more;
    const head = [
      `GET ${path} HTTP/1.1`,
      `Host: localhost:${world.gateway.port}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      `Sec-WebSocket-Key: ${KEY}`,
      'Sec-WebSocket-Version: 13',
      ...lines,
    ];
    const client = new Client(
      world.gateway.port,
      head.filter((line) => !drop.test(line)),
      body,
    );
    clients.push(client);
    return client;
  }

  it('carries every byte both ways, those that came with the handshakes too', async () => {
    const client = open({ body: 'early\0\xff' });
    const text = await client.until(/early\0.*ÿ/s);
    assert.match(text, /^HTTP\/1\.1 101 Switching Protocols\r\n/);
    assert.match(text, /\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r\n\r\nhello /);
    assert.doesNotMatch(text, /X-Inside/);
    const long = 'x'.repeat(3_000_000);
    client.socket.write(`${long}y`);
    assert.equal((await client.until(/y$/)).length, text.length + long.length + 1);
  });

  it('tells the node nothing of the request but the key', async () => {
    const client = open({
      lines: ['Cookie: a=b', 'Sec-WebSocket-Extensions: permessage-deflate', 'Authorization: Bearer x'],
    });
    await client.until(/hello /);
    assert.deepEqual(Object.keys(echo.requests[0]?.headers ?? {}).sort(), [
      'connection',
      'host',
      'sec-websocket-key',
      'sec-websocket-version',
      'upgrade',
    ]);
  });

  const refusals: readonly [name: string, options: Parameters<typeof open>[0], status: number, code: string][] = [
    ['a page of another origin', { lines: ['Origin: http://evil.example'] }, 403, 'origin-refused'],
    ['a page of another site', { lines: ['Sec-Fetch-Site: cross-site'] }, 403, 'cross-site-refused'],
    ['another name of the host', { drop: /^Host/, lines: ['Host: evil.example'] }, 403, 'host-refused'],
    ['a port that is no node', { path: '/peer/1' }, 404, 'node-unknown'],
    ['what is no port', { path: '/peer/127.0.0.1:22' }, 404, 'node-unknown'],
    ['what is not below /peer', { path: '/peer/1/2' }, 404, 'route-unknown'],
    ['a handshake without a key', { drop: /^Sec-WebSocket-Key/ }, 400, 'request-malformed'],
    ['another version', { drop: /-Version/, lines: ['Sec-WebSocket-Version: 8'] }, 400, 'request-malformed'],
    ['no upgrade', { drop: /^(?:Upgrade|Connection)/, lines: ['Connection: close'] }, 426, 'upgrade-required'],
    [
      'an upgrade to something else',
      { drop: /^Upgrade/, lines: ['Upgrade: h2c', 'Connection: close'] },
      426,
      'upgrade-required',
    ],
  ];
  for (const [name, options, status, code] of refusals) {
    it(`${name} is answered ${status} ${code}, and hung up on`, async () => {
      const client = open(options);
      const text = await client.until(/"code":"[a-z-]+"/);
      assert.match(text, new RegExp(`^HTTP/1.1 ${status} `));
      assert.ok(text.includes(`"code":"${code}"`), text);
      client.socket.end();
      await client.closed();
      assert.equal(echo.requests.length, 0);
    });
  }

  it('an upgrade that another path is asked for is ignored', async () => {
    const text = await open({ path: '/livez', lines: ['Connection: close'] }).closed();
    assert.match(text, /^HTTP\/1\.1 200 OK/);
  });

  it('a node that takes no WebSockets is named so', async () => {
    world.node.ledger.status = { addresses: ['/ip4/127.0.0.1/tcp/5101/p2p/12D3', '/ip4/127.0.0.1/tcp/70000000/ws'] };
    assert.match(await open().until(/"code"/), /^HTTP\/1\.1 503 .*"code":"peer-door-closed"/s);
  });

  it('what answers there but takes no WebSocket, accepts no key, or does not listen, is unreachable', async () => {
    const wrong = await startEcho('<script>');
    listenAt(wrong.server);
    assert.match(await open().until(/"code"/), /^HTTP\/1\.1 503 .*"code":"node-unreachable"/s);
    wrong.server.removeAllListeners('upgrade');
    assert.match(await open().until(/"code"/), /^HTTP\/1\.1 503 .*"code":"node-unreachable"/s);
    wrong.server.close();
    wrong.server.closeAllConnections();
    for (const socket of wrong.sockets) socket.destroy();
    tellPort(await freePort());
    assert.match(await open().until(/"code"/), /^HTTP\/1\.1 503 .*"code":"node-unreachable"/s);
  });

  it('is one of a bounded number, and a place that is left is free again', async () => {
    const first = open();
    await first.until(/hello /);
    await open().until(/hello /);
    assert.match(await open().until(/"code"/), /^HTTP\/1\.1 503 .*"code":"gateway-full"/s);
    const { body } = await world.gateway.inject({
      url: '/metrics',
      headers: { host: `localhost:${world.gateway.port}` },
    });
    assert.match(body, /^cairn_gateway_streams\{kind="peer-doors"\} 2$/m);
    first.socket.destroy();
    await once(echo.sockets[0] ?? assert.fail(), 'close');
    await open().until(/hello /);
  });

  it('ends with either end', async () => {
    const first = open();
    await first.until(/hello /);
    echo.sockets[0]?.destroy();
    await first.closed();
    const second = open();
    await second.until(/hello /);
    second.socket.destroy();
    const upstream = echo.sockets[1] ?? assert.fail();
    if (!upstream.closed) await once(upstream, 'close');
  });

  it('ends where the browser says nothing any more', async () => {
    const { client, stop } = await openElsewhere({ peerIdleMs: 50 });
    assert.match(await client.closed(), /^HTTP\/1\.1 101 /);
    await stop();
  });

  it('ends with the gateway', async () => {
    const { client, stop } = await openElsewhere();
    await client.until(/hello /);
    await stop();
    await client.closed();
  });

  /** Through a gateway of its own. */
  async function openElsewhere(
    limits: Partial<GatewayLimits> = {},
  ): Promise<{ client: Client; stop(): Promise<void> }> {
    const { gateway, node, stop } = await startGateway({ limits });
    await gateway.listen();
    node.ledger.status = world.node.ledger.status;
    const lines = [`Host: localhost:${gateway.port}`, 'Connection: Upgrade', 'Upgrade: websocket'];
    const key = [`Sec-WebSocket-Key: ${KEY}`, 'Sec-WebSocket-Version: 13'];
    return { client: new Client(gateway.port, [`GET /peer/${node.port} HTTP/1.1`, ...lines, ...key]), stop };
  }
});

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
