/**
 * Stories of whole networks that read as prose, one sentence a line: first the network, then what happens and what must
 * hold, in the order in which it is told. Every invariant is checked all the while. `#` begins a remark.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MiningMode } from '../protocol/mining-desk.ts';
import { evenDelays } from './delays.ts';
import type { Reorganisations } from './invariants/inspector.ts';
import { Random } from './random.ts';
import { SENTENCES, type Sentence } from './scenario-sentences.ts';
import { ScenarioStage } from './scenario-stage.ts';
import { NODES, NUMBER, nodesIn, TIME, timeIn } from './scenario-words.ts';
import { FIRST_WORK, simulationParams } from './simulation-params.ts';
import { TOPOLOGIES, type Topology, topologyOf } from './topology.ts';

export interface Scenario {
  readonly name: string;
  /** Its first remark. */
  readonly about: string;
  readonly network: NetworkSetting;
  readonly story: readonly Telling[];
}

interface NetworkSetting {
  nodes: number;
  topology: Topology;
  blockInterval: number;
  delayMsMax: number;
  miningMode: MiningMode;
  /** Those that mine; undefined: all. */
  miners: readonly number[] | undefined;
}

interface Telling {
  readonly line: number;
  readonly text: string;
  readonly sentence: Sentence;
  readonly words: readonly string[];
}

export interface ScenarioOutcome {
  readonly traceHash: string;
  readonly worldMs: number;
  readonly reorganisations: Reorganisations;
}

/** A line that nobody understands, or a story that did not go as it is told. */
export class ScenarioError extends Error {
  override readonly name = 'ScenarioError';
}

/** The scenarios that come with the simulator, by name. */
export function scenarioNames(): string[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.txt'))
    .map((file) => file.slice(0, -4))
    .sort();
}

export function readScenario(name: string): Scenario {
  return parseScenario(name, readFileSync(join(FOLDER, `${name}.txt`), 'utf8'));
}

/** Throws a ScenarioError that names the first line that is none of the sentences. */
export function parseScenario(name: string, text: string): Scenario {
  const lines = text.split('\n').map((line, i) => ({ text: line.trim(), line: i + 1 }));
  const about =
    lines
      .find((line) => line.text.startsWith('#'))
      ?.text.slice(1)
      .trim() ?? '';
  const network: NetworkSetting = {
    nodes: 0,
    topology: 'mesh',
    blockInterval: 10,
    delayMsMax: 100,
    miningMode: 'always',
    miners: undefined,
  };
  const story: Telling[] = [];
  for (const line of lines) {
    if (line.text === '' || line.text.startsWith('#')) continue;
    if (story.length === 0 && describeNetwork(network, line.text)) continue;
    const tellings = tell(line);
    if (tellings === undefined) throw new ScenarioError(`${name}, line ${line.line}: what is "${line.text}"?`);
    story.push(...tellings);
  }
  if (network.nodes === 0) throw new ScenarioError(`${name}: how many nodes are there?`);
  return { name, about, network, story };
}

/** Plays `scenario`. Throws a ScenarioError where it does not go as it is told. */
export async function play(
  { name, network, story }: Scenario,
  options: { readonly seed: number; readonly print?: (line: string) => void },
): Promise<ScenarioOutcome> {
  const { nodes, topology, blockInterval, delayMsMax, miningMode, miners } = network;
  const power = FIRST_WORK / blockInterval;
  const isMiner = (node: number) => miners === undefined || miners.includes(node);
  const stage = new ScenarioStage({
    ...options,
    nodes,
    power,
    params: simulationParams(blockInterval),
    miningMode: (node) => (isMiner(node) ? miningMode : 'demand'),
    hashesPerSecond: power / (miners?.length ?? nodes),
    delay: (random) => evenDelays(random, delayMsMax),
    knows: topologyOf(topology, nodes, new Random(options.seed).stream('topology')),
  });
  const { world } = stage;
  const startMs = world.nowMs;
  await world.startAll();
  for (const { line, text, sentence, words } of story) {
    stage.trace.note(world.nowMs, `# ${text}`);
    try {
      await sentence.tell(stage, ...words);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new ScenarioError(`${name}, line ${line}: "${text}": ${reason}`, { cause: error });
    }
  }
  for (const node of world.nodes) await stage.inspector.inspect(node);
  return {
    traceHash: stage.trace.digest(),
    worldMs: world.nowMs - startMs,
    reorganisations: stage.inspector.reorganisations,
  };
}

/** Whether `text` says something of the network, which is noted then. */
function describeNetwork(network: NetworkSetting, text: string): boolean {
  const [, count, shape] = match(`${NUMBER} nodes in a (${TOPOLOGIES.join('|')})`, text);
  if (count !== undefined) {
    network.nodes = Number(count);
    network.topology = TOPOLOGIES.find((topology) => topology === shape) ?? 'mesh';
    return true;
  }
  const [, interval] = match(`a block comes every ${TIME}`, text);
  if (interval !== undefined) network.blockInterval = timeIn(interval) / 1000;
  const [, delay] = match(`messages take up to ${TIME}`, text);
  if (delay !== undefined) network.delayMsMax = timeIn(delay);
  const [, miners, mode] = match(`(everybody|only ${NODES}) mines? (all the time|what waits)`, text).toSpliced(2, 1);
  if (miners !== undefined) {
    network.miningMode = mode === 'all the time' ? 'always' : 'entries';
    network.miners = miners === 'everybody' ? undefined : nodesIn(miners.slice('only '.length));
  }
  return interval !== undefined || delay !== undefined || miners !== undefined;
}

/** What a line tells: `after 2 minutes` lets time go by first. Undefined: nobody knows. */
function tell({ text, line }: { readonly text: string; readonly line: number }): Telling[] | undefined {
  const [, time, rest] = match(`after ${TIME} (.*)`, text);
  if (time !== undefined && rest !== undefined) {
    const before = tell({ text: `${time} go by`, line });
    const after = tell({ text: rest, line });
    return before === undefined || after === undefined ? undefined : [...before, ...after];
  }
  for (const sentence of SENTENCES) {
    const [whole, ...words] = sentence.pattern.exec(text) ?? [];
    if (whole !== undefined) return [{ line, text, sentence, words }];
  }
  return undefined;
}

function match(pattern: string, text: string): readonly (string | undefined)[] {
  return new RegExp(`^${pattern}$`).exec(text) ?? [];
}

const FOLDER = join(import.meta.dirname, 'scenarios');
