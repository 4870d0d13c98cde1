import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { startGateway } from './canned-node.fixture.ts';
import { Reader } from './event-reader.fixture.ts';

describe('a validation as events', () => {
  let world: Awaited<ReturnType<typeof startGateway>>;
  beforeEach(async () => {
    world = await startGateway({ limits: { heartbeatMs: 20, nodeCallsMax: 1 } });
    await world.gateway.listen();
  });
  afterEach(() => world.stop());

  const open = (accept = 'text/event-stream', port = world.node.port) => {
    const url = `http://127.0.0.1:${world.gateway.port}/api/v1/nodes/${port}/validation`;
    return Reader.open(url, { accept }, 'POST');
  };
  const readAll = async (reader: Reader) => {
    const told = [];
    for (let next = await reader.next(); next !== undefined; next = await reader.next()) {
      if (next.event !== undefined) told.push([next.event, JSON.parse(next.data ?? '')]);
    }
    return told;
  };

  it('tells how far it is, and ends with the verdict', async () => {
    world.node.ledger.validationProgress = [{ blocks: 1, of: 1 }];
    const reader = await open('text/event-stream; q=1, application/json;q=0.5');
    assert.equal(reader.response.headers.get('content-type'), 'text/event-stream');
    assert.deepEqual(await readAll(reader), [
      ['progress', { blocks: 1, of: 1 }],
      ['verdict', { valid: true, blocks: 1, fault: null }],
    ]);
  });

  it('says what is wrong', async () => {
    world.node.ledger.isValid = false;
    const [verdict] = await readAll(await open());
    assert.deepEqual(verdict, [
      'verdict',
      { valid: false, blocks: 1, fault: { height: 1, code: 'data-root-wrong', message: 'the data was changed' } },
    ]);
  });

  it('says that it lives while it takes long, and ends with a problem where the node goes away', async () => {
    world.node.ledger.abandoned = Promise.withResolvers();
    world.node.ledger.validationProgress = [{ blocks: 5, of: 9 }];
    const reader = await open();
    assert.equal((await reader.take(1))[0]?.event, 'progress');
    assert.deepEqual(await reader.next(), { comment: 'nothing has happened' });
    await world.node.restart();
    const [[event, { code, status }] = []] = await readAll(reader);
    assert.deepEqual([event, code, status], ['problem', 'node-closed', 502]);
  });

  it('is given up, at the node too, when nobody reads it, and leaves its place', async () => {
    const { ledger } = world.node;
    const abandoned = Promise.withResolvers<void>();
    ledger.abandoned = abandoned;
    const reader = await open();
    await reader.next();
    assert.equal(await (await open()).problemCode(), 'gateway-full');
    reader.close();
    await abandoned.promise;
    ledger.abandoned = undefined;
    let told = await open();
    // The place is free when the gateway has seen that the reader has gone.
    while (told.response.status === 503) told = await open();
    assert.deepEqual((await readAll(told)).at(-1)?.[0], 'verdict');
  });

  it('is a plain problem where there is no such node', async () => {
    const reader = await open('text/event-stream', 1);
    assert.equal(reader.response.status, 404);
    assert.equal(await reader.problemCode(), 'node-unknown');
  });

  it('is one answer unless asked for by name', async () => {
    for (const accept of ['*/*', 'application/json', '']) {
      const { response } = await open(accept);
      assert.match(response.headers.get('content-type') ?? '', /^application\/json/);
    }
  });
});
