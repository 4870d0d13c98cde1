/** What one mined block costs a node, from the entry to the durable block, at heights far apart. */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { type JsonText, jsonObject } from '../../src/core/json-text.ts';
import type { Figure, Measurement } from '../measurement.ts';
import { MeteredNode } from '../metered-node.ts';
import { originEvent } from '../records.ts';
import type { BenchWorld } from './bench-world.ts';
import { SCALE_PARAMS } from './scale-chain.ts';

/**
 * Nodes of several heights take turns, a few blocks each, so that what slows the machine slows them alike. The miner is a
 * process of its own and has the same work at every height, two hashes a block: it is in the time, but not in the
 * processor time.
 */
export async function minedBlock(world: BenchWorld): Promise<Measurement> {
  const { minedAt, minedBlocks } = world.sizes;
  const costs: MinedCosts[] = [];
  for (const height of minedAt) {
    const chain = await world.singles(height);
    const home = world.newFolder();
    // What is mined stays, and the chain is wanted again.
    cpSync(chain.folder, join(home, 'data'), { recursive: true });
    costs.push(
      new MinedCosts(
        height,
        await MeteredNode.start({ home, params: SCALE_PARAMS, withMiner: world.sizes.awaitsMiners }),
      ),
    );
  }
  for (let round = 0; round < WARM_UP_ROUNDS; round++) for (const cost of costs) await cost.mine(1);
  for (const cost of costs) cost.forget();
  for (let done = 0; done < minedBlocks; done += BLOCKS_A_TURN) {
    for (const cost of costs) await cost.mine(Math.min(BLOCKS_A_TURN, minedBlocks - done));
  }
  const figures = costs.flatMap(({ height, wallMs, processorMs }): Figure[] => [
    { name: `at height ${height}, time`, value: wallMs, unit: 'ms a block', expected: 8 },
    { name: `at height ${height}, processor time of the node`, value: processorMs, unit: 'ms a block', expected: 4 },
  ]);
  const [low, high] = [costs[0], costs.at(-1)];
  if (low !== undefined && high !== undefined) {
    const between = `height ${high.height} / height ${low.height}`;
    figures.push(
      { name: `${between}, time`, value: high.wallMs / low.wallMs, unit: 'x', aim: 1.2, better: 'less', expected: 1 },
      {
        name: `${between}, processor time`,
        value: high.processorMs / low.processorMs,
        unit: 'x',
        aim: 1.2,
        better: 'less',
        expected: 1,
      },
    );
  }
  await Promise.all(costs.map(({ node }) => node.stop()));
  return { name: `mine ${minedBlocks} blocks, one after the other, at each height`, figures };
}

/** What one node has spent. */
class MinedCosts {
  readonly height: number;
  readonly node: MeteredNode;
  #blocks = 0;
  /** Of each block. */
  #walls: number[] = [];
  #processorMs = 0;

  constructor(height: number, node: MeteredNode) {
    this.height = height;
    this.node = node;
  }

  /** Of a block: the median. */
  get wallMs(): number {
    return this.#walls.toSorted((a, b) => a - b)[this.#walls.length >> 1] ?? 0;
  }

  /** Of a block: the mean. */
  get processorMs(): number {
    return this.#processorMs / this.#walls.length;
  }

  async mine(blocks: number): Promise<void> {
    await this.node.reset();
    for (let i = 0; i < blocks; i++) {
      // Not an entry of the chain.
      this.#blocks++;
      const data = JSON.stringify(originEvent(100_000_000 + this.#blocks)) as JsonText;
      const startMs = performance.now();
      await this.node.call('mine', jsonObject({ data }));
      this.#walls.push(performance.now() - startMs);
    }
    this.#processorMs += (await this.node.meter()).processorMs;
  }

  forget(): void {
    this.#walls = [];
    this.#processorMs = 0;
  }
}

const WARM_UP_ROUNDS = 5;
const BLOCKS_A_TURN = 10;
