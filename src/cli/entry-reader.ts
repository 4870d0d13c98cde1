/** From the bytes of an input, as they come, to the entries in it: what readers of different formats have in common, and the one for JSON. */
import { canonicalizeEntry } from '../core/entry-form.ts';
import { describeJsonFault } from '../core/json-fault.ts';
import { DEFAULT_PARAMS } from '../core/params.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { INPUT_START, type Line, type LineFault, LineSplitter } from './line-splitter.ts';

/** An entry, and where it stands in its input. */
export interface SourceEntry {
  /** Canonical JSON. */
  readonly bytes: Uint8Array;
  /** The line on which it begins, from 1. */
  readonly line: number;
  /** The line on which it ends. */
  readonly endLine: number;
  /** How many bytes of the input there are up to and with the end of that line. */
  readonly endBytes: number;
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

/** Reads one input. After a fault nothing more can be read. */
export interface EntryReader {
  /** The entries that `chunk` completes. */
  push(chunk: Uint8Array): Iterable<Result<SourceEntry, EntryFault>>;
  /** The last entry, if the input ended without a line end: for when all has been pushed. */
  end(): Iterable<Result<SourceEntry, EntryFault>>;
}

/** One JSON value a line. Empty lines are passed over. */
export class JsonLineReader implements EntryReader {
  readonly #lines: LineSplitter;

  /** `start` is where the first chunk begins in the input. */
  constructor(start = INPUT_START) {
    this.#lines = new LineSplitter(LINE_BYTES_MAX, start);
  }

  push(chunk: Uint8Array): Iterable<Result<SourceEntry, EntryFault>> {
    return readLines(this.#lines.push(chunk));
  }

  end(): Iterable<Result<SourceEntry, EntryFault>> {
    return readLines(this.#lines.end());
  }
}

/** Undefined of an entry that is small enough. */
export function sizeFault(entry: Uint8Array, line: number): EntryFault | undefined {
  if (entry.length <= ENTRY_BYTES_MAX) return undefined;
  const message = `The entry is ${entry.length} bytes, over the limit of ${ENTRY_BYTES_MAX}: record its hash instead.`;
  return { line, code: 'entry-too-large', message };
}

export function describeLineFault({ line, code, limitBytes }: LineFault): EntryFault {
  const message = `The line is over ${limitBytes} bytes, far more than an entry may have: record its hash instead.`;
  return { line, code, message };
}

function* readLines(
  lines: Iterable<Result<Line, LineFault>>,
): Generator<Result<SourceEntry, EntryFault>, void, undefined> {
  for (const line of lines) {
    const entry = line.ok ? readEntry(line.value) : fail(describeLineFault(line.fault));
    if (!entry.ok) yield entry;
    else if (entry.value !== undefined) yield ok(entry.value);
  }
}

/** The canonical JSON on the line; undefined where nothing stands on it. */
function readEntry({ number: line, bytes, endBytes }: Line): Result<SourceEntry | undefined, EntryFault> {
  if (bytes.every(isWhiteSpace)) return ok(undefined);
  const canonical = canonicalizeEntry(bytes, { depthMax: DEPTH_MAX });
  if (!canonical.ok) return fail({ line, code: canonical.fault.code, message: describeJsonFault(canonical.fault) });
  const tooLarge = sizeFault(canonical.value, line);
  if (tooLarge !== undefined) return fail(tooLarge);
  // A line that is canonical already is its own canonical form, and may be a view of memory that is used again.
  const isLine = canonical.value === bytes;
  return ok({ bytes: isLine ? new Uint8Array(bytes) : canonical.value, line, endLine: line, endBytes });
}

function isWhiteSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0d;
}

/** An entry has 64 KiB of canonical JSON; with every character escaped, six times as much. */
export const LINE_BYTES_MAX = 1_048_576;

/** Of the default network. A node of a stricter one refuses more. */
const { depthMax: DEPTH_MAX, entryBytesMax: ENTRY_BYTES_MAX } = DEFAULT_PARAMS;
