import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startGateway } from './canned-node.fixture.ts';

const FILES = ['/', '/explorer.css', '/explorer.js', '/json-text.js', '/icon.svg'];

describe('the explorer', () => {
  let world: Awaited<ReturnType<typeof startGateway>>;
  before(async () => {
    world = await startGateway({ port: 8080 });
  });
  after(() => world.stop());

  const get = (url: string, more = {}) => world.gateway.inject({ url, headers: { host: 'localhost:8080', ...more } });

  it('may run no script and load no file but its own, and nobody may frame it', async () => {
    const policy = String((await get('/')).headers['content-security-policy']);
    assert.match(policy, /default-src 'self'/);
    assert.match(policy, /frame-ancestors 'none'/);
    assert.doesNotMatch(policy, /unsafe|https?:|\*|data:/);
  });

  it('needs no more than that: nothing inline, nothing from elsewhere', async () => {
    const page = (await get('/')).body;
    assert.doesNotMatch(page, /<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)/);
    const links = [...page.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, link]) => link ?? '');
    for (const link of links) assert.match(link, /^\/[^/]|^\/$/);
    for (const file of FILES) {
      const answer = await get(file);
      assert.equal(answer.statusCode, 200);
      assert.equal(answer.headers['x-content-type-options'], 'nosniff');
      assert.doesNotMatch(answer.body.replace('http://www.w3.org/2000/svg', ''), /https?:\/\//, file);
    }
  });

  it('puts what others wrote into the page as text alone', async () => {
    for (const file of ['/explorer.js', '/json-text.js']) {
      assert.doesNotMatch(
        (await get(file)).body,
        /innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|Function\(/,
      );
    }
  });

  it('is not sent twice to a browser that has it', async () => {
    for (const file of FILES) {
      const tag = String((await get(file)).headers['etag']);
      assert.equal((await get(file, { 'if-none-match': tag })).statusCode, 304);
    }
  });
});
