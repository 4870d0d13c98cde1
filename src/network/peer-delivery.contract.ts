/** What every `PeerNetwork` keeps of messages: whole, in order, and bounded in what waits. A part of its contract. */
import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { Member } from './network-member.ts';
import type { ContractNetworkOptions } from './peer-network.contract.ts';

export const MESSAGE_BYTES_MAX = 2 * 1024 * 1024;

interface Meeting {
  join(options?: ContractNetworkOptions): Promise<Member>;
  /** Two members, of which the first has dialled the second. */
  joinPair(first?: ContractNetworkOptions, second?: ContractNetworkOptions): Promise<[Member, Member]>;
}

export function testDelivery({ join, joinPair }: Meeting): void {
  test('messages of all sizes from 0 to the limit arrive whole and in order, both ways at once', async () => {
    const [a, b] = await joinPair();
    const sizes = [0, 1, 9, 10, 11, 4_095, 4_096, 16_384, 65_537, 300_000, MESSAGE_BYTES_MAX, 0, 0, 3];
    const sent = [...sizes, ...Array.from({ length: 3_000 }, (_, i) => i % 700)].map(patternOf);
    for (const message of sent) {
      a.network.send(b.id, message);
      b.network.send(a.id, message);
    }
    for (const member of [a, b]) {
      await member.until(() => member.messages.length === sent.length);
      for (const [i, message] of sent.entries()) {
        assert(Buffer.from(message).equals(member.messages[i]?.message ?? Buffer.of()), `message ${i}`);
      }
    }
  });

  test('the next message waits until the one before is handled', async () => {
    const [a, b] = await joinPair();
    let running = 0;
    let mostAtOnce = 0;
    b.handle = async () => {
      mostAtOnce = Math.max(mostAtOnce, ++running);
      await setImmediate();
      running--;
    };
    const sent = Array.from({ length: 400 }, (_, i) => `${i} ${'x'.repeat(i * 17)}`);
    for (const text of sent) a.sendText(b, text);
    await b.until(() => b.messages.length === sent.length);
    assert.equal(mostAtOnce, 1);
    assert.deepEqual(b.texts, sent);
  });

  test('a peer that does not read takes a little and no more, and gets everything once it reads', async () => {
    const [a, b] = await joinPair();
    const gate = Promise.withResolvers<void>();
    b.handle = () => gate.promise;
    const message = patternOf(1024 * 1024);
    a.network.send(b.id, message);
    let sent = 1;
    await b.until(() => b.messages.length === 1);
    for (let turn = 0; turn < 500; turn++) {
      if (a.network.queuedBytes(b.id) < 4 * message.length) {
        a.network.send(b.id, message);
        sent++;
      }
      await setImmediate();
    }
    assert.equal(b.messages.length, 1);
    assert(sent <= 8, `${sent} MiB were sent to a peer that reads nothing`);
    b.handle = () => {};
    gate.resolve();
    await b.until(() => b.messages.length === sent);
    for (const received of b.messages) assert(Buffer.from(message).equals(received.message));
  });

  test('bytes of one peer that are held back do not hold back another', async () => {
    const [a, b] = await joinPair();
    const c = await join();
    await c.network.dial(b.address);
    await b.untilConnected(2);
    const gate = Promise.withResolvers<void>();
    b.handle = (message) => (message.length > 100 ? gate.promise : undefined);
    a.network.send(b.id, patternOf(MESSAGE_BYTES_MAX));
    a.network.send(b.id, patternOf(MESSAGE_BYTES_MAX));
    await b.until(() => b.messages.length === 1);
    c.sendText(b, 'past it');
    await b.until(() => b.texts.includes('past it'));
    gate.resolve();
  });

  test('a peer whose queue overflows is disconnected', async () => {
    const limitBytes = 4 * 1024 * 1024;
    const [a, b] = await joinPair({ sendQueueBytesMax: limitBytes });
    const gate = Promise.withResolvers<void>();
    b.handle = () => gate.promise;
    const message = patternOf(1024 * 1024);
    let told = 0;
    for (let i = 0; i < 12; i++) {
      a.network.send(b.id, message);
      told += a.disconnected.length;
    }
    assert.equal(told, 0, 'nothing is told from within send');
    assert.deepEqual(await a.untilDisconnected(), { code: 'send-queue-full', limitBytes });
    assert.equal((await b.untilDisconnected()).code, 'failed');
    assert.equal(a.network.queuedBytes(b.id), 0);
    gate.resolve();
  });

  test('of all peers that do not read, the one that is owed most is disconnected when they are owed too much', async () => {
    const limitBytes = 16 * 1024 * 1024;
    const a = await join({ sendQueuesBytesMax: limitBytes });
    const slow = await Promise.all(Array.from({ length: 6 }, () => join()));
    const gate = Promise.withResolvers<void>();
    for (const peer of slow) {
      peer.handle = () => gate.promise;
      await a.network.dial(peer.address);
    }
    const message = patternOf(512 * 1024);
    const queuedBytes = () => slow.reduce((sum, { id }) => sum + a.network.queuedBytes(id), 0);
    let mostBytes = 0;
    const [greediest] = slow;
    assert(greediest !== undefined);
    for (let round = 0; a.disconnected.length === 0; round++) {
      assert(round < 20, `${queuedBytes()} bytes wait, and nobody is hung up on`);
      for (const peer of slow) a.network.send(peer.id, message);
      a.network.send(greediest.id, message);
      mostBytes = Math.max(mostBytes, queuedBytes());
      await setImmediate();
    }
    assert.deepEqual(a.disconnected, [{ peer: greediest.id, reason: { code: 'send-queue-full', limitBytes } }]);
    assert(mostBytes <= limitBytes + 2 * 1024 * 1024, `${mostBytes} bytes waited`);
    gate.resolve();
    await greediest.untilDisconnected();
  });

  test('a peer that sends many messages at once leaves turns of the event loop to others', async () => {
    const [a, b] = await joinPair();
    const count = 200;
    let inThisTurn = 0;
    let mostInOneTurn = 0;
    b.handle = () => {
      mostInOneTurn = Math.max(mostInOneTurn, ++inThisTurn);
      const endMs = performance.now() + 1;
      while (performance.now() < endMs);
    };
    const sent = Array.from({ length: count }, (_, i) => `message ${i}`);
    for (const text of sent) a.sendText(b, text);
    for (; b.messages.length < count; inThisTurn = 0) await setImmediate();
    assert.deepEqual(b.texts, sent);
    assert(mostInOneTurn <= 25, `${mostInOneTurn} messages of a millisecond each were handled in one turn`);
  });

  test('a frame over the limit ends the connection with that fault', async () => {
    const [a, b] = await joinPair({}, { messageBytesMax: 1000 });
    a.network.send(b.id, patternOf(1000));
    a.network.send(b.id, patternOf(1001));
    a.network.send(b.id, patternOf(10));
    assert.deepEqual(await b.untilDisconnected(), {
      code: 'frame-fault',
      fault: { code: 'frame-too-large', sizeBytes: 1001, limitBytes: 1000 },
    });
    assert.equal((await a.untilDisconnected()).code, 'failed');
    assert.deepEqual(
      b.messages.map(({ message }) => message.length),
      [1000],
    );
  });

  for (const dialler of ['the dialler', 'the dialled']) {
    test(`the last message arrives before ${dialler} disconnects`, async () => {
      const pair = await joinPair();
      const [a, b] = dialler === 'the dialler' ? pair : pair.toReversed();
      assert(a !== undefined && b !== undefined);
      a.network.send(b.id, patternOf(MESSAGE_BYTES_MAX));
      a.sendText(b, 'refused, because');
      a.network.disconnect(b.id, 'refused');
      a.sendText(b, 'never sent');
      assert.equal(a.disconnected.length, 0, 'nothing is told from within disconnect');
      assert.deepEqual(await a.untilDisconnected(), { code: 'disconnected', note: 'refused' });
      assert.deepEqual(await b.untilDisconnected(), { code: 'closed' });
      assert.equal(b.messages.length, 2);
      assert.equal(b.texts[1], 'refused, because');
    });
  }

  test('the last message arrives at a peer that takes its time', async () => {
    const [a, b] = await joinPair();
    b.handle = () => setImmediate();
    for (let i = 0; i < 100; i++) a.network.send(b.id, patternOf(10_000));
    a.sendText(b, 'the last');
    a.network.disconnect(b.id, 'done');
    assert.deepEqual(await b.untilDisconnected(), { code: 'closed' });
    assert.equal(b.messages.length, 101);
    assert.equal(b.texts[100], 'the last');
  });

  test('a peer that reads nothing is cut off by disconnect all the same', async () => {
    const [a, b] = await joinPair();
    const gate = Promise.withResolvers<void>();
    b.handle = () => gate.promise;
    for (let i = 0; i < 6; i++) a.network.send(b.id, patternOf(1024 * 1024));
    await b.until(() => b.messages.length === 1);
    mock.restoreAll();
    a.network.disconnect(b.id, 'too slow');
    assert.deepEqual(await a.untilDisconnected(), { code: 'disconnected', note: 'too slow' });
    gate.resolve();
    await b.untilDisconnected();
  });
}

/** Bytes that show a place or an order that is wrong. */
function patternOf(sizeBytes: number): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  for (let i = 0; i < sizeBytes; i++) bytes[i] = (i * 31 + (i >> 8) + sizeBytes) & 0xff;
  return bytes;
}
