/** Worlds for tests, with a chronicle of all that happens in them, and what holds in every world that has come to rest. */
import assert from 'node:assert/strict';
import { TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { activeBlocks } from '../../test/support/store-change.ts';
import { entryIds } from '../core/body.ts';
import type { Hash } from '../core/hash.ts';
import { genesisPoint, hashedHeader, validateBody, validateHeader } from '../core/validation.ts';
import type { NodeEvent } from '../protocol/effects.ts';
import { SCORE_DISCONNECT } from '../protocol/limits.ts';
import { Chronicle } from './chronicle.fixture.ts';
import { evenDelays } from './delays.ts';
import type { Random } from './random.ts';
import type { SimulatedNode } from './simulated-node.ts';
import { World, type WorldOptions } from './world.ts';

/** Times that one block interval of 10 s keeps: a network of a few nodes that each find a block now and then. */
export const CONVERGENCE_MS = 120_000;

/** What the easiest target of these networks takes. */
const EASIEST_WORK = 2;

const chronicles = new WeakMap<World, Chronicle>();

/** A world with a chronicle. `searchMs` is how long a node searches for a nonce on average, before the difficulty moves. */
export function createWorld(
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

/** All that happened in `world`. */
export function chronicleOf(world: World): Chronicle {
  const chronicle = chronicles.get(world);
  assert.ok(chronicle);
  return chronicle;
}

/** What holds in every world that has come to rest: the chains are valid, acknowledged work is in them, nobody honest was blamed. */
export async function assertSound(world: World): Promise<void> {
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
export async function assertValid({ params }: World, node: SimulatedNode): Promise<void> {
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

/** Whether all agree, and nothing waits anywhere. */
export function isQuiet(world: World): boolean {
  return world.hasConverged() && isCaughtUp(world) && world.nodes.every(({ machine }) => machine.pool.count === 0);
}

/** Whether nobody is behind, and every block that was asked for is mined. */
export function isCaughtUp(world: World): boolean {
  return world.nodes.every(({ machine }) => machine.mining.queuedCount === 0 && machine.sync.behind === 0);
}

/** Lets time go by until `node` has mined a block of these entries. */
export async function mineNow(world: World, node: SimulatedNode, ...entries: readonly string[]): Promise<void> {
  const request = world.mine(node, ...entries);
  await world.until('the block is mined', CONVERGENCE_MS, () => node.answers.has(request));
}

/** The first entry of the tip. */
export async function tipEntry(node: SimulatedNode): Promise<Hash> {
  const stored = await node.disk.kept.blockByHash(node.machine.tip.hash);
  const id = stored === undefined ? undefined : entryIds(stored.block.body)[0];
  assert.ok(id);
  return id;
}

/** The ids of all entries of a chain, from the lowest block up. */
export async function chainEntries(node: SimulatedNode): Promise<Hash[]> {
  const ids: Hash[] = [];
  for (const block of await activeBlocks(node.disk.kept)) ids.push(...entryIds(block.body));
  return ids;
}
