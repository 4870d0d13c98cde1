/** What every `PeerNetwork` keeps. Run by the tests of each implementation. */
import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { Member } from './network-member.ts';
import type { NetworkErrorCode, PeerNetwork } from './peer-network.ts';

export const GENESIS = 'a1'.repeat(32);
const OTHER_GENESIS = 'b2'.repeat(32);
export const MESSAGE_BYTES_MAX = 2 * 1024 * 1024;

interface ContractNetworkOptions {
  readonly genesisHash?: string;
  readonly messageBytesMax?: number;
  readonly peersMax?: number;
  readonly sendQueueBytesMax?: number;
  readonly sendQueuesBytesMax?: number;
}

export interface ContractWorld {
  /** A network with an identity of its own. */
  createNetwork(options?: ContractNetworkOptions): Promise<PeerNetwork>;
  readonly addressInvalid: string;
  /** Well formed, and nobody is there. */
  readonly addressDead: string;
}

export function testPeerNetwork(name: string, createWorld: () => ContractWorld): void {
  describe(name, { timeout: 60_000 }, () => {
    let world = createWorld();
    let members: Member[] = [];

    afterEach(async () => {
      await Promise.all(members.map((member) => member.network.stop()));
      world = createWorld();
      members = [];
    });

    async function join(options?: ContractNetworkOptions): Promise<Member> {
      const member = new Member(await world.createNetwork(options));
      members.push(member);
      await member.network.start(member);
      return member;
    }

    /** Two members, of which the first has dialled the second. */
    async function joinPair(
      first?: ContractNetworkOptions,
      second?: ContractNetworkOptions,
    ): Promise<[Member, Member]> {
      const a = await join(first);
      const b = await join(second);
      assert.equal(await a.network.dial(b.address), b.id);
      await b.untilConnected();
      return [a, b];
    }

    test('either of two peers may dial, and both are told who, from where and which way', async () => {
      const [a, b] = await joinPair();
      assert.deepEqual(a.connected, [{ id: b.id, address: b.address, direction: 'outbound' }]);
      assert.deepEqual(
        b.connected.map(({ id, direction }) => ({ id, direction })),
        [{ id: a.id, direction: 'inbound' }],
      );
      a.network.disconnect(b.id, 'to try the other way');
      await Promise.all([a.untilDisconnected(), b.untilDisconnected()]);
      await b.network.dial(a.address);
      await a.untilConnected(2);
      assert.equal(b.connected[1]?.direction, 'outbound');
      assert.equal(a.connected[1]?.direction, 'inbound');
      b.sendText(a, 'hello');
      a.sendText(b, 'and hello');
      await Promise.all([a.until(() => a.messages.length === 1), b.until(() => b.messages.length === 1)]);
      assert.deepEqual([a.texts, b.texts], [['hello'], ['and hello']]);
    });

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
      let sent = 0;
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
      a.network.disconnect(b.id, 'too slow');
      assert.deepEqual(await a.untilDisconnected(), { code: 'disconnected', note: 'too slow' });
      gate.resolve();
      await b.untilDisconnected();
    });

    test('two peers that dial each other at once have one connection, and agree on it', async () => {
      for (let round = 0; round < 5; round++) {
        const a = await join();
        const b = await join();
        assert.deepEqual(await Promise.all([a.network.dial(b.address), b.network.dial(a.address)]), [b.id, a.id]);
        await Promise.all([a.untilConnected(), b.untilConnected()]);
        a.sendText(b, 'from a');
        b.sendText(a, 'from b');
        await Promise.all([a.until(() => a.messages.length === 1), b.until(() => b.messages.length === 1)]);
        assert.deepEqual([a.connected.length, b.connected.length], [1, 1]);
        assert.deepEqual([a.disconnected, b.disconnected], [[], []]);
        assert.notEqual(a.connected[0]?.direction, b.connected[0]?.direction, 'one dialled, one was dialled');
      }
    });

    test('dialling a connected peer again, from either side, changes nothing', async () => {
      const [a, b] = await joinPair();
      assert.equal(await a.network.dial(b.address), b.id);
      assert.equal(await b.network.dial(a.address), a.id);
      await Promise.all([a.network.dial(b.address), a.network.dial(b.address)]);
      b.sendText(a, 'still here');
      await a.until(() => a.messages.length === 1);
      assert.deepEqual([a.connected.length, b.connected.length], [1, 1]);
      assert.deepEqual([a.disconnected.length, b.disconnected.length], [0, 0]);
    });

    test('many nodes that dial one another all at once all connect', async () => {
      const all = await Promise.all(Array.from({ length: 6 }, () => join()));
      await Promise.all(
        all.flatMap((a) =>
          all.filter((b) => b !== a).map(async (b) => assert.equal(await a.network.dial(b.address), b.id)),
        ),
      );
      for (const member of all) {
        await member.untilConnected(5);
        assert.equal(new Set(member.connected.map(({ id }) => id)).size, 5);
        assert.equal(member.connected.length, 5);
        assert.equal(member.disconnected.length, 0);
      }
    });

    test('a node does not dial itself', async () => {
      const a = await join();
      await assert.rejects(a.network.dial(a.address), failure('dialled-self'));
      await assert.rejects(a.network.dial(a.address.replace(/\/p2p\/.*$/, '')), failure('dialled-self'));
    });

    test('an address that is none, and one where nobody is, are told apart', async () => {
      const a = await join();
      await assert.rejects(a.network.dial('nonsense'), failure('address-invalid'));
      await assert.rejects(a.network.dial(world.addressInvalid), failure('address-invalid'));
      await assert.rejects(a.network.dial(world.addressDead), failure('dial-failed'));
      assert.deepEqual([a.connected, a.disconnected], [[], []]);
    });

    test('a node of another network is refused with a message that names both', async () => {
      const a = await join();
      const b = await join({ genesisHash: OTHER_GENESIS });
      for (const [dialler, dialled] of [
        [a, b],
        [b, a],
      ] as const) {
        await assert.rejects(dialler.network.dial(dialled.address), (error) => {
          assert(failure('network-other')(error));
          assert.match(error.message, /'test'/);
          assert.match(error.message, new RegExp(GENESIS.slice(0, 12)));
          assert.match(error.message, new RegExp(OTHER_GENESIS.slice(0, 12)));
          return true;
        });
      }
      assert.deepEqual([a.connected, b.connected], [[], []]);
    });

    test('a node with all the peers it may have takes no more, and does when one has left', async () => {
      const full = await join({ peersMax: 1 });
      const a = await join();
      const b = await join();
      await a.network.dial(full.address);
      await full.untilConnected();
      await assert.rejects(b.network.dial(full.address), failure('dial-failed'));
      await assert.rejects(full.network.dial(b.address), failure('dial-failed'));
      a.network.disconnect(full.id, 'to make room');
      await full.untilDisconnected();
      await b.network.dial(full.address);
      await full.untilConnected(2);
      assert.equal(full.connected[1]?.id, b.id);
    });

    test('what is sent to nobody is dropped', async () => {
      const [a, b] = await joinPair();
      a.network.send('nobody', patternOf(10));
      a.network.disconnect('nobody', 'who');
      assert.equal(a.network.queuedBytes('nobody'), 0);
      a.sendText(b, 'fine');
      await b.until(() => b.messages.length === 1);
    });

    test('stop tells of each peer once, delivers what was sent before, and ends all dialling', async () => {
      const [a, b] = await joinPair();
      const c = await join();
      await c.network.dial(a.address);
      await a.untilConnected(2);
      a.sendText(b, 'goodbye');
      const address = a.address;
      await a.network.stop();
      assert.deepEqual(
        a.disconnected.map(({ reason }) => reason.code),
        ['network-stopped', 'network-stopped'],
      );
      assert.deepEqual(await b.untilDisconnected(), { code: 'closed' });
      assert.deepEqual(await c.untilDisconnected(), { code: 'closed' });
      assert.deepEqual(b.texts, ['goodbye']);
      assert.equal(b.disconnected.length, 1);
      await assert.rejects(a.network.dial(b.address), failure('dial-failed'));
      await assert.rejects(b.network.dial(address), failure('dial-failed'));
      await a.network.stop();
    });
  });
}

/** Bytes that show a place or an order that is wrong. */
function patternOf(sizeBytes: number): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  for (let i = 0; i < sizeBytes; i++) bytes[i] = (i * 31 + (i >> 8) + sizeBytes) & 0xff;
  return bytes;
}

function failure(code: NetworkErrorCode): (error: unknown) => error is Error {
  return (error): error is Error => {
    assert(error instanceof Error && 'code' in error, String(error));
    assert.equal(error.code, code, error.message);
    return true;
  };
}
