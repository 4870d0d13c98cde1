/** That the model finds nothing wrong with a healthy world, and objects to each thing that can go wrong. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bodyOf, buildBlock, buildChain } from '../../../test/support/chain-fixture.ts';
import type { Hash } from '../../core/hash.ts';
import { encodeHeader } from '../../core/header.ts';
import { hashLeaf } from '../../core/merkle.ts';
import type { NetworkParams } from '../../core/params.ts';
import { genesisPoint } from '../../core/validation.ts';
import type { Commit, Effect } from '../../protocol/effects.ts';
import type { Message } from '../../protocol/message.ts';
import type { ChainStore, CommittedChange } from '../../storage/chain-store.ts';
import { createMemoryStore } from '../../storage/memory-store.ts';
import { World } from '../world.ts';
import { Inspector } from './inspector.ts';
import { type Invariant, InvariantBroken } from './invariant.ts';
import { Liveness } from './liveness.ts';

const ENTRIES = ['"a"', '"b"', '{"n":1}'];

test('a world of nodes that mine, lose each other and crash breaks nothing', async () => {
  const world = new World({ seed: 11, nodes: 5, miningMode: 'always' });
  const inspector = new Inspector({ params: world.params, honest: world.nodes.map(({ id }) => id) });
  world.observe(inspector);
  await world.startAll();
  const random = world.random.stream('work');
  for (let i = 0; i < 120; i++) {
    const node = random.pick(world.nodes);
    if (!node.isUp) await world.start(node);
    else if (i % 7 === 3) world.crash(node);
    else if (i % 9 === 5) world.partition(random.sample(world.nodes, 2));
    else if (i % 9 === 8) world.heal();
    else world.submit(node, `"entry ${i}"`, `{"n":${i}}`);
    await world.run(random.integer(500, 8_000));
    if (i % 30 === 0) for (const one of world.nodes) await inspector.inspect(one);
  }
  for (const one of world.nodes) await inspector.inspect(one);
  assert.ok(inspector.reorganisations.deepest > 1);
});

interface Tampering {
  readonly change?: (change: Commit) => Commit;
  readonly result?: (result: CommittedChange) => CommittedChange;
  readonly store?: (store: ChainStore) => Partial<ChainStore>;
}

/** Two nodes of which one mines three entries, under an inspector that sees, or reads, what was tampered with. */
async function watched(tampering: Tampering = {}) {
  const { change: doctored = (one) => one, result: other = (one) => one, store } = tampering;
  const createStore = (params: NetworkParams) => {
    const real = createMemoryStore(params);
    if (store === undefined) return real;
    const changed = store(real);
    return new Proxy(real, {
      get: (_, name) => {
        const value: unknown = Reflect.get(name in changed ? changed : real, name);
        return typeof value === 'function' ? value.bind(name in changed ? changed : real) : value;
      },
    });
  };
  const world = new World({ seed: 12, nodes: 2, createStore });
  const inspector = new Inspector({ params: world.params, honest: world.nodes.map(({ id }) => id) });
  world.observe({
    started: (node) => inspector.started(node),
    handled: (node, input, effects) => inspector.handled(node, input, effects),
    sent: (from, to, message, sizeBytes) => inspector.sent(from, to, message, sizeBytes),
    committed: (node, change, result) => inspector.committed(node, doctored(change), other(result)),
  });
  await world.startAll();
  await world.run(3_000);
  const node = world.node(0);
  world.submit(node, '"waits"');
  const request = world.mine(node, ...ENTRIES);
  await world.until('the block is mined', 600_000, () => node.answers.has(request));
  return { world, inspector, node, tip: node.machine.tip.hash };
}

async function afterwards(invariant: Invariant, look: (watch: Awaited<ReturnType<typeof watched>>) => unknown) {
  const watch = await watched();
  await assert.rejects(async () => look(watch), isBreachOf(invariant));
}

function isBreachOf(invariant: Invariant) {
  return (error: unknown) => {
    assert.ok(error instanceof InvariantBroken, String(error));
    assert.equal(error.invariant, invariant, error.message);
    return true;
  };
}

const BLOCKS: readonly (readonly [Invariant, string, Tampering])[] = [
  [
    'S-a',
    'a block with another header',
    { change: withBlock((block) => ({ ...block, header: { ...block.header, nonce: 7 } })) },
  ],
  [
    'S-a',
    'a block whose body is not the one of its header',
    { change: withBlock((block) => ({ ...block, body: bodyOf('"other"') })) },
  ],
  ['S-a', 'a block with more work than it has', { change: withWork((work) => work + 1n) }],
  [
    'S-b',
    'a better block that is stored and not followed',
    { change: (change) => ({ ...change, activate: undefined }) },
  ],
  [
    'S-f',
    'a store that says nothing of the entries that a block holds',
    { result: (result) => ({ ...result, included: ['00'.repeat(32) as Hash] }) },
  ],
  [
    'S-f',
    'a store that says that a block was removed',
    { result: (result) => ({ ...result, removed: ['00'.repeat(32) as Hash] }) },
  ],
  ['S-j', 'an entry in other bytes than its id', { change: withPending((bytes) => Uint8Array.of(...bytes, 0x20)) }],
];
for (const [invariant, what, tampering] of BLOCKS) {
  test(`${invariant}: the model objects to ${what}`, async () => {
    await assert.rejects(watched(tampering), isBreachOf(invariant));
  });
}

const DISKS: readonly (readonly [Invariant, string, (store: ChainStore) => Partial<ChainStore>])[] = [
  [
    'S-a',
    'headers that are read as others',
    (store) => ({ headersAfter: async (locator, max) => flipped(await store.headersAfter(locator, max)) }),
  ],
  [
    'S-d',
    'a chain that has lost its tip',
    (store) => ({ activeHashes: async (from, max) => (await store.activeHashes(from, max)).slice(0, -1) }),
  ],
  ['S-f', 'a pending entry that is gone', () => ({ pending: async () => ({ entries: [], isAll: true }) })],
  [
    'S-f',
    'an index that does not find an entry',
    () => ({ entryPlaces: async () => ({ places: [], indexedTo: 1_000, pending: undefined }) }),
  ],
  [
    'S-f',
    'a JSON form of another length',
    (store) => ({ chainJson: async () => ({ ...(await store.chainJson()), sizeBytes: 5 }) }),
  ],
  [
    'S-j',
    'a body that is read as other bytes',
    (store) => ({
      bodies: async (hashes, max) =>
        (await store.bodies(hashes, max)).map(({ hash, bytes }) => ({ hash, bytes: flipped(bytes) })),
    }),
  ],
  [
    'S-j',
    'a pending entry in other bytes',
    (store) => ({ pending: async (limits) => changedTexts(await store.pending(limits)) }),
  ],
];
for (const [invariant, what, store] of DISKS) {
  test(`${invariant}: the model objects to a disk with ${what}`, async () => {
    await assert.rejects(async () => {
      const { inspector, node } = await watched({ store });
      await inspector.inspect(node);
    }, isBreachOf(invariant));
  });
}

test('S-b: the model objects to a machine that does not follow its disk', async () => {
  await afterwards('S-b', ({ inspector, world, node }) => {
    inspector.restored({
      id: node.id,
      isUp: true,
      machine: node.machine,
      disk: { changeCount: 0, kept: node.disk.kept },
    });
    inspector.started(world.node(0));
  });
});

test('S-c: the model objects to a chain that only loses blocks', async () => {
  await afterwards('S-c', ({ inspector, node, tip }) => {
    const change = { blocks: [], pendingAdded: [], activate: { forkHeight: 0, added: [] } };
    inspector.committed(node, change, { removed: [tip], returned: [], isAllReturned: true, included: [] });
  });
});

test('S-c: the model objects to a deep switch that raises no alarm', async () => {
  await afterwards('S-c', async ({ inspector, node, world }) => {
    const { genesis } = inspector.known;
    const [short, long] = [101, 104].map((count) => chainOf(world.params, count, String(count)));
    assert.ok(short && long && genesis);
    for (const blocks of [short, long]) {
      const change = {
        blocks,
        pendingAdded: [],
        activate: { forkHeight: 0, added: blocks.map(({ block }) => block.hash) },
      };
      inspector.committed(node, change, await node.disk.kept.commit(change));
    }
    const { peers, pool, mining, holdings, tip } = node.machine;
    const last = { ...tip, hash: long.at(-1)?.block.hash ?? tip.hash, work: long.at(-1)?.work ?? 0n };
    const machine = { peers, pool, mining, holdings, tip: last, alarm: undefined };
    inspector.handled({ id: node.id, isUp: true, machine, disk: node.disk }, COMMITTED, []);
  });
});

const EFFECTS: readonly (readonly [Invariant, string, (tip: Hash) => Effect])[] = [
  [
    'S-d',
    'an answer for an entry that is not durable',
    () => ({
      type: 'answer',
      request: 99,
      answer: { type: 'entries-pending', entries: [{ id: UNKNOWN, status: 'pending' }] },
    }),
  ],
  [
    'S-d',
    'an answer for a block that is not active',
    () => ({ type: 'answer', request: 99, answer: { type: 'block-mined', hash: UNKNOWN } }),
  ],
  ['S-d', 'a second answer', (hash) => ({ type: 'answer', request: 2, answer: { type: 'block-mined', hash } })],
  [
    'S-d',
    'word of an entry that is not durable',
    () => ({ type: 'notify', event: { type: 'entry-pending', id: UNKNOWN } }),
  ],
  ['S-h', 'a fault that an honest node cannot commit', () => blame('work-too-low', -1)],
  ['S-h', 'a ban of an honest node', () => blame('blocks-stalled', -51)],
  [
    'S-h',
    'a connection that is refused to a node that is taken for banned',
    () => ({ type: 'disconnect', peer: 'peer-1', note: 'banned: too many faults' }),
  ],
];
for (const [invariant, what, effect] of EFFECTS) {
  test(`${invariant}: the model objects to ${what}`, async () => {
    await afterwards(invariant, ({ inspector, node, tip }) => inspector.handled(node, { type: 'tick' }, [effect(tip)]));
  });
}

const SAYINGS: readonly (readonly [Invariant, string, (tip: Hash, params: NetworkParams) => Message])[] = [
  [
    'S-d',
    'a greeting with a tip that is not durable',
    (_, { name: network }) => ({
      type: 'hello',
      genesis: UNKNOWN,
      network,
      agent: '',
      tip: { hash: UNKNOWN, height: 1, work: 1n },
      addresses: [],
    }),
  ],
  [
    'S-d',
    'word of a block that is not durable',
    (_, params) => ({ type: 'headers', headers: encodeHeader(blockOn(params).header) }),
  ],
  ['S-d', 'word of an entry that is not durable', () => ({ type: 'inventory', ids: [UNKNOWN] })],
  ['S-d', 'an entry that is not durable', () => ({ type: 'entries', arrayBytes: bytesOf('["unknown"]') })],
  ['S-e', 'a header that breaks a rule', () => ({ type: 'headers', headers: new Uint8Array(118) })],
  [
    'S-e',
    'a body that is not the one of its header',
    (hash) => ({ type: 'block', hash, bodyBytes: bytesOf('["a","b"]') }),
  ],
  [
    'S-e',
    'ids that are not those of the block',
    (hash) => ({ type: 'block-ids', hash, shape: 'array', ids: [UNKNOWN] }),
  ],
  [
    'S-e',
    'entries that the block has not',
    (hash) => ({ type: 'block-entries', hash, arrayBytes: bytesOf('["unknown"]') }),
  ],
  [
    'S-g',
    'more ids than a message may have',
    () => ({ type: 'inventory', ids: Array.from({ length: 1_001 }, () => UNKNOWN) }),
  ],
  ['S-j', 'entries that are not canonical', () => ({ type: 'entries', arrayBytes: bytesOf('[ "a"]') })],
];
for (const [invariant, what, message] of SAYINGS) {
  test(`${invariant}: the model objects to ${what} that is sent`, async () => {
    await afterwards(invariant, ({ inspector, node, tip, world }) => {
      inspector.sent(node.id, 'peer-1', message(tip, world.params), 1_000);
    });
  });
}

test('S-g: the model objects to a message and a machine that are too large', async () => {
  await afterwards('S-g', ({ inspector, node }) =>
    inspector.sent(node.id, 'peer-1', { type: 'get-peers' }, 2 ** 21 + 1),
  );
  for (const holdings of [{ headers: 65_537 }, { addresses: 1_001 }, { bans: 1_001 }, { bodyBytes: 2 ** 27 }]) {
    await afterwards('S-g', ({ inspector, node }) => {
      const machine = {
        peers: [],
        pool: node.machine.pool,
        mining: node.machine.mining,
        holdings: { ...NOTHING, ...holdings },
      };
      const { tip, alarm } = node.machine;
      const large = { id: node.id, isUp: true, machine: { ...machine, tip, alarm }, disk: node.disk };
      for (let i = 0; i < 16; i++) inspector.handled(large, { type: 'tick' }, []);
    });
  }
});

test('L-a: the model objects to a network that stays parted', async () => {
  const { world, inspector } = await watched();
  world.partition([world.node(0)]);
  const { params, nodes, nowMs } = world;
  const liveness = new Liveness({ inspector, params, nodes, nowMs, syncMs: 5_000 });
  const request = world.mine(world.node(0), '"alone"');
  await world.until('it is mined', 600_000, () => world.node(0).answers.has(request));
  assert.equal(liveness.observe(nowMs + 105_000), 'parted');
  assert.throws(() => liveness.observe(nowMs + 105_001), isBreachOf('L-a'));
  world.heal();
  await world.until('all agree', 100_000, () => world.hasConverged());
  assert.notEqual(liveness.observe(nowMs + 10_000_000), 'parted');
});

test('L-b: the model objects to an entry that is passed over for more than twenty blocks', async () => {
  const { world, inspector, node } = await watched();
  const { params, nodes, nowMs } = world;
  const liveness = new Liveness({ inspector, params, nodes, nowMs, syncMs: 5_000 });
  await world.until('all agree', 100_000, () => liveness.observe(world.nowMs) === 'agreed');
  for (let i = 0; i < 20; i++) {
    assert.equal(liveness.observe(world.nowMs), 'agreed');
    // Each block is of its own entry alone, and what waits goes on waiting.
    const request = world.mine(node, `"block ${i}"`);
    await world.until('it is mined', 600_000, () => node.answers.has(request) && world.hasConverged());
  }
  assert.throws(() => liveness.observe(world.nowMs), isBreachOf('L-b'));
});

function withBlock(change: (block: Commit['blocks'][number]['block']) => Commit['blocks'][number]['block']) {
  return (commit: Commit): Commit => ({
    ...commit,
    blocks: commit.blocks.map(({ block, work }) => ({ block: change(block), work })),
  });
}

function withWork(change: (work: bigint) => bigint) {
  return (commit: Commit): Commit => ({
    ...commit,
    blocks: commit.blocks.map(({ block, work }) => ({ block, work: change(work) })),
  });
}

function withPending(change: (bytes: Uint8Array) => Uint8Array) {
  return (commit: Commit): Commit => ({
    ...commit,
    pendingAdded: commit.pendingAdded.map(({ id, bytes }) => ({ id, bytes: change(bytes) })),
  });
}

function changedTexts(batch: Awaited<ReturnType<ChainStore['pending']>>) {
  return { ...batch, entries: batch.entries.map(({ id, bytes }) => ({ id, bytes: flipped(bytes) })) };
}

function flipped<Bytes extends Uint8Array | undefined>(bytes: Bytes): Bytes {
  const copy = bytes?.slice();
  copy?.set([(copy.at(-1) ?? 0) ^ 1], copy.length - 1);
  return copy as Bytes;
}

function chainOf(params: NetworkParams, count: number, label: string) {
  const { points, blocks } = buildChain(params, genesisPoint(params), count, (height) =>
    bodyOf(`"${label} ${height}"`),
  );
  return blocks.map((block, i) => ({ block, work: points[i]?.work ?? 0n }));
}

function blockOn(params: NetworkParams) {
  return buildBlock(params, genesisPoint(params), bodyOf('"nobody has it"')).block;
}

function blame(fault: string, score: number): Effect {
  return { type: 'report', level: 'warn', code: 'peer-misbehaved', facts: { peer: 'peer-1', fault, score } };
}

function bytesOf(text: string): Uint8Array {
  return Buffer.from(text, 'utf8');
}

const UNKNOWN = hashLeaf(bytesOf('"unknown"'));
const NOTHING = { headers: 0, bodyBytes: 0, addresses: 0, bans: 0 };
const COMMITTED = { type: 'committed', removed: [], returned: [], isAllReturned: true, included: [] } as const;
