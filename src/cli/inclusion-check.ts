/** Follows a node's chain until entries that were submitted are in blocks. */
import type { BlockSummary, Submitted } from '../api/shapes.ts';
import { assert } from '../core/assert.ts';
import { jsonValue, readMembers } from '../core/json-text.ts';
import type { ProbeClient } from '../probe/probe-client.ts';
import { answeredWithout, parseAnswer } from './command-context.ts';
import { CommandError, EXIT_CODES } from './command-error.ts';

/** A block that has been looked at. */
interface SeenBlock {
  readonly height: number;
  readonly hash: string;
  /** Of our entries, those that it holds. */
  readonly ids: readonly string[];
}

export class InclusionCheck {
  readonly #client: ProbeClient;
  /** How often each id is still waited for. */
  readonly #waiting = new Map<string, number>();
  /** The latest blocks, lowest first; one at least. */
  readonly #seen: SeenBlock[];

  private constructor(client: ProbeClient, seen: SeenBlock[]) {
    this.#client = client;
    this.#seen = seen;
  }

  /** To be begun before the first entry is submitted. */
  static async begin(client: ProbeClient): Promise<InclusionCheck> {
    // Blocks that are there may be abandoned, too, and what takes their places have our entries.
    const answer = await client.call('blocks', jsonValue({ limit: BLOCKS_BELOW_MAX }));
    const [tip, ...below] = parseAnswer<{ readonly blocks: readonly BlockSummary[] }>(answer).blocks;
    if (tip === undefined) throw answeredWithout('a block');
    const linked = [tip];
    for (const block of below) if (linked.at(-1)?.prev_hash === block.hash) linked.push(block);
    return new InclusionCheck(
      client,
      linked.reverse().map(({ height, hash }) => ({ height, hash, ids: [] })),
    );
  }

  /** How many different entries are still waited for. */
  get count(): number {
    return this.#waiting.size;
  }

  add(entries: readonly Submitted[]): void {
    for (const { id, status } of entries) {
      if (status === 'in-block') continue;
      // An entry that waits already goes into one block with its equal.
      if (status === 'pending' || !this.#waiting.has(id)) this.#waiting.set(id, (this.#waiting.get(id) ?? 0) + 1);
    }
  }

  /**
   * Looks at the blocks since the last time. No entry may be on its way meanwhile: it could be missed. Throws a `CommandError` where the
   * chain has become another further down than anybody expects.
   */
  async catchUp(): Promise<void> {
    await this.#leaveAbandoned();
    for (;;) {
      const height = this.#tip.height + 1;
      const summary = await this.#summaryAt(height);
      if (summary?.prev_hash !== this.#tip.hash) return;
      const ids: string[] = [];
      for (const id of await this.#entryIds(summary.hash)) {
        const count = this.#waiting.get(id);
        if (count === undefined) continue;
        ids.push(id);
        if (count === 1) this.#waiting.delete(id);
        else this.#waiting.set(id, count - 1);
      }
      this.#seen.push({ height, hash: summary.hash, ids });
      if (this.#seen.length > SEEN_BLOCKS_MAX) this.#seen.shift();
    }
  }

  get #tip(): SeenBlock {
    const tip = this.#seen.at(-1);
    assert(tip !== undefined, 'the block where we began is always there');
    return tip;
  }

  /** Waits again for what stands in blocks that a reorganisation has removed. */
  async #leaveAbandoned(): Promise<void> {
    while ((await this.#summaryAt(this.#tip.height))?.hash !== this.#tip.hash) {
      if (this.#seen.length === 1) throw chainChanged(this.#tip.height);
      for (const id of this.#seen.pop()?.ids ?? []) this.#waiting.set(id, (this.#waiting.get(id) ?? 0) + 1);
    }
  }

  /** The active block at `height`; undefined above the tip. */
  async #summaryAt(height: number): Promise<BlockSummary | undefined> {
    const answer = await this.#client.call('blocks', jsonValue({ from: height, limit: 1 }));
    const [summary] = parseAnswer<{ readonly blocks: readonly BlockSummary[] }>(answer).blocks;
    return summary?.height === height ? summary : undefined;
  }

  async #entryIds(hash: string): Promise<readonly string[]> {
    const view = readMembers(await this.#client.call('block', jsonValue({ hash })));
    return parseAnswer<readonly string[]>((view.ok ? view.value.get('entry_ids') : undefined) ?? '[]');
  }
}

function chainChanged(height: number): CommandError {
  const message = `The chain of the node is another one from height ${height} on, or from further below: what has become of the entries is not to be seen any more.`;
  return new CommandError(EXIT_CODES.refused, 'chain-changed', message);
}

/** A deeper reorganisation raises an alarm at the node. */
const SEEN_BLOCKS_MAX = 101;
/** As many as one answer has. */
const BLOCKS_BELOW_MAX = 100;
