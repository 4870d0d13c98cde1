/** Whole networks of machines under faults: what must hold however messages, cuts and crashes fall. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BuiltChain, bodyOf, buildChain, TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { textOf } from '../../test/support/effect-text.ts';
import { headersOf, tipOf } from '../../test/support/lone-machine.ts';
import { activeBlocks } from '../../test/support/store-change.ts';
import { entryIds } from '../core/body.ts';
import type { Hash } from '../core/hash.ts';
import { createParams, type NetworkParams } from '../core/params.ts';
import { genesisPoint, hashedHeader, validateBody, validateHeader } from '../core/validation.ts';
import type { NodeEvent } from '../protocol/effects.ts';
import { FullNode } from '../protocol/full-node.ts';
import { HEADERS_PER_MESSAGE_MAX, SCORE_DISCONNECT } from '../protocol/limits.ts';
import type { Message } from '../protocol/message.ts';
import type { Actor, ActorLink } from './actor.ts';
import { Chronicle } from './chronicle.fixture.ts';
import { evenDelays } from './delays.ts';
import type { Random } from './random.ts';
import type { SimulatedNode } from './simulated-node.ts';
import { World, type WorldOptions } from './world.ts';

/** Times that one block interval of 10 s keeps: a network of a few nodes that each find a block now and then. */
const CONVERGENCE_MS = 120_000;

/** What the easiest target of these networks takes. */
const EASIEST_WORK = 2;

test('three nodes that start in any order agree, and a block mined anywhere is on all of them', async () => {
  for (const order of [
    [0, 1, 2],
    [2, 0, 1],
    [1, 2, 0],
  ]) {
    const world = createWorld({ seed: 1, nodes: 3 });
    for (const i of order) {
      await world.start(world.node(i));
      await world.run(3_000);
    }
    for (const i of order) {
      const request = world.mine(world.node(i), `"from ${i}"`);
      await world.until('the block is mined', CONVERGENCE_MS, () => world.node(i).answers.has(request));
      await world.until('all follow it', CONVERGENCE_MS, () => world.hasConverged());
    }
    await assertSound(world);
    assert.equal(world.node(0).machine.tip.header.height, 3);
  }
});

test('after a partition all follow more work, and no entry of the abandoned blocks is lost', async () => {
  const world = createWorld({ seed: 2, nodes: 4 });
  await world.startAll();
  await world.run(5_000);
  const few = [world.node(0), world.node(1)];
  world.partition(few);
  const shared = '"on both sides"';
  const lost: Hash[] = [];
  for (let i = 0; i < 5; i++) {
    await mineNow(world, world.node(0), `"few ${i}"`, ...(i === 0 ? [shared] : []));
    lost.push(await tipEntry(world.node(0)));
  }
  for (let i = 0; i < 8; i++) await mineNow(world, world.node(2), `"many ${i}"`, ...(i === 0 ? [shared] : []));
  const winner = world.node(2).machine.tip.hash;
  assert.equal(world.node(1).machine.tip.header.height, 5);
  world.heal();
  await world.until('all follow more work', CONVERGENCE_MS, () => world.hasConverged());
  assert.equal(world.node(0).machine.tip.hash, winner);
  await world.run(10_000);
  for (const node of world.nodes) {
    const pending = [...node.machine.pool.stored()].map(({ id }) => id);
    assert.deepEqual(
      pending.toSorted(),
      lost.toSorted(),
      'the entries are pending again on every node, but not those of the winner',
    );
  }
  await assertSound(world);
});

test('of two tips with equal work all nodes follow the one with the lower hash, whichever they saw first', async () => {
  for (let seed = 1; seed <= 6; seed++) {
    const world = createWorld({ seed, nodes: 4 });
    await world.startAll();
    await world.run(3_000);
    world.partition([world.node(0), world.node(1)]);
    await mineNow(world, world.node(0), '"one"');
    await mineNow(world, world.node(2), '"other"');
    const tips = [world.node(0).machine.tip, world.node(2).machine.tip];
    assert.equal(tips[0]?.work, tips[1]?.work);
    world.heal();
    await world.until('all agree', CONVERGENCE_MS, () => world.hasConverged());
    assert.equal(world.node(3).machine.tip.hash, tips.map(({ hash }) => hash).sort()[0]);
  }
});

test('a branch that leaves the chain far below the window in memory is followed', async () => {
  const world = createWorld({ seed: 3, nodes: 3, windowBlocks: 8, searchMs: 100 });
  await world.startAll();
  await world.run(3_000);
  await mineNow(world, world.node(0), '"shared"');
  await world.until('all have it', CONVERGENCE_MS, () => world.hasConverged());
  world.partition([world.node(0)]);
  for (let i = 0; i < 40; i++) await mineNow(world, world.node(0), `"short ${i}"`);
  for (let i = 0; i < 45; i++) await mineNow(world, world.node(1), `"long ${i}"`);
  const winner = world.node(1).machine.tip.hash;
  world.heal();
  await world.until('all follow the longer branch', CONVERGENCE_MS, () => world.hasConverged());
  assert.equal(world.node(0).machine.tip.hash, winner);
  assert.equal(world.node(0).machine.pool.count, 40);
  await mineNow(world, world.node(0), '"and on it goes"');
  await world.until('all have it', CONVERGENCE_MS, () => world.hasConverged());
  await assertSound(world);
});

test('entries submitted on one node are mined by another, once each, and leave all pools', async () => {
  const world = createWorld({ seed: 4, nodes: 4, miningMode: 'entries' });
  await world.startAll();
  await world.run(3_000);
  const ids: Hash[] = [];
  for (let i = 0; i < 60; i++) {
    ids.push(...world.submit(world.random.pick(world.nodes), `"entry ${i}"`).ids);
    await world.run(world.random.integer(0, 400));
  }
  await world.until('all entries are in blocks', 300_000, () => isQuiet(world));
  assert.deepEqual((await chainEntries(world.node(0))).toSorted(), ids.toSorted());
  await assertSound(world);
});

test('blocks that race for a place lose no entry: what the losers held is pending again', async () => {
  let races = 0;
  for (let seed = 1; seed <= 12; seed++) {
    const world = createWorld({ seed, nodes: 3, searchMs: 300, delayMsMax: 400 });
    await world.startAll();
    await world.run(5_000);
    const requests = world.nodes.map((node, i) => ({ node, request: world.mine(node, `"of ${i}"`) }));
    await world.until('every request is answered', 300_000, () =>
      requests.every(({ node, request }) => node.answers.has(request)),
    );
    await world.until('all agree', CONVERGENCE_MS, () => world.hasConverged() && isCaughtUp(world));
    if (
      world.nodes.some((node) =>
        chronicleOf(world)
          .of(node)
          .events.some(({ type }) => type === 'block-removed'),
      )
    )
      races++;
    await assertSound(world);
  }
  assert.ok(races > 0, 'some of these seeds have a race');
});

test('a node that crashes between storing a block and telling of it tells after its restart', async () => {
  const world = createWorld({ seed: 5, nodes: 2 });
  await world.startAll();
  await world.run(3_000);
  const node = world.node(0);
  let stored = false;
  world.observe({
    committed: () => {
      if (!stored) world.crash(node);
      stored = true;
    },
  });
  world.mine(node, '"kept"');
  await world.until('the block is stored and the node gone', CONVERGENCE_MS, () => stored);
  assert.equal(world.node(1).machine.tip.header.height, 0, 'nobody was told');
  await world.run(2_000);
  await world.start(node);
  await world.until('the other node has it', CONVERGENCE_MS, () => world.node(1).machine.tip.header.height === 1);
  await assertSound(world);
});

test('a cancelled request is neither mined nor answered', async () => {
  const world = createWorld({ seed: 6, nodes: 1, searchMs: 60_000 });
  await world.startAll();
  const request = world.mine(world.node(0), '"never mind"');
  assert.ok(world.node(0).machine.mining.searching);
  world.feed(world.node(0), { type: 'request-cancelled', request });
  assert.equal(world.node(0).machine.mining.searching, undefined);
  await world.run(600_000);
  assert.equal(world.node(0).answers.has(request), false);
  assert.equal(world.node(0).machine.tip.header.height, 0);
});

test('a newcomer whose peers nearly all flood it, stall it and lie follows the honest chain, and blames nobody honest', async () => {
  const params = createParams({ name: 'hostile', targetLimit: 0x207fffff });
  const [honest, cheap] = [chainOf(params, 2_100, 'honest'), chainOf(params, 2_050, 'cheap')];
  // When the last of these blocks is old.
  const ageMs = 3_100 * params.blockInterval * 1000;
  const world = createWorld({ seed: 9, nodes: 2, params, ageMs, knows: () => false });
  const [holder, newcomer] = [world.node(0), world.node(1)];
  const blocks = honest.blocks.map((block, i) => ({ block, work: honest.points[i]?.work ?? 0n }));
  const added = honest.blocks.map(({ hash }) => hash);
  const change = { blocks, pendingAdded: [], activate: { forkHeight: 0, added } };
  chronicleOf(world).committed(holder, change, await holder.disk.commit(change));
  await world.startAll();
  const fakeTip = { hash: 'ff'.repeat(32) as Hash, height: 10 ** 6, work: 10n ** 12n };
  const noise = () => Uint8Array.from({ length: 118 }, () => world.random.integer(0, 255));
  const join = (name: string, answer: (message: Message) => Message | undefined, tip = fakeTip) => {
    const { id, network } = { id: genesisPoint(params).hash, network: params.name };
    let link: ActorLink | undefined;
    const actor: Actor = {
      connected: (connected) => {
        link = connected;
        link.say({ type: 'hello', genesis: id, network, agent: name, tip, addresses: [] });
      },
      heard: (_, message) => {
        const said = answer(message);
        if (said !== undefined) link?.say(said);
      },
      gone: () => {
        link = undefined;
      },
      // News of a tip that nobody knows, again and again: each time it is asked for headers.
      tick: () => link?.say({ type: 'headers', headers: noise() }),
    };
    world.admit(actor, { id: name, toNodes: [newcomer], direction: 'inbound', tickMs: 500 });
  };
  for (let i = 0; i < 5; i++) {
    join(`flood ${i}`, (message) => headersAfter(cheap, message));
    join(`withhold ${i}`, (message) => headersAfter(honest, message), tipOf(honest));
    join(`silent ${i}`, () => undefined);
    join(`noise ${i}`, (message) =>
      message.type === 'get-headers' ? { type: 'headers', headers: noise() } : undefined,
    );
  }
  await world.run(3_000);
  world.feed(newcomer, { type: 'address-known', address: holder.address, source: 'configured' });
  await world.until('the newcomer has the honest chain', CONVERGENCE_MS, () => world.hasConverged());
  assert.equal(newcomer.machine.tip.header.height, 2_100);
  assert.deepEqual(
    chronicleOf(world)
      .of(newcomer)
      .reports.filter(({ facts }) => facts['peer'] === holder.id && Number(facts['score']) <= SCORE_DISCONNECT),
    [],
  );
  await assertValid(world, newcomer);
});

test('a machine that is given the same inputs at the same times has the same effects, byte for byte', async () => {
  const world = await randomRun(7);
  const records = world.nodes.flatMap((node) => chronicleOf(world).of(node).records);
  assert.ok(records.reduce((sum, { steps }) => sum + steps.length, 0) > 2_000);
  for (const { options, steps } of records) {
    const machine = new FullNode(options);
    for (const { input, now, effects } of steps) assert.equal(textOf(machine.handle(input, now)), effects);
  }
});

test('one seed gives one history', async () => {
  const one = await randomRun(8);
  const other = await randomRun(8);
  for (const [i, node] of one.nodes.entries()) {
    assert.equal(textOf(chronicleOf(one).of(node).records), textOf(chronicleOf(other).of(other.node(i)).records));
  }
});

/** `SEED=117` repeats one run, `SEEDS=1000` makes so many. */
const { SEED, SEEDS = '24' } = process.env;
const seeds = SEED === undefined ? Array.from({ length: Number(SEEDS) }, (_, i) => i + 100) : [Number(SEED)];
for (const seed of seeds) {
  test(`nodes agree and lose nothing whatever faults fall on them (SEED=${seed})`, async () => {
    await assertSound(await randomRun(seed));
  });
}

const chronicles = new WeakMap<World, Chronicle>();

/** A world with a chronicle. `searchMs` is how long a node searches for a nonce on average, before the difficulty moves. */
function createWorld(
  options: Omit<WorldOptions, 'delay' | 'hashesPerSecond'> & {
    readonly searchMs?: number;
    readonly delayMsMax?: number;
  },
): World {
  const { searchMs = 1_000, delayMsMax = 50, ...others } = options;
  const hashesPerSecond = EASIEST_WORK / (searchMs / 1000);
  const delay = (random: Random) => evenDelays(random, delayMsMax);
  const world = new World({ params: TEST_PARAMS, ...others, hashesPerSecond, delay });
  chronicles.set(world, new Chronicle(world));
  return world;
}

function chronicleOf(world: World): Chronicle {
  const chronicle = chronicles.get(world);
  assert.ok(chronicle);
  return chronicle;
}

/** Some minutes of random work under random faults, then peace until all agree and every entry is in a block. */
async function randomRun(seed: number): Promise<World> {
  const world = createWorld({
    seed,
    nodes: 4,
    miningMode: 'entries',
    searchMs: 3_000,
    delayMsMax: [20, 200, 1_500][seed % 3] ?? 20,
    windowBlocks: seed % 2 === 0 ? 6 : 4_096,
    // A ring: some news has a long way to go.
    knows: (from, to) => seed % 4 !== 1 || (from + 1) % 4 === to,
    params: createParams({ name: 'random-run', targetLimit: 0x207fffff }),
  });
  const { random } = world;
  // Long entries make blocks that are worth being put together of what waits, short ones are sent whole.
  const padding = 'x'.repeat(seed % 5 < 3 ? 700 : 0);
  await world.startAll();
  for (let i = 0; i < 150; i++) {
    await world.run(random.waiting(1_500));
    const node = random.pick(world.nodes);
    const other = random.pick(world.nodes);
    const kind = random.fraction();
    if (!node.isUp) {
      if (kind < 0.5) await world.start(node);
    } else if (kind < 0.5)
      world.submit(node, ...Array.from({ length: random.integer(1, 3) }, (_, k) => `"${seed} ${i} ${k} ${padding}"`));
    else if (kind < 0.6) world.mine(node, `"mine ${seed} ${i}"`);
    else if (kind < 0.7) world.crash(node);
    else if (kind < 0.8 && other !== node) world.cut(node, other);
    else if (kind < 0.86) world.partition([node, other]);
    else if (kind < 0.92 && other !== node) world.hangUp(node, other);
    else world.heal();
  }
  world.heal();
  for (const node of world.nodes) if (!node.isUp) await world.start(node);
  await world.until(
    'all agree and nothing waits',
    600_000,
    () => isQuiet(world) && world.nodes.every(({ machine }) => machine.mining.queuedCount === 0),
  );
  return world;
}

/** What holds in every world that has come to rest: the chains are valid, acknowledged work is in them, nobody honest was blamed. */
async function assertSound(world: World): Promise<void> {
  const inChain = new Set(await chainEntries(world.node(0)));
  for (const node of world.nodes) {
    await assertValid(world, node);
    const isSafe = (id: Hash) => inChain.has(id) || node.machine.pool.find(id) !== undefined;
    for (const answer of node.answers.values()) {
      assert.notEqual(answer.type, 'refused', world.describe());
      if (answer.type === 'block-mined') {
        const stored = await node.disk.kept.blockByHash(answer.hash);
        assert.ok(stored && entryIds(stored.block.body).every(isSafe), world.describe());
      }
      if (answer.type === 'entries-pending')
        assert.ok(
          answer.entries.every(({ id }) => isSafe(id)),
          world.describe(),
        );
    }
    // Slow answers and answers that crossed a change cost a little; nobody loses a peer over them.
    const blamed = chronicleOf(world)
      .of(node)
      .reports.filter(
        ({ code, facts: { fault, score } }) =>
          code === 'peer-misbehaved' &&
          ((fault !== 'blocks-stalled' && fault !== 'parent-unknown') || Number(score) <= SCORE_DISCONNECT),
      );
    assert.deepEqual(blamed, [], world.describe());
    assertMirrored(chronicleOf(world).of(node).events);
  }
}

/** Judges the whole chain of a node by the rules alone. */
async function assertValid({ params }: World, node: SimulatedNode): Promise<void> {
  let parent = genesisPoint(params);
  for (const block of (await activeBlocks(node.disk.kept)).slice(1)) {
    const point = validateHeader(hashedHeader(block.header), parent, params);
    assert.ok(point.ok);
    assert.ok(validateBody(point.value, block.body.bytes, params).ok);
    parent = point.value;
  }
  assert.equal(parent.hash, node.machine.tip.hash);
  assert.equal((await node.disk.kept.chainJson()).tip, node.machine.tip.hash, 'machine and store follow one chain');
}

/** The events of one life lead from the tip it started with to the tip it has. */
function assertMirrored(events: readonly NodeEvent[]): void {
  const chain: Hash[] = [];
  for (const event of events) {
    if (event.type === 'block-added') {
      const last = chain.at(-1);
      if (last !== undefined) assert.equal(event.header.previousHash, last, 'each added block follows the last');
      chain.push(event.hash);
    }
    if (event.type === 'block-removed' && chain.length > 0) assert.equal(chain.pop(), event.hash);
  }
}

function isQuiet(world: World): boolean {
  return world.hasConverged() && isCaughtUp(world) && world.nodes.every(({ machine }) => machine.pool.count === 0);
}

function isCaughtUp(world: World): boolean {
  return world.nodes.every(({ machine }) => machine.mining.queuedCount === 0 && machine.sync.behind === 0);
}

async function mineNow(world: World, node: SimulatedNode, ...entries: readonly string[]): Promise<void> {
  const request = world.mine(node, ...entries);
  await world.until('the block is mined', CONVERGENCE_MS, () => node.answers.has(request));
}

async function tipEntry(node: SimulatedNode): Promise<Hash> {
  const stored = await node.disk.kept.blockByHash(node.machine.tip.hash);
  const id = stored === undefined ? undefined : entryIds(stored.block.body)[0];
  assert.ok(id);
  return id;
}

async function chainEntries(node: SimulatedNode): Promise<Hash[]> {
  const ids: Hash[] = [];
  for (const block of await activeBlocks(node.disk.kept)) ids.push(...entryIds(block.body));
  return ids;
}

/** What a peer that has `chain` answers to a question for headers. */
function headersAfter({ blocks }: BuiltChain, message: Message): Message | undefined {
  if (message.type !== 'get-headers') return undefined;
  const shared = message.locator.map((hash) => blocks.findIndex((block) => block.hash === hash)).find((i) => i >= 0);
  return headersOf(blocks.slice((shared ?? -1) + 1).slice(0, HEADERS_PER_MESSAGE_MAX));
}

function chainOf(params: NetworkParams, count: number, label: string): BuiltChain {
  return buildChain(params, genesisPoint(params), count, (height) => bodyOf(`"${label} ${height}"`));
}
