/**
 * Vector instructions as bytes: VEX for AVX2, EVEX for AVX-512, and the older form for what there was before and for the
 * SHA extensions (Intel SDM volume 2A, chapter 2).
 *
 * VEX and EVEX say the same things before the opcode (which registers, which table of opcodes, how long vectors are), VEX in
 * 2 or 3 bytes for 16 registers, EVEX in 4 for 32. The older form names two registers, and writes to one that it reads.
 */
import { assert } from '../core/assert.ts';
import { encodeOperand, type RegisterOrMemory } from './x86-operand.ts';

/** `sse128`: 4 lanes, registers 0 to 15. `vex256`: 8 lanes, registers 0 to 15. `evex512`: 16 lanes, registers 0 to 31. */
export type VectorEncoding = 'sse128' | 'vex256' | 'evex512';

/** An instruction as the manual names it, such as 66.0F38 58: the prefix that it stands for, the table, the opcode. */
export interface VectorOpcode {
  readonly prefix?: 0x66 | 0xf3;
  readonly map: '0f' | '0f38' | '0f3a';
  readonly opcode: number;
  /** Whether it reads a word from memory, where others read a vector. */
  readonly readsWord?: true;
}

export interface VectorInstruction {
  readonly opcode: VectorOpcode;
  /** The register of ModR/M: most often what is written to. Or a part of the opcode, which the manual writes as `/2`. */
  readonly field: number;
  /** The register of the prefix: most often the first of two operands. `sse128` has none: there that one is the field. */
  readonly second?: number;
  readonly operand: RegisterOrMemory;
  readonly immediate?: number;
}

/** The bytes of `instruction`. An operand that stands in the code is left as zeros, four bytes before the immediate. */
export function encodeVectorInstruction(encoding: VectorEncoding, instruction: VectorInstruction): readonly number[] {
  const { opcode, field, operand, immediate } = instruction;
  return [
    ...PREFIXES[encoding](instruction),
    opcode.opcode,
    ...encodeOperand(field, operand, encoding === 'evex512' ? evexDisplacementUnit(instruction) : 1),
    ...(immediate === undefined ? [] : [immediate]),
  ];
}

/** What the opcode is made of as bytes, and REX where a register has a fourth bit ("REX prefixes"). */
function ssePrefix({ opcode, field, second, operand }: VectorInstruction): readonly number[] {
  const register = operand.type === 'register' ? operand.register : 0;
  assert(operand.type !== 'broadcast', 'a word is broadcast to lanes by AVX-512 alone');
  assert(second === undefined, 'SSE writes to an operand');
  assert(Math.max(field, register) < 16, 'SSE has 16 registers');
  const rex = (field & 8 ? 0x44 : 0) | (register & 8 ? 0x41 : 0);
  return [...(opcode.prefix ? [opcode.prefix] : []), ...(rex ? [rex] : []), ...SSE_MAPS[opcode.map]];
}

/**
 * Three bytes; two where the table is 0F and the operand needs no fourth bit ("The VEX prefix"). Bits of registers are
 * inverted.
 */
function vexPrefix({ opcode, field, second = 0, operand }: VectorInstruction): readonly number[] {
  const register = operand.type === 'register' ? operand.register : 0;
  assert(operand.type !== 'broadcast', 'a word is broadcast to lanes by AVX-512 alone');
  assert(Math.max(field, second, register) < 16, 'AVX2 has 16 registers');
  const notField3 = ~field & 8 ? 0x80 : 0;
  const last = ((~second & 15) << 3) | VEX_LENGTH_256 | PREFIX_BITS[opcode.prefix ?? 0];
  if (opcode.map === '0f' && register < 8) return [0xc5, notField3 | last];
  const notOperand3 = ~register & 8 ? 0x20 : 0;
  return [0xc4, notField3 | NO_INDEX | notOperand3 | MAP_BITS[opcode.map], last];
}

/** Four bytes ("Instruction format and EVEX"). The operand's fifth bit stands where that of an index register would. */
function evexPrefix({ opcode, field, second = 0, operand }: VectorInstruction): readonly number[] {
  const register = operand.type === 'register' ? operand.register : 0;
  assert(Math.max(field, second, register) < 32, 'AVX-512 has 32 registers');
  const notField = (~field & 8 ? 0x80 : 0) | (~field & 16 ? 0x10 : 0);
  const notOperand = (~register & 16 ? 0x40 : 0) | (~register & 8 ? 0x20 : 0);
  return [
    0x62,
    notField | notOperand | MAP_BITS[opcode.map],
    ((~second & 15) << 3) | EVEX_FIXED | PREFIX_BITS[opcode.prefix ?? 0],
    EVEX_LENGTH_512 | (operand.type === 'broadcast' ? EVEX_BROADCAST : 0) | (~second & 16 ? 0x08 : 0),
  ];
}

/** Displacements of one byte count in units of what is read ("Compressed displacement"): a vector or a word. */
function evexDisplacementUnit({ opcode, operand }: VectorInstruction): number {
  return opcode.readsWord || operand.type === 'broadcast' ? 4 : 64;
}

const PREFIXES = { sse128: ssePrefix, vex256: vexPrefix, evex512: evexPrefix } as const;
const SSE_MAPS = { '0f': [0x0f], '0f38': [0x0f, 0x38], '0f3a': [0x0f, 0x3a] } as const;
const PREFIX_BITS = { 0: 0, 102: 1, 243: 2 } as const;
const MAP_BITS = { '0f': 1, '0f38': 2, '0f3a': 3 } as const;
const VEX_LENGTH_256 = 0x04;
/** The inverted bit of an index register that is not there. */
const NO_INDEX = 0x40;
const EVEX_FIXED = 0x04;
const EVEX_LENGTH_512 = 0x40;
const EVEX_BROADCAST = 0x10;
