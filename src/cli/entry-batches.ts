/** From the entries of an input to batches of them, as many as one `append` takes. */
import { ok, type Result } from '../core/result.ts';
import type { EntryFault, EntryReader, SourceEntry } from './entry-reader.ts';
import type { LinePosition } from './line-splitter.ts';
import { withinDeadline } from './orderly-stop.ts';

export interface EntryBatch {
  /** The canonical JSON of each entry. */
  readonly entries: readonly Uint8Array[];
  /** The line that each entry begins on, for faults that only the node finds. */
  readonly lines: readonly number[];
  /** Where the input goes on after each. */
  readonly ends: readonly LinePosition[];
}

export interface BatchLimits {
  readonly entriesMax: number;
  readonly bytesMax: number;
}

/**
 * The entries of `source`, as `reader` finds them. What stands before a fault comes first, and after it nothing more. Holds one batch
 * and what the reader holds. A batch that is not full comes soon after its first entry, whether `source` goes on or pauses.
 */
export async function* batchEntries(
  source: AsyncIterable<Uint8Array>,
  reader: EntryReader,
  limits = BATCH_LIMITS,
): AsyncGenerator<Result<EntryBatch, EntryFault>, void, undefined> {
  const chunks = source[Symbol.asyncIterator]();
  let draft = new BatchDraft(limits);
  let isEnd = false;
  try {
    while (!isEnd) {
      const next = chunks.next();
      if (!draft.isEmpty && (draft.ageMs >= BATCH_AGE_MS_MAX || !(await withinDeadline(next, draft.leftMs)))) {
        yield ok(draft);
        draft = new BatchDraft(limits);
      }
      const chunk = await next;
      isEnd = chunk.done === true;
      for (const entry of chunk.done === true ? reader.end() : reader.push(chunk.value)) {
        if (!draft.isEmpty && (!entry.ok || !draft.hasRoomFor(entry.value))) {
          yield ok(draft);
          draft = new BatchDraft(limits);
        }
        if (!entry.ok) {
          yield entry;
          return;
        }
        draft.add(entry.value);
      }
    }
    if (!draft.isEmpty) yield ok(draft);
  } finally {
    // Not waited for: a source that pauses hears of it when it goes on.
    void chunks.return?.();
  }
}

/** Of the entries of `batch`, those from the place `start` to before `end`. */
export function batchPart({ entries, lines, ends }: EntryBatch, start: number, end: number): EntryBatch {
  return { entries: entries.slice(start, end), lines: lines.slice(start, end), ends: ends.slice(start, end) };
}

class BatchDraft implements EntryBatch {
  readonly entries: Uint8Array[] = [];
  readonly lines: number[] = [];
  readonly ends: LinePosition[] = [];
  readonly #limits: BatchLimits;
  #bytes = 0;
  #startedMs = 0;

  constructor(limits: BatchLimits) {
    this.#limits = limits;
  }

  get isEmpty(): boolean {
    return this.entries.length === 0;
  }

  /** How long the first entry has waited in it. */
  get ageMs(): number {
    return performance.now() - this.#startedMs;
  }

  get leftMs(): number {
    return Math.max(0, BATCH_AGE_MS_MAX - this.ageMs);
  }

  hasRoomFor({ bytes }: SourceEntry): boolean {
    const { entriesMax, bytesMax } = this.#limits;
    return this.isEmpty || (this.entries.length < entriesMax && this.#bytes + bytes.length < bytesMax);
  }

  add({ bytes, line, endLine, endBytes }: SourceEntry): void {
    if (this.isEmpty) this.#startedMs = performance.now();
    this.entries.push(bytes);
    this.lines.push(line);
    this.ends.push({ bytes: endBytes, line: endLine });
    this.#bytes += bytes.length + 1;
  }
}

/** As many as one call takes, and bytes enough below its 1 MiB (docs/spec/wire.md#json-rpc). */
const BATCH_ENTRIES_MAX = 4_096;
const BATCH_BYTES_MAX = 900 * 1_024;
const BATCH_LIMITS: BatchLimits = { entriesMax: BATCH_ENTRIES_MAX, bytesMax: BATCH_BYTES_MAX };

/** Of entries that are still to be signed, which makes each some 430 bytes longer. */
const UNSIGNED_ENTRIES_MAX = 1_000;
const UNSIGNED_BYTES_MAX = 400 * 1_024;
export const SIGNED_BATCH_LIMITS: BatchLimits = { entriesMax: UNSIGNED_ENTRIES_MAX, bytesMax: UNSIGNED_BYTES_MAX };

/** Long enough that a file or a busy pipe fills its batches, and nobody notices it. */
const BATCH_AGE_MS_MAX = 50;
