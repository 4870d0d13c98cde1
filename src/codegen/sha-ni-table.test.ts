import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { HEADER_BYTES } from '../core/header.ts';
import { numberArithmetic } from './number-arithmetic.ts';
import { createShaNiTable, SHA_NI_VECTORS, type ShaNiVector } from './sha-ni-table.ts';
import { type HashState, nextState, nextWord, ROUND_CONSTANTS, sigma1 } from './sha256.ts';

const { add } = numberArithmetic;
const tape = createShaNiTable();
const word = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const state = fc.tuple(word, word, word, word, word, word, word, word);
const firstWords = fc.array(word, { minLength: 13, maxLength: 13 });

/** The vectors for a job, and the schedule and the state before round 14 that its compression has with this nonce's word. */
function withNonce(before: HashState<number>, words: readonly number[], nonceWord: number) {
  const table = new Uint32Array(tape.length);
  tape.run([...before, ...words], table);
  const vector = (name: ShaNiVector) => [...table.subarray(4 * SHA_NI_VECTORS.indexOf(name))].slice(0, 4);
  const schedule = [...words, nonceWord, 0, 8 * HEADER_BYTES];
  while (schedule.length < 28) schedule.push(nextWord(numberArithmetic, schedule));
  let working = before;
  for (const [round, constant] of ROUND_CONSTANTS.slice(0, 14).entries()) {
    working = nextState(numberArithmetic, working, constant, schedule[round] ?? Number.NaN);
  }
  return { vector, schedule, before14: working };
}

/** `vector` with the nonce's word added to some of its words. */
function plus(vector: readonly number[], nonceWord: number, places: readonly number[]): number[] {
  return vector.map((value, i) => (places.includes(i) ? add(value, nonceWord) : value));
}

test('with the nonce added to a and e, the rounds go on from before round 14', () => {
  check((before, words, nonceWord) => {
    const { vector, before14 } = withNonce(before, words, nonceWord);
    const [f, e, b, a] = plus(vector('abef'), nonceWord, [1, 3]);
    const [h, g, d, c] = vector('cdgh');
    assert.deepEqual([a, b, c, d, e, f, g, h], before14);
  });
});

test('the words of rounds 14 to 19 have their constants with them, and do not depend on the nonce', () => {
  check((before, words, nonceWord) => {
    const { vector, schedule } = withNonce(before, words, nonceWord);
    const expected = schedule.slice(14, 20).map((value, i) => add(value, ROUND_CONSTANTS[14 + i] ?? Number.NaN));
    assert.deepEqual(vector('rounds14'), [...expected.slice(0, 2), 0, 0]);
    assert.deepEqual(vector('rounds16'), expected.slice(2));
  });
});

test('with the nonce added, the schedule goes on from W12 to W27', () => {
  check((before, words, nonceWord) => {
    const { vector, schedule } = withNonce(before, words, nonceWord);
    assert.deepEqual(plus(vector('words12'), nonceWord, [1]), schedule.slice(12, 16));
    assert.deepEqual(vector('words16'), schedule.slice(16, 20));
    const finished = (partial: readonly number[], first: number) =>
      partial.map((value, i) => add(value, sigma1(numberArithmetic, schedule[first + i - 2] ?? Number.NaN)));
    assert.deepEqual(finished(plus(vector('partial20'), nonceWord, [0]), 20), schedule.slice(20, 24));
    assert.deepEqual(finished(plus(vector('partial24'), nonceWord, [3]), 24), schedule.slice(24, 28));
  });
});

test('the last vector is what the first word of the hash begins from', () => {
  check((before, words, nonceWord) => {
    assert.deepEqual(withNonce(before, words, nonceWord).vector('hash'), [0, 0, 0, before[0]]);
  });
});

function check(law: (before: HashState<number>, words: readonly number[], nonceWord: number) => void): void {
  fc.assert(fc.property(state, firstWords, word, law), { seed: 20261122, numRuns: 100 });
}
