/**
 * Carries out a plan: a network to which things happen for a while, then everything is put right, and it must come to rest.
 * All the while every invariant is checked. One plan, one outcome, to the last byte of its trace.
 */
import { assert, assertPresent } from '../core/assert.ts';
import type { ActorEndpoint } from './actor.ts';
import { type DelayModel, distanceDelays, evenDelays, stutteringDelays } from './delays.ts';
import { characterNamed } from './hostile/cast.ts';
import { Inspector, type Reorganisations } from './invariants/inspector.ts';
import { Liveness } from './invariants/liveness.ts';
import type { DelaySetting, Plan } from './plan.ts';
import { carryOut, endFaults } from './planned-event.ts';
import { Random } from './random.ts';
import { FAIR_WEATHER } from './simulated-network.ts';
import { simulationParams } from './simulation-params.ts';
import { topologyOf } from './topology.ts';
import { Trace } from './trace.ts';
import { World } from './world.ts';
import type { WorldObserver } from './world-observer.ts';

export interface SimulationResult {
  /** Over all that happened. */
  readonly traceHash: string;
  /** What broke; undefined: all held. */
  readonly failure: SimulationFailure | undefined;
  readonly nodeHours: number;
  /** How long all of it took in the world. */
  readonly worldMs: number;
  readonly events: number;
  /** How often each invariant was checked. */
  readonly checks: ReadonlyMap<string, number>;
  readonly reorganisations: Reorganisations;
  /** The height of the best chain. */
  readonly height: number;
}

export interface SimulationFailure {
  readonly atMs: number;
  readonly error: Error;
}

export interface SimulationOptions {
  /** Is given every line of the trace. */
  readonly print?: (line: string) => void;
  /** Watch beside the inspector. */
  readonly observers?: readonly WorldObserver[];
}

/** Carries out `plan`. What breaks is in the result; only what is wrong with the plan itself is thrown. */
export async function simulate(plan: Plan, options: SimulationOptions = {}): Promise<SimulationResult> {
  const world = createWorld(plan);
  const startMs = world.nowMs;
  const trace = new Trace(startMs, options.print);
  const inspector = new Inspector({ params: world.params, honest: world.nodes.map(({ id }) => id) });
  for (const observer of [trace, inspector, ...(options.observers ?? [])]) world.observe(observer);
  let failure: SimulationFailure | undefined;
  try {
    await world.startAll();
    const hostile = admitHostile(world, plan);
    await sufferFaults(world, plan, trace);
    for (const endpoint of hostile) endpoint.leave();
    await comeToRest(world, inspector);
    for (const node of world.nodes) await inspector.inspect(node);
  } catch (error) {
    failure = { atMs: world.nowMs - startMs, error: error instanceof Error ? error : new Error(String(error)) };
  }
  const worldMs = world.nowMs - startMs;
  return {
    traceHash: trace.digest(),
    failure,
    worldMs,
    nodeHours: (worldMs * world.nodes.length) / 3_600_000,
    events: world.eventCount,
    checks: inspector.tally.counts,
    reorganisations: inspector.reorganisations,
    height: Math.max(...world.nodes.map((node) => (node.isUp ? node.machine.tip.header.height : 0))),
  };
}

async function sufferFaults(world: World, plan: Plan, trace: Trace): Promise<void> {
  for (const [number, event] of plan.events.entries()) {
    world.after(event.atMs, async () => {
      trace.note(world.nowMs, JSON.stringify(event));
      await carryOut(world, event, number);
    });
  }
  await world.run(plan.faultyMs);
}

/** Ends the faults, and lets time go by until all agree and every entry is in a block. */
async function comeToRest(world: World, inspector: Inspector): Promise<void> {
  world.network.weather = FAIR_WEATHER;
  await endFaults(world);
  const { params, nodes } = world;
  const liveness = new Liveness({ inspector, params, nodes, nowMs: world.nowMs, syncMs: SYNC_MS });
  const endMs = world.nowMs + REST_INTERVALS_MAX * params.blockInterval * 1000;
  while (liveness.observe(world.nowMs) !== 'settled') {
    assert(world.nowMs < endMs, `all comes to rest; ${world.describe()}`);
    await world.run(LOOK_MS);
  }
}

function admitHostile(world: World, { seed, setting }: Plan): ActorEndpoint[] {
  return setting.hostile.map(({ character, nodes, hashesPerSecond }, i) => {
    const id = `hostile-${i}`;
    const props = { params: world.params, random: new Random(seed).stream(id) };
    const actor = assertPresent(characterNamed(character), `there is a character ${character}`);
    const toNodes = nodes.map((node) => world.node(node));
    return world.admit(actor.create(props, hashesPerSecond), {
      id,
      toNodes,
      direction: 'inbound',
      redialMs: REDIAL_MS,
    });
  });
}

function createWorld({ seed, setting }: Plan): World {
  const { nodes, windowBlocks, tickMs, topology } = setting;
  const world = new World({
    seed,
    nodes: nodes.length,
    params: simulationParams(setting.blockInterval),
    miningMode: (node) => nodes[node]?.miningMode ?? 'entries',
    hashesPerSecond: (node) => nodes[node]?.hashesPerSecond ?? 0,
    delay: (random) => delayModel(setting.delays, random),
    knows: topologyOf(topology, nodes.length, new Random(seed).stream('topology')),
    windowBlocks,
    tickMs,
  });
  world.network.weather = setting.weather;
  return world;
}

function delayModel(setting: DelaySetting, random: Random): DelayModel {
  switch (setting.type) {
    case 'even':
      return evenDelays(random, setting.maxMs);
    case 'distance':
      return distanceDelays(random, setting);
    case 'stuttering':
      return stutteringDelays(random, setting);
  }
}

/** How long a node may take to fetch what it lacks, and to find peers again. */
const SYNC_MS = 180_000;

/** How long a hostile peer that was put out stays away. */
const REDIAL_MS = 20_000;

/** How often it is asked whether all is at rest. */
const LOOK_MS = 250;

/** In block intervals, from the end of the faults. Liveness has its own, much shorter limits; this one ends a run without blocks. */
const REST_INTERVALS_MAX = 2_000;
