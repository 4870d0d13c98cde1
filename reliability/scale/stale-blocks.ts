/** How many blocks are found in vain, for block intervals of several lengths: two that are found before the one has heard of the other. */
import { beginMining, createScaleWorld } from './scale-world.ts';
import { Watch } from './watch.ts';

export interface StaleRate {
  readonly nodes: number;
  readonly blockInterval: number;
  /** Blocks found. */
  readonly found: number;
  /** Of these, blocks that are not on the chain in the end. */
  readonly stale: number;
  /** Mean time from one block of the chain to the next, s. */
  readonly intervalSeconds: number;
  /** The mean time from a block's being found until a node had it, over all nodes and blocks of the chain, ms. */
  readonly meanMs: number;
  /** The longest branch that was abandoned, blocks. */
  readonly deepest: number;
}

export async function measureStaleRate(options: {
  readonly seed: number;
  readonly nodes: number;
  readonly blockInterval: number;
  /** About as many are found. */
  readonly blocks: number;
}): Promise<StaleRate> {
  const { seed, nodes, blockInterval, blocks } = options;
  const world = await createScaleWorld({ seed, nodes, blockInterval, miningMode: 'always' });
  const watch = new Watch();
  let deepest = 0;
  world.observe(watch);
  world.observe({
    committed: (_node, _change, { removed }) => {
      deepest = Math.max(deepest, removed.length);
    },
  });
  beginMining(world);
  const startMs = world.nowMs;
  await world.run(blocks * blockInterval * 1000);
  const { found, length } = { found: watch.foundCount, length: world.node(0).machine.tip.header.height };
  let waitedMs = 0;
  let heard = 0;
  for (const { foundMs, joinedMs } of watch.spreads.values()) {
    for (const atMs of joinedMs) waitedMs += atMs - foundMs;
    heard += joinedMs.length;
  }
  return {
    nodes,
    blockInterval,
    found,
    stale: found - length,
    intervalSeconds: (world.nowMs - startMs) / 1000 / length,
    meanMs: waitedMs / heard,
    deepest,
  };
}

/**
 * The share of blocks that is found in vain if others find one in the time that a block takes to a node on average: of two
 * that are found at once one is stale.
 */
export function expectedStaleShare({ meanMs, blockInterval }: StaleRate): number {
  const found = meanMs / 1000 / blockInterval;
  return found / (1 + found);
}
