/** Cuts bytes into lines while they arrive, in bounded memory. */
import { fail, ok, type Result } from '../core/result.ts';
import { withoutByteOrderMark } from './byte-order-mark.ts';

export interface Line {
  /** From 1. */
  readonly number: number;
  /** Without its end. White space around the line is left on. */
  readonly bytes: Uint8Array;
  /** How many bytes of the input there are up to and with the end of the line. */
  readonly endBytes: number;
}

/** A place between two lines of an input. */
export interface LinePosition {
  /** How many bytes are before it. */
  readonly bytes: number;
  /** How many lines are before it. */
  readonly line: number;
}

/** Before the first line. */
export const INPUT_START: LinePosition = { bytes: 0, line: 0 };

export interface LineFault {
  readonly code: 'line-too-long';
  readonly line: number;
  readonly limitBytes: number;
}

/** Lines end with a line feed, the last one with the input. A byte order mark before the first is left out. */
export class LineSplitter {
  readonly #lineBytesMax: number;
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #number: number;
  #endBytes: number;

  /** `start` is where the first chunk begins in the input. */
  constructor(lineBytesMax: number, start = INPUT_START) {
    this.#lineBytesMax = lineBytesMax;
    this.#number = start.line + 1;
    this.#endBytes = start.bytes;
  }

  /** The lines that `chunk` completes. They may be views of it. After a fault nothing more can be read. */
  *push(chunk: Uint8Array): Generator<Result<Line, LineFault>, void, undefined> {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(LINE_FEED, start);
      const piece = chunk.subarray(start, end < 0 ? chunk.length : end);
      if (this.#heldBytes + piece.length > this.#lineBytesMax) {
        yield fail({ code: 'line-too-long', line: this.#number, limitBytes: this.#lineBytesMax });
        return;
      }
      if (end < 0) {
        // A copy: whoever sends the chunks may use their memory again.
        if (piece.length > 0) this.#held.push(Uint8Array.from(piece));
        this.#heldBytes += piece.length;
        return;
      }
      yield ok(this.#take(piece, 1));
      start = end + 1;
    }
  }

  /** The last line, if it did not end with a line feed: for when all has been pushed. */
  *end(): Generator<Result<Line, LineFault>, void, undefined> {
    if (this.#heldBytes > 0) yield ok(this.#take(new Uint8Array(0), 0));
  }

  #take(piece: Uint8Array, lineEndBytes: number): Line {
    const whole = this.#heldBytes === 0 ? piece : Buffer.concat([...this.#held, piece]);
    this.#held = [];
    this.#heldBytes = 0;
    const number = this.#number++;
    this.#endBytes += whole.length + lineEndBytes;
    return { number, bytes: number === 1 ? withoutByteOrderMark(whole) : whole, endBytes: this.#endBytes };
  }
}

const LINE_FEED = 0x0a;
