import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Message } from '../protocol/message.ts';
import type { Endpoint, Received } from './endpoint.ts';
import { EventQueue } from './event-queue.ts';
import { Random } from './random.ts';
import { FAIR_WEATHER, type NetworkOptions, SimulatedNetwork } from './simulated-network.ts';

/** Someone on the network who writes everything down. */
class Listener implements Endpoint {
  readonly id: string;
  readonly address: string;
  isUp = true;
  readonly log: string[] = [];

  constructor(id: string) {
    this.id = id;
    this.address = `/ip4/10.0.0.1/tcp/1/p2p/${id}`;
  }

  connected(peer: string, _address: string, direction: string): void {
    this.log.push(`${direction} ${peer}`);
  }

  heard(peer: string, received: Received): void {
    const said = received.ok ? received.value : received.fault;
    this.log.push(`${peer}: ${'nonce' in said ? said.nonce : JSON.stringify(said)}`);
  }

  gone(peer: string, reason: string): void {
    this.log.push(`${peer} gone: ${reason}`);
  }
}

function createNetwork(options: Partial<NetworkOptions> = {}) {
  const queue = new EventQueue(0);
  const random = new Random(1);
  const delay = () => random.integer(1, 100);
  const network = new SimulatedNetwork({ queue, random, delay, ...options });
  const [a, b] = [new Listener('a'), new Listener('b')];
  network.join(a);
  network.join(b);
  const connect = async () => {
    let isConnected = false;
    network.dial(a, b.address, ({ ok }) => {
      isConnected = ok;
    });
    await queue.runUntil(queue.nowMs + 10_000);
    return isConnected;
  };
  return { queue, network, a, b, connect };
}

const ping = (nonce: number): Message => ({ type: 'ping', nonce });
const pings = (from: string, count: number) => Array.from({ length: count }, (_, i) => `${from}: ${i}`);

test('over a connection everything arrives once and in order, whatever each message takes', async () => {
  const { queue, network, a, b, connect } = createNetwork();
  assert.ok(await connect());
  for (let i = 0; i < 50; i++) network.send('a', 'b', ping(i));
  network.sendMalformed('a', 'b', { code: 'message-not-json' });
  await queue.runUntil(queue.nowMs + 1_000);
  assert.deepEqual(b.log, ['inbound a', ...pings('a', 50), 'a: {"code":"message-not-json"}']);
  assert.deepEqual(a.log, ['outbound b']);
});

test('who hangs up is heard to the end, and hears nothing more itself', async () => {
  const { queue, network, a, b, connect } = createNetwork();
  await connect();
  network.send('b', 'a', ping(7));
  for (let i = 0; i < 3; i++) network.send('a', 'b', ping(i));
  network.hangUp('a', 'b');
  assert.equal(network.isLinked('a', 'b'), false);
  network.send('a', 'b', ping(9));
  await queue.runUntil(queue.nowMs + 1_000);
  assert.deepEqual(a.log, ['outbound b', 'b gone: closed']);
  assert.deepEqual(b.log, ['inbound a', ...pings('a', 3), 'a gone: closed']);
  assert.ok(await connect(), 'there is room for another');
});

test('what breaks loses all that is on its way, and both are told at once', async () => {
  const { queue, network, a, b, connect } = createNetwork();
  await connect();
  network.send('a', 'b', ping(1));
  network.breakLink('a', 'b');
  assert.deepEqual([a.log.at(-1), b.log.at(-1)], ['b gone: failed', 'a gone: failed']);
  await queue.runUntil(queue.nowMs + 1_000);
  assert.equal(b.log.length, 2);
});

test('of one that has vanished the other is told, and until then it cannot come back', async () => {
  const { queue, network, a, b, connect } = createNetwork();
  await connect();
  network.vanish('a');
  const answers: boolean[] = [];
  network.dial(b, a.address, ({ ok }) => answers.push(ok));
  await queue.runUntil(queue.nowMs + 1_000);
  assert.equal(b.log.at(-1), 'a gone: failed');
  assert.equal(a.log.length, 1, 'who has vanished hears nothing');
  assert.ok(await connect());
});

test('a silent cut swallows what is sent one way, and gives it back in order when it heals', async () => {
  const { queue, network, a, b, connect } = createNetwork();
  await connect();
  network.cuts.silence('a', 'b');
  for (let i = 0; i < 10; i++) network.send('a', 'b', ping(i));
  network.send('b', 'a', ping(99));
  await queue.runUntil(queue.nowMs + 1_000);
  assert.deepEqual(b.log, ['inbound a']);
  assert.deepEqual(a.log, ['outbound b', 'b: 99']);
  network.cuts.unsilence('a', 'b');
  network.release();
  for (let i = 10; i < 20; i++) network.send('a', 'b', ping(i));
  await queue.runUntil(queue.nowMs + 1_000);
  assert.deepEqual(b.log, ['inbound a', ...pings('a', 20)]);
});

test('nobody is dialled over a cut, nor who is down or unknown', async () => {
  const { network, b, connect } = createNetwork();
  network.cuts.cut('b', 'a');
  assert.equal(await connect(), false);
  network.cuts.heal('b', 'a');
  network.cuts.silence('a', 'b');
  assert.equal(await connect(), false);
  network.cuts.healAll();
  b.isUp = false;
  assert.equal(await connect(), false);
  b.isUp = true;
  assert.equal(await connect(), true);
});

test('cuts that lie over each other heal one by one', async () => {
  const { network, connect } = createNetwork();
  network.cuts.cut('a', 'b');
  network.cuts.cut('a', 'b');
  network.cuts.heal('a', 'b');
  assert.equal(await connect(), false);
  network.cuts.heal('a', 'b');
  assert.equal(await connect(), true);
});

test('only weather that says so loses, doubles or mixes up messages, and never the first', async () => {
  const { queue, network, b, connect } = createNetwork();
  await connect();
  network.weather = { ...FAIR_WEATHER, loss: 0.3, duplication: 0.3, reordering: 0.3 };
  assert.equal(network.isFaithful, false);
  for (let i = 0; i < 500; i++) network.send('a', 'b', ping(i));
  await queue.runUntil(queue.nowMs + 10_000);
  const heard = b.log.slice(1).map((line) => Number(line.slice(3)));
  const distinct = new Set(heard).size;
  assert.equal(heard[0], 0);
  assert.ok(distinct > 300 && distinct < 400, `${distinct} of 500 arrived`);
  assert.ok(heard.length > distinct + 50, `${heard.length - distinct} came twice`);
  assert.ok(
    heard.some((nonce, i) => nonce < (heard[i - 1] ?? 0)),
    'some overtook others',
  );
});

test('where packets are sent again messages are late, and none is lost', async () => {
  const late = async (retransmission: number) => {
    const { queue, network, b, connect } = createNetwork({ delay: () => 10 });
    await connect();
    network.weather = { ...FAIR_WEATHER, retransmission };
    for (let i = 0; i < 100; i++) network.send('a', 'b', ping(i));
    const startMs = queue.nowMs;
    await queue.runUntil(startMs + 100_000, () => b.log.length === 101);
    assert.deepEqual(b.log.slice(1), pings('a', 100));
    return queue.nowMs - startMs;
  };
  assert.equal(await late(0), 10);
  assert.ok((await late(0.3)) >= 600);
});

test('what an endpoint sends takes the time that its line takes for so many bytes', async () => {
  const sent: number[] = [];
  const { queue, network, b, connect } = createNetwork({
    delay: () => 5,
    carry: () => ({ sizeBytes: 950, open: () => ({ ok: true, value: ping(0) }) }),
    uploadBytesPerMs: () => 10,
    onSent: (_from, _to, _message, sizeBytes) => sent.push(sizeBytes),
  });
  await connect();
  const startMs = queue.nowMs;
  for (let i = 0; i < 10; i++) network.send('a', 'b', ping(i));
  await queue.runUntil(startMs + 100_000, () => b.log.length === 11);
  assert.equal(queue.nowMs - startMs, 10 * 100 + 5);
  assert.deepEqual(sent, new Array(10).fill(950));
});
