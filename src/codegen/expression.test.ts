import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { apply, type Expression, ExpressionGraph, type InstructionSet } from './expression.ts';
import { numberArithmetic } from './number-arithmetic.ts';
import type { WordArithmetic } from './sha256.ts';

const INSTRUCTION_SETS: readonly InstructionSet[] = [
  { hasRotate: false, hasTernary: false },
  { hasRotate: true, hasTernary: false },
  { hasRotate: true, hasTernary: true },
];
const word = fc.integer({ min: 0, max: 2 ** 32 - 1 });

for (const instructions of INSTRUCTION_SETS) {
  describe(`with rotations ${instructions.hasRotate} and functions of three bits ${instructions.hasTernary}`, () => {
    for (const [name, build] of Object.entries(formulas())) {
      test(`${name} is what it is over numbers, whatever is known when`, () => {
        const values = fc.tuple(word, word, word);
        const bindings = fc.array(fc.constantFrom('constant', 'input', 'nonce'), { minLength: 3, maxLength: 3 });
        fc.assert(
          fc.property(values, bindings, (numbers, kinds) => {
            const graph = new ExpressionGraph(instructions);
            const operands = numbers.map((value, i) => {
              if (kinds[i] === 'constant') return graph.constant(value);
              return kinds[i] === 'input' ? graph.input(i) : graph.nonce;
            });
            // There is one nonce: all that are meant to be nonces have the value of the last.
            const nonce = numbers[kinds.lastIndexOf('nonce')] ?? 0;
            const expected = numbers.map((value, i) => (kinds[i] === 'nonce' ? nonce : value));
            const result = evaluate(build(graph, operands), numbers, nonce);
            assert.equal(result, build(numberArithmetic, expected));
          }),
          { seed: 20261122, numRuns: 300 },
        );
      });
    }
  });
}

test('what depends on constants alone is computed at once', () => {
  const graph = new ExpressionGraph({ hasRotate: false, hasTernary: false });
  assert.equal(graph.add(graph.constant(2 ** 32 - 1), graph.constant(3)), graph.constant(2));
  assert.equal(graph.rotateRight(graph.constant(1), 1), graph.constant(2 ** 31));
});

test('equal expressions are one, in whatever order their operands are given', () => {
  const graph = new ExpressionGraph({ hasRotate: true, hasTernary: true });
  const x = graph.input(0);
  assert.equal(graph.add(x, graph.nonce), graph.add(graph.nonce, x));
  assert.notEqual(graph.rotateRight(x, 3), graph.rotateRight(x, 4));
  assert.notEqual(graph.choose(x, graph.nonce, x), graph.choose(graph.nonce, x, x));
});

test('of a sum, one operation at most is left over for what is known before the nonce', () => {
  const graph = new ExpressionGraph({ hasRotate: true, hasTernary: true });
  const sum = graph.add(graph.input(0), graph.nonce, graph.constant(5), graph.input(1));
  assert.ok(sum.type === 'operation' && sum.operands.includes(graph.nonce));
  assert.equal(sum.operands.find((operand) => operand !== graph.nonce)?.binding, 'job');
});

test('adding nothing costs nothing', () => {
  const graph = new ExpressionGraph({ hasRotate: true, hasTernary: true });
  assert.equal(graph.add(graph.nonce, graph.constant(0)), graph.nonce);
});

test('every operation comes after those that it needs', () => {
  const graph = new ExpressionGraph({ hasRotate: false, hasTernary: false });
  graph.majority(graph.rotateRight(graph.nonce, 3), graph.add(graph.nonce, graph.input(0)), graph.input(1));
  const seen = new Set<Expression>();
  for (const operation of graph.operations()) {
    for (const operand of operation.operands) assert.ok(operand.type !== 'operation' || seen.has(operand));
    seen.add(operation);
  }
  assert.ok(seen.size > 5);
});

type Formula = <Word>(arithmetic: WordArithmetic<Word>, operands: readonly Word[]) => Word;

/** What SHA-256 is made of, each over three words. */
function formulas(): Readonly<Record<string, Formula>> {
  return {
    'a sum': (arithmetic, operands) => arithmetic.add(...operands),
    'the XOR of three': (arithmetic, operands) => withThree(operands, (a, b, c) => arithmetic.xor3(a, b, c)),
    CH: (arithmetic, operands) => withThree(operands, (a, b, c) => arithmetic.choose(a, b, c)),
    MAJ: (arithmetic, operands) => withThree(operands, (a, b, c) => arithmetic.majority(a, b, c)),
    'a rotation': (arithmetic, operands) => withThree(operands, (a) => arithmetic.rotateRight(a, 7)),
    'a shift': (arithmetic, operands) => withThree(operands, (a) => arithmetic.shiftRight(a, 10)),
  };
}

function withThree<Word>(operands: readonly Word[], formula: (a: Word, b: Word, c: Word) => Word): Word {
  const [a, b, c] = operands;
  assert.ok(a !== undefined && b !== undefined && c !== undefined);
  return formula(a, b, c);
}

function evaluate(expression: Expression, inputs: readonly number[], nonce: number): number {
  switch (expression.type) {
    case 'constant':
      return expression.value;
    case 'input':
      return inputs[expression.index] ?? 0;
    case 'nonce':
      return nonce;
    case 'operation': {
      const [a = 0, b = 0, c = 0] = expression.operands.map((operand) => evaluate(operand, inputs, nonce));
      return apply(expression.operator, a, b, c, expression.amount);
    }
  }
}
