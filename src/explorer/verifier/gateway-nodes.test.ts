import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { createGenesis } from '../../core/genesis.ts';
import { createParams, DEFAULT_PARAMS, encodeParams } from '../../core/params.ts';
import { DEFAULT_GENESIS_HASH, findParams, listNodes } from './gateway-nodes.ts';

const A = 'a'.repeat(64);
const PARAMS = createParams({ name: 'test' });
const GENESIS = createGenesis(PARAMS).hash;
const { signal } = new AbortController();

/** What is answered to each path; 404 to all others. */
const answers = new Map<string, string>();
const asked: string[] = [];
const server = createServer((request, response) => {
  asked.push(request.url ?? '');
  const text = answers.get(request.url ?? '');
  response.writeHead(text === undefined ? 404 : 200).end(text);
});
let origin = '';
before(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => server.close());

function list(overview: unknown): ReturnType<typeof listNodes> {
  answers.set('/api/v1/overview', typeof overview === 'string' ? overview : JSON.stringify(overview));
  return listNodes(origin, signal);
}

test('nodes are listed by port, with the genesis of those that answer', async () => {
  const status = { network: { name: 'test', genesis: A } };
  const nodes = [
    { port: 5002, status: null },
    { port: 5001, status },
  ];
  assert.deepEqual(await list({ nodes }), [
    { port: 5001, genesis: A },
    { port: 5002, genesis: undefined },
  ]);
});

test('what is no port is left out, and what is no genesis is none', async () => {
  const ports = [0, -1, 1.5, 70_000, '5001', null, {}];
  const nodes = [
    ...ports.map((port) => ({ port })),
    null,
    7,
    { port: 1, status: { network: { genesis: 'A'.repeat(64) } } },
  ];
  assert.deepEqual(await list({ nodes }), [{ port: 1, genesis: undefined }]);
});

test('an answer that is none is none', async () => {
  for (const text of ['', 'nodes', '[]', '{"nodes":{}}', 'null', '{"nodes":'])
    assert.equal(await list(text), undefined);
  answers.delete('/api/v1/overview');
  assert.equal(await listNodes(origin, signal), undefined);
});

test('a gateway that is not there gives no answer, and no error', async () => {
  assert.equal(await listNodes('http://127.0.0.1:1', signal), undefined);
});

test('parameters are taken from the first node whose parameters belong to the genesis', async () => {
  answers.set('/api/v1/nodes/1/params', encodeParams(DEFAULT_PARAMS));
  answers.set('/api/v1/nodes/2/params', '{"name":');
  answers.set('/api/v1/nodes/4/params', encodeParams(PARAMS));
  assert.deepEqual(await findParams({ origin, genesisHash: GENESIS, ports: [1, 2, 3, 4] }, signal), PARAMS);
  assert.equal(await findParams({ origin, genesisHash: GENESIS, ports: [1, 2, 3] }, signal), undefined);
});

test('nobody is asked for those of the default network', async () => {
  asked.length = 0;
  const params = await findParams({ origin, genesisHash: DEFAULT_GENESIS_HASH, ports: [1] }, signal);
  assert.deepEqual([params, asked], [DEFAULT_PARAMS, []]);
});
