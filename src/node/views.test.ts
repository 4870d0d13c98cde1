import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bodyOf, buildChain, singleBody, TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { clocksAt } from '../../test/support/clocks.ts';
import { ALL_PENDING, growth, mixedBody } from '../../test/support/store-change.ts';
import type { NodeStatus } from '../api/shapes.ts';
import { createBlock } from '../core/block.ts';
import { entryIds } from '../core/body.ts';
import { createGenesis } from '../core/genesis.ts';
import { ZERO_HASH } from '../core/hash.ts';
import { genesisPoint } from '../core/validation.ts';
import type { KernelChoice } from '../mining/miner.ts';
import { FullNode } from '../protocol/full-node.ts';
import type { StoredBlock } from '../storage/chain-store.ts';
import { createMemoryStore } from '../storage/memory-store.ts';
import { blockJson, blockSummary, blockView, ledgerEvent, type NodeIdentity, nodeStatus, peerViews } from './views.ts';

const IDENTITY: NodeIdentity = {
  port: 5001,
  version: '1.2.3',
  peerId: '12D3Koo',
  addresses: ['/ip4/127.0.0.1/tcp/4001'],
  network: {
    name: 'test',
    genesis: createGenesis(TEST_PARAMS).hash,
    signatures: 'optional',
    writers: 0,
    stamp_bits: 0,
  },
  startedMs: 1_000,
};

/** The machine of a node whose chain has `height` blocks above the genesis, of which `windowLength` are in memory. */
async function machineAt(height: number, windowLength = 10_000): Promise<FullNode> {
  const store = createMemoryStore(TEST_PARAMS);
  if (height > 0) await store.commit(growth(buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), height, mixedBody)));
  return new FullNode({
    params: TEST_PARAMS,
    state: await store.load({ windowLength, milestoneInterval: 10, pending: ALL_PENDING }),
    localPeer: 'here',
    agent: 'test',
    addresses: [],
    miningMode: 'demand',
    windowBlocks: windowLength,
  });
}

const statusOf = (machine: FullNode, hashesPerSecond?: number, kernelChoice?: KernelChoice): NodeStatus => {
  const limitBits = TEST_PARAMS.targetLimit;
  return nodeStatus({
    records: undefined,
    identity: IDENTITY,
    machine,
    gauges: GAUGES,
    limitBits,
    hashesPerSecond,
    hashesTried: 77,
    kernelChoice,
    nowMs: 3_500,
  });
};

const GAUGES = {
  sync: {
    phase: 'blocks',
    headersChecked: 900,
    targetHeight: 900,
    behind: 893,
    perSecond: 111.249,
    secondsLeft: 8.01,
  },
  loopDelay: { p50: 0.000_1, p99: 0.002_000_04, max: 0.0305, window: 45.1 },
  disk: { freeBytes: 5_000_000_000_000, storeBytes: 123_456 },
} as const;

const CHOICE: KernelChoice = {
  kernel: 'wasm-simd',
  pid: 1,
  threads: 2,
  dutyCycle: 0.5,
  trials: [
    { kernel: 'avx2', outcome: 'refused', code: 'processor-unsupported', reason: 'the processor has no AVX2' },
    { kernel: 'wasm-simd', outcome: 'passed', hashesPerSecond: 11_000_000.4 },
    { kernel: 'node-crypto', outcome: 'skipped' },
  ],
};

test('a node tells how far it is behind, how fast it catches up, and how long its thread keeps others waiting', async () => {
  const status = statusOf(await machineAt(7));
  assert.deepEqual(status.sync, {
    phase: 'blocks',
    behind: 893,
    target_height: 900,
    headers_checked: 900,
    per_second: 111.2,
    seconds_left: 9,
  });
  assert.deepEqual(status.event_loop, { p50_s: 0.0001, p99_s: 0.002, max_s: 0.0305, window_s: 45.1 });
  assert.deepEqual(status.disk, { free_bytes: 5_000_000_000_000, store_bytes: 123_456 });
});

test('a node tells who it is and where its chain ends', async () => {
  const machine = await machineAt(7);
  const status = statusOf(machine);
  const { header, hash, work } = machine.tip;
  assert.deepEqual(status.tip, {
    height: 7,
    hash,
    time: new Date(header.timestamp * 1000).toISOString().replace('.000', ''),
    work: String(work),
  });
  assert.deepEqual([status.length, status.uptime_s, status.peers, status.alarm], [8, 2.5, 0, null]);
  assert.deepEqual(status.pending, { count: 0, size_bytes: 0 });
  assert.deepEqual([status.port, status.version, status.peer_id], [5001, '1.2.3', '12D3Koo']);
  assert.match(status.next_bits, /^[0-9a-f]{8}$/);
  assert.equal(status.limit_bits, '207fffff');
  assert.equal(JSON.stringify(status), JSON.stringify(JSON.parse(JSON.stringify(status))));
});

test('the time to mine a block is the number of tries that its target asks for, by the rate', async () => {
  const machine = await machineAt(0);
  // Half of all hashes meet the target 7fffff00…, and a few less.
  assert.ok(Math.abs((statusOf(machine, 4).mining.expected_s ?? 0) - 0.5) < 1e-6);
  assert.equal(statusOf(machine, 4).mining.hashes_per_second, 4);
  assert.equal(statusOf(machine, 4).mining.hashes, 77);
});

test('how the nonces are tried is told once it is chosen, with every kernel that was thought of', async () => {
  const machine = await machineAt(0);
  const { kernel, threads, duty_cycle, trials } = statusOf(machine).mining;
  assert.deepEqual([kernel, threads, duty_cycle, trials], [null, null, null, []]);
  const { mining } = statusOf(machine, 4, CHOICE);
  assert.deepEqual([mining.kernel, mining.threads, mining.duty_cycle], ['wasm-simd', 2, 0.5]);
  assert.deepEqual(mining.trials, [
    { kernel: 'avx2', outcome: 'refused', code: 'processor-unsupported', reason: 'the processor has no AVX2' },
    { kernel: 'wasm-simd', outcome: 'passed', hashes_per_second: 11_000_000 },
    { kernel: 'node-crypto', outcome: 'skipped' },
  ]);
});

test('at an unknown rate, or none, nothing is said of times', async () => {
  const machine = await machineAt(12);
  for (const rate of [undefined, 0]) {
    const { mining, rewrite_cost } = statusOf(machine, rate);
    assert.deepEqual([mining.expected_s, mining.hashes_per_second], [null, 0]);
    assert.deepEqual(rewrite_cost, [
      { blocks: 1, seconds: null },
      { blocks: 10, seconds: null },
    ]);
  }
});

test('to rewrite the last n blocks takes the time of their work, for each n that the chain has', async () => {
  for (const [height, expected] of [
    [0, []],
    [1, [1]],
    [9, [1]],
    [10, [1, 10]],
    [99, [1, 10]],
    [100, [1, 10, 100]],
    [250, [1, 10, 100]],
  ] as const) {
    const machine = await machineAt(height);
    const { rewrite_cost } = statusOf(machine, 8);
    // Every block of the fixture is worth two tries.
    assert.deepEqual(
      rewrite_cost,
      expected.map((blocks) => ({ blocks, seconds: (2 * blocks) / 8 })),
    );
  }
});

test('of blocks that are in memory no more, the cost is not guessed', async () => {
  const { rewrite_cost } = statusOf(await machineAt(150, 20), 8);
  assert.deepEqual(rewrite_cost, [
    { blocks: 1, seconds: 0.25 },
    { blocks: 10, seconds: 2.5 },
    { blocks: 100, seconds: null },
  ]);
});

test('peers are told with their side of the connection, and counted once they have greeted', async () => {
  const machine = await machineAt(2);
  machine.handle(
    { type: 'peer-connected', peer: 'silent', address: '/memory/silent', direction: 'inbound' },
    clocksAt(1_000),
  );
  machine.handle(
    { type: 'peer-connected', peer: 'polite', address: '/memory/polite', direction: 'outbound' },
    clocksAt(2_000),
  );
  const { hash, work } = genesisPoint(TEST_PARAMS);
  const tip = { hash, height: 41, work };
  machine.handle(
    {
      type: 'message-received',
      peer: 'polite',
      message: { type: 'hello', genesis: hash, network: 'test', agent: 'other/1', tip, addresses: [] },
    },
    clocksAt(2_000),
  );
  const [silent, polite] = peerViews(machine, 4_500);
  assert.deepEqual(silent, {
    id: 'silent',
    address: '/memory/silent',
    direction: 'inbound',
    agent: '',
    light: false,
    height: 0,
    connected_s: 3.5,
    score: 0,
  });
  assert.deepEqual([polite?.agent, polite?.connected_s, polite?.direction], ['other/1', 2.5, 'outbound']);
  assert.equal(statusOf(machine).peers, 1);
});

const stored = (block: StoredBlock['block'], isActive = true): StoredBlock => ({ block, work: 12n, isActive });

test('a summary has the times in ISO 8601, from the first second to the last', () => {
  const { header, body } = createGenesis(TEST_PARAMS);
  for (const [timestamp, time] of [
    [0, '1970-01-01T00:00:00Z'],
    [951_782_400, '2000-02-29T00:00:00Z'],
    [1_767_225_600, '2026-01-01T00:00:00Z'],
    [4_294_967_295, '2106-02-07T06:28:15Z'],
  ] as const) {
    assert.equal(blockSummary(stored(createBlock({ ...header, timestamp }, body))).time, time);
  }
});

test('a summary counts entries and bytes, and has 0000 before the genesis alone', () => {
  const genesis = createGenesis(TEST_PARAMS);
  const { blocks } = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 1, () => bodyOf('"é"', '2'));
  const [block] = blocks;
  assert.ok(block !== undefined);
  const first = blockSummary(stored(genesis));
  assert.deepEqual([first.prev_hash, first.entries, first.size_bytes], ['0000', 0, 2]);
  assert.deepEqual(blockSummary(stored(block)), {
    height: 1,
    hash: block.hash,
    prev_hash: genesis.hash,
    time: '2026-01-01T00:00:10Z',
    bits: '207fffff',
    entries: 2,
    size_bytes: 8,
    work: '12',
  });
  assert.notEqual(genesis.header.previousHash, first.prev_hash);
  assert.equal(genesis.header.previousHash, ZERO_HASH);
});

test('a block is told with its depth, which off the active chain is 0', () => {
  const { blocks } = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 3, () => singleBody('{"__proto__":1}'));
  const [, second] = blocks;
  assert.ok(second !== undefined);
  const ids = JSON.stringify(entryIds(second.body));
  const view = (isActive: boolean) => blockView(stored(second, isActive), 9);
  const block = blockJson(second);
  assert.equal(view(true), `{"block":${block},"active":true,"depth":7,"work":"12","entry_ids":${ids}}`);
  assert.equal(view(false), `{"block":${block},"active":false,"depth":0,"work":"12","entry_ids":${ids}}`);
  assert.ok(block.includes('"data":{"__proto__":1},'));
});

test('events are told in the shapes of the interface', async () => {
  const machine = await machineAt(3);
  const { hash, header } = machine.tip;
  const previous = header.previousHash;
  const parts = { machine, kernelChoice: CHOICE };
  assert.deepEqual(ledgerEvent({ type: 'block-added', hash, header, entries: 4 }, parts), {
    type: 'block-added',
    height: 3,
    hash,
    prev_hash: previous,
    time: '2026-01-01T00:00:30Z',
    entries: 4,
  });
  assert.deepEqual(ledgerEvent({ type: 'block-removed', hash, height: 3 }, parts), {
    type: 'block-removed',
    height: 3,
    hash,
  });
  assert.deepEqual(ledgerEvent({ type: 'entry-pending', id: hash }, parts), { type: 'entry-pending', id: hash });
  assert.deepEqual(ledgerEvent({ type: 'peer-joined', peer: 'a' }, parts), { type: 'peer-joined', id: 'a' });
  assert.deepEqual(ledgerEvent({ type: 'peer-left', peer: 'a', reason: 'closed' }, parts), {
    type: 'peer-left',
    id: 'a',
    reason: 'closed',
  });
  const progress = { type: 'progress', jobId: 1, hashes: 1000, hashesTotal: 5000, hashesPerSecond: 4.4 } as const;
  const told = ledgerEvent(progress, parts);
  assert.ok(told.type === 'mining-progress');
  assert.deepEqual([told.height, told.hashes, told.hashes_per_second], [4, 1000, 4]);
  assert.deepEqual([told.blocks_found, told.kernel], [0, 'wasm-simd']);
  assert.deepEqual(ledgerEvent(progress, { machine, kernelChoice: undefined }), { ...told, kernel: null });
  assert.ok(Math.abs((told.expected_s ?? 0) - 2 / 4.4) < 1e-6);
});
