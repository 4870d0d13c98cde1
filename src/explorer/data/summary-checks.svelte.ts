/** What the page's light client says of blocks that lists show. Each is asked about once, and again while nobody could tell. */
import { SvelteMap } from 'svelte/reactivity';
import type { Verdict } from '../verifier/verdict.ts';
import type { ShownSummary } from '../verifier/verifier.ts';
import { verification } from './verification.svelte.ts';

export class SummaryChecks {
  readonly #outcomes = new SvelteMap<string, Verdict['outcome']>();
  readonly #asked = new Set<string>();

  /** What is known of a block that is shown so; undefined where nothing is yet. */
  outcome(shown: ShownSummary): Verdict['outcome'] | undefined {
    return this.#outcomes.get(nameOf(shown));
  }

  /** Has those checked that were not. */
  async check(shown: readonly ShownSummary[]): Promise<void> {
    const rows = shown.filter((row) => !this.#asked.has(nameOf(row))).slice(0, AT_ONCE);
    if (rows.length === 0) return;
    for (const row of rows) this.#asked.add(nameOf(row));
    const plain = rows.map(({ height, hash, prev_hash, time, bits }) => ({ height, hash, prev_hash, time, bits }));
    const verdicts = await verification.proveSummaries(plain);
    if (this.#outcomes.size > KEPT) this.#forget();
    for (const [index, row] of rows.entries()) {
      const outcome = verdicts[index]?.outcome ?? 'unchecked';
      this.#outcomes.set(nameOf(row), outcome);
      // Somebody may be able to tell later.
      if (outcome === 'unchecked') this.#asked.delete(nameOf(row));
    }
  }

  #forget(): void {
    this.#outcomes.clear();
    this.#asked.clear();
  }
}

/** All that is checked: the same hash with another time is another claim. */
function nameOf({ height, hash, prev_hash, time, bits }: ShownSummary): string {
  return `${height} ${hash} ${prev_hash} ${time} ${bits}`;
}

/** As many as are checked in one go. */
const AT_ONCE = 100;
const KEPT = 5_000;
