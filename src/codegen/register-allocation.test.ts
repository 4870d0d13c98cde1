import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { assertPresent } from '../core/assert.ts';
import { apply, type Operator } from './expression.ts';
import { type Allocation, allocateRegisters, type Place, type RegisterFile } from './register-allocation.ts';
import { createSearchProgram, type Instruction, type Operand } from './search-program.ts';

const noShifts = (operator: Operator) => operator !== 'shr';

describe('the steps compute what the program does', () => {
  test('on any program, with few registers or many, and operands in memory or not', () => {
    const files: fc.Arbitrary<RegisterFile> = fc.record({
      registers: fc.integer({ min: 3, max: 12 }),
      takesMemory: fc.constantFrom(
        () => true,
        () => false,
        noShifts,
      ),
    });
    fc.assert(
      fc.property(programs(), files, (instructions, file) => {
        const allocation = allocateRegisters(instructions, file);
        assert.equal(runSteps(allocation, file, TABLE), runProgram(instructions, TABLE));
      }),
      { seed: 20261122, numRuns: 500 },
    );
  });

  for (const { registers, hasRotate, hasTernary } of [
    { registers: 32, hasRotate: true, hasTernary: true },
    { registers: 16, hasRotate: false, hasTernary: false },
    { registers: 5, hasRotate: false, hasTernary: true },
  ]) {
    test(`on the search for a nonce, with ${registers} registers`, () => {
      const program = createSearchProgram({ hasRotate, hasTernary });
      const table = Array.from({ length: program.table.length }, (_, i) => (i * 0x9e3779b1) >>> 0);
      const file = { registers, takesMemory: noShifts };
      assert.equal(
        runSteps(allocateRegisters(program.instructions, file), file, table),
        runProgram(program.instructions, table),
      );
    });
  }
});

test('32 registers are enough for the search where a processor rotates and has functions of three bits', () => {
  const program = createSearchProgram({ hasRotate: true, hasTernary: true });
  const { slots } = allocateRegisters(program.instructions, { registers: 32, takesMemory: () => true });
  assert.equal(slots, 0);
});

test('16 registers cost few moves where it has neither', () => {
  const program = createSearchProgram({ hasRotate: false, hasTernary: false });
  const { steps } = allocateRegisters(program.instructions, { registers: 16, takesMemory: noShifts });
  const moves = steps.filter(({ type }) => type !== 'compute').length;
  assert.ok(moves < 0.05 * program.instructions.length, `${moves} moves`);
});

test('the value that is needed last gives up its register, and what is in memory already is not written again', () => {
  const shift = (operand: Operand): Instruction => ({ operator: 'shr', operands: [operand], amount: 1 });
  const add = (a: number, b: number): Instruction => ({
    operator: 'add',
    operands: [
      { type: 'result', index: a },
      { type: 'result', index: b },
    ],
    amount: 0,
  });
  const instructions = [shift({ type: 'nonce' }), shift({ type: 'table', index: 0 }), add(0, 1), add(2, 1), add(3, 0)];
  const { steps } = allocateRegisters(instructions, { registers: 2, takesMemory: () => true });
  const moves = steps.filter(({ type }) => type !== 'compute');
  // At the third instruction both registers are taken, and the first result is needed after the second.
  assert.deepEqual(moves, [{ type: 'store', register: 0, slot: 0 }]);
});

/** Programs of which each instruction takes what was there before it. */
function programs(): fc.Arbitrary<readonly Instruction[]> {
  const shapes = fc.array(
    fc.record({
      operator: fc.constantFrom<Operator>('add', 'xor', 'shr', 'choose', 'majority'),
      picks: fc.array(fc.nat({ max: 1000 }), { minLength: 3, maxLength: 3 }),
      amount: fc.integer({ min: 1, max: 31 }),
    }),
    { minLength: 1, maxLength: 60 },
  );
  return shapes.map((shape) =>
    shape.map(({ operator, picks, amount }, i) => ({
      operator,
      operands: picks.slice(0, operandCount(operator)).map((pick): Operand => {
        const index = pick % (i + TABLE.length + 1);
        if (index < i) return { type: 'result', index };
        return index < i + TABLE.length ? { type: 'table', index: index - i } : { type: 'nonce' };
      }),
      amount: operator === 'shr' ? amount : 0,
    })),
  );
}

function operandCount(operator: Operator): number {
  if (operator === 'shr') return 1;
  return operator === 'add' || operator === 'xor' ? 2 : 3;
}

function runProgram(instructions: readonly Instruction[], table: readonly number[]): number {
  const results: number[] = [];
  const read = (operand: Operand): number => {
    if (operand.type === 'nonce') return NONCE;
    return assertPresent((operand.type === 'table' ? table : results)[operand.index], 'the operand is there');
  };
  for (const { operator, operands, amount } of instructions) {
    const [a = 0, b = 0, c = 0] = operands.map(read);
    results.push(apply(operator, a, b, c, amount));
  }
  return assertPresent(results.at(-1), 'there is a last instruction');
}

/** A processor that has no more than `file` says, and memory that is there once it was written to. */
function runSteps({ steps, slots, resultRegister }: Allocation, file: RegisterFile, table: readonly number[]): number {
  const registers = new Array<number | undefined>(file.registers).fill(undefined);
  const memory = new Array<number | undefined>(slots).fill(undefined);
  const write = (cells: (number | undefined)[], index: number, value: number) => {
    assert.ok(index < cells.length, 'there is such a place');
    cells[index] = value;
  };
  const read = (place: Place): number => {
    if (place.type === 'nonce') return NONCE;
    if (place.type === 'table') return assertPresent(table[place.index], 'the word is in the table');
    const value = place.type === 'register' ? registers[place.register] : memory[place.index];
    return assertPresent(value, 'it was written before');
  };
  for (const step of steps) {
    if (step.type === 'load') {
      write(registers, step.register, read(step.place));
    } else if (step.type === 'store') {
      write(memory, step.slot, read({ type: 'register', register: step.register }));
    } else {
      const { operator, operands, amount, register } = step;
      const inMemory = operands.filter(({ type }) => type !== 'register').length;
      assert.ok(inMemory <= (file.takesMemory(operator) ? 1 : 0), `${operator} can take its operands from there`);
      const [a = 0, b = 0, c = 0] = operands.map(read);
      write(registers, register, apply(operator, a, b, c, amount));
    }
  }
  return read({ type: 'register', register: resultRegister });
}

const TABLE = [0x01234567, 0x89abcdef, 0xffffffff];
const NONCE = 0xdeadbeef;
