/**
 * A world of thousands of the real machines, made light: blocks are kept once for all, messages travel as they are
 * instead of being written and read, and most nodes do not mine.
 *
 * Everybody knows some others by their addresses and dials until it has as many peers as it wants, as real nodes do.
 */
import { createParams } from '../../src/core/params.ts';
import type { MiningMode } from '../../src/protocol/mining-desk.ts';
import { Random } from '../../src/simulator/random.ts';
import { World, type WorldOptions } from '../../src/simulator/world.ts';
import { BlockForest } from './block-forest.ts';
import { ForestStore } from './forest-store.ts';
import { drawLatencyMs, drawRegion, type Region } from './geography.ts';
import { messageBytes } from './message-bytes.ts';

export interface ScaleOptions {
  readonly seed: number;
  readonly nodes: number;
  /** T, seconds. */
  readonly blockInterval: number;
  /** Of the first `MINERS` nodes; the others only mine what is asked of them. */
  readonly miningMode: MiningMode;
  /** How often a machine hears that time has passed; a second, unless told: four times as seldom as in a real node. */
  readonly tickMs?: number;
  /** What is used in place of the light parts: to show that these change nothing. */
  readonly heavy?: Pick<WorldOptions, 'carry' | 'createStore'>;
}

/** As many nodes mine, all with the same power; all of them where there are fewer. */
export const MINERS = 100;

/** A network that has found together. Nobody mines yet. */
export async function createScaleWorld(options: ScaleOptions): Promise<World> {
  const { seed, nodes, blockInterval, miningMode, tickMs = 1_000, heavy } = options;
  const params = createParams({
    name: 'scale',
    blockInterval,
    targetLimit: EASIEST_BITS,
    initialBits: FIRST_BITS,
  });
  const forest = new BlockForest(params);
  const random = new Random(seed);
  const places = random.stream('places');
  const regions = new Map<string, Region>();
  const world = new World({
    seed,
    nodes,
    params,
    miningMode: (node) => (node < MINERS ? miningMode : 'demand'),
    hashesPerSecond: 0,
    tickMs,
    windowBlocks: WINDOW_BLOCKS,
    knows: () => false,
    delay: (chance) => (from, to) => drawLatencyMs(regionOf(from), regionOf(to), chance),
    uploadBytesPerMs: (node) => regionOf(node).uplinkBitsPerSecond / 8_000,
    createStore: () => new ForestStore(forest, params),
    carry: (message) => ({ sizeBytes: messageBytes(message), open: () => ({ ok: true, value: message }) }),
    ...heavy,
  });
  for (const { id } of world.nodes) regions.set(id, drawRegion(places));
  const acquaintances = random.stream('acquaintances');
  for (const node of world.nodes) {
    // Not all at once, so that what they do from time to time is spread.
    world.after(acquaintances.integer(0, START_MS), async () => {
      await world.start(node);
      for (let i = 0; i < ACQUAINTANCES; i++) {
        const { address } = acquaintances.pick(world.nodes);
        node.feed({ type: 'address-known', address, source: 'peer' });
      }
    });
  }
  await world.run(START_MS + SETTLE_MS);
  return world;

  function regionOf(node: string): Region {
    return regions.get(node) ?? drawRegion(places);
  }
}

/** Lets the miners begin: together they find a block in every block interval. */
export function beginMining(world: World): void {
  const miners = world.nodes.slice(0, MINERS);
  const hashesPerSecond = FIRST_WORK / world.params.blockInterval / miners.length;
  for (const { miner } of miners) miner.hashesPerSecond = hashesPerSecond;
}

/** Hashes that a block takes at first. */
export const FIRST_WORK = 64;
const FIRST_BITS = 0x2003ffff;
const EASIEST_BITS = 0x207fffff;

/** Deeper than any fork here; each place takes a kilobyte in every node. */
const WINDOW_BLOCKS = 512;

/** As many addresses as a node is told of at first, about twice what it wants. */
const ACQUAINTANCES = 16;

const START_MS = 60_000;
const SETTLE_MS = 30_000;
