import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { X86Assembler } from './x86-assembler.ts';
import type { RegisterOrMemory } from './x86-operand.ts';
import { assembleLoad, assembleOperation, assembleStore, takesMemory, type VectorOperation } from './x86-operation.ts';
import type { VectorEncoding } from './x86-vector-encoding.ts';

const register = (number: number): RegisterOrMemory => ({ type: 'register', register: number });
const frame = { type: 'memory', base: 'rsp', displacement: 64 } as const;
const word = { type: 'broadcast', base: 'rdi', displacement: 64 } as const;

describe('an operand in memory goes last', () => {
  const add = { operator: 'add', amount: 0, register: 1 } as const;
  // vpaddd ymm1, ymm2, [rsp+64]
  for (const operands of [
    [frame, register(2)],
    [register(2), frame],
  ]) {
    test(`wherever it stood in a sum: ${operands.map(({ type }) => type).join(' + ')}`, () => {
      assert.equal(assembled('vex256', { ...add, operands }), 'c5 ed fe 4c 24 40');
    });
  }

  test('in a function of three bits too, and the function is told accordingly', () => {
    const choose = { operator: 'choose', amount: 0, register: 3 } as const;
    // vpternlogd zmm3, zmm2, [rdi+64]{1to16}: bit n of the immediate is the choice for the bits of n.
    const inOrder = assembled('evex512', { ...choose, operands: [register(3), register(2), word] });
    assert.equal(inOrder, '62 f3 6d 58 25 5f 10 ca');
    // The word is what chooses: C ? A : B.
    const wordFirst = assembled('evex512', { ...choose, operands: [word, register(3), register(2)] });
    assert.equal(wordFirst, '62 f3 6d 58 25 5f 10 e4');
  });
});

describe('a function of three bits overwrites', () => {
  const choose = { operator: 'choose', amount: 0, register: 3 } as const;

  test('the operand that the result replaces, wherever it stood', () => {
    // vpternlogd zmm3, zmm1, zmm2, and B ? C : A, of A in zmm3, B in zmm1 and C in zmm2.
    const operands = [register(1), register(2), register(3)];
    assert.equal(assembled('evex512', { ...choose, operands }), '62 f3 75 48 25 da b8');
  });

  test('a copy where all operands are needed later', () => {
    // vmovdqa32 zmm3, zmm4; vpternlogd zmm3, zmm5, zmm6, 0xca
    const operands = [register(4), register(5), register(6)];
    assert.equal(assembled('evex512', { ...choose, operands }), '62 f1 7d 48 6f dc 62 f3 55 48 25 de ca');
  });
});

test('XOR and the majority of three are told as what they are', () => {
  const operands = [register(1), register(2), register(3)];
  assert.match(assembled('evex512', { operator: 'xor3', operands, amount: 0, register: 1 }), / 96$/);
  assert.match(assembled('evex512', { operator: 'majority', operands, amount: 0, register: 1 }), / e8$/);
});

test('shifts are by their amount, to another register', () => {
  const operands = [register(4)];
  const shift = (operator: 'shr' | 'shl' | 'rotr', amount: number) =>
    assembled('evex512', { operator, operands, amount, register: 3 });
  assert.equal(shift('shr', 10), '62 f1 65 48 72 d4 0a'); // vpsrld zmm3, zmm4, 10
  assert.equal(shift('shl', 3), '62 f1 65 48 72 f4 03'); // vpslld zmm3, zmm4, 3
  assert.equal(shift('rotr', 25), '62 f1 65 48 72 c4 19'); // vprord zmm3, zmm4, 25
});

test('AVX2 shifts take no operand from memory, and all else does', () => {
  assert.equal(takesMemory('vex256', 'shr'), false);
  assert.equal(takesMemory('vex256', 'shl'), false);
  assert.equal(takesMemory('vex256', 'xor'), true);
  assert.equal(takesMemory('evex512', 'rotr'), true);
});

test('what AVX2 has not is refused', () => {
  const operands = [register(1), register(2), register(3)];
  for (const operator of ['rotr', 'xor3', 'choose', 'majority'] as const) {
    assert.throws(() => assembled('vex256', { operator, operands, amount: 1, register: 0 }), /AVX2/);
  }
});

test('a vector is loaded as it is, and a word into all lanes', () => {
  const loaded = (encoding: VectorEncoding, operand: RegisterOrMemory) => {
    const assembler = new X86Assembler(encoding);
    assembleLoad(assembler, 1, operand);
    return hex(assembler);
  };
  assert.equal(loaded('vex256', frame), 'c5 fe 6f 4c 24 40'); // vmovdqu ymm1, [rsp+64]
  assert.equal(loaded('evex512', frame), '62 f1 7e 48 6f 4c 24 01'); // vmovdqu32 zmm1, [rsp+64]
  assert.equal(loaded('evex512', word), '62 f2 7d 48 58 4f 10'); // vpbroadcastd zmm1, [rdi+64]
});

test('a vector is stored', () => {
  const assembler = new X86Assembler('vex256');
  assembleStore(assembler, frame, 1);
  assert.equal(hex(assembler), 'c5 fe 7f 4c 24 40'); // vmovdqu [rsp+64], ymm1
});

function assembled(encoding: VectorEncoding, operation: VectorOperation): string {
  const assembler = new X86Assembler(encoding);
  assembleOperation(assembler, operation);
  return hex(assembler);
}

function hex(assembler: X86Assembler): string {
  return Array.from(assembler.finish(), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}
