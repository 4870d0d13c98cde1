import assert from 'node:assert/strict';
import { test } from 'node:test';
import { traceCompression } from './compression-trace.ts';
import { numberArithmetic } from './number-arithmetic.ts';
import { INITIAL_STATE } from './sha256.ts';

/** The padded message "abc": one chunk. */
const CHUNK = [0x61626380, ...new Array<number>(14).fill(0), 24];
const trace = traceCompression(numberArithmetic, INITIAL_STATE, CHUNK);

test('the states are those that the standard prints for "abc"', () => {
  const printed = new Map([
    [0, '6a09e667 bb67ae85 3c6ef372 a54ff53a 510e527f 9b05688c 1f83d9ab 5be0cd19'],
    [1, '5d6aebcd 6a09e667 bb67ae85 3c6ef372 fa2a4622 510e527f 9b05688c 1f83d9ab'],
    [2, '5a6ad9ad 5d6aebcd 6a09e667 bb67ae85 78ce7989 fa2a4622 510e527f 9b05688c'],
    [63, 'd39a2165 04d24d6c b85e2ce9 b6ae8fff fb121210 948d25b6 961f4894 b21bad3d'],
  ]);
  assert.equal(trace.states.length, 64);
  for (const [round, state] of printed) assert.equal(trace.states[round]?.map(hex).join(' '), state);
});

test('the schedule begins with the chunk, and its words are those of the recurrence', () => {
  const { schedule } = trace;
  assert.equal(schedule.length, 62);
  assert.deepEqual(schedule.slice(0, 16), CHUNK);
  const { rotateRight, shiftRight, xor3, add } = numberArithmetic;
  const word = (index: number) => schedule[index] ?? Number.NaN;
  for (let i = 16; i < schedule.length; i++) {
    const [x, y] = [word(i - 15), word(i - 2)];
    const sigma0 = xor3(rotateRight(x, 7), rotateRight(x, 18), shiftRight(x, 3));
    const sigma1 = xor3(rotateRight(y, 17), rotateRight(y, 19), shiftRight(y, 10));
    assert.equal(word(i), add(word(i - 16), sigma0, word(i - 7), sigma1));
  }
});

test('the constants are cube roots of primes', () => {
  assert.equal(trace.constants.length, 64);
  const fractions = primes(64).map((prime) => Math.floor((Math.cbrt(prime) % 1) * 2 ** 32));
  assert.deepEqual(trace.constants, fractions);
});

function primes(count: number): number[] {
  const found: number[] = [];
  for (let n = 2; found.length < count; n++) if (found.every((prime) => n % prime !== 0)) found.push(n);
  return found;
}

function hex(word: number): string {
  return word.toString(16).padStart(8, '0');
}
