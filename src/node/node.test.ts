import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Worker } from 'node:worker_threads';
import { pino } from 'pino';
import { buildChain } from '../../test/support/chain-fixture.ts';
import { writeFormat1 } from '../../test/support/format-1.ts';
import { atEnd } from '../../test/support/lifetime.ts';
import { growth, mixedBody } from '../../test/support/store-change.ts';
import { EASY_PARAMS, makeHome, TestNode } from '../../test/support/test-node.ts';
import type { NodeStatus } from '../api/shapes.ts';
import { createParams, DEFAULT_PARAMS } from '../core/params.ts';
import { genesisPoint } from '../core/validation.ts';
import { listRunning } from '../probe/running-nodes.ts';
import { PENDING_ENTRIES_PER_PEER_MAX } from '../protocol/limits.ts';

const atHeight = (height: number) => (status: NodeStatus) => status.tip.height >= height;

test('the same data mined twice are two blocks, one on the other', async (t) => {
  const node = await TestNode.start(t, { home: await makeHome(t) });
  const first = await node.mine('{"from":"alice","to":"bob","amount":113}');
  const second = await node.mine('{"from":"alice","to":"bob","amount":113}');
  assert.deepEqual([first.index, second.index], [1, 2]);
  assert.equal(second.prev_hash, first.hash);
  assert.notEqual(second.hash, first.hash);
});

test('data go into a block and come out of it byte for byte canonical', async (t) => {
  const node = await TestNode.start(t, { home: await makeHome(t) });
  await node.mine(' { "b" : 1.0, "__proto__": {"10": 1, "9": 2}, "a": [1e2, "\\u0061\\u20ac"] } ');
  const chain = await node.client.send('get chain');
  assert.ok(chain.includes('"data":{"__proto__":{"10":1,"9":2},"a":[100,"a€"],"b":1}'), chain);
});

test('three nodes of a home find each other, and a block mined on any is on all', async (t) => {
  const home = await makeHome(t);
  const nodes = await Promise.all(['a', 'b', 'c'].map((name) => TestNode.start(t, { home, name })));
  for (const [i, node] of nodes.entries()) {
    await node.statusWhen(({ peers }) => peers === 2);
    const block = await node.mine(JSON.stringify({ from: i }));
    const tips = await Promise.all(nodes.map((other) => other.statusWhen(atHeight(block.index))));
    for (const { tip } of tips) assert.equal(tip.hash, block.hash);
  }
});

test('a node says what its files take, and what room is left for them', async (t) => {
  const node = await TestNode.start(t, { home: await makeHome(t) });
  const { disk } = await node.statusWhen((status) => status.disk !== null);
  assert.ok(disk !== null && disk.store_bytes > 0 && disk.free_bytes > 0, JSON.stringify(disk));
});

test('homes that were mined apart follow the one with more work, and the entries of the other are pending again', async (t) => {
  const one = await TestNode.start(t, { home: await makeHome(t) });
  const other = await TestNode.start(t, { home: await makeHome(t) });
  for (let i = 0; i < 5; i++) await one.mine(JSON.stringify({ one: i }));
  for (let i = 0; i < 8; i++) await other.mine(JSON.stringify({ other: i }));
  const [address] = (await other.status()).addresses;
  assert.ok(address !== undefined);
  await one.call('connect', { address });
  const { tip } = await one.statusWhen(atHeight(8));
  assert.deepEqual(tip, (await other.status()).tip);
  const { pending } = await other.statusWhen(({ pending }) => pending.count === 5);
  assert.equal(pending.count, 5);
  assert.equal((await one.status()).pending.count, 5);
});

test('entries submitted to one node are mined by another', async (t) => {
  const home = await makeHome(t);
  const quiet = await TestNode.start(t, { home, name: 'quiet' });
  const miner = await TestNode.start(t, { home, name: 'miner', mode: 'entries' });
  await quiet.statusWhen(({ peers }) => peers === 1);
  const appended = (await quiet.call('append', { entries: [{ n: 1 }, { n: 2 }, { n: 1 }] })) as AppendedAnswer;
  assert.deepEqual(
    appended.entries.map(({ status }) => status),
    ['pending', 'pending', 'already-pending'],
  );
  const status = await quiet.statusWhen(({ pending, tip }) => pending.count === 0 && tip.height > 0);
  assert.equal(status.tip.hash, (await miner.statusWhen(atHeight(status.tip.height))).tip.hash);
  const entry = (await quiet.call('entry', { id: appended.entries[0]?.id ?? '' })) as { status: string; data: unknown };
  assert.deepEqual([entry.status, entry.data], ['in-block', { n: 1 }]);
});

test('more entries than a peer takes at a time all get into blocks that the peer mines', async (t) => {
  const home = await makeHome(t);
  // A block takes some 65,536 hashes, so that the entries come faster than blocks make room for them.
  const params = DEFAULT_PARAMS;
  const quiet = await TestNode.start(t, { home, params, name: 'quiet' });
  const count = PENDING_ENTRIES_PER_PEER_MAX + 1_000;
  for (let first = 0; first < count; first += 1_000) {
    await quiet.call('append', { entries: Array.from({ length: 1_000 }, (_, i) => first + i) });
  }
  await TestNode.start(t, { home, params, name: 'miner', mode: 'entries' });
  const { tip } = await quiet.statusWhen(({ pending }) => pending.count === 0);
  const chain = JSON.parse(await quiet.client.send('GET CHAIN'));
  const entries = chain.slice(1).flatMap(({ data }: { data: unknown[] }) => data);
  assert.equal(entries.length, count);
  assert.equal(new Set(entries).size, count);
  assert.equal(chain.at(-1).hash, tip.hash);
});

interface AppendedAnswer {
  readonly entries: readonly { readonly id: string; readonly status: string }[];
}

test('chain and pending entries are there again after a stop, and the node is off the list meanwhile', async (t) => {
  const home = await makeHome(t);
  const before = await TestNode.start(t, { home });
  await before.mine('"kept"');
  await before.call('append', { entries: ['waiting'] });
  const { tip } = await before.status();
  assert.equal((await listRunning(home)).length, 1);
  await before.stop();
  assert.deepEqual(await listRunning(home), []);
  const after = await TestNode.start(t, { home });
  const status = await after.status();
  assert.deepEqual([status.tip, status.pending.count], [tip, 1]);
});

test('SHUTDOWN answers EXITING, and the node leaves the list and stops', async (t) => {
  const home = await makeHome(t);
  const node = await TestNode.start(t, { home });
  assert.equal(await node.client.send('Shutdown'), 'EXITING');
  await node.node.stopped;
  assert.deepEqual(await listRunning(home), []);
});

test('a second node on the same folder is refused, and the first goes on', async (t) => {
  const home = await makeHome(t);
  const first = await TestNode.start(t, { home, name: 'shared' });
  await assert.rejects(TestNode.start(t, { home, name: 'shared' }), { code: 'store-in-use' });
  assert.equal((await first.mine('1')).index, 1);
});

test("another network's node is not spoken to, and the reason names both networks", async (t) => {
  const stranger = await TestNode.start(t, {
    home: await makeHome(t),
    params: createParams({ ...EASY_PARAMS, name: 'other' }),
  });
  const { addresses, network: theirs } = await stranger.status();
  const warned = Promise.withResolvers<string>();
  const node = await TestNode.start(t, {
    home: await makeHome(t),
    peers: addresses.slice(0, 1),
    logger: pino(
      { level: 'warn' },
      { write: (line: string) => void (line.includes('network-other') && warned.resolve(line)) },
    ),
  });
  const { network: ours } = await node.status();
  const warning = await warned.promise;
  assert.ok(warning.includes(ours.genesis.slice(0, 8)) && warning.includes(theirs.genesis.slice(0, 8)), warning);
  assert.equal((await node.status()).peers, 0);
});

test('a stored chain is valid, and a block, a summary and an entry can be asked for', async (t) => {
  const node = await TestNode.start(t, { home: await makeHome(t) });
  const block = await node.mine('[{"n":1},{"n":2}]');
  assert.deepEqual(await node.call('validate'), { valid: true, blocks: 2, fault: null });
  const byHash = (await node.call('block', { hash: block.hash })) as { depth: number; entry_ids: string[] };
  assert.deepEqual(byHash, await node.call('block', { height: 1 }));
  assert.equal(byHash.entry_ids.length, 2);
  const { blocks } = (await node.call('blocks', { limit: 5 })) as { blocks: { height: number; entries: number }[] };
  assert.deepEqual(
    blocks.map(({ height, entries }) => [height, entries]),
    [
      [1, 2],
      [0, 0],
    ],
  );
  const entry = (await node.call('entry', { id: byHash.entry_ids[1] ?? '' })) as { data: unknown; places: unknown[] };
  assert.deepEqual(entry.data, { n: 2 });
  assert.deepEqual(entry.places, [{ height: 1, hash: block.hash, index: 1, depth: 0 }]);
});

test('the chain document is the chain with its length', async (t) => {
  const node = await TestNode.start(t, { home: await makeHome(t) });
  for (let i = 0; i < 20; i++) await node.mine(JSON.stringify({ i, text: 'x'.repeat(5_000) }));
  const stream = await node.client.stream('chain');
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream.chunks) chunks.push(chunk);
  const document = Buffer.concat(chunks);
  assert.equal(document.length, stream.sizeBytes);
  assert.equal(document.toString(), `{"chain":${await node.client.send('GET CHAIN')},"length":21}`);
});

test('a node whose data folder has an older format brings it to this one, and says so', async (t) => {
  const home = await makeHome(t);
  const chain = buildChain(EASY_PARAMS, genesisPoint(EASY_PARAMS), 3, mixedBody);
  await writeFormat1(join(home.root, 'node'), EASY_PARAMS, [growth(chain)]);
  const lines: string[] = [];
  const logger = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) });
  const node = await TestNode.start(t, { home, logger });
  assert.equal((await node.status()).tip.height, 3);
  assert.equal(lines.filter((line) => line.includes('older format')).length, 1, `${lines}`);
});

test('a node whose store has lost its thread stops, says why, and leaves the list of running nodes', async (t) => {
  const home = await makeHome(t);
  const threads: Worker[] = [];
  const note = (thread: Worker): void => {
    threads.push(thread);
  };
  process.on('worker', note);
  atEnd(t, () => process.off('worker', note));
  const node = await TestNode.start(t, { home });
  await node.mine('"kept"');
  const [storeThread] = threads;
  await (storeThread ?? assert.fail('the store has a thread')).terminate();
  await assert.rejects(node.node.stopped, { name: 'StoreError', code: 'store-io' });
  assert.deepEqual(await listRunning(home), []);
  const again = await TestNode.start(t, { home });
  assert.equal((await again.status()).tip.height, 1);
});
