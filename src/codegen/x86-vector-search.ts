/** The search as machine code for vectors of x86-64, a nonce in each lane: a `SearchProgram`, instruction by instruction. */
import { assertNever } from '../core/assert.ts';
import { allocateRegisters, type Place, type Step } from './register-allocation.ts';
import { createSearchProgram, NONCE_STEP } from './search-program.ts';
import { X86Assembler } from './x86-assembler.ts';
import type { Label, RegisterOrMemory } from './x86-operand.ts';
import { assembleLoad, assembleOperation, assembleStore, takesMemory } from './x86-operation.ts';
import {
  assembleSearchFunction,
  MACHINE_SEARCH_LAYOUT,
  type MachineSearch,
  wordOperand,
} from './x86-search-function.ts';
import { VectorFrame } from './x86-vector-frame.ts';
import { LESS_OR_EQUAL, VPADDD, VPBROADCASTD, VPCMPEQD, VPCMPUD, VPMINUD, VPTEST } from './x86-vector-opcodes.ts';

/** Which vectors: those of AVX-512 (its foundation, AVX512F) or AVX2. */
export type VectorTarget = 'avx512' | 'avx2';

/** Writes the search. The same code comes out every time. */
export function createVectorSearch(target: VectorTarget): MachineSearch {
  const { encoding, lanes, registers, instructions } = TARGETS[target];
  const program = createSearchProgram(instructions);
  const allocation = allocateRegisters(program.instructions, {
    registers,
    takesMemory: (operator) => takesMemory(encoding, operator),
  });
  const frame = new VectorFrame({
    encoding,
    vectorBytes: 4 * lanes,
    slots: allocation.slots,
    thresholdIndex: MACHINE_SEARCH_LAYOUT.threshold,
    tableIndices: Array.from({ length: program.table.length }, (_, i) => MACHINE_SEARCH_LAYOUT.table + i),
  });
  const assembler = new X86Assembler(encoding);
  assembleFunction({ assembler, frame, lanes, ...allocation });
  return { code: assembler.finish(), lanes, table: program.table };
}

interface VectorFunction {
  readonly assembler: X86Assembler;
  readonly frame: VectorFrame;
  readonly lanes: number;
  /** The program. */
  readonly steps: readonly Step[];
  readonly resultRegister: number;
}

function assembleFunction(search: VectorFunction): void {
  const { assembler, frame, lanes, steps, resultRegister } = search;
  const laneOffsets: Label = { name: 'lane offsets' };
  const groupOffsets: Label = { name: 'group offsets' };
  assembleSearchFunction(assembler, {
    frameBytes: frame.sizeBytes,
    enter: () => fillFrame(search, laneOffsets),
    tryGroup: () => {
      for (const step of steps) assembleStep(search, step);
      testForCandidate(search, resultRegister);
    },
    advance: () => addToNonces(search, groupOffsets),
    leave: () => assembler.vzeroupper(),
    data: () => {
      assembler.bind(laneOffsets);
      assembler.words(Array.from({ length: lanes }, (_, lane) => lane * NONCE_STEP));
      assembler.bind(groupOffsets);
      assembler.words(Array.from({ length: lanes }, () => lanes * NONCE_STEP));
    },
  });
}

function fillFrame(search: VectorFunction, laneOffsets: Label): void {
  const { assembler, frame } = search;
  for (const { from, to } of frame.spreads) {
    assembler.vector({ opcode: VPBROADCASTD, field: SCRATCH, operand: from });
    assembleStore(assembler, to, SCRATCH);
  }
  assembler.vector({ opcode: VPBROADCASTD, field: SCRATCH, operand: wordOperand(MACHINE_SEARCH_LAYOUT.nonceWord) });
  assembleStore(assembler, frame.nonces, SCRATCH);
  addToNonces(search, laneOffsets);
}

function addToNonces({ assembler, frame }: VectorFunction, offsets: Label): void {
  assembleLoad(assembler, SCRATCH, frame.nonces);
  const operand = { type: 'code', label: offsets } as const;
  assembler.vector({ opcode: VPADDD, field: SCRATCH, second: SCRATCH, operand });
  assembleStore(assembler, frame.nonces, SCRATCH);
}

function assembleStep({ assembler, frame }: VectorFunction, step: Step): void {
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
function testForCandidate({ assembler, frame: { threshold } }: VectorFunction, register: number): void {
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

const TARGETS = {
  avx512: { encoding: 'evex512', lanes: 16, registers: 32, instructions: { hasRotate: true, hasTernary: true } },
  avx2: { encoding: 'vex256', lanes: 8, registers: 16, instructions: { hasRotate: false, hasTernary: false } },
} as const;

/** A register that has nothing in it between two groups. */
const SCRATCH = 0;
/** A mask register. Where an instruction may be masked, k0 would mean that it is not. */
const MASK = 1;
