/**
 * What a compression comes by on its way. Instructions that do several rounds at once take up the work in its middle.
 *
 * It is read off the arithmetic that `compress` asks for: each round asks for CH of e, f and g, for MAJ of a, b and c and
 * for its constant, and each word of the schedule is shifted by 10 for the word that comes two after it (RFC 6234 §5.1,
 * §6.2).
 */
import { assertPresent } from '../core/assert.ts';
import { compress, type HashState, type WordArithmetic } from './sha256.ts';

export interface CompressionTrace<Word> {
  /** The 64 constants of the rounds. */
  readonly constants: readonly number[];
  /** The 64 states before the rounds. */
  readonly states: readonly HashState<Word>[];
  /** The words of the schedule, but for the last two. */
  readonly schedule: readonly Word[];
}

/** Compresses `chunk` to know what `compress` does, whatever `arithmetic` makes of that. */
export function traceCompression<Word>(
  arithmetic: WordArithmetic<Word>,
  state: HashState<Word>,
  chunk: readonly Word[],
): CompressionTrace<Word> {
  const constants: number[] = [];
  const states: HashState<Word>[] = [];
  const schedule = chunk.slice(0, FIRST_SHIFTED);
  let [, , , d, , , , h] = state;
  let chosen: readonly [e: Word, f: Word, g: Word] | undefined;
  const tracing: WordArithmetic<Word> = {
    constant: (value) => {
      constants.push(value);
      return arithmetic.constant(value);
    },
    add: (...terms) => arithmetic.add(...terms),
    xor3: (a, b, c) => arithmetic.xor3(a, b, c),
    rotateRight: (x, count) => arithmetic.rotateRight(x, count),
    shiftRight: (x, count) => {
      if (count === 10) schedule.push(x);
      return arithmetic.shiftRight(x, count);
    },
    choose: (e, f, g) => {
      chosen = [e, f, g];
      return arithmetic.choose(e, f, g);
    },
    majority: (a, b, c) => {
      const [e, f, g] = assertPresent(chosen, 'a round asks for CH before it asks for MAJ');
      states.push([a, b, c, d, e, f, g, h]);
      [d, h] = [c, g];
      return arithmetic.majority(a, b, c);
    },
  };
  compress(tracing, state, chunk);
  return { constants, states, schedule };
}

/** The first word of a schedule that is made of others is made of this one. */
const FIRST_SHIFTED = 14;
