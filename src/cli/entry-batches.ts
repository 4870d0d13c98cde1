/** From lines of JSON to batches of entries, as many as one `append` takes. */
import { canonicalizeBytes } from '../core/canonical-json.ts';
import { describeJsonFault } from '../core/json-fault.ts';
import { DEFAULT_PARAMS } from '../core/params.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { type Line, type LineFault, LineSplitter } from './line-splitter.ts';

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
 * and after it nothing more. Holds one batch and one line.
 */
export async function* batchEntries(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Result<EntryBatch, EntryFault>, void, undefined> {
  let draft = new BatchDraft();
  for await (const line of readLines(source)) {
    const entry = line.ok ? readEntry(line.value) : line;
    if (!entry.ok) {
      if (!draft.isEmpty) yield ok(draft);
      yield entry;
      return;
    }
    if (entry.value === undefined) continue;
    if (!draft.hasRoomFor(entry.value)) {
      yield ok(draft);
      draft = new BatchDraft();
    }
    draft.add(entry.value);
  }
  if (!draft.isEmpty) yield ok(draft);
}

async function* readLines(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Result<Line, EntryFault>, void, undefined> {
  const splitter = new LineSplitter(LINE_BYTES_MAX);
  for await (const chunk of source) {
    for (const line of splitter.push(chunk)) {
      if (!line.ok) {
        yield fail(describeLineFault(line.fault));
        return;
      }
      yield line;
    }
  }
  const last = splitter.end();
  if (last !== undefined) yield ok(last);
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

/** The canonical JSON on the line; undefined where nothing stands on it. */
function readEntry({ number, bytes }: Line): Result<Entry | undefined, EntryFault> {
  const start = bytes.findIndex((byte) => !isWhiteSpace(byte));
  if (start < 0) return ok(undefined);
  // The outermost array of a block's data holds the entries and is not counted; an entry's own is.
  const depthMax = bytes[start] === ARRAY_OPEN ? DEPTH_MAX - 1 : DEPTH_MAX;
  const canonical = canonicalizeBytes(bytes, { depthMax });
  if (!canonical.ok) {
    return fail({ line: number, code: canonical.fault.code, message: describeJsonFault(canonical.fault) });
  }
  const sizeBytes = canonical.value.length;
  if (sizeBytes > ENTRY_BYTES_MAX) {
    const message = `The entry is ${sizeBytes} bytes, over the limit of ${ENTRY_BYTES_MAX}: record its hash instead.`;
    return fail({ line: number, code: 'entry-too-large', message });
  }
  // A copy: the line may be a view of memory that is used again.
  return ok({ bytes: Uint8Array.from(canonical.value), line: number });
}

function describeLineFault({ line, code, limitBytes }: LineFault): EntryFault {
  const message = `The line is over ${limitBytes} bytes, far more than an entry may have: record its hash instead.`;
  return { line, code, message };
}

function isWhiteSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0d;
}

/** As many as one call takes, and bytes enough below its 1 MiB (docs/spec/wire.md#json-rpc). */
const BATCH_ENTRIES_MAX = 4_096;
const BATCH_BYTES_MAX = 900 * 1_024;

/** An entry has 64 KiB of canonical JSON; with every character escaped, six times as much. */
const LINE_BYTES_MAX = 1_048_576;

/** Of the default network. A node of a stricter one refuses more. */
const { depthMax: DEPTH_MAX, entryBytesMax: ENTRY_BYTES_MAX } = DEFAULT_PARAMS;

const ARRAY_OPEN = 0x5b;
