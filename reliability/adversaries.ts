/** What an attacker gains in simulated networks: by mining in secret, and by surrounding a node. Measured, under every invariant. */
import { DeepForkMiner } from '../src/simulator/hostile/deep-fork-miner.ts';
import { datedAhead } from '../src/simulator/hostile/forged-times.ts';
import { Middleman } from '../src/simulator/hostile/middleman.ts';
import type { MinerOptions, PrivateMiner } from '../src/simulator/hostile/private-miner.ts';
import { SelfishMiner } from '../src/simulator/hostile/selfish-miner.ts';
import { Stage } from '../src/simulator/hostile/stage.ts';
import { amount, commandFor, type Effort, type Figure, type Outcome, type Part } from './part.ts';

export const adversaries: Part = {
  name: 'adversaries',
  about: 'miners who mine in secret, and nodes that are surrounded: what the attacker gains, by how much he has',
  async run(effort, tell) {
    const hours = amount(effort, { pullRequest: 4, nightly: 200 });
    const figures: Figure[] = [];
    const failures: string[] = [];
    const attempt = async (what: string, measure: () => Promise<readonly Figure[]>) => {
      try {
        const found = await measure();
        figures.push(...found);
        for (const { name, value, unit } of found) tell(`${name}: ${value} ${unit}`);
      } catch (error) {
        failures.push(`${what}: ${error instanceof Error ? error.message : String(error)}\n${again(effort)}`);
      }
    };
    const { selfish, majority, surrounded } = effort.share < 1 ? SOME : ALL;
    const { seed } = effort;
    for (const percent of selfish) {
      await attempt(`selfish miner, ${percent} %`, () => measureMiner({ percent, hours, seed, kind: 'selfish' }));
    }
    for (const percent of majority) {
      await attempt(`deep forks, ${percent} %`, () => measureMiner({ percent, hours, seed, kind: 'deep' }));
    }
    for (const hostile of surrounded) {
      await attempt(`${hostile} of ${OUTBOUND} hostile`, () => measureEclipse(hostile, seed));
    }
    return { figures, failures } satisfies Outcome;
  },
};

function again(effort: Effort): string {
  return commandFor('adversaries', effort);
}

interface MinerCase {
  /** Of all the work. */
  readonly percent: number;
  readonly hours: number;
  readonly seed: number;
  readonly kind: 'selfish' | 'deep';
}

/** A secret miner beside four honest nodes, for so many hours of a network with a block in ten seconds. */
async function measureMiner({ percent, hours, seed, kind }: MinerCase): Promise<readonly Figure[]> {
  const power = percent / 100;
  const stage = new Stage({ seed, nodes: 4, honestShare: 1 - power });
  await stage.world.startAll();
  await stage.world.run(5_000);
  const miner = createMiner(stage, kind, { hashesPerSecond: power * stage.hashesPerSecond });
  stage.admit(miner, { tickMs: 250 });
  await stage.world.run(hours * 3_600_000);
  const { active } = stage.inspector.modelOf(stage.world.node(0).id);
  const own = active.filter(({ hash }) => miner.found.has(hash)).length;
  await stage.end();
  const name = `${kind === 'selfish' ? 'selfish miner' : 'miner of deep forks'} with ${percent} % of the work`;
  return [
    { name: `${name}: its share of the blocks`, value: Math.round((1_000 * own) / active.length) / 10, unit: '%' },
    { name: `${name}: most blocks undone at once`, value: stage.inspector.reorganisations.deepest, unit: 'blocks' },
  ];
}

function createMiner(stage: Stage, kind: MinerCase['kind'], options: MinerOptions): PrivateMiner {
  const props = stage.props(0);
  if (kind === 'selfish') return new SelfishMiner(props, options);
  return new DeepForkMiner(props, { ...options, depth: 12, date: datedAhead(stage.params) });
}

/** A node of whose eight chosen peers so many hide all blocks, as do all who dial it: how far it is behind after a while. */
async function measureEclipse(hostile: number, seed: number): Promise<readonly Figure[]> {
  const honest = OUTBOUND - hostile;
  const stage = new Stage({
    seed,
    nodes: 1 + OUTBOUND,
    knows: (from, to) => (from === 0 ? to <= honest : to !== 0),
  });
  const { world } = stage;
  const victim = world.node(0);
  victim.miner.times = 0;
  await world.startAll();
  for (let i = 0; i < hostile + INBOUND; i++) {
    const middleman = new Middleman(stage.props(i), { delayMs: 1_000, hidesBlocks: true });
    stage.admit(middleman, { toNodes: [victim], isDialled: i < hostile, tickMs: 5_000 });
  }
  await stage.work(ECLIPSE_MINUTES);
  const heights = world.nodes.map(({ machine }) => machine.tip.header.height);
  const behind = Math.max(...heights) - victim.machine.tip.header.height;
  if (honest > 0) await stage.end();
  const name = `node with ${hostile} of ${OUTBOUND} chosen peers hostile, and ${INBOUND} more that dialled: blocks behind`;
  // One may be on its way.
  return [{ name, value: behind, unit: 'blocks', ...(honest > 0 ? { aim: { atMost: 1 } } : {}) }];
}

/** Percentages of the work, and how many of the chosen peers are hostile: all that are measured, and some for a look. */
const ALL = { selfish: [10, 25, 33, 40, 45], majority: [45, 55, 65], surrounded: [0, 1, 2, 3, 4, 5, 6, 7, 8] };
const SOME = { selfish: [10], majority: [65], surrounded: [7, 8] };
const OUTBOUND = 8;
const INBOUND = 56;
const ECLIPSE_MINUTES = 10;
