/** Words as plain numbers: what constants are folded with, and what a midstate is computed with. */
import type { WordArithmetic } from './sha256.ts';

/** Words are numbers from 0 to 2^32-1. */
export const numberArithmetic: WordArithmetic<number> = {
  constant: (value) => value >>> 0,
  add: (...terms) => terms.reduce((sum, term) => (sum + term) >>> 0, 0),
  xor3: (a, b, c) => (a ^ b ^ c) >>> 0,
  rotateRight: (x, count) => ((x >>> count) | (x << (32 - count))) >>> 0,
  shiftRight: (x, count) => x >>> count,
  choose: (e, f, g) => ((e & f) ^ (~e & g)) >>> 0,
  majority: (a, b, c) => ((a & b) ^ (a & c) ^ (b & c)) >>> 0,
};
