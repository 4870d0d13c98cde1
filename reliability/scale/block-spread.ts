/** How a block spreads: how long it takes to half of all nodes, to nine in ten and to all but one in a hundred, and what is sent for it. */
import { assertPresent } from '../../src/core/assert.ts';
import type { Message } from '../../src/protocol/message.ts';
import { Random } from '../../src/simulator/random.ts';
import type { World } from '../../src/simulator/world.ts';
import { createScaleWorld } from './scale-world.ts';
import { quantile, reachedMs, type Spread, Watch } from './watch.ts';

/** One kind of block. */
export interface BlockKind {
  readonly name: string;
  /** Entries of about 300 bytes each. */
  readonly entries: number;
  /** Whether the nodes had them before, pending. */
  readonly areKnown: boolean;
  readonly blocks: number;
}

export interface BlockSpread {
  readonly kind: BlockKind;
  readonly bodyBytes: number;
  /** The medians over all blocks, ms. */
  readonly halfMs: number;
  readonly nineTenthsMs: number;
  readonly nearlyAllMs: number;
  /** The mean over all blocks and nodes, ms. */
  readonly meanMs: number;
  /** What each node sends for one block, by what is said. */
  readonly bytesPerNode: readonly { readonly type: Message['type']; readonly bytes: number }[];
}

export interface NetworkSpread {
  readonly nodes: number;
  readonly peersPerNode: number;
  readonly blocks: readonly BlockSpread[];
  /** What one entry of 300 bytes costs each node that is told of it, bytes. */
  readonly entryBytesPerNode: number;
  /** What each node says in an hour in which nothing happens, bytes. */
  readonly idleBytesPerHour: number;
}

export interface SpreadOptions {
  readonly seed: number;
  readonly nodes: number;
  readonly kinds: readonly BlockKind[];
  readonly entries: number;
}

export async function measureSpread(options: SpreadOptions, tell: (line: string) => void): Promise<NetworkSpread> {
  const { seed, nodes, kinds, entries } = options;
  const world = await createScaleWorld({ seed, nodes, blockInterval: BLOCK_INTERVAL, miningMode: 'demand' });
  const links = world.nodes.reduce((sum, { id }) => sum + world.network.peersOf(id).length, 0);
  const lab = new Lab(world, new Random(seed).stream('lab'));
  tell(`${nodes} nodes have found together, ${(links / nodes).toFixed(1)} peers each`);
  await world.run(IDLE_MS);
  const idleBytesPerHour = (lab.watch.bytesOf() / nodes) * (3_600_000 / IDLE_MS);
  const blocks: BlockSpread[] = [];
  for (const kind of kinds) {
    const spread = await lab.spread(kind);
    blocks.push(spread);
    tell(`${nodes} nodes, ${kind.name}: ${Math.round(spread.halfMs)}, ${Math.round(spread.nearlyAllMs)} ms`);
  }
  const entryBytesPerNode = await lab.entryCost(entries);
  return { nodes, peersPerNode: links / nodes, blocks, entryBytesPerNode, idleBytesPerHour };
}

/** One block or entry at a time, in a network that does nothing else. */
class Lab {
  readonly watch = new Watch();
  readonly #world: World;
  readonly #random: Random;
  #entries = 0;

  constructor(world: World, random: Random) {
    this.#world = world;
    this.#random = random;
    world.observe(this.watch);
  }

  async spread(kind: BlockKind): Promise<BlockSpread> {
    const { nodes } = this.#world;
    const times: { readonly half: number; readonly nineTenths: number; readonly nearlyAll: number }[] = [];
    const waits: number[] = [];
    const sent = new Map<Message['type'], number>();
    let bodyBytes = 0;
    for (let i = 0; i < kind.blocks; i++) {
      const entries = this.#makeEntries(kind.entries);
      bodyBytes = entries.reduce((sum, entry) => sum + entry.length + 1, 1);
      if (kind.areKnown) await this.#makeKnown(entries);
      const spread = await this.#mine(entries);
      const at = (share: number) => reachedMs(spread, share, nodes.length) ?? Number.NaN;
      times.push({ half: at(0.5), nineTenths: at(0.9), nearlyAll: at(0.99) });
      for (const joinedMs of spread.joinedMs) waits.push(joinedMs - spread.foundMs);
      // What is still being said of it belongs to it.
      await this.#world.run(ECHO_MS);
      for (const type of BLOCK_MESSAGES) sent.set(type, (sent.get(type) ?? 0) + this.watch.bytesOf([type]));
    }
    const perBlock = kind.blocks * nodes.length;
    return {
      kind,
      bodyBytes,
      halfMs: quantile(
        times.map(({ half }) => half),
        0.5,
      ),
      nineTenthsMs: quantile(
        times.map(({ nineTenths }) => nineTenths),
        0.5,
      ),
      nearlyAllMs: quantile(
        times.map(({ nearlyAll }) => nearlyAll),
        0.5,
      ),
      meanMs: waits.reduce((sum, wait) => sum + wait, 0) / waits.length,
      bytesPerNode: [...sent].map(([type, bytes]) => ({ type, bytes: bytes / perBlock })),
    };
  }

  /** What one entry costs each node, handed in one at a time. */
  async entryCost(count: number): Promise<number> {
    let bytes = 0;
    for (let i = 0; i < count; i++) {
      const entries = this.#makeEntries(1);
      await this.#makeKnown(entries);
      bytes += this.watch.bytesOf(['inventory', 'get-entries', 'entries']);
      // Out of the pools again, so that nobody is reminded of it.
      await this.#mine(entries);
    }
    return bytes / count / this.#world.nodes.length;
  }

  /** Has a block of these entries found somewhere, and waits until all have it. */
  async #mine(entries: readonly string[]): Promise<Spread> {
    const { nodes } = this.#world;
    this.watch.reset();
    const node = this.#random.pick(nodes);
    node.miner.hashesPerSecond = Number.MAX_SAFE_INTEGER;
    this.#world.mine(node, ...entries);
    let spread: Spread | undefined;
    const hasSpread = () => {
      [spread] = this.watch.spreads.values();
      return spread?.joinedMs.length === nodes.length;
    };
    await this.#world.until('a block reaches all', SPREAD_MS_MAX, hasSpread);
    node.miner.hashesPerSecond = 0;
    return assertPresent(spread, 'what has spread was watched');
  }

  /** Has these handed in somewhere, and waits until all have them pending. */
  async #makeKnown(entries: readonly string[]): Promise<void> {
    const { nodes } = this.#world;
    this.watch.reset();
    this.#world.submit(this.#random.pick(nodes), ...entries);
    const haveAll = () => this.watch.pendingCount === entries.length * nodes.length;
    await this.#world.until('entries reach all', SPREAD_MS_MAX, haveAll);
    await this.#world.run(ECHO_MS);
  }

  /** Canonical, a little less than 300 bytes each, no two alike. */
  #makeEntries(count: number): string[] {
    return Array.from({ length: count }, () => {
      this.#entries++;
      const filler = Array.from({ length: 32 }, () =>
        this.#random
          .integer(0, 2 ** 32 - 1)
          .toString(16)
          .padStart(8, '0'),
      );
      return `{"filler":"${filler.join('')}","number":${this.#entries}}`;
    });
  }
}

/** What is said of blocks alone. */
const BLOCK_MESSAGES = [
  'headers',
  'get-headers',
  'get-blocks',
  'block',
  'get-block-ids',
  'block-ids',
  'get-block-entries',
  'block-entries',
  'not-found',
] as const;

const BLOCK_INTERVAL = 10;
const IDLE_MS = 60_000;
const SPREAD_MS_MAX = 600_000;
const ECHO_MS = 2_000;
