/** Cuts CSV (RFC 4180) into its records while it arrives, in bounded memory. What is in a record is not looked at. */
import { fail, ok, type Result } from '../core/result.ts';
import { withoutByteOrderMark } from './byte-order-mark.ts';
import { INPUT_START, type LineFault } from './line-splitter.ts';

export interface CsvRecord {
  /** The line on which it begins, from 1. */
  readonly line: number;
  /** The line on which it ends: a field in quotes may have line ends in it. */
  readonly endLine: number;
  /** How many bytes of the input there are up to and with the end of the record. */
  readonly endBytes: number;
  /** Without its line end. May be a view of the chunk that completed it. */
  readonly bytes: Uint8Array;
}

/** A record ends with a line feed outside of quotes, the last one with the input. A byte order mark before the first is left out. */
export class CsvSplitter {
  readonly #recordBytesMax: number;
  #held: Uint8Array = new Uint8Array(0);
  /** How far what is held has been looked through, and whether that ends within quotes. */
  #looked = 0;
  #isQuoted = false;
  #line: number;
  #endLine: number;
  #startBytes: number;

  /** `start` is where the first chunk begins in the input: between two records. */
  constructor(recordBytesMax: number, start = INPUT_START) {
    this.#recordBytesMax = recordBytesMax;
    this.#line = start.line + 1;
    this.#endLine = this.#line;
    this.#startBytes = start.bytes;
  }

  /** The records that `chunk` completes. After a fault nothing more can be read. */
  *push(chunk: Uint8Array): Generator<Result<CsvRecord, LineFault>, void, undefined> {
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    let start = 0;
    let at = this.#looked;
    let quote = indexOf(bytes, QUOTE, at);
    for (;;) {
      const end = bytes.indexOf(LINE_FEED, at);
      const lookedTo = end < 0 ? bytes.length : end;
      // A quote within a field in quotes is written twice, so it changes nothing.
      for (; quote < lookedTo; quote = indexOf(bytes, QUOTE, quote + 1)) this.#isQuoted = !this.#isQuoted;
      if (lookedTo - start > this.#recordBytesMax) {
        yield fail({ code: 'line-too-long', line: this.#line, limitBytes: this.#recordBytesMax });
        return;
      }
      if (end < 0) break;
      at = end + 1;
      if (this.#isQuoted) {
        this.#endLine++;
        continue;
      }
      yield ok(this.#take(bytes.subarray(start, end), 1));
      start = at;
    }
    // A copy: whoever sends the chunks may use their memory again.
    this.#held = Uint8Array.from(bytes.subarray(start));
    this.#looked = this.#held.length;
  }

  /** The last record, if it did not end with a line feed: for when all has been pushed. */
  *end(): Generator<Result<CsvRecord, LineFault>, void, undefined> {
    if (this.#held.length > 0) yield ok(this.#take(this.#held, 0));
  }

  #take(whole: Uint8Array, lineEndBytes: number): CsvRecord {
    const line = this.#line;
    const endLine = this.#endLine;
    const bytes = this.#startBytes === 0 ? withoutByteOrderMark(whole) : whole;
    this.#startBytes += whole.length + lineEndBytes;
    this.#line = endLine + 1;
    this.#endLine = this.#line;
    return { line, endLine, endBytes: this.#startBytes, bytes };
  }
}

function indexOf(bytes: Uint8Array, byte: number, start: number): number {
  const at = bytes.indexOf(byte, start);
  return at < 0 ? Number.POSITIVE_INFINITY : at;
}

const LINE_FEED = 0x0a;
const QUOTE = 0x22;
