import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { startGateway } from './canned-node.fixture.ts';

describe('/api/v1', () => {
  let world: Awaited<ReturnType<typeof startGateway>>;
  before(async () => {
    world = await startGateway({ port: 8080, configuredNodes: [{ host: '127.0.0.1', port: 1 }] });
    for (let i = 1; i <= 5; i++) world.node.ledger.add(`{"n":${i},"__proto__":${i}.0}`);
  });
  afterEach(() => {
    world.node.ledger.refusal = undefined;
  });
  after(() => world.stop());

  const ask = (method: 'GET' | 'POST' | 'DELETE' | 'HEAD', path: string, payload?: string, more = {}) =>
    world.gateway.inject({
      method,
      url: path.startsWith('/') ? path : `/api/v1/nodes/${world.node.port}/${path}`,
      headers: { host: 'localhost:8080', ...more },
      ...(payload === undefined ? {} : { payload }),
    });
  const lastCall = () => world.node.ledger.calls.at(-1);

  it('lists running and configured nodes by port', async () => {
    const { nodes } = JSON.parse((await ask('GET', '/api/v1/nodes')).body);
    const { port } = world.node;
    assert.deepEqual(nodes, [
      { source: 'configured', port: 1, host: '127.0.0.1' },
      { source: 'running', port, host: '127.0.0.1', pid: process.pid, started: '2026-11-22T12:00:00.000Z' },
    ]);
  });

  describe('readiness', () => {
    const sync = (behind: number, headersChecked: number) => ({
      phase: behind > 0 ? ('blocks' as const) : ('headers' as const),
      behind,
      target_height: headersChecked,
      headers_checked: headersChecked,
      per_second: null,
      seconds_left: null,
    });
    after(() => {
      world.node.ledger.status = {};
    });

    const height = () => world.node.ledger.tip.height;
    for (const { name, status, expected } of [
      { name: 'at rest', status: () => ({}), expected: [200, 'ready', 0] },
      { name: 'a few blocks behind', status: () => ({ sync: sync(8, height() + 8) }), expected: [200, 'ready', 8] },
      { name: 'far behind', status: () => ({ sync: sync(9, height() + 9) }), expected: [503, 'syncing', 9] },
      { name: 'judging headers', status: () => ({ sync: sync(0, height() + 9) }), expected: [503, 'syncing', 0] },
    ]) {
      it(`of a node that is ${name} is told beside that of one out of reach`, async () => {
        world.node.ledger.status = status();
        const answer = await ask('GET', '/readyz');
        const [code, state, behind] = expected;
        assert.equal(answer.statusCode, code);
        const nodes = [
          { port: 1, state: 'unreachable', behind: null },
          { port: world.node.port, state, behind },
        ];
        assert.deepEqual(JSON.parse(answer.body), { ready: code === 200, nodes });
      });
    }
  });

  it('pages through the chain down to the genesis, each block once', async () => {
    const heights: number[] = [];
    let path: string | undefined = 'blocks?limit=4';
    let pages = 0;
    while (path !== undefined) {
      const answer = await ask('GET', path);
      assert.equal(answer.statusCode, 200, answer.body);
      const { blocks, next } = JSON.parse(answer.body);
      heights.push(...blocks.map(({ height }: { height: number }) => height));
      path = /^<([^>]+)>; rel="next"$/.exec(String(answer.headers['link'] ?? ''))?.[1];
      assert.equal(path === undefined, next === null);
      pages++;
    }
    const { height } = world.node.ledger.tip;
    assert.deepEqual(
      heights,
      Array.from({ length: height + 1 }, (_, i) => height - i),
    );
    assert.equal(pages, Math.ceil((height + 1) / 4));
  });

  it('lists every so many blocks, without a next page', async () => {
    const answer = await ask('GET', 'blocks?from=5&step=2&limit=2');
    const { blocks, next } = JSON.parse(answer.body);
    assert.deepEqual(
      blocks.map(({ height }: { height: number }) => height),
      [5, 3],
    );
    assert.deepEqual([next, answer.headers['link']], [null, undefined]);
  });

  it('a page whose place a reorganisation has taken is gone', async () => {
    const cursor = `3-${'c'.repeat(64)}`;
    const answer = await ask('GET', `blocks?cursor=${cursor}`);
    assert.equal(answer.statusCode, 410);
    assert.equal(JSON.parse(answer.body).code, 'cursor-stale');
  });

  const badParameters: readonly [path: string, code: string, parameter: string | undefined][] = [
    ['blocks?limit=0', 'parameter-invalid', 'limit'],
    ['blocks?limit=101', 'parameter-invalid', 'limit'],
    ['blocks?step=0', 'parameter-invalid', 'step'],
    ['blocks?limit=07', 'parameter-invalid', 'limit'],
    ['blocks?limit=1e1', 'parameter-invalid', 'limit'],
    ['blocks?limit=', 'parameter-invalid', 'limit'],
    ['blocks?limit=1&limit=2', 'parameter-invalid', 'limit'],
    ['blocks?from=-1', 'parameter-invalid', 'from'],
    ['blocks?from=4294967296', 'parameter-invalid', 'from'],
    ['blocks?form=1', 'parameter-invalid', 'form'],
    ['blocks?__proto__=1', 'parameter-invalid', '__proto__'],
    ['blocks?cursor=1', 'cursor-invalid', undefined],
    ['blocks/latest', 'parameter-invalid', 'block'],
    ['blocks/01', 'parameter-invalid', 'block'],
    [`blocks/${'A'.repeat(64)}`, 'parameter-invalid', 'block'],
    ['entries/7', 'parameter-invalid', 'id'],
    ['pending?limit=1001', 'parameter-invalid', 'limit'],
    ['pending?author=alice', 'parameter-invalid', 'author'],
    ['events?after=nonsense', 'cursor-invalid', undefined],
    ['events?before=1', 'parameter-invalid', 'before'],
  ];
  for (const [path, code, parameter] of badParameters) {
    it(`GET ${path} is ${code}`, async () => {
      const answer = await ask('GET', path);
      assert.equal(answer.statusCode, 400, answer.body);
      const body = JSON.parse(answer.body);
      assert.deepEqual([body.code, body.parameter], [code, parameter]);
    });
  }

  it('a block by height and by hash is the same view, with its raw data', async () => {
    const block = world.node.ledger.chain[2];
    const [byHeight, byHash] = [await ask('GET', 'blocks/2'), await ask('GET', `blocks/${block?.hash}`)];
    assert.equal(byHeight.body, byHash.body);
    assert.ok(byHeight.body.includes('"data":{"n":2,"__proto__":2.0},'));
    assert.deepEqual(lastCall(), { method: 'block', params: `{"hash":"${block?.hash}"}` });
  });

  it('a view is fresh until a block is put on it', async () => {
    const first = await ask('GET', 'blocks/1');
    const tag = String(first.headers['etag']);
    assert.equal((await ask('GET', 'blocks/1', undefined, { 'if-none-match': `"x", W/${tag}` })).statusCode, 304);
    world.node.ledger.add('1');
    assert.equal((await ask('GET', 'blocks/1', undefined, { 'if-none-match': tag })).statusCode, 200);
  });

  it('a canonical block is the block alone, for good when asked for by hash', async () => {
    const hash = world.node.ledger.chain[2]?.hash;
    const byHash = await ask('GET', `blocks/${hash}/canonical`);
    assert.match(byHash.body, /^\{"bits":.*"data":\{"n":2,"__proto__":2\.0\},.*\}$/);
    assert.match(String(byHash.headers['cache-control']), /immutable/);
    const byHeight = await ask('GET', 'blocks/2/canonical');
    assert.equal(byHeight.body, byHash.body);
    assert.equal(byHeight.headers['cache-control'], 'no-cache');
    const again = await ask('GET', `blocks/${hash}/canonical`, undefined, { 'if-none-match': `"${hash}"` });
    assert.equal(again.statusCode, 304);
    assert.equal(again.body, '');
  });

  it('what the node does not have is 404 with the code of the node', async () => {
    for (const [path, code] of [
      ['blocks/999', 'block-not-found'],
      [`blocks/${'0'.repeat(64)}`, 'block-not-found'],
      [`entries/${'0'.repeat(64)}`, 'entry-not-found'],
    ] as const) {
      const answer = await ask('GET', path);
      assert.equal(answer.statusCode, 404);
      assert.equal(JSON.parse(answer.body).code, code);
    }
  });

  const deepest = `${'{"a":'.repeat(47)}{}${'}'.repeat(47)}`;
  const submissions: readonly [name: string, body: string, type: string | undefined, entries: string][] = [
    ['an array is a list of entries', ' [1, {"b":2,"a":1}]', undefined, '[1, {"b":2,"a":1}]'],
    ['an object is one entry', '{"__proto__":1.0}', 'application/json; charset=utf-8', '[{"__proto__":1.0}]'],
    ['a string is one entry', '"[1,2]"', 'application/json', '["[1,2]"]'],
    ['as deep as a body may nest', deepest, 'application/json', `[${deepest}]`],
    ['lines are entries', '{"a":1}\r\n\n[2]\n3', 'application/x-ndjson', '[{"a":1}\r,[2],3]'],
  ];
  for (const [name, body, type, entries] of submissions) {
    it(`POST entries: ${name}, passed on as it stands`, async () => {
      const answer = await ask('POST', 'entries', body, type === undefined ? {} : { 'content-type': type });
      assert.equal(answer.statusCode, 202, answer.body);
      assert.deepEqual(lastCall(), { method: 'append', params: `{"entries":${entries},"once":true}` });
      assert.ok(JSON.parse(answer.body).entries.length >= 1);
    });
  }

  it('POST entries records what is in the chain already once more where it is told to, and only then', async () => {
    for (const [query, once] of [
      ['?repeat=true', false],
      ['?repeat=false', true],
    ] as const) {
      assert.equal((await ask('POST', `entries${query}`, '1')).statusCode, 202);
      assert.deepEqual(lastCall(), { method: 'append', params: `{"entries":[1],"once":${once}}` });
    }
    const answer = await ask('POST', 'entries?repeat=1', '1');
    assert.deepEqual([answer.statusCode, JSON.parse(answer.body).parameter], [400, 'repeat']);
  });

  it('POST entries names the line that is not JSON', async () => {
    const answer = await ask('POST', 'entries', '1\n{\n', { 'content-type': 'application/x-ndjson' });
    const { code, line, offset } = JSON.parse(answer.body);
    assert.deepEqual({ code, line, offset }, { code: 'json-syntax', line: 2, offset: 1 });
  });

  it('a full pool is 503', async () => {
    world.node.ledger.refusal = { code: 'pool-full', message: 'the pool has 64 MiB' };
    const answer = await ask('POST', 'entries', '1');
    assert.equal(answer.statusCode, 503);
    assert.equal(answer.headers['retry-after'], '1');
  });

  for (const type of ['text/plain', 'multipart/form-data; boundary=x']) {
    it(`a form of another page cannot pass for JSON as ${type}`, async () => {
      for (const path of ['entries', 'blocks', 'peers']) {
        const answer = await ask('POST', path, '{"address":"x"}', { 'content-type': type });
        assert.equal(answer.statusCode, 415);
        assert.equal(JSON.parse(answer.body).code, 'media-type-unsupported');
      }
    });
  }

  it('what curl says of a body without a type counts as JSON, but not from a page of another origin', async () => {
    const type = { 'content-type': 'application/x-www-form-urlencoded' };
    const taken = await ask('POST', 'entries', '[{"by":"curl"}]', type);
    assert.equal(taken.statusCode, 202);
    const refused = await ask('POST', 'entries', '[1]', { ...type, origin: 'https://elsewhere.example' });
    assert.equal(JSON.parse(refused.body).code, 'origin-refused');
  });

  it('a media type that is none is 415 too', async () => {
    const answer = await ask('POST', 'entries', '1', { 'content-type': 'json' });
    assert.equal(answer.statusCode, 415);
    assert.equal(JSON.parse(answer.body).code, 'media-type-unsupported');
  });

  it('POST blocks mines, and says where the block is', async () => {
    const answer = await ask('POST', 'blocks', '{"2":1,"1":2}', { 'content-type': 'application/json' });
    assert.equal(answer.statusCode, 201);
    const { hash } = world.node.ledger.tip;
    assert.equal(answer.headers['location'], `/api/v1/nodes/${world.node.port}/blocks/${hash}`);
    assert.ok(answer.body.includes('"data":{"2":1,"1":2}'));
  });

  it('POST peers passes the address on, and nothing else', async () => {
    const answer = await ask('POST', 'peers', '{"address":"/ip4/10.0.0.1/tcp/7001"}');
    assert.equal(answer.statusCode, 202);
    assert.deepEqual(lastCall(), { method: 'connect', params: '{"address":"/ip4/10.0.0.1/tcp/7001"}' });
    for (const body of ['{}', '{"address":7}', '{"address":"x","more":1}', '[]', `{"address":"${'x'.repeat(513)}"}`]) {
      assert.equal(JSON.parse((await ask('POST', 'peers', body)).body).code, 'parameter-invalid');
    }
  });

  it('POST validation tells what is wrong', async () => {
    world.node.ledger.isValid = false;
    const { valid, fault } = JSON.parse((await ask('POST', 'validation')).body);
    assert.deepEqual([valid, fault.code], [false, 'data-root-wrong']);
  });

  it('status, peers and pending pass through', async () => {
    assert.equal(JSON.parse((await ask('GET', 'status')).body).tip.hash, world.node.ledger.tip.hash);
    assert.deepEqual(JSON.parse((await ask('GET', 'peers')).body), { peers: [] });
    assert.equal(JSON.parse((await ask('GET', 'pending?limit=7')).body).count, 0);
    assert.deepEqual(lastCall(), { method: 'pending', params: '{"limit":7}' });
    const author = 'did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK';
    await ask('GET', `pending?author=${author}`);
    assert.deepEqual(lastCall(), { method: 'pending', params: `{"author":"${author}"}` });
  });

  it('other methods are 405 with Allow, and OPTIONS tells the same', async () => {
    const answer = await ask('DELETE', 'blocks');
    assert.equal(answer.statusCode, 405);
    assert.equal(answer.headers['allow'], 'GET, HEAD, OPTIONS, POST');
    const options = await world.gateway.inject({
      method: 'OPTIONS',
      url: '/livez',
      headers: { host: 'localhost:8080' },
    });
    assert.equal(options.statusCode, 204);
    assert.equal(options.headers['allow'], 'GET, HEAD, OPTIONS');
  });

  it('DELETE stops the node', async () => {
    const answer = await ask('DELETE', `/api/v1/nodes/${world.node.port}`);
    assert.equal(answer.statusCode, 204);
    assert.equal(lastCall()?.method, 'shutdown');
  });
});

describe('a kept connection', () => {
  it('is opened again when the node has closed it', async () => {
    const { gateway, node, stop } = await startGateway({ port: 8080 });
    try {
      const ask = () =>
        gateway.inject({ url: `/api/v1/nodes/${node.port}/status`, headers: { host: 'localhost:8080' } });
      assert.equal((await ask()).statusCode, 200);
      await node.restart();
      assert.equal((await ask()).statusCode, 200);
    } finally {
      await stop();
    }
  });
});
