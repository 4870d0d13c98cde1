/** What every `PeerNetwork` keeps. Run by the tests of each implementation. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, mock, test } from 'node:test';
import { Member } from './network-member.ts';
import { testDelivery } from './peer-delivery.contract.ts';
import type { NetworkErrorCode, PeerNetwork } from './peer-network.ts';

export const GENESIS = 'a1'.repeat(32);
const OTHER_GENESIS = 'b2'.repeat(32);

export interface ContractNetworkOptions {
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
  describe(name, () => {
    let world = createWorld();
    let members: Member[] = [];

    // On a machine that is busy enough any deadline passes: there is none but where a test is about it, and for those who leave.
    beforeEach(() => void mock.method(AbortSignal, 'timeout', () => new AbortController().signal));
    afterEach(async () => {
      mock.restoreAll();
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

    testDelivery({ join, joinPair });

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
      a.network.send('nobody', new Uint8Array(10));
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

function failure(code: NetworkErrorCode): (error: unknown) => error is Error {
  return (error): error is Error => {
    assert(error instanceof Error && 'code' in error, String(error));
    assert.equal(error.code, code, error.message);
    return true;
  };
}
