/** Whether a world in which nothing goes wrong any more comes to rest: one tip, and every entry in a block. */
import type { Hash } from '../../core/hash.ts';
import type { NetworkParams } from '../../core/params.ts';
import type { InspectedNode, Inspector } from './inspector.ts';
import { InvariantBroken } from './invariant.ts';

/** What is left to see. */
export type LivenessPhase = 'parted' | 'agreed' | 'settled';

/**
 * Looks at a world from the moment when faults stopped. `observe` is called again and again, until it says `settled` or
 * throws because something took too long.
 */
export class Liveness {
  readonly #inspector: Inspector;
  readonly #params: NetworkParams;
  readonly #nodes: readonly InspectedNode[];
  readonly #agreeByMs: number;
  /** The entries that waited when all had agreed, and the height that the chain had then. */
  #waiting: { readonly ids: ReadonlySet<Hash>; readonly height: number } | undefined;

  /** `syncMs`: how long a node may take to fetch what it lacks, beyond ten block intervals. */
  constructor(options: {
    readonly inspector: Inspector;
    readonly params: NetworkParams;
    readonly nodes: readonly InspectedNode[];
    readonly nowMs: number;
    readonly syncMs: number;
  }) {
    this.#inspector = options.inspector;
    this.#params = options.params;
    this.#nodes = options.nodes;
    this.#agreeByMs = options.nowMs + 10 * options.params.blockInterval * 1000 + options.syncMs;
  }

  observe(nowMs: number): LivenessPhase {
    const { tally } = this.#inspector;
    const tips = new Set(this.#nodes.map((node) => (node.isUp ? node.machine.tip.hash : node.id)));
    if (this.#waiting === undefined) {
      if (tips.size > 1) {
        tally.check('L-a', undefined, nowMs <= this.#agreeByMs, () => `the nodes are at ${[...tips].join(', ')}`);
        return 'parted';
      }
      this.#waiting = { ids: this.#pendingNow(), height: this.#height() };
    }
    if (tips.size === 1 && !this.#isWaiting(this.#waiting.ids)) return 'settled';
    const height = this.#height();
    if (height < this.#waiting.height + this.#blocksFor(this.#waiting.ids.size) || tips.size > 1) return 'agreed';
    for (const node of this.#nodes) {
      const late = this.#waitingAt(node).find((id) => this.#waiting?.ids.has(id));
      if (late === undefined) continue;
      throw new InvariantBroken('L-b', node.id, `the entry ${late} waits since height ${this.#waiting.height}`);
    }
    tally.check('L-b', undefined, true, () => '');
    return 'settled';
  }

  /** Whether one of these entries still waits somewhere. */
  #isWaiting(ids: ReadonlySet<Hash>): boolean {
    return this.#nodes.some((node) => this.#waitingAt(node).some((id) => ids.has(id)));
  }

  /**
   * The entries that wait at a node. One that has restarted may take an entry for news that is in its chain already, where
   * a peer was cut off for long: equal entries may stand in a chain more than once.
   */
  #waitingAt({ id }: InspectedNode): Hash[] {
    const model = this.#inspector.modelOf(id);
    const waiting = [...model.pending.keys()];
    return this.#inspector.hasRestarted(id) ? waiting.filter((entry) => !model.isInChain(entry)) : waiting;
  }

  #pendingNow(): Set<Hash> {
    return new Set(this.#nodes.flatMap((node) => this.#waitingAt(node)));
  }

  #height(): number {
    return Math.max(...this.#nodes.map(({ id }) => Number(this.#inspector.modelOf(id).tip.header.height)));
  }

  /** Twenty blocks, and as many more as it takes to hold so many entries of the largest size at all. */
  #blocksFor(count: number): number {
    const { entriesMax, bodyBytesMax, entryBytesMax } = this.#params;
    const perBlock = Math.max(1, Math.min(entriesMax, Math.floor(bodyBytesMax / (entryBytesMax + 1))));
    return 20 + Math.floor(count / perBlock);
  }
}
