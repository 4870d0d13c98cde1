/** What the page's light client says of who stands for entries that lists show. Each is asked about once, and again while nobody could tell. */
import { SvelteMap } from 'svelte/reactivity';
import type { Verdict } from '../verifier/verdict.ts';
import type { ToldEntry } from './told-json.ts';
import { verification } from './verification.svelte.ts';

export class AuthorChecks {
  readonly #verdicts = new SvelteMap<string, Verdict>();
  readonly #asked = new Set<string>();

  /** What is known of an entry that is shown so; undefined where nothing is yet. */
  verdict(entry: ToldEntry): Verdict | undefined {
    return this.#verdicts.get(nameOf(entry));
  }

  /** Has those checked that were not, and resolves when they are. */
  async check(entries: readonly ToldEntry[]): Promise<void> {
    if (this.#verdicts.size > KEPT) this.#forget();
    const waiting = entries.filter((entry) => !this.#asked.has(nameOf(entry)));
    for (const entry of waiting) this.#asked.add(nameOf(entry));
    for (let from = 0; from < waiting.length; from += AT_ONCE) {
      const some = waiting.slice(from, from + AT_ONCE);
      const verdicts = await verification.proveAuthors(some);
      for (const [i, verdict] of verdicts.entries()) {
        const entry = some[i];
        if (entry === undefined) continue;
        this.#verdicts.set(nameOf(entry), verdict);
        // Somebody may be able to tell later.
        if (verdict.outcome === 'unchecked') this.#asked.delete(nameOf(entry));
      }
    }
  }

  #forget(): void {
    this.#verdicts.clear();
    this.#asked.clear();
  }
}

/** All that is checked: the same id with another text is another claim. */
function nameOf({ id, text }: ToldEntry): string {
  return `${id} ${text}`;
}

/** As many as are checked in one go. */
const AT_ONCE = 100;
const KEPT = 5_000;
