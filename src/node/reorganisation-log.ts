/** Remembers how the active chain changed branches since the node started. */
import type { Reorganisation } from '../api/fork-shapes.ts';
import type { RuntimeEvent } from './runtime.ts';
import { isoTime } from './views.ts';

/** One that is being told of: its counts grow with it. */
type Entry = { -readonly [Key in keyof Reorganisation]: Reorganisation[Key] };

/**
 * A log of what is told of blocks. The machine tells a reorganisation in one go, from the first block that leaves to the
 * last one that joins; what comes in a later turn is the chain that grows.
 */
export class ReorganisationLog {
  readonly #unixMs: () => number;
  #entries: readonly Entry[] = [];
  #open: Entry | undefined;

  constructor(unixMs: () => number) {
    this.#unixMs = unixMs;
  }

  /** The latest first. */
  get entries(): readonly Reorganisation[] {
    return this.#entries;
  }

  told(event: RuntimeEvent): void {
    if (event.type === 'block-removed') {
      const entry = this.#open ?? this.#begin();
      entry.fork_height = event.height - 1;
      entry.removed_count++;
      if (entry.removed.length < HASHES_MAX) entry.removed.push(event.hash);
    } else if (event.type === 'block-added' && this.#open !== undefined) {
      this.#open.added_count++;
      if (this.#open.added.length < HASHES_MAX) this.#open.added.push(event.hash);
    }
  }

  #begin(): Entry {
    const at = isoTime(this.#unixMs() / 1000);
    const entry: Entry = { at, fork_height: 0, removed_count: 0, removed: [], added_count: 0, added: [] };
    this.#entries = [entry, ...this.#entries].slice(0, REORGANISATIONS_MAX);
    this.#open = entry;
    queueMicrotask(() => {
      this.#open = undefined;
    });
    return entry;
  }
}

const REORGANISATIONS_MAX = 64;
const HASHES_MAX = 32;
