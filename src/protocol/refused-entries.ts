/** What is remembered of entries that this node was asked to record and did not. */
import type { Hash } from '../core/hash.ts';
import type { RefusedEntry } from './effects.ts';
import { REFUSED_ENTRIES_MAX, REFUSED_MEMORY_MS } from './limits.ts';

/** Why an entry was refused the last time, and when by the clock on the wall. */
export interface Refused extends RefusedEntry {
  readonly atMs: number;
}

export class RefusedEntries {
  /** Those that were refused longest ago at the front. */
  readonly #entries = new Map<Hash, Refused & { readonly steadyMs: number }>();

  /** `now` is the time of the refusal. */
  add(entries: readonly RefusedEntry[], now: { readonly steadyMs: number; readonly unixMs: number }): void {
    for (const entry of entries) {
      this.#entries.delete(entry.id);
      this.#entries.set(entry.id, { ...entry, atMs: now.unixMs, steadyMs: now.steadyMs });
    }
    for (const [id, { steadyMs }] of this.#entries) {
      if (this.#entries.size <= REFUSED_ENTRIES_MAX && !isForgotten(steadyMs, now.steadyMs)) break;
      this.#entries.delete(id);
    }
  }

  find(id: Hash, steadyMs: number): Refused | undefined {
    const found = this.#entries.get(id);
    return found === undefined || isForgotten(found.steadyMs, steadyMs) ? undefined : found;
  }
}

function isForgotten(atMs: number, nowMs: number): boolean {
  return nowMs - atMs > REFUSED_MEMORY_MS;
}
