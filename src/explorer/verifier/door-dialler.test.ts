import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NetworkError, type PeerNetwork } from '../../network/peer-network.ts';
import { DoorDialler } from './door-dialler.ts';

const LATER_MS = 1e9;

/** A dialler over a network whose dials the test answers, by port. */
function create() {
  const dials: { port: number; answer: PromiseWithResolvers<string> }[] = [];
  let changed = Promise.withResolvers<void>();
  const network: PeerNetwork = {
    localPeer: 'page',
    start: async () => {},
    addresses: () => [],
    dial: (address) => {
      const answer = Promise.withResolvers<string>();
      dials.push({ port: Number(/\d+$/.exec(address)?.[0]), answer });
      return answer.promise;
    },
    send: () => {},
    queuedBytes: () => 0,
    disconnect: () => {},
    stop: async () => {},
  };
  const dialler = new DoorDialler({
    origin: 'http://localhost:8080',
    network,
    changed: () => {
      changed.resolve();
      changed = Promise.withResolvers();
    },
  });
  const last = () => dials.at(-1) ?? assert.fail('nobody was dialled');
  return {
    dialler,
    dials,
    states: () => dialler.doors.map(({ state }) => state),
    /** Ends the last dial, with who is there or with why nobody is. */
    async answer(outcome: string | NetworkError): Promise<void> {
      const settled = changed.promise;
      if (typeof outcome === 'string') last().answer.resolve(outcome);
      else last().answer.reject(outcome);
      await settled;
    },
  };
}

const here = (...ports: readonly number[]) => ports.map((port) => ({ port, isAnswering: true }));
const failed = () => new NetworkError('dial-failed', 'no connection');

test('each node is dialled, and the peer behind it is known', async () => {
  const { dialler, dials, states, answer } = create();
  dialler.setNodes(here(5002, 5001));
  dialler.proceed(0);
  assert.deepEqual(states(), ['dialling', 'dialling']);
  dialler.proceed(LATER_MS);
  assert.equal(dials.length, 2, 'nobody is dialled twice');
  await answer('peer');
  assert.equal(dialler.portOf('peer'), dials[1]?.port);
});

test('who cannot be reached is dialled again when the gateway still has it, and later each time', async (t) => {
  const { dialler, dials, states, answer } = create();
  let nowMs = 500;
  t.mock.method(performance, 'now', () => nowMs);
  for (const pauseMs of [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]) {
    dialler.setNodes(here(5001));
    dialler.proceed(LATER_MS);
    nowMs += 7_000;
    await answer(failed());
    const [door] = dialler.doors;
    assert.equal(door?.nextMs, nowMs + pauseMs, `${pauseMs} ms from when it failed`);
    assert.equal(door.trouble?.code, 'dial-failed');
    dialler.proceed(LATER_MS);
    assert.deepEqual(states(), ['closed'], 'not before the gateway names it again');
  }
  assert.equal(dials.length, 8);
});

test('a node that does not answer the gateway is not dialled', () => {
  const { dialler, dials } = create();
  dialler.setNodes([{ port: 5001, isAnswering: false }]);
  dialler.proceed(LATER_MS);
  assert.equal(dials.length, 0);
});

test('two ports that lead to one node are one peer', async () => {
  const { dialler, answer } = create();
  dialler.setNodes(here(5001));
  dialler.proceed(0);
  await answer('peer');
  dialler.setNodes(here(5001, 5002));
  dialler.proceed(0);
  await answer('peer');
  assert.deepEqual(
    dialler.doors.map(({ state, trouble }) => [state, trouble?.code]),
    [
      ['open', undefined],
      ['closed', 'peer-not-distinct'],
    ],
  );
});

test('who has lied is not dialled again', async () => {
  const { dialler, dials, answer } = create();
  dialler.setNodes(here(5001));
  dialler.proceed(0);
  await answer('liar');
  dialler.shun('liar');
  dialler.disconnected('liar', performance.now());
  dialler.setNodes(here(5001));
  dialler.proceed(LATER_MS);
  assert.equal(dials.length, 1);
});

test('a node that has gone is forgotten', () => {
  const { dialler } = create();
  dialler.setNodes(here(5001, 5002));
  dialler.setNodes(here(5002));
  assert.deepEqual(
    dialler.doors.map(({ port }) => port),
    [5002],
  );
});
