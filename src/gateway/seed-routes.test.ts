import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { startGateway } from './canned-node.fixture.ts';

describe('the routes of the founding specification', () => {
  let world: Awaited<ReturnType<typeof startGateway>>;
  before(async () => {
    world = await startGateway({ port: 8080 });
  });
  afterEach(() => {
    world.node.ledger.refusal = undefined;
    world.node.ledger.isValid = true;
  });
  after(() => world.stop());

  const headers = { host: 'localhost:8080' };
  const ask = (method: 'GET' | 'POST' | 'HEAD', path: string, payload?: string | Buffer, more = {}) =>
    world.gateway.inject({
      method,
      url: `${path}/${world.node.port}`,
      headers: { ...headers, ...more },
      ...(payload === undefined ? {} : { payload }),
    });

  it('POST /mine_block hands the body to the node as it stands, and answers the block as the node wrote it', async () => {
    const body = '{"__proto__": {"a": 1}, "2": 1.0, "1": 12345678901234567890, "é": "\\u00e9"}';
    const answer = await ask('POST', '/mine_block', body);
    assert.equal(answer.statusCode, 200);
    assert.deepEqual(world.node.ledger.calls.at(-1), { method: 'mine', params: `{"data":${body}}` });
    assert.ok(answer.body.includes(`"data":${body},`), answer.body);
    const { index, hash, prev_hash } = JSON.parse(answer.body);
    const { tip } = world.node.ledger;
    assert.deepEqual({ index, hash, prev_hash }, { index: tip.height, hash: tip.hash, prev_hash: tip.previous });
  });

  for (const type of ['application/json', 'text/plain', 'application/x-www-form-urlencoded', 'not a media type', '']) {
    it(`POST /mine_block reads JSON when Content-Type is ${JSON.stringify(type)}`, async () => {
      assert.equal((await ask('POST', '/mine_block', '[1]', { 'content-type': type })).statusCode, 200);
    });
  }

  const refusedBodies: readonly [name: string, body: string | Buffer | undefined, status: number, code: string][] = [
    ['no body', undefined, 400, 'body-missing'],
    ['white space', '  ', 400, 'json-syntax'],
    ['broken JSON', '{"a":', 400, 'json-syntax'],
    ['a second value that would close the parameters', '1},"x":{"y":2', 400, 'json-syntax'],
    ['two values', '1,2', 400, 'json-syntax'],
    ['bytes that are not UTF-8', Buffer.from([0x22, 0xff, 0x22]), 400, 'utf8-invalid'],
    ['100,000 open brackets', '['.repeat(100_000), 422, 'json-depth'],
    ['more than a block holds', `"${'x'.repeat(1_100_000)}"`, 413, 'body-too-large'],
  ];
  for (const [name, body, status, code] of refusedBodies) {
    it(`POST /mine_block refuses ${name} as ${code}`, async () => {
      const asked = world.node.ledger.calls.length;
      const answer = await ask('POST', '/mine_block', body);
      assert.equal(answer.statusCode, status);
      assert.equal(JSON.parse(answer.body).code, code);
      assert.equal(world.node.ledger.calls.length, asked, 'the node was asked');
    });
  }

  it("a node's refusal keeps its code", async () => {
    world.node.ledger.refusal = { code: 'json-duplicate-key', message: 'a key stands twice' };
    const answer = await ask('POST', '/mine_block', '{"a":1,"a":2}');
    assert.equal(answer.statusCode, 422);
    assert.equal(answer.headers['content-type'], 'application/problem+json; charset=utf-8');
    const { type, code, detail, instance } = JSON.parse(answer.body);
    assert.deepEqual(
      { type, code, detail, instance },
      {
        type: '/problems/json-duplicate-key',
        code: 'json-duplicate-key',
        detail: 'a key stands twice',
        instance: `/mine_block/${world.node.port}`,
      },
    );
  });

  it('more than the ledger takes is 413, whoever says so', async () => {
    world.node.ledger.refusal = { code: 'body-too-large', message: 'over 1 MiB' };
    assert.equal((await ask('POST', '/mine_block', '1')).statusCode, 413);
  });

  it('a full queue is 503 with a time to come back', async () => {
    world.node.ledger.refusal = { code: 'mining-queue-full', message: 'too many' };
    const answer = await ask('POST', '/mine_block', '1');
    assert.equal(answer.statusCode, 503);
    assert.equal(answer.headers['retry-after'], '1');
  });

  it('GET /get_chain answers the chain and its length, byte for byte', async () => {
    const answer = await ask('GET', '/get_chain');
    const chunks: Uint8Array[] = [];
    for await (const chunk of world.node.ledger.chainStream().chunks) chunks.push(chunk);
    assert.equal(answer.body, Buffer.concat(chunks).toString());
    assert.equal(Number(answer.headers['content-length']), Buffer.byteLength(answer.body));
    const { chain, length } = JSON.parse(answer.body);
    assert.equal(chain.length, length);
  });

  it('GET /get_chain of a chain that no frame holds is 413, and nothing of it is read', async (t) => {
    let isLeft = false;
    const reading: AsyncIterator<Uint8Array> = {
      next: () => assert.fail('nothing of it is read'),
      return: async () => {
        isLeft = true;
        return { done: true, value: undefined };
      },
    };
    const chunks = { [Symbol.asyncIterator]: () => reading };
    t.mock.method(world.node.ledger, 'chainStream', () => ({ sizeBytes: 10_000_000_000, chunks }));
    const answer = await ask('GET', '/get_chain');
    assert.equal(answer.statusCode, 413, answer.body);
    assert.equal(JSON.parse(answer.body).code, 'frame-too-large');
    assert.ok(isLeft);
  });

  it('HEAD /get_chain answers the size alone', async () => {
    const [head, get] = [await ask('HEAD', '/get_chain'), await ask('GET', '/get_chain')];
    assert.equal(head.body, '');
    assert.equal(head.headers['content-length'], get.headers['content-length']);
  });

  it('GET /validate answers the two messages', async () => {
    assert.equal((await ask('GET', '/validate')).body, '{"message": "is valid."}');
    world.node.ledger.isValid = false;
    assert.equal((await ask('GET', '/validate')).body, '{"message": "not valid."}');
  });

  for (const port of ['1', '0', '05001', '+1', '99999', 'abc', '127.0.0.1:22', '5001%00', '1e3', '-1', '0x1']) {
    it(`port ${port} is no node, and the answer lists those that are`, async () => {
      const answer = await world.gateway.inject({ method: 'GET', url: `/get_chain/${port}`, headers });
      assert.equal(answer.statusCode, 404);
      const { code, running } = JSON.parse(answer.body);
      assert.deepEqual({ code, running }, { code: 'node-unknown', running: [world.node.port] });
    });
  }

  it('HEAD /shutdown stops nothing', async () => {
    const answer = await ask('HEAD', '/shutdown');
    assert.equal(answer.statusCode, 405);
    assert.ok(!world.node.ledger.calls.some(({ method }) => method === 'shutdown'));
  });
});

describe('the end of a node', () => {
  it('GET /shutdown stops it, and from then on it is unknown', async () => {
    const { gateway, node, stop } = await startGateway({ port: 8080 });
    try {
      const url = `/shutdown/${node.port}`;
      const headers = { host: '127.0.0.1:8080' };
      const answer = await gateway.inject({ url, headers });
      assert.equal(answer.body, '{"message": "server is shutdown"}');
      assert.equal(node.ledger.calls.at(-1)?.method, 'shutdown');
      await node.stop();
      assert.equal((await gateway.inject({ url, headers })).statusCode, 404);
    } finally {
      await stop();
    }
  });

  it('a configured node that does not run is unreachable, with a time to come back', async () => {
    const { gateway, stop } = await startGateway({
      port: 8080,
      configuredNodes: [{ host: '127.0.0.1', port: 1 }],
    });
    try {
      const answer = await gateway.inject({ url: '/get_chain/1', headers: { host: 'localhost:8080' } });
      assert.equal(answer.statusCode, 503);
      assert.equal(answer.headers['retry-after'], '1');
      assert.equal(JSON.parse(answer.body).code, 'node-unreachable');
    } finally {
      await stop();
    }
  });
});
