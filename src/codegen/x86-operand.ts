/**
 * What x86-64 instructions work on, and how that is encoded: ModR/M, SIB and displacement (Intel SDM volume 2A, §2.1).
 *
 * The registers that have a number above 7 need a bit in a prefix, which is not written here.
 */
import { assert, assertNever } from '../core/assert.ts';

/** A place in the code, known once everything before it is written. */
export interface Label {
  readonly name: string;
}

/** Those general registers that are used here, by number. The calling convention lets a function change all but rsp. */
export const GENERAL_REGISTERS = { rax: 0, rcx: 1, rdx: 2, rsp: 4, rdi: 7 } as const;

export type GeneralRegister = keyof typeof GENERAL_REGISTERS;

/** What stands `displacement` bytes beyond where `base` points. */
export interface BasedOperand {
  /** `broadcast` is a word that is taken for every lane: AVX-512 only. */
  readonly type: 'memory' | 'broadcast';
  readonly base: GeneralRegister;
  readonly displacement: number;
}

export type MemoryOperand =
  | BasedOperand
  /** What stands in the code itself, wherever the code is. */
  | { readonly type: 'code'; readonly label: Label };

export type RegisterOperand = { readonly type: 'register'; readonly register: number };

export type RegisterOrMemory = RegisterOperand | MemoryOperand;

/**
 * The bytes that say `operand`, and beside it `field`: another register, or a part of the opcode. A displacement of one
 * byte counts in units of `displacementUnit` bytes. What stands in the code is given as four zero bytes, to be filled in.
 */
export function encodeOperand(field: number, operand: RegisterOrMemory, displacementUnit: number): readonly number[] {
  const middle = (field & 7) << 3;
  switch (operand.type) {
    case 'register':
      return [0xc0 | middle | (operand.register & 7)];
    case 'memory':
    case 'broadcast': {
      const { displacement } = operand;
      const base = GENERAL_REGISTERS[operand.base];
      // In ModR/M, the number of rsp says that a SIB byte follows. 0x24 is the one for rsp and no index.
      const sib = operand.base === 'rsp' ? [0x24] : [];
      if (displacement === 0) return [middle | base, ...sib];
      const units = displacement / displacementUnit;
      if (Number.isInteger(units) && isSignedByte(units)) return [0x40 | middle | base, ...sib, units & 0xff];
      return [0x80 | middle | base, ...sib, ...littleEndian(displacement)];
    }
    case 'code':
      return [middle | 5, 0, 0, 0, 0];
    default:
      return assertNever(operand);
  }
}

export function isSignedByte(value: number): boolean {
  return value >= -128 && value <= 127;
}

/** The four bytes of `value`, from -2^31 to 2^32-1. */
export function littleEndian(value: number): readonly [number, number, number, number] {
  assert(Number.isInteger(value) && value >= -(2 ** 31) && value < 2 ** 32, 'what is written as a word fits into one');
  return [value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, value >>> 24];
}
