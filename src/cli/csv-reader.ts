/**
 * Entries from CSV (RFC 4180): the first record names the keys, and each further one is an object.
 *
 * Values are strings, as CSV has nothing else, unless numbers are asked for. Fields are taken apart by csv-parse; it gets whole
 * records, because it would hold back the last one of each chunk until more comes.
 */
import { isUtf8 } from 'node:buffer';
import { parse } from 'csv-parse/sync';
import { canonicalNumber } from '../core/canonical-number.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { type CsvRecord, CsvSplitter } from './csv-splitter.ts';
import {
  describeLineFault,
  type EntryFault,
  type EntryReader,
  LINE_BYTES_MAX,
  type SourceEntry,
  sizeFault,
} from './entry-reader.ts';
import { INPUT_START, type LineFault, type LinePosition } from './line-splitter.ts';

export interface CsvOptions {
  /** Between two fields: one character. */
  readonly separator: string;
  /** Whether a field that JSON would spell as a number is one. One that not every reader would read as the same stays a string. */
  readonly hasNumbers: boolean;
}

export class CsvReader implements EntryReader {
  readonly #options: CsvOptions;
  readonly #splitter: CsvSplitter;
  #header: CsvHeader | undefined;

  /** `resumed` is where the first chunk begins in an input whose header is known already. */
  constructor(options: CsvOptions, resumed?: { readonly header: CsvHeader; readonly start: LinePosition }) {
    this.#options = options;
    this.#splitter = new CsvSplitter(LINE_BYTES_MAX, resumed?.start ?? INPUT_START);
    this.#header = resumed?.header;
  }

  /** Undefined before it was read. */
  get header(): CsvHeader | undefined {
    return this.#header;
  }

  push(chunk: Uint8Array): Iterable<Result<SourceEntry, EntryFault>> {
    return this.#read(this.#splitter.push(chunk));
  }

  end(): Iterable<Result<SourceEntry, EntryFault>> {
    return this.#read(this.#splitter.end());
  }

  *#read(pieces: Iterable<Result<CsvRecord, LineFault>>): Generator<Result<SourceEntry, EntryFault>, void, undefined> {
    let records: CsvRecord[] = [];
    for (const piece of pieces) {
      if (!piece.ok) {
        yield* this.#readRecords(records);
        yield fail(describeLineFault(piece.fault));
        return;
      }
      const record = piece.value;
      if (isEmpty(record.bytes)) continue;
      if (this.#header === undefined) {
        const header = readHeader(record, this.#options);
        if (!header.ok) {
          yield header;
          return;
        }
        this.#header = header.value;
      } else if (records.push(record) === RECORDS_AT_ONCE) {
        yield* this.#readRecords(records);
        records = [];
      }
    }
    yield* this.#readRecords(records);
  }

  *#readRecords(records: readonly CsvRecord[]): Generator<Result<SourceEntry, EntryFault>, void, undefined> {
    const header = this.#header;
    if (header === undefined || records.length === 0) return;
    const rows = readFields(records, this.#options);
    // Something is wrong with one of them: what stands before it comes first.
    const each = rows ?? records.map((record) => readFields([record], this.#options)?.[0]);
    for (const [i, record] of records.entries()) {
      const entry = readEntry(record, each[i], header, this.#options);
      yield entry;
      if (!entry.ok) return;
    }
  }
}

/** The keys of every entry. */
export class CsvHeader {
  readonly #count: number;
  /** By key, in the order of canonical JSON (RFC 8785 §3.2.3), what stands before a value, and the place of its field. */
  readonly #members: readonly { readonly before: string; readonly field: number }[];

  /** `names` are all different. */
  constructor(names: readonly string[]) {
    this.#count = names.length;
    const places = names.map((name, field) => ({ name, field }));
    // Strings compare by UTF-16 code units.
    places.sort((a, b) => (a.name < b.name ? -1 : 1));
    this.#members = places.map(({ name, field }, i) => ({
      before: `${i === 0 ? '{' : ','}${JSON.stringify(name)}:`,
      field,
    }));
  }

  get count(): number {
    return this.#count;
  }

  /** The canonical JSON of an entry with a value for each field. */
  encode(values: readonly string[]): Uint8Array {
    let text = '';
    for (const { before, field } of this.#members) text += before + (values[field] ?? '""');
    return Buffer.from(`${text}}`, 'utf8');
  }
}

function readHeader(record: CsvRecord, options: CsvOptions): Result<CsvHeader, EntryFault> {
  const { line } = record;
  const names = readFields([record], options)?.[0];
  if (names === undefined) return fail(syntaxFault(record));
  const seen = new Set<string>();
  const twice = names.find((name) => seen.size === seen.add(name).size);
  if (twice === undefined) return ok(new CsvHeader(names));
  const message = `The header names ${JSON.stringify(twice)} twice: the names are the keys of the entries, and each key stands once.`;
  return fail({ line, code: 'csv-header-invalid', message });
}

function readEntry(
  record: CsvRecord,
  fields: readonly string[] | undefined,
  header: CsvHeader,
  { hasNumbers }: CsvOptions,
): Result<SourceEntry, EntryFault> {
  const { line, endLine, endBytes } = record;
  if (fields === undefined) return fail(syntaxFault(record));
  if (fields.length !== header.count) {
    const message = `The record has ${fields.length} fields, and the header ${header.count}.`;
    return fail({ line, code: 'csv-fields-wrong', message });
  }
  const values = fields.map((field) => (hasNumbers ? asNumber(field) : undefined) ?? JSON.stringify(field));
  const bytes = header.encode(values);
  const tooLarge = sizeFault(bytes, line);
  return tooLarge === undefined ? ok({ bytes, line, endLine, endBytes }) : fail(tooLarge);
}

/** The fields of each record; undefined where one of them cannot be read. */
function readFields(
  records: readonly CsvRecord[],
  { separator }: CsvOptions,
): readonly (readonly string[])[] | undefined {
  const parts = records.flatMap(({ bytes }) => [bytes, LINE_END]);
  const bytes = Buffer.concat(parts);
  if (!isUtf8(bytes)) return undefined;
  try {
    const rows = parse(bytes, { delimiter: separator, record_delimiter: ['\r\n', '\n'], relax_column_count: true });
    return rows.length === records.length ? rows : undefined;
  } catch {
    // Its errors are those of one format, and each record that has one is named by us.
    return undefined;
  }
}

function syntaxFault({ line, bytes }: CsvRecord): EntryFault {
  if (!isUtf8(bytes)) {
    return { line, code: 'utf8-invalid', message: 'The record is not UTF-8: write the file as UTF-8.' };
  }
  const message =
    'Its quotes do not fit: a field with a quote in it stands in quotes, and each quote in it is written twice.';
  return { line, code: 'csv-quotes-wrong', message };
}

function asNumber(field: string): string | undefined {
  return JSON_NUMBER.test(field) ? canonicalNumber(field) : undefined;
}

function isEmpty(bytes: Uint8Array): boolean {
  return bytes.length === 0 || (bytes.length === 1 && bytes[0] === CARRIAGE_RETURN);
}

const LINE_END = Buffer.from('\n');
const CARRIAGE_RETURN = 0x0d;
const JSON_NUMBER = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;
/** To take records apart together is several times as fast. */
const RECORDS_AT_ONCE = 256;
