/** Follows a node's chain until entries that were submitted are in blocks. */
import type { BlockSummary, NodeStatus, Submitted } from '../api/shapes.ts';
import { assert } from '../core/assert.ts';
import { jsonValue, readMembers } from '../core/json-text.ts';
import type { ProbeClient } from '../probe/probe-client.ts';
import { parseAnswer } from './command-context.ts';

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
  /** The latest blocks, lowest first. The first of them is where we began, or too deep to be abandoned. */
  readonly #seen: SeenBlock[];

  private constructor(client: ProbeClient, start: SeenBlock) {
    this.#client = client;
    this.#seen = [start];
  }

  /** To be begun before the first entry is submitted. */
  static async begin(client: ProbeClient): Promise<InclusionCheck> {
    const { tip } = parseAnswer<NodeStatus>(await client.call('status'));
    return new InclusionCheck(client, { height: tip.height, hash: tip.hash, ids: [] });
  }

  /** How many different entries are still waited for. */
  get count(): number {
    return this.#waiting.size;
  }

  add(entries: readonly Submitted[]): void {
    for (const { id, status } of entries) {
      // An entry that waits already goes into one block with its equal.
      if (status === 'pending' || !this.#waiting.has(id)) this.#waiting.set(id, (this.#waiting.get(id) ?? 0) + 1);
    }
  }

  /** Looks at the blocks since the last time. No entry may be on its way meanwhile: it could be missed. */
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
    while (this.#seen.length > 1 && (await this.#summaryAt(this.#tip.height))?.hash !== this.#tip.hash) {
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

/** A deeper reorganisation raises an alarm at the node. */
const SEEN_BLOCKS_MAX = 101;
