import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import { startGateway } from './canned-node.fixture.ts';
import { EXPLORER_FOLDER } from './explorer-files.ts';

const PAGE = '<!doctype html><script type="module" src="/assets/index-0a1b2c3d.js"></script>';
const SCRIPT = '/assets/index-0a1b2c3d.js';

describe('the explorer', () => {
  let folder: string;
  let world: Awaited<ReturnType<typeof startGateway>>;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cairn-explorer-'));
    await mkdir(join(folder, 'assets'));
    await writeFile(join(folder, 'index.html'), PAGE);
    await writeFile(join(folder, SCRIPT), 'export {};');
    await writeFile(join(folder, `${SCRIPT}.gz`), gzipSync('export {};'));
    await writeFile(join(folder, 'assets/icon-0a1b2c3d.svg'), '<svg/>');
    await writeFile(join(folder, 'cairn-verifier.html'), '<!doctype html><script>0</script>');
    world = await startGateway({ port: 8080, explorerFolder: pathToFileURL(`${folder}/`) });
  });
  after(async () => {
    await world.stop();
    await rm(folder, { recursive: true });
  });

  const get = (url: string, more = {}) => world.gateway.inject({ url, headers: { host: 'localhost:8080', ...more } });

  it('may run no script and load no file but its own, and nobody may frame it', async () => {
    for (const file of ['/', SCRIPT]) {
      const policy = String((await get(file)).headers['content-security-policy']);
      assert.match(policy, /default-src 'none'/);
      assert.match(policy, /script-src 'self';/);
      assert.match(policy, /frame-ancestors 'none'/);
      assert.match(policy, /require-trusted-types-for 'script'/);
      assert.doesNotMatch(policy, /unsafe|https?:|wss?:|\*|data:|blob:/);
    }
  });

  it('is cut off from the page that opened it, where browsers have that', async () => {
    const secure = await get('/', { 'sec-fetch-site': 'none' });
    assert.equal(secure.headers['cross-origin-opener-policy'], 'same-origin');
    assert.equal((await get('/')).headers['cross-origin-opener-policy'], undefined);
  });

  it('says what each file is', async () => {
    assert.equal((await get('/')).headers['content-type'], 'text/html; charset=utf-8');
    assert.equal((await get(SCRIPT)).headers['content-type'], 'text/javascript; charset=utf-8');
    assert.equal((await get('/assets/icon-0a1b2c3d.svg')).headers['content-type'], 'image/svg+xml');
    for (const file of ['/', SCRIPT]) assert.equal((await get(file)).headers['x-content-type-options'], 'nosniff');
  });

  it('gives the page that is one file to be saved, for its script may not run here', async () => {
    const { headers } = await get('/cairn-verifier.html');
    assert.equal(headers['content-disposition'], 'attachment; filename="cairn-verifier.html"');
    assert.equal((await get('/')).headers['content-disposition'], undefined);
  });

  it('may be kept for ever where its name has the hash of its content, and is asked for again where not', async () => {
    assert.equal((await get(SCRIPT)).headers['cache-control'], 'public, max-age=31536000, immutable');
    assert.equal((await get('/')).headers['cache-control'], 'no-cache');
  });

  it('is not sent twice to a browser that has it', async () => {
    for (const accepted of ['gzip', 'identity']) {
      const first = await get(SCRIPT, { 'accept-encoding': accepted });
      const tag = String(first.headers['etag']);
      const again = { 'accept-encoding': accepted, 'if-none-match': `"other", W/${tag}` };
      assert.equal((await get(SCRIPT, again)).statusCode, 304);
      assert.equal((await get(SCRIPT, { 'accept-encoding': accepted, 'if-none-match': '"other"' })).statusCode, 200);
    }
  });

  it('comes compressed where the browser takes that and the build has it so', async () => {
    const compressed = await get(SCRIPT, { 'accept-encoding': 'br, gzip' });
    assert.equal(compressed.headers['content-encoding'], 'gzip');
    assert.equal(compressed.headers['vary'], 'accept-encoding');
    const plain = await get(SCRIPT);
    assert.equal(plain.headers['content-encoding'], undefined);
    assert.equal(plain.body, 'export {};');
    assert.notEqual(plain.headers['etag'], compressed.headers['etag']);
  });

  for (const url of [`${SCRIPT}.gz`, '/index.html', '/assets/', '/assets/..%2findex.html', '/assets/other.js']) {
    it(`has nothing at ${url}`, async () => assert.equal((await get(url)).statusCode, 404));
  }
});

describe('an explorer that is not built', () => {
  it('says how it is, and the rest of the gateway works', async () => {
    const { gateway, stop } = await startGateway({
      port: 8080,
      explorerFolder: pathToFileURL(join(tmpdir(), 'cairn-no-such-folder/')),
    });
    try {
      const headers = { host: 'localhost:8080' };
      const page = await gateway.inject({ url: '/', headers });
      assert.equal(page.statusCode, 503);
      assert.match(page.body, /npm run build/);
      assert.match(String(page.headers['content-type']), /^text\/html/);
      assert.equal((await gateway.inject({ url: '/livez', headers })).statusCode, 200);
    } finally {
      await stop();
    }
  });
});

const BUILT = new URL('index.html', EXPLORER_FOLDER);
describe('the explorer as it is built', { skip: existsSync(BUILT) ? false : 'run `npm run build` first' }, () => {
  let world: Awaited<ReturnType<typeof startGateway>>;
  let page: string;
  before(async () => {
    world = await startGateway({ port: 8080 });
    page = (await get('/')).body;
  });
  after(() => world.stop());

  const get = (url: string, more = {}) => world.gateway.inject({ url, headers: { host: 'localhost:8080', ...more } });
  const links = () => [...page.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, link]) => link ?? '');

  it('needs no more than its policy allows: nothing inline, nothing from elsewhere', async () => {
    assert.doesNotMatch(page, /<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)/);
    assert.notEqual(links().length, 0);
    for (const link of links()) {
      assert.match(link, /^\/assets\/[\w.-]+$/);
      assert.equal((await get(link)).statusCode, 200, link);
    }
  });

  it('has its scripts and styles in forms that mean the same', async () => {
    for (const link of links().filter((name) => /\.(?:js|css)$/.test(name))) {
      const plain = (await get(link)).body;
      for (const [coding, decompress] of [['br', brotliDecompressSync] as const, ['gzip', gunzipSync] as const]) {
        const answer = await get(link, { 'accept-encoding': coding });
        assert.equal(answer.headers['content-encoding'], coding);
        assert.equal(decompress(answer.rawPayload).toString(), plain);
      }
    }
  });
});
