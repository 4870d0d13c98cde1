import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { pino } from 'pino';
import { bodyOf, buildChain, TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { DirectMiner } from '../../test/support/direct-miner.ts';
import { readRun } from '../../test/support/header-bytes.ts';
import { atEnd } from '../../test/support/lifetime.ts';
import { MemoryPeer, memoryNetworkOptions } from '../../test/support/memory-peer.ts';
import { signedEntry, signerOf } from '../../test/support/signers.ts';
import { ALL_PENDING, entriesOf, growth } from '../../test/support/store-change.ts';
import { overlay } from '../../test/support/store-overlay.ts';
import { makeHome, TestNode } from '../../test/support/test-node.ts';
import { hashBytes } from '../core/hash.ts';
import { hashLeaf } from '../core/merkle.ts';
import { genesisPoint } from '../core/validation.ts';
import type { KernelChoice, MiningEvent } from '../mining/miner.ts';
import { MemoryNetworkHub } from '../network/memory-network.ts';
import type { PeerNetwork } from '../network/peer-network.ts';
import { ProbeError, RpcCallError } from '../probe/probe-client.ts';
import { listRunning } from '../probe/running-nodes.ts';
import { FullNode } from '../protocol/full-node.ts';
import { STORE_FULL_RETRY_MS } from '../protocol/limits.ts';
import { encodeMessage, joinEntries, type Message } from '../protocol/message.ts';
import type { ChainStore } from '../storage/chain-store.ts';
import { createMemoryStore } from '../storage/memory-store.ts';
import { blockDamaged, StoreError } from '../storage/store-error.ts';
import { readClocks } from './clocks.ts';
import { type Question, Runtime } from './runtime.ts';

interface World {
  readonly runtime: Runtime;
  readonly machine: FullNode;
  readonly network: PeerNetwork;
  readonly hub: MemoryNetworkHub;
  readonly failures: Error[];
}

/** A node without libp2p, SQLite and workers: all else is as in a node. */
async function startWorld(t: TestContext, change: (store: ChainStore) => Partial<ChainStore>): Promise<World> {
  const memory = createMemoryStore(TEST_PARAMS);
  await memory.commit(growth(buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 3, () => bodyOf('"old"'))));
  const store = overlay(memory, change(memory));
  const hub = new MemoryNetworkHub();
  const network = hub.createNetwork('node', memoryNetworkOptions(TEST_PARAMS));
  const machine = new FullNode({
    params: TEST_PARAMS,
    state: await store.load({ windowLength: 100, milestoneInterval: 10, pending: ALL_PENDING }),
    localPeer: network.localPeer,
    agent: 'test',
    addresses: [],
    miningMode: 'demand',
  });
  const failures: Error[] = [];
  const runtime: Runtime = new Runtime({
    machine,
    store,
    network,
    miner: new DirectMiner((event) => runtime.mined(event)),
    logger: pino({ level: 'silent' }),
    onFailure: (error) => failures.push(error),
  });
  await network.start(runtime.networkHandlers);
  atEnd(t, async () => {
    await runtime.stop();
    await network.stop();
  });
  return { runtime, machine, network, hub, failures };
}

const submission = (...entries: readonly string[]): Question => ({
  type: 'entries-submitted',
  entries: entriesOf(bodyOf(...entries)),
});
const request = (...entries: readonly string[]): Question => ({ type: 'mine-requested', body: bodyOf(...entries) });

/** A peer that has exchanged greetings with the node. */
async function greetedPeer(t: TestContext, { hub, network, runtime }: World): Promise<MemoryPeer> {
  const joined = Promise.withResolvers<void>();
  const stopListening = runtime.listen(({ type }) => type === 'peer-joined' && joined.resolve());
  const peer = await MemoryPeer.start(t, { hub, params: TEST_PARAMS, id: 'peer' });
  await peer.dial(network);
  peer.greet(network, TEST_PARAMS);
  await joined.promise;
  stopListening();
  return peer;
}

const isNews = ({ type }: Message) => type === 'headers' || type === 'inventory';

for (const [what, question, news] of [
  ['entries', submission('"a"', '"b"'), 'inventory'],
  ['a mined block', request('"c"'), 'headers'],
] as const) {
  test(`${what}: neither the user, nor whoever listens, nor a peer hears of it before it is durable`, async (t) => {
    const log: string[] = [];
    const world = await startWorld(t, (store) => ({
      commit: async (change) => {
        log.push('commit');
        for (let turns = 0; turns < 20; turns++) await nextTurn();
        const committed = await store.commit(change);
        log.push('durable');
        return committed;
      },
    }));
    const peer = await greetedPeer(t, world);
    peer.onMessage = (message) => isNews(message) && log.push(message.type);
    world.runtime.listen(({ type }) => log.push(type));
    const answer = await world.runtime.ask(question);
    log.push(answer.type);
    // Entries are announced when the machine next hears of time.
    world.runtime.start();
    await peer.readUntil((messages) => messages.some(({ type }) => type === news));
    assert.deepEqual(log.slice(0, 2), ['commit', 'durable']);
    assert.equal(log.filter((line) => line === 'durable').length, 1);
    assert.ok(log.includes(answer.type) && log.includes(news), log.join(', '));
  });
}

test('a commit that fails answers nobody, tells nobody, and is told to the owner once', async (t) => {
  const failure = new StoreError('store-io', 'the disk is gone');
  const told: string[] = [];
  const world = await startWorld(t, () => ({
    commit: async () => {
      for (let turns = 0; turns < 20; turns++) await nextTurn();
      throw failure;
    },
  }));
  const { runtime, machine, failures } = world;
  const peer = await greetedPeer(t, world);
  peer.onMessage = (message) => isNews(message) && told.push(message.type);
  runtime.listen(({ type }) => told.push(type));
  const tip = machine.tip.hash;
  const questions = [runtime.ask(submission('"a"')), runtime.ask(request('"b"')), runtime.ask(submission('"c"'))];
  const outcomes = await Promise.allSettled(questions);
  for (const outcome of outcomes) {
    assert.ok(outcome.status === 'rejected');
    assert.equal(outcome.reason.cause, failure);
  }
  assert.deepEqual(failures, [failure]);
  assert.equal(machine.tip.hash, tip);
  await assert.rejects(runtime.ask(submission('"d"')), /given up/);
  await runtime.stop();
  for (let turns = 0; turns < 20; turns++) await nextTurn();
  assert.deepEqual([told, failures], [[], [failure]]);
});

test('a full disk fails no node: what there is no room for is refused, and what is stored is served', async (t) => {
  let isFull = true;
  const world = await startWorld(t, (store) => ({
    commit: async (change) => {
      await nextTurn();
      if (isFull) throw new StoreError('store-full', 'no room is left');
      return store.commit(change);
    },
  }));
  const { runtime, machine, failures } = world;
  const refused = { type: 'refused', fault: { code: 'store-full' } };
  assert.deepEqual(await runtime.ask(submission('"a"')), refused);
  assert.deepEqual(await runtime.ask(request('"b"')), refused);
  const peer = await greetedPeer(t, world);
  peer.send(world.network, { type: 'get-blocks', hashes: [machine.tip.hash] });
  await peer.readUntil((messages) => messages.some(({ type }) => type === 'block'));
  assert.notEqual(machine.fullSinceMs, undefined);
  isFull = false;
  t.mock.timers.enable({ apis: ['setInterval'] });
  const { steadyMs } = readClocks();
  t.mock.method(performance, 'now', () => steadyMs - performance.timeOrigin + STORE_FULL_RETRY_MS);
  runtime.start();
  while (machine.fullSinceMs !== undefined) await nextTurn();
  assert.equal((await runtime.ask(request('"c"'))).type, 'block-mined');
  assert.deepEqual(failures, []);
});

test('what fails without being an Error is told as one', async (t) => {
  const { runtime, failures } = await startWorld(t, () => ({ commit: () => Promise.reject('no words') }));
  await assert.rejects(runtime.ask(submission('"a"')));
  assert.deepEqual(failures, [new Error('no words')]);
});

test('a stop waits for the commit that is on its way, and gives up what is not answered by then', async (t) => {
  const mayCommit = Promise.withResolvers<void>();
  const log: string[] = [];
  const { runtime, failures } = await startWorld(t, (store) => ({
    commit: async (change) => {
      await mayCommit.promise;
      const committed = await store.commit(change);
      log.push('durable');
      return committed;
    },
  }));
  const asked = assert.rejects(runtime.ask(submission('"a"')), /given up/);
  const stopped = runtime.stop().then(() => log.push('stopped'));
  await nextTurn();
  mayCommit.resolve();
  await Promise.all([asked, stopped]);
  assert.deepEqual([log, failures], [['durable', 'stopped'], []]);
});

test('a question that its asker gives up is not mined, and the next one is', async (t) => {
  const { runtime, machine } = await startWorld(t, () => ({}));
  const asker = new AbortController();
  const reason = new Error('gone');
  const given = assert.rejects(runtime.ask(request('"given up"'), asker.signal), { cause: reason });
  const next = runtime.ask(request('"next"'));
  asker.abort(reason);
  await given;
  assert.equal((await next).type, 'block-mined');
  assert.equal(machine.tip.header.height, 4);
  await assert.rejects(runtime.ask(request('"late"'), AbortSignal.abort()));
  assert.equal(machine.mining.queuedCount, 0);
});

test('a peer is answered from the store, and a disk that fails meanwhile stops the node', async (t) => {
  const failure = new StoreError('store-io', 'the disk is gone');
  let isBroken = false;
  const world = await startWorld(t, (store) => ({
    headersAfter: async (locator, max) => {
      if (isBroken) throw failure;
      return store.headersAfter(locator, max);
    },
  }));
  const peer = await greetedPeer(t, world);
  peer.send(world.network, { type: 'get-headers', locator: [hashBytes(Buffer.from('unknown'))] });
  await peer.readUntil((messages) => messages.some(({ type }) => type === 'headers'));
  const headers = peer.messages.find(({ type }) => type === 'headers');
  assert.ok(headers?.type === 'headers');
  assert.deepEqual(
    readRun(headers.headers).map(({ header }) => header.height),
    [1, 2, 3],
  );
  isBroken = true;
  peer.send(world.network, { type: 'get-headers', locator: [] });
  while (world.failures.length === 0) await nextTurn();
  assert.deepEqual(world.failures, [failure]);
});

test('a block that is damaged on disk stops nothing', async (t) => {
  const { failures, ...world } = await startWorld(t, () => ({
    bodies: ([hash]) => Promise.reject(blockDamaged({ hash, height: 2 }, 'a test')),
  }));
  const peer = await greetedPeer(t, { failures, ...world });
  peer.send(world.network, { type: 'get-blocks', hashes: [world.machine.tip.hash] });
  await peer.readUntil((messages) => messages.some(({ type }) => type === 'not-found'));
  assert.deepEqual(failures, []);
  assert.equal((await world.runtime.ask(request('"goes on"'))).type, 'block-mined');
});

for (const [what, error] of [
  ['is damaged', blockDamaged({ hash: hashBytes(new Uint8Array(1)), height: 1 }, 'for a test')],
  ['cannot be written, as the disk is full', new StoreError('store-full', 'there is no room')],
] as const) {
  test(`where the index that says what is recorded ${what}, it is not guessed at, and the node goes on`, async (t) => {
    let failing = true;
    const { runtime, failures } = await startWorld(t, (store) => ({
      firstPlaces: async (ids) => {
        if (failing) throw error;
        return store.firstPlaces(ids);
      },
    }));
    const once = { ...submission('"old"', '"new"'), once: true };
    const refused = await runtime.ask(once);
    assert.deepEqual(refused, { type: 'refused', fault: { code: 'entry-index-busy', indexedTo: -1, height: 3 } });
    failing = false;
    const answer = await runtime.ask(once);
    assert.ok(answer.type === 'entries-pending');
    assert.deepEqual(
      answer.entries.map(({ status }) => status),
      ['in-block', 'pending'],
    );
    assert.deepEqual(failures, []);
  });
}

test('what was looked up behind a commit is told behind it, however soon the store has it', async (t) => {
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const lookedUp = Promise.withResolvers<void>();
  const commits = gates.values();
  const { runtime, failures } = await startWorld(t, (store) => ({
    commit: async (change) => {
      const committed = await store.commit(change);
      await commits.next().value?.promise;
      return committed;
    },
    firstPlaces: (ids) => store.firstPlaces(ids).finally(lookedUp.resolve),
  }));
  const once = { ...submission('"old"', '"third"'), once: true };
  const answers = [
    runtime.ask(submission('"first"')),
    // These come while the first is stored: the next commit, and the question that goes with it.
    runtime.ask(submission('"second"')),
    runtime.ask(once),
  ];
  gates[0]?.resolve();
  await lookedUp.promise;
  await nextTurn();
  gates[1]?.resolve();
  const said = (await Promise.all(answers)).map((answer) => {
    assert.ok(answer.type === 'entries-pending');
    return answer.entries.map(({ status }) => status);
  });
  assert.deepEqual(said, [['pending'], ['pending'], ['in-block', 'pending']]);
  assert.deepEqual(failures, []);
});

test('the rate is what the trial promised until enough was searched, and hashes are counted over all miners', async (t) => {
  const { runtime } = await startWorld(t, () => ({}));
  assert.equal(runtime.hashesPerSecond, undefined);
  const trials = [{ kernel: 'wasm-simd', outcome: 'passed', hashesPerSecond: 1_000_000 }] as const;
  const choice: KernelChoice = { kernel: 'wasm-simd', pid: 1, threads: 2, dutyCycle: 0.5, trials };
  const progress = (hashesTotal: number): MiningEvent => {
    return { type: 'progress', jobId: 1, hashes: 1, hashesTotal, hashesPerSecond: 700_000 };
  };
  runtime.mined({ type: 'kernel-chosen', choice });
  assert.equal(runtime.hashesPerSecond, 1_000_000);
  runtime.mined(progress(249_999));
  assert.equal(runtime.hashesPerSecond, 1_000_000);
  runtime.mined(progress(250_000));
  assert.equal(runtime.hashesPerSecond, 700_000);
  runtime.mined({ type: 'kernel-chosen', choice });
  runtime.mined(progress(30));
  assert.equal(runtime.hashesTried, 250_030);
});

test('a node whose disk refuses a write stops in order, and nothing that was not durable was acknowledged', async (t) => {
  const home = await makeHome(t);
  const before = await TestNode.start(t, { home });
  await before.mine('"kept"');
  await before.call('append', { entries: ['waits'] });
  const { tip } = await before.status();
  await before.stop();
  const database = new DatabaseSync(join(home.root, 'node', 'chain.sqlite'));
  database.exec(`CREATE TRIGGER refuse BEFORE INSERT ON pending BEGIN SELECT RAISE(ABORT, 'refused by a test'); END`);
  database.close();

  const failing = await TestNode.start(t, { home });
  const stopped = assert.rejects(failing.node.stopped, { name: 'StoreError', message: /refused by a test/ });
  const answer = await failing.call('append', { entries: ['lost'] }).catch((error: unknown) => error);
  const isHonest = answer instanceof RpcCallError ? answer.rpc.data.code === 'internal' : answer instanceof ProbeError;
  assert.ok(isHonest, String(answer));
  await stopped;
  assert.deepEqual(await listRunning(home), []);
  failing.client.close();

  const repaired = new DatabaseSync(join(home.root, 'node', 'chain.sqlite'));
  repaired.exec('DROP TRIGGER refuse');
  repaired.close();
  const after = await TestNode.start(t, { home });
  const { entries } = (await after.call('pending')) as { entries: { data: unknown }[] };
  assert.deepEqual([(await after.status()).tip, entries.map(({ data }) => data)], [tip, ['waits']]);
  assert.deepEqual(await after.call('validate'), { valid: true, blocks: 2, fault: null });
});

test('a large message of signed entries is judged with pauses for others, and then taken in', async (t) => {
  const world = await startWorld(t, () => ({}));
  await greetedPeer(t, world);
  const { messageReceived } = world.runtime.networkHandlers;
  const entries = Array.from({ length: 1_000 }, (_, i) => {
    return signedEntry(`{"n":${i}}`, { signer: signerOf(i % 9), params: TEST_PARAMS }).bytes;
  });
  messageReceived('peer', encodeMessage({ type: 'inventory', ids: entries.map(hashLeaf) }));
  const received = messageReceived('peer', encodeMessage({ type: 'entries', arrayBytes: joinEntries(entries) }));
  let turns = 0;
  let isReceived = false;
  void received?.then(() => {
    isReceived = true;
  });
  for (; !isReceived; turns++) await nextTurn();
  assert.ok(turns > 2, `${turns} turns`);
  assert.equal(world.machine.pool.count, entries.length);
});
