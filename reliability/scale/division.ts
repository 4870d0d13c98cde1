/** A network that is divided into halves for a while: how soon all agree once it is whole again. */
import type { FullNode } from '../../src/protocol/full-node.ts';
import { beginMining, createScaleWorld } from './scale-world.ts';

export interface DivisionOptions {
  readonly seed: number;
  readonly nodes: number;
  /** How long the halves are apart. */
  readonly apartMs: number;
}

export interface Division {
  readonly nodes: number;
  readonly apartMs: number;
  /** Blocks that each half had added when they came together. */
  readonly heights: readonly [number, number];
  /** From then on, by time: how many of a hundred nodes follow the half that prevailed. */
  readonly course: readonly { readonly ms: number; readonly percent: number }[];
  /** When the last node followed it; undefined: it never did. */
  readonly agreedMs: number | undefined;
  /** The most blocks that a node undid at once. */
  readonly deepest: number;
}

export async function measureDivision(options: DivisionOptions): Promise<Division> {
  const { seed, nodes, apartMs } = options;
  const world = await createScaleWorld({ seed, nodes, blockInterval: BLOCK_INTERVAL, miningMode: 'always' });
  beginMining(world);
  await world.run(TOGETHER_MS);
  // Every other node: half of the miners, and half of every region.
  const half = world.nodes.filter(({ index }) => index % 2 === 0);
  world.partition(half);
  await world.run(apartMs);
  const [one, other] = [world.node(0).machine, world.node(1).machine];
  const forkHeight = lastShared(one, other);
  const mark = one.activeAt(forkHeight + 1)?.hash;
  const heights = [one.tip.header.height - forkHeight, other.tip.header.height - forkHeight] as const;
  let deepest = 0;
  world.observe({
    committed: (_node, _change, { removed }) => {
      deepest = Math.max(deepest, removed.length);
    },
  });
  const startMs = world.nowMs;
  world.heal();
  const course: { ms: number; percent: number }[] = [];
  let agreedMs: number | undefined;
  while (world.nowMs - startMs < WAIT_MS_MAX && agreedMs === undefined) {
    await world.run(LOOK_MS);
    const withOne = world.nodes.filter(({ machine }) => machine.activeAt(forkHeight + 1)?.hash === mark).length;
    const percent = (100 * Math.max(withOne, nodes - withOne)) / nodes;
    course.push({ ms: world.nowMs - startMs, percent });
    if (percent === 100) agreedMs = world.nowMs - startMs;
  }
  return { nodes, apartMs, heights, course, agreedMs, deepest };
}

/** The height of the last block that both follow. */
function lastShared(one: FullNode, other: FullNode): number {
  let height = Math.min(one.tip.header.height, other.tip.header.height);
  while (height > 0 && one.activeAt(height)?.hash !== other.activeAt(height)?.hash) height--;
  return height;
}

const BLOCK_INTERVAL = 10;
const TOGETHER_MS = 30_000;
const LOOK_MS = 250;
const WAIT_MS_MAX = 600_000;
