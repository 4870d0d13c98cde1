/** Cuts bytes into lines while they arrive, in bounded memory. */
import { fail, ok, type Result } from '../core/result.ts';

export interface Line {
  /** From 1. */
  readonly number: number;
  /** Without its end. White space around the line is left on. */
  readonly bytes: Uint8Array;
}

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
  #number = 1;

  constructor(lineBytesMax: number) {
    this.#lineBytesMax = lineBytesMax;
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
      yield ok(this.#take(piece));
      start = end + 1;
    }
  }

  /** The last line, if it did not end with a line feed: for when all has been pushed. */
  *end(): Generator<Result<Line, LineFault>, void, undefined> {
    if (this.#heldBytes > 0) yield ok(this.#take(new Uint8Array(0)));
  }

  #take(piece: Uint8Array): Line {
    const whole = this.#heldBytes === 0 ? piece : Buffer.concat([...this.#held, piece]);
    this.#held = [];
    this.#heldBytes = 0;
    const number = this.#number++;
    const hasMark = number === 1 && BYTE_ORDER_MARK.every((byte, i) => whole[i] === byte);
    return { number, bytes: hasMark ? whole.subarray(BYTE_ORDER_MARK.length) : whole };
  }
}

const LINE_FEED = 0x0a;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];
