/** How fast entries get into blocks on disk, beside a table and a log that a user would pick instead. */
import { append } from '../append.ts';
import { compare, type Effort } from '../harness.ts';
import type { Figure, Measurement } from '../measurement.ts';
import { meterFigures } from '../metered-node.ts';
import type { BenchWorld } from './bench-world.ts';

/** In turns, because what is slow for one of them is slow for all. */
export async function appendEntries(world: BenchWorld, effort: Effort): Promise<Measurement> {
  const peers = await world.peers();
  const { node, ...comparison } = await append(world.sizes.appended, { peers });
  try {
    await node.reset();
    const { name, variants } = await compare(comparison, effort);
    const figures = variants.map((variant, i): Figure => {
      const figure = { name: variant.name, value: variant.perSecond.median, unit: 'entries/s' };
      return i === 0
        ? { ...figure, aim: 50_000, expected: variant.expectedPerSecond ?? 0 }
        : { ...figure, timesFirst: variant.perSecond.median / (variants[0]?.perSecond.median ?? 0) };
    });
    const { remark } = await peers.use(async () => undefined);
    return { name, figures: [...figures, ...meterFigures('a node', await node.meter())], remarks: remark };
  } finally {
    await comparison.close?.();
  }
}
