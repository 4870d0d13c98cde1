/**
 * The search for a nonce as machine code of x86-64, written without a compiler.
 *
 * The code is one function of the System V ABI, `void search(uint32_t *memory)`, with the memory laid out as
 * `MACHINE_SEARCH_LAYOUT` says. It hashes a group of nonces after the other, a nonce in each lane of a vector, until one
 * is a candidate. It runs wherever it is put, calls nothing, and touches only that memory, its stack frame (less than a
 * page) and registers that a function may change.
 */
import { assertNever } from '../core/assert.ts';
import { allocateRegisters, type Place, type Step } from './register-allocation.ts';
import { createSearchProgram, type SearchProgram } from './search-program.ts';
import { X86Assembler } from './x86-assembler.ts';
import type { Label, RegisterOrMemory } from './x86-operand.ts';
import { assembleLoad, assembleOperation, assembleStore, takesMemory } from './x86-operation.ts';
import { SearchFrame, wordOperand } from './x86-search-frame.ts';
import { LESS_OR_EQUAL, VPADDD, VPBROADCASTD, VPCMPEQD, VPCMPUD, VPMINUD, VPTEST } from './x86-vector-opcodes.ts';

/**
 * The memory that a search is given, by index of its words. It need not be aligned to more than a word.
 *
 * The caller writes the nonce's word, how many groups to try, the largest first word of a hash that will do, and from
 * `table` on the program's table. The search writes `passed`, and nothing else: how many groups come before the first
 * that has a candidate, and the number of groups if none has.
 */
export const MACHINE_SEARCH_LAYOUT = { nonceWord: 0, groups: 1, threshold: 2, passed: 3, table: 16 } as const;

/** What a processor has to have: AVX-512 (its foundation, AVX512F), or AVX2. */
export type MachineTarget = 'avx512' | 'avx2';

export interface MachineSearch {
  /** The function, which begins with the first byte. */
  readonly code: Uint8Array;
  /** How many nonces make a group. */
  readonly lanes: number;
  /** What makes the table. */
  readonly program: SearchProgram;
}

/** Writes the search for processors that are `target`. The same code comes out every time. */
export function createMachineSearch(target: MachineTarget): MachineSearch {
  const { encoding, lanes, registers, instructions } = UNITS[target];
  const program = createSearchProgram(instructions);
  const allocation = allocateRegisters(program.instructions, {
    registers,
    takesMemory: (operator) => takesMemory(encoding, operator),
  });
  const frame = new SearchFrame({
    encoding,
    vectorBytes: 4 * lanes,
    slots: allocation.slots,
    thresholdIndex: MACHINE_SEARCH_LAYOUT.threshold,
    tableIndices: Array.from({ length: program.table.length }, (_, i) => MACHINE_SEARCH_LAYOUT.table + i),
  });
  const assembler = new X86Assembler(encoding);
  assembleFunction({ assembler, frame, lanes, ...allocation });
  return { code: assembler.finish(), lanes, program };
}

interface SearchFunction {
  readonly assembler: X86Assembler;
  readonly frame: SearchFrame;
  readonly lanes: number;
  /** The program. */
  readonly steps: readonly Step[];
  readonly resultRegister: number;
}

/** The groups that were passed are counted in eax, up to ecx; rdx keeps the caller's stack pointer. */
function assembleFunction(search: SearchFunction): void {
  const { assembler, lanes, steps, resultRegister } = search;
  const nextGroup: Label = { name: 'next group' };
  const end: Label = { name: 'end' };
  const laneOffsets: Label = { name: 'lane offsets' };
  const groupOffsets: Label = { name: 'group offsets' };
  enterFunction(search, laneOffsets);

  assembler.bind(nextGroup);
  assembler.cmp32('rax', 'rcx');
  assembler.je(end);
  for (const step of steps) assembleStep(search, step);
  testForCandidate(search, resultRegister);
  assembler.jne(end);
  addToNonces(search, groupOffsets);
  assembler.inc32('rax');
  assembler.jmp(nextGroup);

  assembler.bind(end);
  assembler.store32(wordOperand(MACHINE_SEARCH_LAYOUT.passed), 'rax');
  assembler.mov64('rsp', 'rdx');
  assembler.vzeroupper();
  assembler.ret();

  assembler.align(VECTOR_BYTES_MAX);
  assembler.bind(laneOffsets);
  assembler.words(Array.from({ length: lanes }, (_, lane) => lane * NONCE_STEP));
  assembler.bind(groupOffsets);
  assembler.words(Array.from({ length: lanes }, () => lanes * NONCE_STEP));
}

function enterFunction(search: SearchFunction, laneOffsets: Label): void {
  const { assembler, frame } = search;
  assembler.mov64('rdx', 'rsp');
  assembler.sub64('rsp', frame.sizeBytes);
  // A vector that straddled two lines of the cache would cost two accesses.
  assembler.and64('rsp', -VECTOR_BYTES_MAX);
  for (const { from, to } of frame.spreads) {
    assembler.vector({ opcode: VPBROADCASTD, field: SCRATCH, operand: from });
    assembleStore(assembler, to, SCRATCH);
  }
  assembler.vector({ opcode: VPBROADCASTD, field: SCRATCH, operand: wordOperand(MACHINE_SEARCH_LAYOUT.nonceWord) });
  assembleStore(assembler, frame.nonces, SCRATCH);
  addToNonces(search, laneOffsets);
  assembler.load32('rcx', wordOperand(MACHINE_SEARCH_LAYOUT.groups));
  assembler.xor32('rax', 'rax');
}

function addToNonces({ assembler, frame }: SearchFunction, offsets: Label): void {
  assembleLoad(assembler, SCRATCH, frame.nonces);
  const operand = { type: 'code', label: offsets } as const;
  assembler.vector({ opcode: VPADDD, field: SCRATCH, second: SCRATCH, operand });
  assembleStore(assembler, frame.nonces, SCRATCH);
}

function assembleStep({ assembler, frame }: SearchFunction, step: Step): void {
  const operandAt = (place: Place): RegisterOrMemory => (place.type === 'register' ? place : frame.operandAt(place));
  const { register } = step;
  switch (step.type) {
    case 'compute':
      return assembleOperation(assembler, { ...step, operands: step.operands.map(operandAt) });
    case 'load':
      return assembleLoad(assembler, register, operandAt(step.place));
    case 'store':
      return assembleStore(assembler, frame.operandAt({ type: 'slot', index: step.slot }), register);
    default:
      return assertNever(step);
  }
}

/** Clears the zero flag if a hash's first word, of those in `register`, is at most the threshold. */
function testForCandidate({ assembler, frame: { threshold } }: SearchFunction, register: number): void {
  if (assembler.encoding === 'evex512') {
    const immediate = LESS_OR_EQUAL;
    assembler.vector({ opcode: VPCMPUD, field: MASK, second: register, operand: threshold, immediate });
    assembler.kortestw(MASK);
  } else {
    // AVX2 compares words with their sign alone. The lower of two is the first if that is at most the second.
    const scratch = { type: 'register', register: register === SCRATCH ? SCRATCH + 1 : SCRATCH } as const;
    const field = scratch.register;
    assembler.vector({ opcode: VPMINUD, field, second: register, operand: threshold });
    assembler.vector({ opcode: VPCMPEQD, field, second: register, operand: scratch });
    assembler.vector({ opcode: VPTEST, field, operand: scratch });
  }
}

const UNITS = {
  avx512: { encoding: 'evex512', lanes: 16, registers: 32, instructions: { hasRotate: true, hasTernary: true } },
  avx2: { encoding: 'vex256', lanes: 8, registers: 16, instructions: { hasRotate: false, hasTernary: false } },
} as const;

/** The nonce's lower half is the upper half of its word. */
const NONCE_STEP = 2 ** 16;
const VECTOR_BYTES_MAX = 64;
/** A register that has nothing in it between two groups. */
const SCRATCH = 0;
/** A mask register. Where an instruction may be masked, k0 would mean that it is not. */
const MASK = 1;
