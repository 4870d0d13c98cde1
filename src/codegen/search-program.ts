/**
 * The search for a nonce as a program: the last compression of a header's hash, in which one word differs from nonce to
 * nonce (docs/spec/header.md).
 *
 * A header is two chunks of SHA-256, and the first is the same for all nonces. Of the second, words 11 and 12 have the
 * nonce's upper 48 bits, and word 13 its lower 16: over a run of 2^16 nonces that word alone changes, so the rounds
 * before it are done once for all of them, and all that does not depend on it is put into a table.
 */
import { assert } from '../core/assert.ts';
import { HEADER_BYTES } from '../core/header.ts';
import { type Expression, ExpressionGraph, type InstructionSet, type Operator } from './expression.ts';
import { CHUNK_WORDS, compress, type HashState } from './sha256.ts';
import { WordTape } from './word-tape.ts';

/** What an instruction works on: an earlier instruction's result, a word of the table, or the nonce's word. */
export type Operand =
  | { readonly type: 'result'; readonly index: number }
  | { readonly type: 'table'; readonly index: number }
  | { readonly type: 'nonce' };

/** One operation of those that are done for each nonce. */
export interface Instruction {
  readonly operator: Operator;
  /** One, two or three, as the operator takes. */
  readonly operands: readonly Operand[];
  /** By how much is rotated or shifted; 0 for other operators. */
  readonly amount: number;
}

/** What is done for each nonce, and what is done once for many. */
export interface SearchProgram {
  /** Results come before their uses, and the last result is the first word of the hash. */
  readonly instructions: readonly Instruction[];
  /** Computes the table, from the state after the header's first chunk (8 words) and the second chunk up to word 12. */
  readonly table: WordTape;
}

/** Where the word that differs from nonce to nonce stands in the second chunk. */
export const NONCE_WORD = 13;

/** What is added to that word from one nonce to the next: its upper half is the nonce's lower one. */
export const NONCE_STEP = 2 ** 16;

/** The program for a processor that has `instructions`. */
export function createSearchProgram(instructions: InstructionSet): SearchProgram {
  const graph = new ExpressionGraph(instructions);
  const { state, chunk } = lastCompression(graph, graph.nonce);
  const [firstWord] = compress(graph, state, chunk);
  return linearise(graph, firstWord);
}

/**
 * What the last compression of a header's hash takes, with `nonceWord` for word 13. Inputs are numbered in the order in
 * which a table is made from them: the state after the first chunk, then the second chunk.
 */
export function lastCompression(
  graph: ExpressionGraph,
  nonceWord: Expression,
): { readonly state: HashState<Expression>; readonly chunk: readonly Expression[] } {
  const state: HashState<Expression> = [
    graph.input(0),
    graph.input(1),
    graph.input(2),
    graph.input(3),
    graph.input(4),
    graph.input(5),
    graph.input(6),
    graph.input(7),
  ];
  const chunk = Array.from({ length: CHUNK_WORDS }, (_, index) => {
    if (index === NONCE_WORD) return nonceWord;
    if (index < NONCE_WORD) return graph.input(STATE_WORDS + index);
    // The header ends within word 13. The two words after it are the same in all headers: no bits, and their length.
    return graph.constant(index === CHUNK_WORDS - 1 ? HEADER_BITS : 0);
  });
  return { state, chunk };
}

/** What it takes to compute `result`, in the order in which it was written down; what nothing needs is left out. */
function linearise(graph: ExpressionGraph, result: Expression): SearchProgram {
  const needed = reachableFrom(result);
  const table: Expression[] = [];
  const resultIndex = new Map<Expression, number>();
  const operandOf = (expression: Expression): Operand => {
    if (expression.type === 'nonce') return { type: 'nonce' };
    const index = resultIndex.get(expression);
    if (index !== undefined) return { type: 'result', index };
    if (!table.includes(expression)) table.push(expression);
    return { type: 'table', index: table.indexOf(expression) };
  };
  const instructions: Instruction[] = [];
  for (const expression of graph.operations()) {
    if (expression.binding !== 'nonce' || !needed.has(expression)) continue;
    const { operator, operands, amount } = expression;
    instructions.push({ operator, operands: operands.map(operandOf), amount });
    resultIndex.set(expression, instructions.length - 1);
  }
  assert(resultIndex.get(result) === instructions.length - 1, 'the hash is computed last, and depends on the nonce');
  return { instructions, table: new WordTape(table) };
}

function reachableFrom(result: Expression): ReadonlySet<Expression> {
  // A set may grow while it is walked through.
  const reachable = new Set([result]);
  for (const expression of reachable) {
    if (expression.type === 'operation') for (const operand of expression.operands) reachable.add(operand);
  }
  return reachable;
}

const STATE_WORDS = 8;
const HEADER_BITS = 8 * HEADER_BYTES;
