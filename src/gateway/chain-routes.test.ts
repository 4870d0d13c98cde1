import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { assertPresent } from '../core/assert.ts';
import { DEFAULT_PARAMS, encodeParams } from '../core/params.ts';
import { startGateway } from './canned-node.fixture.ts';

describe('questions about a chain', () => {
  let world: Awaited<ReturnType<typeof startGateway>>;
  before(async () => {
    world = await startGateway({ port: 8080 });
  });
  after(() => world.stop());

  const ask = (path: string) =>
    world.gateway.inject({
      url: `/api/v1/nodes/${world.node.port}/${path}`,
      headers: { host: 'localhost:8080' },
    });

  it('forks are answered as the node tells them', async () => {
    const answer = await ask('forks');
    assert.deepEqual(JSON.parse(answer.body), { branches: [], branches_total: 0, reorganisations: [] });
  });

  it('parameters come byte for byte: they are hashed', async () => {
    const answer = await ask('params');
    assert.equal(answer.body, encodeParams(DEFAULT_PARAMS));
    assert.match(String(answer.headers['content-type']), /^application\/json/);
  });

  it('a search is passed on with its text, whatever that is', async () => {
    const text = '{"a": "ü & ?"}';
    const query = new URLSearchParams({ text, limit: '5', before_height: '7' });
    assert.equal((await ask(`search?${query}`)).statusCode, 200);
    const { method, params } = assertPresent(world.node.ledger.calls.at(-1), 'it was asked');
    assert.deepEqual([method, JSON.parse(params)], ['search', { text, limit: 5, before_height: 7 }]);
  });

  it('a text of digits is no number', async () => {
    assert.equal((await ask('search?text=12')).statusCode, 200);
    assert.deepEqual(JSON.parse(world.node.ledger.calls.at(-1)?.params ?? ''), { text: '12' });
  });

  for (const query of [
    '',
    '?text=',
    `?text=${'x'.repeat(257)}`,
    '?text=x&limit=0',
    '?text=x&limit=101',
    '?text=x&from=1',
  ]) {
    it(`search${query.slice(0, 20)} is refused before a node is asked`, async () => {
      const calls = world.node.ledger.calls.length;
      const answer = await ask(`search${query}`);
      assert.deepEqual([answer.statusCode, JSON.parse(answer.body).code], [400, 'parameter-invalid']);
      assert.equal(world.node.ledger.calls.length, calls);
    });
  }
});
