/**
 * What the SHA extensions have to know of a job: vectors in the place of those rounds, and those words of the schedule,
 * that do not depend on the nonce.
 *
 * The nonce's word, W13, is taken for 0 in all of them. Where it comes in first it is only added, so it can be added later:
 * to a and e before round 14, and in the schedule to W13 itself and to W20, which is next made of it.
 */
import { assertPresent } from '../core/assert.ts';
import { type Expression, ExpressionGraph } from './expression.ts';
import { lastCompression } from './search-program.ts';
import { nextState, nextWord, ROUND_CONSTANTS, sigma0 } from './sha256.ts';
import { WordTape } from './word-tape.ts';

/** The vectors, of four words each, in their order in the table. */
export const SHA_NI_VECTORS = [
  // The state before round 14, in halves as the instructions have them: f, e, b and a, then h, g, d and c.
  'abef',
  'cdgh',
  // W14 and W15, and W16 to W19, with the constants of their rounds.
  'rounds14',
  'rounds16',
  // W12 to W15, and W16 to W19.
  'words12',
  'words16',
  // W20 to W23, and W24 to W27, as sha256msg2 takes them: without σ1 of the word that is two before.
  'partial20',
  'partial24',
  // What is added to a for the first word of the hash, after three zeros.
  'hash',
] as const;

export type ShaNiVector = (typeof SHA_NI_VECTORS)[number];

/** Makes the vectors, from the state after the header's first chunk (8 words) and the second chunk up to word 12. */
export function createShaNiTable(): WordTape {
  const graph = new ExpressionGraph({ hasRotate: true, hasTernary: true });
  const zero = graph.constant(0);
  const { state, chunk } = lastCompression(graph, zero);
  const schedule = [...chunk];
  while (schedule.length <= 20) schedule.push(nextWord(graph, schedule));
  const word = (index: number) => at(schedule, index);
  const constant = (round: number) => graph.constant(at(ROUND_CONSTANTS, round));
  const roundWord = (round: number) => graph.add(word(round), constant(round));
  const partial = (index: number) => graph.add(word(index - 16), sigma0(graph, word(index - 15)), word(index - 7));
  let working = state;
  for (let round = 0; round < 14; round++) working = nextState(graph, working, constant(round), word(round));
  const [a, b, c, d, e, f, g, h] = working;
  const vectors: Readonly<Record<ShaNiVector, Vector>> = {
    abef: [f, e, b, a],
    cdgh: [h, g, d, c],
    rounds14: [roundWord(14), roundWord(15), zero, zero],
    rounds16: fourFrom(16, roundWord),
    words12: fourFrom(12, word),
    words16: fourFrom(16, word),
    partial20: fourFrom(20, partial),
    partial24: fourFrom(24, partial),
    hash: [zero, zero, zero, state[0]],
  };
  return new WordTape(SHA_NI_VECTORS.flatMap((name) => vectors[name]));
}

type Vector = readonly [Expression, Expression, Expression, Expression];

function fourFrom(index: number, expressionOf: (index: number) => Expression): Vector {
  return [expressionOf(index), expressionOf(index + 1), expressionOf(index + 2), expressionOf(index + 3)];
}

function at<Value>(values: readonly Value[], index: number): Value {
  return assertPresent(values[index], 'a compression has so many');
}
