import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startGateway } from './canned-node.fixture.ts';
import { GatewayConfigurationError } from './gateway.ts';

const TOKEN = 'a-token-drawn-at-random';

describe('pages of other origins', () => {
  let world: Awaited<ReturnType<typeof startGateway>>;
  before(async () => {
    world = await startGateway({ port: 8080, allowedHosts: ['cairn.example', 'proxy.example:444'] });
  });
  after(() => world.stop());

  const refused: readonly [name: string, headers: Record<string, string>, code: string][] = [
    ['a name that was made to resolve to loopback', { host: 'evil.example:8080' }, 'host-refused'],
    ['a name that begins like ours', { host: 'localhost:8080.evil.example' }, 'host-refused'],
    ['a name that ends like ours', { host: 'evil-localhost:8080' }, 'host-refused'],
    ['another port', { host: 'localhost:8081' }, 'host-refused'],
    ['no port', { host: 'localhost' }, 'host-refused'],
    ['an empty Host', { host: '' }, 'host-refused'],
    ['a user before the host', { host: 'localhost@evil.example:8080' }, 'host-refused'],
    ['loopback as a number', { host: '2130706433:8080' }, 'host-refused'],
    ['an address of all interfaces', { host: '0.0.0.0:8080' }, 'host-refused'],
    ['the configured name with a foreign port', { host: 'proxy.example:445' }, 'host-refused'],
    ['a script of another origin', { origin: 'http://evil.example' }, 'origin-refused'],
    ['a script of another port', { origin: 'http://localhost:3000' }, 'origin-refused'],
    ['a sandboxed frame', { origin: 'null' }, 'origin-refused'],
    ['a browser extension', { origin: 'chrome-extension://abcdef' }, 'origin-refused'],
    ['an origin that is no address', { origin: 'localhost:8080' }, 'origin-refused'],
    ['an image or a link of another site', { 'sec-fetch-site': 'cross-site' }, 'cross-site-refused'],
    ['a page of another port', { 'sec-fetch-site': 'same-site' }, 'cross-site-refused'],
    ['a value nobody knows', { 'sec-fetch-site': 'friendly' }, 'cross-site-refused'],
    ['an old browser that says where it was', { referer: 'http://evil.example/page' }, 'cross-site-refused'],
    ['a Referer that is no address', { referer: 'about:blank' }, 'cross-site-refused'],
  ];
  for (const [name, headers, code] of refused) {
    it(`${name}: 403 ${code}, for GET /shutdown too`, async () => {
      for (const url of [`/shutdown/${world.node.port}`, `/get_chain/${world.node.port}`, '/', '/nowhere', '/docs/']) {
        const answer = await world.gateway.inject({ url, headers: { host: 'localhost:8080', ...headers } });
        assert.equal(answer.statusCode, 403, url);
        assert.equal(JSON.parse(answer.body).code, code);
      }
      assert.ok(!world.node.ledger.calls.some(({ method }) => method === 'shutdown'));
    });
  }

  const welcome: readonly [name: string, headers: Record<string, string>][] = [
    ['curl', { host: 'localhost:8080' }],
    ['an IPv4 address', { host: '127.0.0.1:8080' }],
    ['an IPv6 address', { host: '[::1]:8080' }],
    ['capitals', { host: 'LocalHost:8080' }],
    ['a configured name', { host: 'cairn.example' }],
    ['a configured name with our port', { host: 'cairn.example:8080' }],
    ['a configured name with its own port', { host: 'proxy.example:444' }],
    ['an address typed by hand', { 'sec-fetch-site': 'none' }],
    ["the explorer's own requests", { origin: 'http://localhost:8080', 'sec-fetch-site': 'same-origin' }],
    ['a link of the explorer', { referer: 'http://localhost:8080/', 'sec-fetch-site': 'same-origin' }],
    ['a page behind a proxy with TLS', { host: 'cairn.example', origin: 'https://cairn.example' }],
  ];
  for (const [name, headers] of welcome) {
    it(`${name} may pass, and no answer is for other origins to read`, async () => {
      const answer = await world.gateway.inject({ url: '/livez', headers: { host: 'localhost:8080', ...headers } });
      assert.equal(answer.statusCode, 200, answer.body);
      assert.deepEqual(
        Object.keys(answer.headers).filter((header) => header.startsWith('access-control')),
        [],
      );
      assert.equal(answer.headers['x-content-type-options'], 'nosniff');
    });
  }
});

describe('a gateway with a token', () => {
  let world: Awaited<ReturnType<typeof startGateway>>;
  before(async () => {
    world = await startGateway({ port: 8080, token: TOKEN, host: '0.0.0.0', allowedHosts: ['10.0.0.7'] });
  });
  after(() => world.stop());

  const ask = (method: 'GET' | 'POST' | 'DELETE', path: string, authorization?: string) =>
    world.gateway.inject({
      method,
      url: path.replace('PORT', String(world.node.port)),
      headers: { host: '10.0.0.7:8080', ...(authorization === undefined ? {} : { authorization }) },
      ...(method === 'POST' ? { payload: '{"address":"/ip4/127.0.0.1/tcp/1"}' } : {}),
    });

  const guarded = [
    ['POST', '/mine_block/PORT'],
    ['POST', '/api/v1/nodes/PORT/blocks'],
    ['POST', '/api/v1/nodes/PORT/entries'],
    ['POST', '/api/v1/nodes/PORT/peers'],
    ['GET', '/shutdown/PORT'],
    ['DELETE', '/api/v1/nodes/PORT'],
  ] as const;
  for (const [method, path] of guarded) {
    it(`${method} ${path} needs it`, async () => {
      const bare = await ask(method, path);
      assert.equal(bare.statusCode, 401);
      assert.equal(JSON.parse(bare.body).code, 'token-missing');
      assert.match(String(bare.headers['www-authenticate']), /^Bearer /);
      for (const wrong of [`Bearer ${TOKEN}x`, `Bearer ${TOKEN.slice(1)}`]) {
        assert.equal(JSON.parse((await ask(method, path, wrong)).body).code, 'token-wrong');
      }
      assert.equal(JSON.parse((await ask(method, path, `Basic ${TOKEN}`)).body).code, 'token-missing');
      assert.equal(world.node.ledger.calls.length, 0);
    });
  }

  it('reads without it, and changes with it', async () => {
    assert.equal((await ask('GET', '/get_chain/PORT')).statusCode, 200);
    assert.equal((await ask('POST', '/mine_block/PORT', `Bearer ${TOKEN}`)).statusCode, 200);
  });
});

describe('a gateway that must not start', () => {
  for (const host of ['0.0.0.0', '::', '192.168.1.5', 'cairn.example', '127.0.0.1.evil.example']) {
    it(`listening at ${host} without a token`, async () => {
      await assert.rejects(startGateway({ host }), (error) => {
        return error instanceof GatewayConfigurationError && error.code === 'token-required';
      });
    });
  }

  it('with a token that can be guessed', async () => {
    await assert.rejects(startGateway({ token: 'secret' }), { code: 'token-too-short' });
  });
});

describe('the rate of requests', () => {
  it('is limited by address, for paths that lead nowhere too, and higher on loopback', async () => {
    const limits = { rateBurst: 3, rateBurstLoopback: 10, rateWindowMs: 600_000 };
    const { gateway, stop } = await startGateway({ port: 8080, limits });
    try {
      const ask = (remoteAddress: string, url: string) =>
        gateway.inject({ url, remoteAddress, headers: { host: 'localhost:8080' } });
      for (const url of ['/livez', '/nowhere', '/version']) await ask('203.0.113.9', url);
      const answer = await ask('203.0.113.9', '/livez');
      assert.equal(answer.statusCode, 429);
      assert.equal(JSON.parse(answer.body).code, 'rate-limited');
      assert.ok(Number(answer.headers['retry-after']) >= 1);
      assert.equal(answer.headers['content-type'], 'application/problem+json; charset=utf-8');
      assert.equal((await ask('203.0.113.10', '/livez')).statusCode, 200);
      for (let i = 0; i < 10; i++) assert.equal((await ask('127.0.0.1', '/livez')).statusCode, 200);
      assert.equal((await ask('127.0.0.1', '/livez')).statusCode, 429);
    } finally {
      await stop();
    }
  });
});
