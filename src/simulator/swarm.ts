/**
 * Plans from seeds. Each seed draws a network of its own kind, and of the things that can go wrong some that do, some that do
 * not, and how often: runs in which everything goes wrong a little all look the same.
 */
import type { MiningMode } from '../protocol/mining-desk.ts';
import { CHARACTERS } from './hostile/cast.ts';
import type { DelaySetting, Fault, HostileSetting, NodeSetting, Plan, PlannedEvent, Setting } from './plan.ts';
import { Random } from './random.ts';
import { FAIR_WEATHER, type Weather } from './simulated-network.ts';
import { FIRST_WORK } from './simulation-params.ts';
import { TOPOLOGIES } from './topology.ts';

/** What is not left to the seed. */
export interface SwarmOptions {
  readonly nodes?: number | undefined;
  readonly minutes?: number | undefined;
}

/** The plan of `seed`. Equal arguments, equal plans. */
export function drawPlan(seed: number, options: SwarmOptions = {}): Plan {
  const random = new Random(seed).stream('plan');
  const setting = drawSetting(random.stream('setting'), options);
  const intervals = random.between(INTERVALS_MIN, INTERVALS_MAX);
  const faultyMs = options.minutes === undefined ? intervals * setting.blockInterval * 1000 : options.minutes * 60_000;
  const events = [
    ...drawWork(random.stream('work'), setting, faultyMs),
    ...drawFaults(random.stream('faults'), setting, faultyMs),
  ].sort((one, other) => one.atMs - other.atMs);
  return { seed, setting, events, faultyMs };
}

function drawSetting(random: Random, options: SwarmOptions): Setting {
  const count = options.nodes ?? random.integer(3, 9);
  const blockInterval = random.pick([5, 10, 15, 30, 60, 120]);
  const nodes = drawNodes(random, count, blockInterval);
  return {
    nodes,
    topology: random.pick(TOPOLOGIES),
    delays: drawDelays(random, blockInterval * 1000),
    weather: random.chance(0.3) ? drawWeather(random) : FAIR_WEATHER,
    blockInterval,
    windowBlocks: random.pick([6, 40, 4_096]),
    tickMs: random.pick([250, 250, 1_000]),
    hostile: random.chance(0.5) ? drawHostile(random, nodes) : [],
  };
}

/** Miners of unequal power that together find blocks in time, or three times as fast, or as slow. */
function drawNodes(random: Random, count: number, blockInterval: number): NodeSetting[] {
  const mode: MiningMode | 'mixed' = random.pick(['entries', 'always', 'mixed']);
  const skew = random.pick([0, 1, 3]);
  const shares = Array.from({ length: count }, () => (1 - random.fraction()) ** skew);
  const sum = shares.reduce((total, share) => total + share, 0);
  const power = (FIRST_WORK / blockInterval) * random.between(1 / 3, 3);
  return shares.map((share, i) => ({
    // One at least mines, or nothing would ever be in a block.
    miningMode: mode !== 'mixed' ? mode : i === 0 ? 'entries' : random.pick(['entries', 'always', 'demand']),
    hashesPerSecond: (share / sum) * power,
  }));
}

/** One to six hostile peers at some of the nodes, some of them miners with up to 45 % of all that is mined with. */
function drawHostile(random: Random, nodes: readonly NodeSetting[]): HostileSetting[] {
  const power = nodes.reduce((sum, { hashesPerSecond }) => sum + hashesPerSecond, 0);
  const all = nodes.map((_, i) => i);
  return Array.from({ length: random.integer(1, 6) }, () => {
    const share = 0.1 + 0.35 * random.fraction();
    return {
      character: random.pick(CHARACTERS).name,
      nodes: random.sample(all, random.integer(1, all.length)).sort((one, other) => one - other),
      hashesPerSecond: (power * share) / (1 - share),
    };
  });
}

/** None of them is long beside the time between two blocks: what comes of that is measured, not proven wrong. */
function drawDelays(random: Random, intervalMs: number): DelaySetting {
  const type = random.pick(['even', 'distance', 'stuttering'] as const);
  const maxMs = Math.round(Math.min(random.between(10, 10_000), intervalMs / 3));
  switch (type) {
    case 'even':
      return { type, maxMs };
    case 'distance':
      return { type, minMs: Math.max(1, maxMs / 20), maxMs, jitter: random.fraction() };
    case 'stuttering':
      return { type, medianMs: Math.max(1, maxMs / 20), maxMs };
  }
}

function drawWeather(random: Random): Weather {
  const some = (max: number) => (random.chance(0.3) ? max * random.fraction() : 0);
  return { retransmission: 0.3 * random.fraction(), loss: some(0.3), duplication: some(0.5), reordering: some(0.5) };
}

/** What people do: entries now and then, many at once, large ones, and blocks that are asked for. */
function drawWork(random: Random, { nodes, blockInterval }: Setting, faultyMs: number): PlannedEvent[] {
  const events: PlannedEvent[] = [];
  const again = random.stream('once');
  const meanMs = random.between(0.1, 6) * blockInterval * 1000;
  const sizeMax = random.pick([20, 300, 3_000]);
  for (let atMs = random.waiting(meanMs); atMs < faultyMs; atMs += random.waiting(meanMs)) {
    const node = random.integer(0, nodes.length - 1);
    const kind = random.fraction();
    const at = Math.floor(atMs);
    if (kind < 0.1) events.push({ atMs: at, type: 'mine', node, entries: random.integer(0, 3) });
    else {
      const entries = kind < 0.95 ? random.integer(1, 3) : random.integer(10, 200);
      const append = { atMs: at, type: 'append', node, entries, sizeBytes: random.integer(12, sizeMax) } as const;
      events.push(again.chance(ONCE_SHARE) ? { ...append, once: true } : append);
    }
  }
  return events;
}

function drawFaults(random: Random, setting: Setting, faultyMs: number): PlannedEvent[] {
  const events: PlannedEvent[] = [];
  const kinds = Object.values(FAULTS).filter(() => random.chance(0.5));
  const meanMs = random.between(1, 30) * setting.blockInterval * 1000;
  if (kinds.length === 0) return [];
  for (let atMs = random.waiting(meanMs); atMs < faultyMs; atMs += random.waiting(meanMs)) {
    const fault = random.pick(kinds)(random, setting);
    if (fault !== undefined) events.push({ atMs: Math.floor(atMs), ...fault });
  }
  return events;
}

/** One of each kind; undefined where this network has no place for it. */
const FAULTS: Readonly<Record<Fault['type'], (random: Random, setting: Setting) => Fault | undefined>> = {
  crash: (random, setting) => ({ type: 'crash', node: someNode(random, setting), forMs: someTime(random, setting) }),
  cut: (random, setting) => {
    const all = setting.nodes.map((_, i) => i);
    const these = random.sample(all, random.integer(1, Math.max(1, all.length - 1)));
    const rest = all.filter((node) => !these.includes(node));
    // Of the others all, but now and then one that both sides go on seeing.
    const those = random.chance(0.3) ? rest.slice(1) : rest;
    const manner = random.pick(['broken', 'silent', 'one-way'] as const);
    return { type: 'cut', these, those, manner, forMs: someTime(random, setting) };
  },
  'hang-up': (random, setting) => ({ type: 'hang-up', ...somePair(random, setting) }),
  clog: (random, setting) => ({ type: 'clog', ...somePair(random, setting), forMs: random.integer(100, 60_000) }),
  weather: (random, setting) => ({ type: 'weather', weather: drawWeather(random), forMs: someTime(random, setting) }),
  'clock-set': (random, setting) => {
    const node = someNode(random, setting);
    const aheadMs = Math.round(random.between(1_000, YEAR_MS)) * (random.chance(0.5) ? 1 : -1);
    // A large miner that is ahead makes a chain that the others must wait for: as it is meant to be, and no end of it.
    const isMuch = aheadMs > 4 * setting.blockInterval * 1000;
    if (isMuch && shareOf(setting, node) > SHARE_AHEAD_MAX) return undefined;
    return { type: 'clock-set', node, aheadMs, forMs: someTime(random, setting) };
  },
  'clock-drift': (random, setting) => {
    return {
      type: 'clock-drift',
      node: someNode(random, setting),
      rate: random.between(0.5, 2),
      forMs: someTime(random, setting),
    };
  },
  'disk-full': (random, setting) => ({
    type: 'disk-full',
    node: someNode(random, setting),
    forMs: someTime(random, setting),
  }),
  'disk-slow': (random, setting) => {
    const times = random.between(2, 200);
    return { type: 'disk-slow', node: someNode(random, setting), times, forMs: someTime(random, setting) };
  },
  damage: (random, setting) => ({
    type: 'damage',
    node: someNode(random, setting),
    depth: Math.floor(random.between(1, 200)) - 1,
  }),
  restore: (random, setting) => {
    const commits = Math.floor(random.between(1, 500));
    return { type: 'restore', node: someNode(random, setting), commits, forMs: someTime(random, setting) };
  },
  'hash-rate': (random, setting) => {
    return {
      type: 'hash-rate',
      node: someNode(random, setting),
      times: random.between(0.3, 3),
      forMs: someTime(random, setting),
    };
  },
};

function someNode(random: Random, { nodes }: Setting): number {
  return random.integer(0, nodes.length - 1);
}

function somePair(random: Random, { nodes }: Setting): { readonly node: number; readonly other: number } {
  const node = random.integer(0, nodes.length - 1);
  return { node, other: (node + random.integer(1, nodes.length - 1)) % nodes.length };
}

/** From half a second to ten minutes, or to sixty block intervals where these are more. */
function someTime(random: Random, { blockInterval }: Setting): number {
  return Math.round(random.between(500, Math.max(600_000, 60 * blockInterval * 1000)));
}

function shareOf({ nodes }: Setting, node: number): number {
  const sum = nodes.reduce((total, { hashesPerSecond }) => total + hashesPerSecond, 0);
  return (nodes[node]?.hashesPerSecond ?? 0) / sum;
}

/** How long things go wrong, in the time that a block should take. */
const INTERVALS_MIN = 100;
const INTERVALS_MAX = 500;

const YEAR_MS = 365 * 24 * 3_600_000;

/** Few enough to be outdone whatever befalls the other miners. */
const SHARE_AHEAD_MAX = 0.05;

/** Of what is handed in, the part that is to be recorded once. */
const ONCE_SHARE = 0.3;
