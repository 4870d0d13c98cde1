import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Overview } from '../api/http-shapes.ts';
import { startCannedNode, startGateway } from './canned-node.fixture.ts';
import { Reader } from './event-reader.fixture.ts';

const CONFIGURED_PORT = 1;
const LIMITS = {
  heartbeatMs: 20,
  nodesLookMs: 10,
  statusPauseMs: 100,
  statusIntervalMs: 600_000,
  eventStreamsMax: 2,
};

describe('the events of all nodes', () => {
  let world: Awaited<ReturnType<typeof startGateway>>;
  before(async () => {
    const configuredNodes = [{ host: '127.0.0.1', port: CONFIGURED_PORT }];
    world = await startGateway({ configuredNodes, limits: LIMITS });
    await world.gateway.listen();
  });
  after(() => world.stop());

  const open = () => Reader.open(`http://127.0.0.1:${world.gateway.port}/api/v1/events`);
  const takeOne = async (reader: Reader) => {
    const [told] = await reader.take(1);
    const data = JSON.parse(told?.data ?? '');
    assert.equal(data.type, told?.event);
    return data;
  };

  it('begin with each node that answers, and tell what happens there with its port', async () => {
    const { ledger, port } = world.node;
    const reader = await open();
    assert.equal(reader.response.headers.get('content-type'), 'text/event-stream');
    const joined = await takeOne(reader);
    assert.deepEqual([joined.type, joined.port, joined.status.tip.hash], ['node-joined', port, ledger.tip.hash]);
    const block = ledger.add('1');
    const added = await takeOne(reader);
    assert.deepEqual(
      [added.type, added.port, added.hash, added.prev_hash],
      ['block-added', port, block.hash, block.previous],
    );
    const changed = await takeOne(reader);
    assert.deepEqual([changed.type, changed.status.tip.hash], ['node-status', block.hash]);
    reader.close();
    await ledger.whenSubscribers(0);
  });

  it('tell one new status of many events, and none of what the miner says', async () => {
    const { ledger } = world.node;
    const reader = await open();
    await takeOne(reader);
    const progress = { type: 'mining-progress', height: 1, hashes: 1, hashes_per_second: 1, expected_s: 1 } as const;
    ledger.tell({ ...progress, blocks_found: 0, kernel: null });
    assert.equal((await takeOne(reader)).type, 'mining-progress');
    assert.deepEqual(await reader.next(), { comment: 'nothing has happened' });
    const toldMs = performance.now();
    for (const digit of '012') ledger.tell({ type: 'entry-pending', id: digit.repeat(64) });
    let [events, statuses] = [0, 0];
    for (let type = ''; events < 3 || type !== 'node-status'; ) {
      ({ type } = await takeOne(reader));
      if (type === 'node-status') statuses++;
      else events++;
    }
    // A machine that takes longer than a pause for three events may tell more of them, each after a pause of its own.
    const pauses = Math.floor((performance.now() - toldMs) / LIMITS.statusPauseMs);
    assert.ok(statuses <= pauses, `${statuses} statuses in ${pauses} pauses`);
    assert.deepEqual(await reader.next(), { comment: 'nothing has happened' });
    reader.close();
    await ledger.whenSubscribers(0);
  });

  it('tell of a node that comes, of one that goes, and of one that was lost and is there again', async () => {
    const reader = await open();
    await takeOne(reader);
    const other = await startCannedNode(world.home);
    const joined = await takeOne(reader);
    assert.deepEqual([joined.type, joined.port], ['node-joined', other.port]);
    await other.restart(() => other.ledger.add('1'));
    const left = await takeOne(reader);
    assert.deepEqual(left, { type: 'node-left', port: other.port, reason: 'node-closed' });
    const back = await takeOne(reader);
    assert.deepEqual([back.type, back.status.tip.height], ['node-joined', 1]);
    await other.stop();
    assert.deepEqual(await takeOne(reader), { type: 'node-left', port: other.port, reason: 'node-closed' });
    world.node.ledger.add('"still"');
    assert.equal((await takeOne(reader)).type, 'block-added');
    reader.close();
    await world.node.ledger.whenSubscribers(0);
  });

  it('tell how a node is though nothing happens, and find out by it that one hangs', async () => {
    const limits = { ...LIMITS, statusIntervalMs: 15, answerTimeoutMs: 500 };
    const { gateway, node, stop } = await startGateway({ limits });
    await gateway.listen();
    const reader = await Reader.open(`http://127.0.0.1:${gateway.port}/api/v1/events`);
    assert.equal((await takeOne(reader)).type, 'node-joined');
    // On a machine that is held up for so long a node may seem to hang though it does not: it is then told of anew.
    const takeUntil = async (type: string) => {
      let told = await takeOne(reader);
      while (told.type !== type) told = await takeOne(reader);
      return told;
    };
    await takeUntil('node-status');
    node.ledger.isSilent = true;
    const left = await takeUntil('node-left');
    assert.deepEqual(left, { type: 'node-left', port: node.port, reason: 'probe-timeout' });
    node.ledger.isSilent = false;
    await takeUntil('node-joined');
    await node.ledger.whenSubscribers(1);
    reader.close();
    await stop();
  });

  it('are one of a bounded number of streams', async () => {
    const readers = [await open(), await open()];
    const refused = await open();
    assert.equal(await refused.problemCode(), 'gateway-full');
    // Their subscriptions stand before they end, so that the end of all can be waited for.
    for (const reader of readers) assert.equal((await takeOne(reader)).type, 'node-joined');
    for (const reader of readers) reader.close();
    await world.node.ledger.whenSubscribers(0);
  });

  it('of a reader that takes nothing are held up, until the node lets go of it', async () => {
    const { ledger } = world.node;
    const reader = await open();
    await ledger.whenSubscribers(1);
    const event = { type: 'peer-left', id: 'x', reason: 'y'.repeat(100_000) } as const;
    let told = 1;
    while (ledger.tell(event) && told < 1_000) {
      told++;
      await sleep(0);
    }
    assert.ok(told < 1_000, 'the gateway took everything');
    reader.close();
    await ledger.whenSubscribers(0);
  });

  it('end when the gateway stops', async () => {
    const { gateway, stop } = await startGateway({ limits: LIMITS });
    await gateway.listen();
    const reader = await Reader.open(`http://127.0.0.1:${gateway.port}/api/v1/events`);
    assert.equal((await takeOne(reader)).type, 'node-joined');
    await stop();
    for (let next = await reader.next(); next !== undefined; next = await reader.next()) {
      assert.equal(next.event, undefined);
    }
  });
});

describe('the overview', () => {
  it('has the status of every node, and null where one does not answer in time', async () => {
    const configuredNodes = [{ host: '127.0.0.1', port: CONFIGURED_PORT }];
    const limits = { ...LIMITS, overviewTimeoutMs: 200 };
    const { gateway, node, home, stop } = await startGateway({ port: 8080, configuredNodes, limits });
    const silent = await startCannedNode(home);
    silent.ledger.isSilent = true;
    for (let isInTime = false; !isInTime; ) {
      const answer = await gateway.inject({ url: '/api/v1/overview', headers: { host: 'localhost:8080' } });
      const { nodes } = JSON.parse(answer.body) as Overview;
      const seen = new Map(nodes.map(({ port, source, status }) => [port, [source, status?.tip.hash]]));
      assert.deepEqual(seen.get(CONFIGURED_PORT), ['configured', undefined]);
      assert.deepEqual(seen.get(silent.port), ['running', undefined]);
      assert.equal(answer.headers['cache-control'], 'no-store');
      // A machine that is held up for so long keeps the other node from answering in time, too.
      const [source, hash] = seen.get(node.port) ?? [];
      assert.equal(source, 'running');
      isInTime = hash === node.ledger.tip.hash;
    }
    await silent.stop();
    await stop();
  });
});
