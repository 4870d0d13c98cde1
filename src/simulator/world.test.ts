/** Whole networks of machines: what must hold however messages, cuts and crashes fall. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BuiltChain, bodyOf, buildChain } from '../../test/support/chain-fixture.ts';
import { headersOf, tipOf } from '../../test/support/lone-machine.ts';
import type { Hash } from '../core/hash.ts';
import { createParams, type NetworkParams } from '../core/params.ts';
import { genesisPoint } from '../core/validation.ts';
import { HEADERS_PER_MESSAGE_MAX, SCORE_DISCONNECT } from '../protocol/limits.ts';
import type { Message } from '../protocol/message.ts';
import type { Actor, ActorLink } from './actor.ts';
import {
  assertSound,
  assertValid,
  CONVERGENCE_MS,
  chainEntries,
  chronicleOf,
  createWorld,
  isCaughtUp,
  isQuiet,
  mineNow,
  tipEntry,
} from './test-world.fixture.ts';

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

/** What a peer that has `chain` answers to a question for headers. */
function headersAfter({ blocks }: BuiltChain, message: Message): Message | undefined {
  if (message.type !== 'get-headers') return undefined;
  const shared = message.locator.map((hash) => blocks.findIndex((block) => block.hash === hash)).find((i) => i >= 0);
  return headersOf(blocks.slice((shared ?? -1) + 1).slice(0, HEADERS_PER_MESSAGE_MAX));
}

function chainOf(params: NetworkParams, count: number, label: string): BuiltChain {
  return buildChain(params, genesisPoint(params), count, (height) => bodyOf(`"${label} ${height}"`));
}
