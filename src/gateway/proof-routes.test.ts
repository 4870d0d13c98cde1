import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startGateway } from './canned-node.fixture.ts';

describe('proofs', () => {
  let world: Awaited<ReturnType<typeof startGateway>>;
  before(async () => {
    world = await startGateway({ port: 8080 });
    world.node.ledger.add('"a"');
  });
  after(() => world.stop());

  const ask = (path: string, more = {}) =>
    world.gateway.inject({
      url: `/api/v1/nodes/${world.node.port}/${path}`,
      headers: { host: 'localhost:8080', ...more },
    });
  const lastCall = () => {
    const { method, params } = world.node.ledger.calls.at(-1) ?? assert.fail('something was asked');
    return [method, JSON.parse(params)];
  };
  const HASH = 'ab'.repeat(32);
  const OTHER = 'cd'.repeat(32);

  it('a chain proof comes as bytes, tagged with the tip', async () => {
    const answer = await ask('chain-proof');
    assert.deepEqual([answer.statusCode, answer.headers['content-type']], [200, 'application/octet-stream']);
    assert.deepEqual(answer.rawPayload, Buffer.from([0x01, 0xff]));
    assert.equal(answer.headers['etag'], `"${world.node.ledger.tip.hash}"`);
  });

  it('who has the proof of this tip is sent nothing', async () => {
    const answer = await ask('chain-proof', { 'if-none-match': `"${world.node.ledger.tip.hash}"` });
    assert.deepEqual([answer.statusCode, answer.body], [304, '']);
    assert.equal((await ask('chain-proof', { 'if-none-match': `"${HASH}"` })).statusCode, 200);
  });

  for (const [path, method, params] of [
    ['blocks/7/proof', 'header-proof', { heights: [7] }],
    [`blocks/${HASH}/proof?tip=${HASH}`, 'header-proof', { hash: HASH, tip: HASH }],
    [`entries/${HASH}/proof`, 'entry-proof', { id: HASH }],
    [`entries/${HASH}/proof?tip=${HASH}`, 'entry-proof', { id: HASH, tip: HASH }],
    [`entry-proofs?id=${HASH}`, 'entry-proofs', { ids: [HASH] }],
    [`entry-proofs?id=${HASH}&tip=${HASH}&id=${OTHER}`, 'entry-proofs', { ids: [HASH, OTHER], tip: HASH }],
    [`entries/${HASH}/receipt`, 'receipt', { id: HASH }],
  ] as const) {
    it(`${path} asks the node for ${method}, and passes on what it says`, async () => {
      const answer = await ask(path);
      assert.deepEqual(lastCall(), [method, params]);
      assert.deepEqual([answer.statusCode, JSON.parse(answer.body).code], [422, 'tip-not-active']);
    });
  }

  for (const [i, path] of [
    'blocks/x/proof',
    'blocks/7/proof?tip=7',
    'entries/7/proof',
    `entries/${HASH}/proof?at=7`,
    'entry-proofs',
    `entry-proofs?id=${HASH}&id=7`,
    `entry-proofs?id=${HASH}&tip=${HASH}&tip=${HASH}`,
    `entry-proofs?${Array(65).fill(`id=${HASH}`).join('&')}`,
  ].entries()) {
    it(`${path.slice(0, 24)} (${i}) is refused before a node is asked`, async () => {
      const calls = world.node.ledger.calls.length;
      assert.equal(JSON.parse((await ask(path)).body).code, 'parameter-invalid');
      assert.equal(world.node.ledger.calls.length, calls);
    });
  }
});
