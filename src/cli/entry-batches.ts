/** From lines of JSON to batches of entries, as many as one `append` takes. */
import { canonicalizeBytes } from '../core/canonical-json.ts';
import { describeJsonFault } from '../core/json-fault.ts';
import { DEFAULT_PARAMS } from '../core/params.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { type Line, type LineFault, LineSplitter } from './line-splitter.ts';
import { withinDeadline } from './orderly-stop.ts';

export interface EntryBatch {
  /** The canonical JSON of each entry. */
  readonly entries: readonly Uint8Array[];
  /** The line that each entry stood on, for faults that only the node finds. */
  readonly lines: readonly number[];
}

/** A line that is no entry. */
export interface EntryFault {
  readonly line: number;
  readonly code: string;
  /** One English sentence. */
  readonly message: string;
  /** Where the node found it: the last line of what it refused together with this one. */
  readonly lastLine?: number;
}

/**
 * The entries of `source`, one JSON value a line; empty lines are passed over. What stands before a fault comes first,
 * and after it nothing more. Holds one batch and one line. A batch that is not full comes as soon as `source` pauses.
 */
export async function* batchEntries(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Result<EntryBatch, EntryFault>, void, undefined> {
  const lines = new LineSplitter(LINE_BYTES_MAX);
  const chunks = source[Symbol.asyncIterator]();
  let draft = new BatchDraft();
  let isEnd = false;
  try {
    while (!isEnd) {
      const next = chunks.next();
      if (!draft.isEmpty && !(await withinDeadline(next, PAUSE_MS))) {
        yield ok(draft);
        draft = new BatchDraft();
      }
      const chunk = await next;
      isEnd = chunk.done === true;
      for (const entry of readEntries(chunk.done === true ? lines.end() : lines.push(chunk.value))) {
        if (!draft.isEmpty && (!entry.ok || !draft.hasRoomFor(entry.value))) {
          yield ok(draft);
          draft = new BatchDraft();
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

interface Entry {
  /** Canonical JSON. */
  readonly bytes: Uint8Array;
  readonly line: number;
}

class BatchDraft implements EntryBatch {
  readonly entries: Uint8Array[] = [];
  readonly lines: number[] = [];
  #bytes = 0;

  get isEmpty(): boolean {
    return this.entries.length === 0;
  }

  hasRoomFor({ bytes }: Entry): boolean {
    return this.isEmpty || (this.entries.length < BATCH_ENTRIES_MAX && this.#bytes + bytes.length < BATCH_BYTES_MAX);
  }

  add({ bytes, line }: Entry): void {
    this.entries.push(bytes);
    this.lines.push(line);
    this.#bytes += bytes.length + 1;
  }
}

function* readEntries(lines: Iterable<Result<Line, LineFault>>): Generator<Result<Entry, EntryFault>, void, undefined> {
  for (const line of lines) {
    const entry = line.ok ? readEntry(line.value) : fail(describeLineFault(line.fault));
    if (!entry.ok) yield entry;
    else if (entry.value !== undefined) yield ok(entry.value);
  }
}

/** The canonical JSON on the line; undefined where nothing stands on it. */
function readEntry({ number, bytes }: Line): Result<Entry | undefined, EntryFault> {
  let start = 0;
  while (isWhiteSpace(bytes[start])) start++;
  if (start === bytes.length) return ok(undefined);
  // The outermost array of a block's data holds the entries and is not counted; an entry's own is.
  const depthMax = bytes[start] === ARRAY_OPEN ? DEPTH_MAX - 1 : DEPTH_MAX;
  const canonical = canonicalizeBytes(bytes, { depthMax });
  if (!canonical.ok) {
    const fault = canonical.fault.code === 'json-depth' ? { ...canonical.fault, limit: DEPTH_MAX } : canonical.fault;
    return fail({ line: number, code: fault.code, message: describeJsonFault(fault) });
  }
  const sizeBytes = canonical.value.length;
  if (sizeBytes > ENTRY_BYTES_MAX) {
    const message = `The entry is ${sizeBytes} bytes, over the limit of ${ENTRY_BYTES_MAX}: record its hash instead.`;
    return fail({ line: number, code: 'entry-too-large', message });
  }
  // A line that is canonical already is its own canonical form, and may be a view of memory that is used again.
  const isLine = canonical.value === bytes;
  return ok({ bytes: isLine ? new Uint8Array(bytes) : canonical.value, line: number });
}

function describeLineFault({ line, code, limitBytes }: LineFault): EntryFault {
  const message = `The line is over ${limitBytes} bytes, far more than an entry may have: record its hash instead.`;
  return { line, code, message };
}

function isWhiteSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0d;
}

/** As many as one call takes, and bytes enough below its 1 MiB (docs/spec/wire.md#json-rpc). */
const BATCH_ENTRIES_MAX = 4_096;
const BATCH_BYTES_MAX = 900 * 1_024;

/** Long enough that a file or a busy pipe fills its batches, and nobody notices it. */
const PAUSE_MS = 50;

/** An entry has 64 KiB of canonical JSON; with every character escaped, six times as much. */
const LINE_BYTES_MAX = 1_048_576;

/** Of the default network. A node of a stricter one refuses more. */
const { depthMax: DEPTH_MAX, entryBytesMax: ENTRY_BYTES_MAX } = DEFAULT_PARAMS;

const ARRAY_OPEN = 0x5b;
