/** Streams of records over real sockets: the probe socket, server-sent events and WebSockets, with consumers who are killed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import type { Follow, StreamEvent } from '../src/api/follow-shapes.ts';
import { jsonValue } from '../src/core/json-text.ts';
import { Consumer, type FollowedChain } from '../src/node/followed-chain.fixture.ts';
import { connectProbe } from '../src/probe/probe-client.ts';
import { type FollowedNode, startFollowedNode } from './support/followed-node.ts';
import { Random } from './support/random.ts';

type Stream = (node: FollowedNode, after: string) => AsyncGenerator<StreamEvent, void, undefined>;

/** Each ends its connection when it is left. */
const STREAMS: Readonly<Record<string, Stream>> = {
  'the probe socket': async function* ({ port }, after) {
    const client = await connectProbe({ host: '127.0.0.1', port });
    try {
      let isCaughtUp = false;
      for (let cursor = after; ; ) {
        const params = jsonValue({ after: cursor, limit: 7, wait_s: isCaughtUp ? 60 : 0 });
        const page: Follow = JSON.parse(await client.call('follow', params, { timeoutMs: 90_000 }));
        yield* page.events;
        const { tip, caught_up } = page;
        cursor = page.cursor;
        isCaughtUp = caught_up;
        yield { type: 'position', cursor, tip, caught_up };
      }
    } finally {
      client.close();
    }
  },

  'server-sent events': async function* ({ address }, after) {
    const left = new AbortController();
    const response = await fetch(`http://${address}stream?after=${after}`, { signal: left.signal });
    assert.ok(response.ok && response.body !== null, await (response.ok ? '' : response.text()));
    try {
      const events = response.body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
      for await (const { id, event, data } of events) {
        const told: StreamEvent = JSON.parse(data);
        assert.deepEqual([id, event], [told.cursor, told.type]);
        yield told;
      }
    } finally {
      left.abort();
    }
  },

  'a WebSocket': async function* ({ address }, after) {
    const socket = new WebSocket(`ws://${address}socket?after=${after}`);
    const messages: string[] = [];
    let arrived = Promise.withResolvers<void>();
    socket.addEventListener('message', ({ data }) => {
      messages.push(String(data));
      arrived.resolve();
    });
    socket.addEventListener('close', ({ code, reason }) => arrived.reject(new Error(`closed: ${code} ${reason}`)));
    try {
      for (;;) {
        await arrived.promise;
        arrived = Promise.withResolvers();
        for (let message = messages.shift(); message !== undefined; message = messages.shift()) {
          yield JSON.parse(message);
        }
      }
    } finally {
      arrived.promise.catch(() => undefined);
      socket.close();
    }
  },
};

for (const [name, open] of Object.entries(STREAMS)) {
  test(`a consumer over ${name} who is killed and started again comes to have what the chain has`, async (t) => {
    const node = await startFollowedNode(t);
    const { chain } = node;
    const random = new Random(`streams ${name}`);
    const consumer = new Consumer();
    let removed = 0;
    for (let life = 0; life < 25; life++) {
      await change(chain, random);
      let events = random.integer(1, 12);
      for await (const event of open(node, consumer.cursor)) {
        if (event.type === 'position') {
          if (event.caught_up) break;
          continue;
        }
        consumer.take(event);
        if (event.type === 'removed') removed++;
        if (random.chance(0.1)) await change(chain, random);
        events--;
        if (events === 0) break;
      }
    }
    for await (const event of open(node, consumer.cursor)) {
      if (event.type !== 'position') consumer.take(event);
      else if (event.caught_up && event.tip.hash === chain.machine.tip.hash) break;
    }
    assert.deepEqual(consumer.records, chain.records);
    assert.ok(removed > 5, `only ${removed} records were removed`);
  });

  test(`a consumer over ${name} hears of blocks as they come, and of those that leave`, async (t) => {
    const node = await startFollowedNode(t);
    const { chain } = node;
    const consumer = new Consumer();
    let rounds = 0;
    for await (const event of open(node, 'start')) {
      if (event.type !== 'position') consumer.take(event);
      else if (event.caught_up && event.tip.hash === chain.machine.tip.hash) {
        assert.deepEqual(consumer.records, chain.records);
        rounds++;
        if (rounds === 12) break;
        if (rounds % 4 === 0) await chain.reorganise(2);
        else await chain.grow(1, () => 2);
      }
    }
    assert.equal(rounds, 12);
  });

  test(`a consumer over ${name} who was away for a thousand blocks and two reorganisations misses nothing`, async (t) => {
    const node = await startFollowedNode(t);
    const { chain } = node;
    await chain.grow(10, () => 3);
    const consumer = new Consumer();
    for await (const event of open(node, 'start')) {
      if (event.type !== 'position') consumer.take(event);
      if (consumer.records.length === 29) break;
    }
    await chain.reorganise(6);
    await chain.grow(1_000);
    await chain.reorganise(300);
    for await (const event of open(node, consumer.cursor)) {
      if (event.type !== 'position') consumer.take(event);
      else if (event.caught_up) break;
    }
    assert.deepEqual(consumer.records, chain.records);
    assert.ok(chain.machine.tip.header.height > 1_000);
  });
}

test('a consumer who reads slowly is never far behind what was asked of the node, and gets everything', async (t) => {
  const node = await startFollowedNode(t);
  const { chain, pages } = node;
  for (let i = 0; i < 28; i++) {
    await chain.growWith(...Array.from({ length: 16 }, (_, n) => `"${i} ${n} ${'x'.repeat(60_000)}"`));
  }
  const consumer = new Consumer();
  let lead = 0;
  for await (const event of STREAMS['server-sent events']?.(node, 'start') ?? []) {
    if (event.type === 'position') break;
    consumer.take(event);
    for (let turn = 0; turn < 20; turn++) await setImmediate();
    lead = Math.max(lead, pages.count - consumer.records.length / EVENTS_IN_PAGE);
  }
  assert.deepEqual(consumer.records, chain.records);
  assert.ok(pages.count > 20, `he got it in ${pages.count} pages`);
  assert.ok(lead < 16, `the node was asked for ${lead} pages that he had not taken`);
});

async function change(chain: FollowedChain, random: Random): Promise<void> {
  if (random.chance(0.5)) return chain.grow(random.integer(1, 4));
  return random.chance(0.7) ? chain.reorganise(random.integer(1, 4)) : chain.goOnFrom(random.integer(0, 50));
}

/** Of 60,000 characters each. */
const EVENTS_IN_PAGE = 18;
