import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { startGateway } from './canned-node.fixture.ts';
import { Reader, type Told } from './event-reader.fixture.ts';

function hashesOf(told: readonly Told[]): string[] {
  return told.map(({ event, data }) => `${event} ${JSON.parse(data ?? '').hash}`);
}

describe('an event stream', () => {
  let world: Awaited<ReturnType<typeof startGateway>>;
  before(async () => {
    world = await startGateway({ limits: { heartbeatMs: 30, eventStreamsMax: 2 } });
    await world.gateway.listen();
  });
  after(() => world.stop());

  const open = (query = '', headers: Record<string, string> = {}) =>
    Reader.open(`http://127.0.0.1:${world.gateway.port}/api/v1/nodes/${world.node.port}/events${query}`, headers);

  it('begins with where it stands, and tells what happens', async () => {
    const { ledger } = world.node;
    const reader = await open();
    assert.equal(reader.response.headers.get('content-type'), 'text/event-stream');
    assert.equal((await reader.next())?.id, `${ledger.tip.height}-${ledger.tip.hash}-0`);
    const block = ledger.add('1');
    ledger.tell({ type: 'entry-pending', id: 'e'.repeat(64) });
    const [added, pending] = await reader.take(2);
    assert.equal(added?.id, `${block.height}-${block.hash}-0`);
    assert.equal(added?.event, 'block-added');
    assert.equal(JSON.parse(added?.data ?? '').prev_hash, block.previous);
    assert.deepEqual(pending, {
      event: 'entry-pending',
      data: JSON.stringify({ type: 'entry-pending', id: 'e'.repeat(64) }),
    });
    reader.close();
    await ledger.whenSubscribers(0);
  });

  it('resumes after a reorganisation: first what was removed, highest first, then what stands now', async () => {
    const { ledger } = world.node;
    const [a, b] = [ledger.add('"a"'), ledger.add('"b"')];
    const cursor = `${b.height}-${b.hash}-0`;
    ledger.remove(2);
    const [c, d, e] = [ledger.add('"c"'), ledger.add('"d"'), ledger.add('"e"')];
    const expected = [
      `block-removed ${b.hash}`,
      `block-removed ${a.hash}`,
      `block-added ${c.hash}`,
      `block-added ${d.hash}`,
      `block-added ${e.hash}`,
    ];
    const tip = `?after=${e.height}-${e.hash}-0`;
    const [byQuery, byHeader] = [await open(`?after=${cursor}`), await open(tip, { 'last-event-id': cursor })];
    assert.deepEqual(hashesOf(await byQuery.take(5)), expected);
    const told = await byHeader.take(5);
    assert.deepEqual(hashesOf(told), expected);
    byQuery.close();
    byHeader.close();
    await ledger.whenSubscribers(0);

    // Interrupted between the two removals, the rest follows and nothing twice.
    const resumed = await open('', { 'last-event-id': told[0]?.id ?? '' });
    assert.deepEqual(hashesOf(await resumed.take(4)), expected.slice(1));
    resumed.close();
    await ledger.whenSubscribers(0);
  });

  it('tells a reorganisation as it happens', async () => {
    const { ledger } = world.node;
    const old = ledger.add('"old"');
    const reader = await open();
    await reader.next();
    ledger.remove(1);
    const fresh = ledger.add('"new"');
    assert.deepEqual(hashesOf(await reader.take(2)), [`block-removed ${old.hash}`, `block-added ${fresh.hash}`]);
    reader.close();
    await ledger.whenSubscribers(0);
  });

  it('says that it lives while nothing happens', async () => {
    const reader = await open();
    await reader.next();
    assert.deepEqual(await reader.next(), { comment: 'nothing has happened' });
    reader.close();
    await world.node.ledger.whenSubscribers(0);
  });

  it('refuses the cursor of a block that the node does not know', async () => {
    const refused = await open(`?after=5-${'f'.repeat(64)}-0`);
    assert.equal(refused.response.status, 410);
    assert.equal(await refused.problemCode(), 'cursor-stale');
    await world.node.ledger.whenSubscribers(0);
  });

  it('is one of a bounded number', async () => {
    const readers = [await open(), await open()];
    const refused = await open();
    assert.equal(refused.response.status, 503);
    assert.equal(await refused.problemCode(), 'gateway-full');
    for (const reader of readers) reader.close();
    await world.node.ledger.whenSubscribers(0);
    const welcome = await open();
    assert.equal(welcome.response.status, 200);
    welcome.close();
    await world.node.ledger.whenSubscribers(0);
  });

  it('of a reader that takes nothing is held up, until the node lets go of it', async () => {
    const { ledger } = world.node;
    const reader = await open();
    await ledger.whenSubscribers(1);
    const event = { type: 'peer-left', id: 'x', reason: 'y'.repeat(100_000) } as const;
    let told = 1;
    while (ledger.tell(event) && told < 1_000) {
      told++;
      await setImmediate();
    }
    assert.ok(told < 1_000, 'the gateway took everything');
    reader.close();
    await ledger.whenSubscribers(0);
  });
});

describe('the end of an event stream', () => {
  it('comes when the gateway stops', async () => {
    const { gateway, node, stop } = await startGateway();
    await gateway.listen();
    const reader = await Reader.open(`http://127.0.0.1:${gateway.port}/api/v1/nodes/${node.port}/events`);
    await reader.next();
    await stop();
    assert.equal(await reader.next().catch(() => undefined), undefined);
  });

  it("comes for a reader who takes nothing for too long: his place is somebody else's", async () => {
    const { gateway, node, stop } = await startGateway({ limits: { streamStallMs: 100, eventStreamsMax: 1 } });
    await gateway.listen();
    const url = `http://127.0.0.1:${gateway.port}/api/v1/nodes/${node.port}/events`;
    const stuck = await Reader.open(url);
    await node.ledger.whenSubscribers(1);
    const event = { type: 'peer-left', id: 'x', reason: 'y'.repeat(100_000) } as const;
    while (node.ledger.tell(event)) await setImmediate();
    let other = await Reader.open(url);
    while (other.response.status === 503) {
      await other.problemCode();
      other = await Reader.open(url);
    }
    assert.equal(other.response.status, 200);
    stuck.close();
    other.close();
    await stop();
  });

  it('comes when the node stops', async () => {
    const { gateway, node, stop } = await startGateway();
    await gateway.listen();
    const reader = await Reader.open(`http://127.0.0.1:${gateway.port}/api/v1/nodes/${node.port}/events`);
    await reader.next();
    await node.stop();
    assert.match((await reader.next())?.comment ?? '', /^ended, node-(closed|unknown)$/);
    assert.equal(await reader.next(), undefined);
    await stop();
  });
});
