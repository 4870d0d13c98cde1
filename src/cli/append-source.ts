/** Where `cairn append` has its entries from: a file or stdin, as lines of JSON, as CSV or as one JSON value. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { ok } from '../core/result.ts';
import { CommandError, EXIT_CODES, fileUnreadable } from './command-error.ts';
import { type CsvOptions, CsvReader } from './csv-reader.ts';
import { type EntryReader, JsonLineReader } from './entry-reader.ts';
import { readJsonFile } from './json-input.ts';
import { INPUT_START, type LinePosition } from './line-splitter.ts';
import type { Terminal } from './terminal.ts';

export interface SourceFlags {
  readonly csv?: boolean;
  readonly csvNumbers?: boolean;
  readonly csvSeparator?: string;
}

export interface AppendSource {
  readonly chunks: AsyncIterable<Uint8Array>;
  readonly reader: EntryReader;
  /** Undefined of a pipe, and of a file that is one value. */
  readonly sizeBytes: number | undefined;
}

/** What `file` is read as. */
export type SourceKind =
  | { readonly type: 'json-lines' }
  | { readonly type: 'csv'; readonly options: CsvOptions }
  | { readonly type: 'json-value' };

/** What the flags say, or else the end of the file's name. Throws a `CommandError` where they do not fit together. */
export function sourceKind(file: string, flags: SourceFlags): SourceKind {
  const { csvSeparator, csvNumbers } = flags;
  const isTabbed = /\.tsv$/i.test(file);
  if (flags.csv === true || isTabbed || /\.csv$/i.test(file)) {
    const separator = csvSeparator ?? (isTabbed ? '\t' : ',');
    return { type: 'csv', options: { separator, hasNumbers: csvNumbers === true } };
  }
  if (csvSeparator !== undefined || csvNumbers === true) {
    const message = `${file}: --csv-numbers and --csv-separator are for CSV; say --csv, or name a file that ends in .csv.`;
    throw new CommandError(EXIT_CODES.usage, 'flags-conflict', message);
  }
  return { type: file.endsWith('.json') ? 'json-value' : 'json-lines' };
}

/** Throws a `CommandError` where `file` is not there or a folder. */
export async function checkSource(file: string): Promise<void> {
  if (file === '-') return;
  const facts = await stat(file).catch((cause: unknown) => {
    throw fileUnreadable(file, cause);
  });
  if (!facts.isDirectory()) return;
  const message = `${file}: this is a folder; name a file with one JSON value a line, or with CSV, or - for stdin.`;
  throw new CommandError(EXIT_CODES.usage, 'file-unreadable', message);
}

/** `-` is stdin. A file is read from `start` on. It was checked before (`checkSource`). */
export async function openSource(
  terminal: Terminal,
  options: { readonly file: string; readonly kind: SourceKind; readonly start?: LinePosition },
): Promise<AppendSource> {
  const { file, kind, start = INPUT_START } = options;
  if (file === '-') {
    const what = kind.type === 'csv' ? 'CSV, the names of the fields first' : 'entries, one JSON value a line';
    if (terminal.stdin.isTTY === true) terminal.talk(`Reading ${what}; Ctrl-D ends.`);
    return { chunks: terminal.stdin, reader: createReader(kind), sizeBytes: undefined };
  }
  const { size: sizeBytes } = await stat(file);
  switch (kind.type) {
    case 'json-value':
      return oneValue(await readJsonFile(file));
    case 'json-lines':
      return { chunks: readFrom(file, start), reader: new JsonLineReader(start), sizeBytes };
    case 'csv':
      return { chunks: readFrom(file, start), reader: await openCsv(file, kind.options, start), sizeBytes };
  }
}

function createReader(kind: SourceKind): EntryReader {
  return kind.type === 'csv' ? new CsvReader(kind.options) : new JsonLineReader();
}

/** The header stands at the beginning of the file, wherever its reader begins. */
async function openCsv(file: string, options: CsvOptions, start: LinePosition): Promise<CsvReader> {
  if (start.bytes === 0) return new CsvReader(options);
  const first = new CsvReader(options);
  for await (const chunk of readFrom(file, INPUT_START)) {
    for (const entry of first.push(chunk)) if (!entry.ok) break;
    if (first.header !== undefined) return new CsvReader(options, { header: first.header, start });
  }
  throw new CommandError(EXIT_CODES.refused, 'file-changed', `${file}: its header is gone.`);
}

function readFrom(file: string, start: LinePosition): AsyncIterable<Uint8Array> {
  return createReadStream(file, { start: start.bytes, highWaterMark: READ_BYTES });
}

/** As if it stood on one line. */
function oneValue(bytes: Uint8Array): AppendSource {
  const entry = { bytes, line: 1, endLine: 1, endBytes: bytes.length };
  const reader: EntryReader = { push: () => [ok(entry)], end: () => [] };
  const chunks = (async function* () {
    yield bytes;
  })();
  return { chunks, reader, sizeBytes: undefined };
}

const READ_BYTES = 262_144;
