/**
 * An assembler for x86-64 that knows the instructions that a search needs, and no more (Intel SDM volume 2).
 *
 * Methods are named as in the manual, in its order of operands: what is written to comes first.
 */
import { assert, assertPresent } from '../core/assert.ts';
import { ByteWriter } from './byte-writer.ts';
import {
  type BasedOperand,
  encodeOperand,
  GENERAL_REGISTERS,
  type GeneralRegister,
  isSignedByte,
  type Label,
  littleEndian,
  type RegisterOrMemory,
} from './x86-operand.ts';
import { encodeVectorInstruction, type VectorEncoding, type VectorInstruction } from './x86-vector-encoding.ts';

/** Four bytes that say how far it is from `from` to `label`. */
interface Reference {
  readonly at: number;
  readonly from: number;
  readonly label: Label;
}

/** Writes code from its beginning to its end. Vector instructions are encoded as `encoding` says. */
export class X86Assembler {
  readonly encoding: VectorEncoding;
  readonly #out = new ByteWriter();
  readonly #places = new Map<Label, number>();
  readonly #references: Reference[] = [];

  constructor(encoding: VectorEncoding) {
    this.encoding = encoding;
  }

  /** `label` is here. */
  bind(label: Label): void {
    this.#places.set(label, this.#out.length);
  }

  /** Words that are no instructions. */
  words(words: readonly number[]): void {
    for (const word of words) this.#out.uint32(word);
  }

  /** Goes on at a multiple of `alignment` bytes. What is skipped is not meant to be run. */
  align(alignment: number): void {
    this.#out.alignTo(alignment, INT3);
  }

  /** All that was written. It runs wherever it is put. */
  finish(): Uint8Array {
    const code = this.#out.toBytes();
    for (const { at, from, label } of this.#references) {
      const place = assertPresent(this.#places.get(label), `the label ${label.name} is bound`);
      code.set(littleEndian(place - from), at);
    }
    return code;
  }

  /** mov r64, r64 */
  mov64(destination: GeneralRegister, source: GeneralRegister): void {
    this.#emit([REX_W, 0x89, ...twoRegisters(source, destination)]);
  }

  /** and r64, imm8 */
  and64(destination: GeneralRegister, immediate: number): void {
    assert(isSignedByte(immediate), 'the immediate fits into a byte with its sign');
    this.#emit([REX_W, 0x83, ...encodeOperand(4, registerOperand(destination), 1), immediate & 0xff]);
  }

  /** sub r64, imm32 */
  sub64(destination: GeneralRegister, immediate: number): void {
    this.#emit([REX_W, 0x81, ...encodeOperand(5, registerOperand(destination), 1), ...littleEndian(immediate)]);
  }

  /** mov r32, m32 */
  load32(destination: GeneralRegister, source: BasedOperand): void {
    this.#emit([0x8b, ...encodeOperand(GENERAL_REGISTERS[destination], source, 1)]);
  }

  /** mov m32, r32 */
  store32(destination: BasedOperand, source: GeneralRegister): void {
    this.#emit([0x89, ...encodeOperand(GENERAL_REGISTERS[source], destination, 1)]);
  }

  /** xor r32, r32 */
  xor32(destination: GeneralRegister, source: GeneralRegister): void {
    this.#emit([0x31, ...twoRegisters(source, destination)]);
  }

  /** inc r32 */
  inc32(destination: GeneralRegister): void {
    this.#emit([0xff, ...encodeOperand(0, registerOperand(destination), 1)]);
  }

  /** cmp r32, r32 */
  cmp32(left: GeneralRegister, right: GeneralRegister): void {
    this.#emit([0x39, ...twoRegisters(right, left)]);
  }

  /** jmp rel32 */
  jmp(label: Label): void {
    this.#emit([0xe9, 0, 0, 0, 0], label);
  }

  /** je rel32 */
  je(label: Label): void {
    this.#emit([0x0f, 0x84, 0, 0, 0, 0], label);
  }

  /** jne rel32 */
  jne(label: Label): void {
    this.#emit([0x0f, 0x85, 0, 0, 0, 0], label);
  }

  ret(): void {
    this.#emit([0xc3]);
  }

  /** Leaves the upper halves of vector registers clean: older code is slow while they are not. */
  vzeroupper(): void {
    this.#emit([0xc5, 0xf8, 0x77]);
  }

  /** kortestw k, k. The zero flag is set where the mask `mask` is empty. */
  kortestw(mask: number): void {
    this.#emit([0xc5, 0xf8, 0x98, 0xc0 | (mask << 3) | mask]);
  }

  /** Any vector instruction, as `encoding` has it. */
  vector(instruction: VectorInstruction): void {
    const { operand, immediate } = instruction;
    const label = operand.type === 'code' ? operand.label : undefined;
    this.#emit(encodeVectorInstruction(this.encoding, instruction), label, immediate === undefined ? 0 : 1);
  }

  /** An instruction that may refer to `label` with the four bytes before its immediate. */
  #emit(bytes: readonly number[], label?: Label, immediateBytes = 0): void {
    const end = this.#out.block(bytes).length;
    if (label !== undefined) this.#references.push({ at: end - immediateBytes - 4, from: end, label });
  }
}

function registerOperand(register: GeneralRegister): RegisterOrMemory {
  return { type: 'register', register: GENERAL_REGISTERS[register] };
}

function twoRegisters(field: GeneralRegister, register: GeneralRegister): readonly number[] {
  return encodeOperand(GENERAL_REGISTERS[field], registerOperand(register), 1);
}

/** Operands of 64 bits (volume 2A, §2.2.1). */
const REX_W = 0x48;
const INT3 = 0xcc;
