import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import { HTTP_ROUTES } from '../api/http-routes.ts';
import { startGateway } from './canned-node.fixture.ts';

interface OpenApi {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly operationId: string }>>>>;
}

describe('the documentation', () => {
  let world: Awaited<ReturnType<typeof startGateway>>;
  before(async () => {
    world = await startGateway({ port: 8080 });
  });
  after(() => world.stop());

  const get = (url: string) => world.gateway.inject({ url, headers: { host: 'localhost:8080' } });
  const document = async (): Promise<OpenApi> => JSON.parse((await get('/openapi.json')).body);

  it('is a valid OpenAPI 3.1 document', async () => {
    const { openapi, ...rest } = await document();
    assert.equal(openapi, '3.1.0');
    const verdict = await new Validator().validate({ openapi, ...rest });
    assert.deepEqual(verdict.errors ?? [], []);
    assert.equal(verdict.valid, true);
  });

  it('has every route of the contract, and no other', async () => {
    const operations = Object.entries((await document()).paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const contract = Object.values(HTTP_ROUTES).map(({ method, url }) => `${method} ${url.replace(/:(\w+)/g, '{$1}')}`);
    assert.deepEqual(operations.sort(), contract.sort());
  });

  it('documents what is there: every operation leads to a handler', async () => {
    for (const [path, methods] of Object.entries((await document()).paths)) {
      // A stream that does not wait for a node goes on for ever.
      if (path === HTTP_ROUTES.networkEvents.url) continue;
      for (const method of Object.keys(methods)) {
        const query = NEEDED_QUERIES.find(([end]) => path.endsWith(end))?.[1] ?? '';
        const url = path.replace('{port}', '1').replace('{block}', '0').replace('{id}', '0'.repeat(64)) + query;
        const answer = await world.gateway.inject({
          method: method.toUpperCase() as 'GET',
          url,
          headers: { host: 'localhost:8080', 'content-type': 'application/json' },
          ...(method === 'post' ? { payload: '{"address":"x"}' } : {}),
        });
        const code = answer.statusCode < 400 ? 'answered' : JSON.parse(answer.body).code;
        assert.ok(['answered', 'node-unknown', 'upgrade-required'].includes(code), `${method} ${path}: ${code}`);
      }
    }
  });

  it('says when a token is needed', async () => {
    const { gateway, stop } = await startGateway({ port: 8080, token: 'a-token-drawn-at-random' });
    try {
      const answer = await gateway.inject({ url: '/openapi.json', headers: { host: 'localhost:8080' } });
      assert.equal(JSON.parse(answer.body).components.securitySchemes.token.scheme, 'bearer');
    } finally {
      await stop();
    }
  });

  it('can be browsed with nothing from elsewhere', async () => {
    const page = await get('/docs/');
    assert.equal(page.statusCode, 200);
    assert.match(String(page.headers['content-security-policy']), /^default-src 'self';.*frame-ancestors 'none'/);
    const links = [...page.body.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, link]) => link ?? '');
    assert.ok(links.length > 3);
    for (const link of links) {
      const asset = await get(new URL(link, 'http://localhost:8080/docs/').pathname);
      assert.equal(asset.statusCode, 200, link);
    }
    const initializer = await get('/docs/static/swagger-initializer.js');
    const code = initializer.body.replace(/^\s*\/\/.*$/gm, '');
    assert.doesNotMatch(page.body + code, /https?:\/\//);
  });

  for (const path of ['%2e%2e/package.json', 'index.html%00.js', '..%5c..%5c', '/etc/passwd', 'x'.repeat(300)]) {
    it(`has no file ${path.slice(0, 20)}, which is no failure of the gateway`, async () => {
      const answer = await get(`/docs/static/${path}`);
      assert.deepEqual([answer.statusCode, JSON.parse(answer.body).code], [404, 'route-unknown']);
    });
  }

  const unfit: readonly Record<string, string>[] = [
    { range: 'bytes=99999999999-' },
    { range: 'bytes=a-b' },
    { 'if-match': '"another"' },
    { 'if-unmodified-since': 'Mon, 01 Jan 1990 00:00:00 GMT' },
  ];
  for (const headers of unfit) {
    it(`refuses ${JSON.stringify(headers)} as what the client asked, not as a failure of the gateway`, async () => {
      const url = '/docs/static/swagger-ui.css';
      const answer = await world.gateway.inject({ url, headers: { host: 'localhost:8080', ...headers } });
      assert.deepEqual([answer.statusCode, JSON.parse(answer.body).code], [400, 'request-malformed']);
    });
  }
});

/** What some paths cannot be asked without, by how they end. */
const NEEDED_QUERIES = [
  ['/search', '?text=x'],
  ['/entry-proofs', `?id=${'0'.repeat(64)}`],
] as const;
