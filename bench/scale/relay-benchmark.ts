/** How soon a block of the largest size is the tip of many nodes on this machine, each a process of its own. */
import { setTimeout as delay } from 'node:timers/promises';
import type { LedgerEvent } from '../../src/api/shapes.ts';
import { assert } from '../../src/core/assert.ts';
import { type JsonText, jsonArray, jsonObject } from '../../src/core/json-text.ts';
import type { Figure, Measurement } from '../measurement.ts';
import { MeteredNode } from '../metered-node.ts';
import { originEvent } from '../records.ts';
import type { BenchWorld } from './bench-world.ts';
import { SCALE_PARAMS } from './scale-chain.ts';

/** All nodes are connected with all others, as nodes of one home are. */
export async function relay(world: BenchWorld): Promise<Measurement> {
  const { relayNodes, relayRounds, relayBytes } = world.sizes;
  const home = world.newFolder();
  const start = (miningMode: 'demand' | 'entries') =>
    MeteredNode.start({ home, dataFolder: world.newFolder(), params: SCALE_PARAMS, miningMode, withMiner: false });
  const nodes = await Promise.all(Array.from({ length: relayNodes }, () => start('demand')));
  await connected(nodes);
  const records = new RecordSource(relayBytes);
  const unknown: Spreading[] = [];
  const pooled: Spreading[] = [];
  for (const node of nodes) await node.reset();
  for (let round = 0; round <= relayRounds; round++) {
    const spread = await spreadUnknown(nodes, records.next());
    // The first is for warming up.
    if (round > 0) unknown.push(spread);
  }
  const meters = await Promise.all(nodes.map((node) => node.meter()));
  const miners: MeteredNode[] = nodes.splice(-1);
  await Promise.all(miners.map((node) => node.stop()));
  for (let round = 0; round < relayRounds; round++) {
    const spread = await spreadPooled(nodes, records.next(), () => start('entries'));
    if (spread !== undefined) pooled.push(spread);
  }
  await Promise.all(nodes.map((node) => node.stop()));
  return {
    name: `a block of ${relayBytes} bytes spreads over ${relayNodes} nodes, ${relayRounds} times`,
    figures: [
      ...figuresOf(
        'entries that nobody else has, from the call that has it mined',
        unknown.map(({ fromCall }) => fromCall ?? 0),
        300,
      ),
      ...figuresOf(
        "entries that nobody else has, from the miner's own tip",
        unknown.map(({ fromTip }) => fromTip),
        undefined,
      ),
      ...figuresOf(
        "entries that all have in their pools, from the miner's own tip",
        pooled.map(({ fromTip }) => fromTip),
        300,
      ),
      {
        name: 'resident memory of a node at most',
        value: Math.max(...meters.map((meter) => meter.rssPeakBytes)) / 1e6,
        unit: 'MB',
      },
      {
        name: 'event loop delay p99 at most',
        value: Math.max(...meters.map((meter) => meter.loopDelayMs.p99)),
        unit: 'ms',
        aim: 50,
        better: 'less',
      },
    ],
    remarks: [
      'until the last node has the block as its tip, durable; the call includes reading the entries and making the block',
      ...(pooled.length < relayRounds
        ? [`${relayRounds - pooled.length} rounds were left out: the block was found before all entries were there`]
        : []),
    ],
  };
}

/** In ms, until the last node has the block. */
interface Spreading {
  readonly fromCall?: number;
  readonly fromTip: number;
}

/** One node is asked to mine entries that no other has seen. */
async function spreadUnknown(nodes: readonly MeteredNode[], entries: readonly JsonText[]): Promise<Spreading> {
  const [miner] = nodes;
  assert(miner !== undefined, 'there are nodes');
  const height = (await miner.status()).tip.height + 1;
  const tips = await Promise.all(nodes.map((node) => TipWatch.start(node, height)));
  const startMs = performance.now();
  const [times] = await Promise.all([
    Promise.all(tips.map((tip) => tip.added)),
    miner.call('mine', jsonObject({ data: jsonArray(entries) })),
  ]);
  await Promise.all(tips.map((tip) => tip.stop()));
  const last = Math.max(...times);
  return { fromCall: last - startMs, fromTip: last - Math.min(...times) };
}

/**
 * All nodes have the entries in their pools when one more joins, takes them over, and mines them. Undefined where it was
 * too quick to have them all.
 */
async function spreadPooled(
  nodes: readonly MeteredNode[],
  entries: readonly JsonText[],
  startMiner: () => Promise<MeteredNode>,
): Promise<Spreading | undefined> {
  const [first] = nodes;
  assert(first !== undefined, 'there are nodes');
  for (let at = 0; at < entries.length; at += ENTRIES_AT_ONCE) {
    await first.call('append', jsonObject({ entries: jsonArray(entries.slice(at, at + ENTRIES_AT_ONCE)) }));
  }
  await until(nodes, ({ pending }) => pending.count === entries.length);
  const height = (await first.status()).tip.height + 1;
  const tips = await Promise.all(nodes.map((node) => TipWatch.start(node, height)));
  const miner = await startMiner();
  const ownTip = await TipWatch.start(miner, height);
  const times = await Promise.all([...tips, ownTip].map((tip) => tip.added));
  const left = (await miner.status()).pending.count;
  await Promise.all([...tips, ownTip].map((tip) => tip.stop()));
  // What was left over is mined before the next round, and no part of it.
  await until([...nodes, miner], ({ pending }) => pending.count === 0);
  await miner.stop();
  await until(nodes, ({ peers }) => peers === nodes.length - 1);
  return left > 0 ? undefined : { fromTip: Math.max(...times) - Math.min(...times) };
}

/** Hears when a node has a tip of a certain height. */
class TipWatch {
  /** When, in ms of this process's clock. */
  readonly added: Promise<number>;
  readonly #events: AsyncIterator<JsonText>;

  private constructor(events: AsyncIterator<JsonText>, height: number) {
    this.#events = events;
    this.added = this.#watch(height);
  }

  static async start(node: MeteredNode, height: number): Promise<TipWatch> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const watch = new TipWatch(node.client.events({ onSubscribed: resolve })[Symbol.asyncIterator](), height);
    await promise;
    return watch;
  }

  async stop(): Promise<void> {
    await this.#events.return?.();
  }

  async #watch(height: number): Promise<number> {
    for (;;) {
      const next = await this.#events.next();
      assert(next.done !== true, 'events go on for as long as the node');
      const { event }: { event: LedgerEvent } = JSON.parse(next.value);
      if (event.type === 'block-added' && event.height === height) return performance.now();
    }
  }
}

/** Entries that have not been there before, so many that a block of them has about `sizeBytes`. */
class RecordSource {
  readonly #count: number;
  #used = 0;

  constructor(sizeBytes: number) {
    this.#count = Math.floor((sizeBytes - 2) / (JSON.stringify(originEvent(10_000_000)).length + 1));
  }

  next(): JsonText[] {
    const first = this.#used;
    this.#used += this.#count;
    return Array.from({ length: this.#count }, (_, i) => JSON.stringify(originEvent(first + i)) as JsonText);
  }
}

async function connected(nodes: readonly MeteredNode[]): Promise<void> {
  await until(nodes, ({ peers }) => peers === nodes.length - 1);
}

async function until(
  nodes: readonly MeteredNode[],
  isSo: (status: Awaited<ReturnType<MeteredNode['status']>>) => boolean,
): Promise<void> {
  for (;;) {
    const statuses = await Promise.all(nodes.map((node) => node.status()));
    if (statuses.every(isSo)) return;
    await delay(POLL_MS);
  }
}

function figuresOf(name: string, samples: readonly number[], aim: number | undefined): Figure[] {
  const sorted = samples.toSorted((a, b) => a - b);
  const [median, most] = [sorted[sorted.length >> 1], sorted.at(-1)];
  if (median === undefined || most === undefined) return [];
  return [
    { name, value: median, unit: 'ms', ...(aim === undefined ? {} : { aim, better: 'less' as const }) },
    { name: `${name}, at most`, value: most, unit: 'ms' },
  ];
}

const ENTRIES_AT_ONCE = 1_000;
const POLL_MS = 20;
