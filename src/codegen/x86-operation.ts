/** The operations of a search program as vector instructions of x86-64 (Intel SDM volume 2). */
import { assert, assertNever } from '../core/assert.ts';
import { apply, type Operator } from './expression.ts';
import type { X86Assembler } from './x86-assembler.ts';
import type { MemoryOperand, RegisterOrMemory } from './x86-operand.ts';
import type { VectorEncoding, VectorOpcode } from './x86-vector-encoding.ts';
import {
  VECTOR_SHIFT,
  VMOVDQA,
  VMOVDQU_LOAD,
  VMOVDQU_STORE,
  VPADDD,
  VPAND,
  VPBROADCASTD,
  VPOR,
  VPRORD_FIELD,
  VPSLLD_FIELD,
  VPSRLD_FIELD,
  VPTERNLOGD,
  VPXOR,
} from './x86-vector-opcodes.ts';

/** An operation on operands of which one at most is in memory, with its result in `register`. */
export interface VectorOperation {
  readonly operator: Operator;
  readonly operands: readonly RegisterOrMemory[];
  readonly amount: number;
  readonly register: number;
}

/** Writes the instruction, or the two of them, that `operation` takes. */
export function assembleOperation(assembler: X86Assembler, operation: VectorOperation): void {
  const { operator, operands, amount, register } = operation;
  switch (operator) {
    case 'add':
      return commutative(assembler, VPADDD, operands, register);
    case 'and':
      return commutative(assembler, VPAND, operands, register);
    case 'or':
      return commutative(assembler, VPOR, operands, register);
    case 'xor':
      return commutative(assembler, VPXOR, operands, register);
    case 'shr':
      return shift(assembler, VPSRLD_FIELD, operands, amount, register);
    case 'shl':
      return shift(assembler, VPSLLD_FIELD, operands, amount, register);
    case 'rotr':
      assert(assembler.encoding === 'evex512', 'AVX2 does not rotate');
      return shift(assembler, VPRORD_FIELD, operands, amount, register);
    case 'xor3':
    case 'choose':
    case 'majority':
      assert(assembler.encoding === 'evex512', 'AVX2 has no function of three bits');
      return ternary(assembler, operation);
    default:
      return assertNever(operator);
  }
}

/** Whether an operand of `operator` may be in memory. AVX2 shifts take a register. */
export function takesMemory(encoding: VectorEncoding, operator: Operator): boolean {
  return encoding === 'evex512' || !['shl', 'shr', 'rotr'].includes(operator);
}

/** Fills `register` with what `operand` says. */
export function assembleLoad(assembler: X86Assembler, register: number, operand: RegisterOrMemory): void {
  if (operand.type === 'broadcast') {
    assembler.vector({ opcode: VPBROADCASTD, field: register, operand: { ...operand, type: 'memory' } });
  } else {
    assembler.vector({ opcode: VMOVDQU_LOAD, field: register, operand });
  }
}

/** Writes the whole of `register` to `operand`. */
export function assembleStore(assembler: X86Assembler, operand: MemoryOperand, register: number): void {
  assembler.vector({ opcode: VMOVDQU_STORE, field: register, operand });
}

/** The instructions take an operand from memory as their last. */
function commutative(
  assembler: X86Assembler,
  opcode: VectorOpcode,
  operands: readonly RegisterOrMemory[],
  register: number,
): void {
  const [second, operand] = memoryLast(operands);
  assert(second?.type === 'register' && operand !== undefined, 'one of two operands is in a register');
  assembler.vector({ opcode, field: register, second: second.register, operand });
}

function shift(
  assembler: X86Assembler,
  field: number,
  [operand]: readonly RegisterOrMemory[],
  immediate: number,
  register: number,
): void {
  assert(operand !== undefined, 'a shift has an operand');
  assembler.vector({ opcode: VECTOR_SHIFT, field, second: register, operand, immediate });
}

/**
 * One instruction for any function of three bits: it is told the function as a table of eight. It overwrites the first
 * of its operands, so that this one is copied where it is needed later.
 */
function ternary(assembler: X86Assembler, { operator, operands, register }: VectorOperation): void {
  const order = [...operands.keys()].toSorted((i, j) => rank(operands[i], register) - rank(operands[j], register));
  const [first, second, last] = order.map((i) => operands[i]);
  assert(
    first?.type === 'register' && second?.type === 'register' && last !== undefined,
    'two operands are in registers',
  );
  if (first.register !== register) assembler.vector({ opcode: VMOVDQA, field: register, operand: first });
  const immediate = truthTable(operator, order);
  assembler.vector({ opcode: VPTERNLOGD, field: register, second: second.register, operand: last, immediate });
}

/** What is overwritten anyway goes first, and what is in memory last. */
function rank(operand: RegisterOrMemory | undefined, register: number): number {
  if (operand?.type !== 'register') return 2;
  return operand.register === register ? 0 : 1;
}

/** Bit n is what `operator` makes of the bits of n, the highest of which is for the operand `order[0]`, and so on. */
function truthTable(operator: Operator, order: readonly number[]): number {
  let table = 0;
  for (let n = 0; n < 8; n++) {
    const [a = 0, b = 0, c = 0] = [0, 1, 2].map((operand) => (n >> (2 - order.indexOf(operand))) & 1);
    table |= (apply(operator, a, b, c, 0) & 1) << n;
  }
  return table;
}

function memoryLast(operands: readonly RegisterOrMemory[]): readonly RegisterOrMemory[] {
  return operands.toSorted((a, b) => Number(a.type !== 'register') - Number(b.type !== 'register'));
}
