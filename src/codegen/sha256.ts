/**
 * SHA-256's compression, written once over any kind of word (RFC 6234 §6.2).
 *
 * Over numbers it computes. Over expressions it writes down what would be computed, and code is made from that.
 * Sums are written with those terms first that are known first, because a round waits for the one before it: against the
 * order of the RFC, that makes a search on AVX-512 some 3 % faster, and none slower.
 *
 * How this becomes an instruction is told in ARCHITECTURE.md, under Mining.
 */
import { assertPresent } from '../core/assert.ts';

/** What the compression does with words of 32 bits. Sums are modulo 2^32. */
export interface WordArithmetic<Word> {
  constant(value: number): Word;
  add(...terms: readonly Word[]): Word;
  xor3(a: Word, b: Word, c: Word): Word;
  /** `count` is from 1 to 31, and so is that of `shiftRight`. */
  rotateRight(x: Word, count: number): Word;
  shiftRight(x: Word, count: number): Word;
  /** CH (RFC 6234 §5.1): a bit of `e` chooses that of `f` where it is 1, and that of `g` where it is 0. */
  choose(e: Word, f: Word, g: Word): Word;
  /** MAJ (RFC 6234 §5.1): a bit is as in two of the three at least. */
  majority(a: Word, b: Word, c: Word): Word;
}

/** The words a to h, before a chunk, between two rounds, and in the end as the hash. */
export type HashState<Word> = readonly [a: Word, b: Word, c: Word, d: Word, e: Word, f: Word, g: Word, h: Word];

export const CHUNK_WORDS = 16;

/** The state after one more chunk of 16 words. */
export function compress<Word>(
  arithmetic: WordArithmetic<Word>,
  state: HashState<Word>,
  chunk: readonly Word[],
): HashState<Word> {
  const schedule = [...chunk];
  let working = state;
  for (const [round, constant] of ROUND_CONSTANTS.entries()) {
    if (round >= CHUNK_WORDS) schedule.push(nextWord(arithmetic, schedule));
    working = nextState(arithmetic, working, arithmetic.constant(constant), wordAt(schedule, round));
  }
  const [a, b, c, d, e, f, g, h] = state;
  const [a64, b64, c64, d64, e64, f64, g64, h64] = working;
  const sum = (before: Word, after: Word) => arithmetic.add(before, after);
  return [sum(a, a64), sum(b, b64), sum(c, c64), sum(d, d64), sum(e, e64), sum(f, f64), sum(g, g64), sum(h, h64)];
}

/** The state before the first chunk: square roots of primes (RFC 6234 §6.1). */
export const INITIAL_STATE: HashState<number> = [
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
];

/** The word that comes after `schedule` (RFC 6234 §6.2, step 1). */
export function nextWord<Word>(arithmetic: WordArithmetic<Word>, schedule: readonly Word[]): Word {
  return arithmetic.add(
    wordAt(schedule, -16),
    sigma0(arithmetic, wordAt(schedule, -15)),
    wordAt(schedule, -7),
    sigma1(arithmetic, wordAt(schedule, -2)),
  );
}

/** SSIG0 (RFC 6234 §5.1). */
export function sigma0<Word>(arithmetic: WordArithmetic<Word>, x: Word): Word {
  return arithmetic.xor3(arithmetic.rotateRight(x, 7), arithmetic.rotateRight(x, 18), arithmetic.shiftRight(x, 3));
}

/** SSIG1 (RFC 6234 §5.1). */
export function sigma1<Word>(arithmetic: WordArithmetic<Word>, x: Word): Word {
  return arithmetic.xor3(arithmetic.rotateRight(x, 17), arithmetic.rotateRight(x, 19), arithmetic.shiftRight(x, 10));
}

/** The state after a round that takes in `constant` and `word` (RFC 6234 §6.2, step 3). */
export function nextState<Word>(
  arithmetic: WordArithmetic<Word>,
  [a, b, c, d, e, f, g, h]: HashState<Word>,
  constant: Word,
  word: Word,
): HashState<Word> {
  const t1 = arithmetic.add(constant, h, word, arithmetic.choose(e, f, g), bigSigma1(arithmetic, e));
  const nextE = arithmetic.add(d, t1);
  const t2 = arithmetic.add(bigSigma0(arithmetic, a), arithmetic.majority(a, b, c));
  return [arithmetic.add(t2, t1), a, b, c, nextE, e, f, g];
}

/** BSIG0 (RFC 6234 §5.1). */
function bigSigma0<Word>(arithmetic: WordArithmetic<Word>, x: Word): Word {
  return arithmetic.xor3(arithmetic.rotateRight(x, 2), arithmetic.rotateRight(x, 13), arithmetic.rotateRight(x, 22));
}

/** BSIG1 (RFC 6234 §5.1). */
function bigSigma1<Word>(arithmetic: WordArithmetic<Word>, x: Word): Word {
  return arithmetic.xor3(arithmetic.rotateRight(x, 6), arithmetic.rotateRight(x, 11), arithmetic.rotateRight(x, 25));
}

/** Negative indices count from the end. */
function wordAt<Word>(schedule: readonly Word[], index: number): Word {
  return assertPresent(schedule.at(index), 'the schedule begins with a whole chunk');
}

/** Cube roots of primes (RFC 6234 §5.1). */
export const ROUND_CONSTANTS: readonly number[] = [
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98,
  0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
  0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8,
  0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
  0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819,
  0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
  0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
  0xc67178f2,
];
