/**
 * Which value is in which register: the instructions of a program go through a processor that has few registers.
 *
 * The program is one straight line in which every value is written once, so that all uses that are still to come are
 * known. Where a register is wanted and none is free, the value that is needed last of all gives up its own and waits in
 * memory (Belady 1966): nothing else has to come back later.
 */
import { assertNever, assertPresent } from '../core/assert.ts';
import type { Operator } from './expression.ts';
import type { Instruction, Operand } from './search-program.ts';

/** Where an operand is as an instruction takes it. */
export type Place = { readonly type: 'register'; readonly register: number } | MemoryPlace;

export type MemoryPlace =
  /** Memory for a value that had to give up its register. */
  | { readonly type: 'slot'; readonly index: number }
  /** A word of the program's table. */
  | { readonly type: 'table'; readonly index: number }
  /** The word that differs from nonce to nonce. */
  | { readonly type: 'nonce' };

export type Step =
  /** The operands are read before the result is written, so that it may take the register of one of them. */
  | {
      readonly type: 'compute';
      readonly operator: Operator;
      readonly operands: readonly Place[];
      readonly amount: number;
      readonly register: number;
    }
  | { readonly type: 'load'; readonly register: number; readonly place: MemoryPlace }
  | { readonly type: 'store'; readonly register: number; readonly slot: number };

export interface Allocation {
  readonly steps: readonly Step[];
  /** How many slots are used. */
  readonly slots: number;
  /** Where the last instruction's result is. */
  readonly resultRegister: number;
}

export interface RegisterFile {
  /** At least as many as an instruction has operands. */
  readonly registers: number;
  /** Whether an instruction for `operator` can take one of its operands, whichever, from memory. */
  readonly takesMemory: (operator: Operator) => boolean;
}

/** The steps that run `instructions`, a program, with the registers of `file`. */
export function allocateRegisters(instructions: readonly Instruction[], file: RegisterFile): Allocation {
  return new Allocator(instructions, file).run();
}

/** A value of the program: a result, a word of the table, or the nonce's word. */
interface Value {
  /** The instructions that take it, of those that are still to come. */
  readonly uses: number[];
  register: number | undefined;
  memory: MemoryPlace | undefined;
}

class Allocator {
  readonly #instructions: readonly Instruction[];
  readonly #file: RegisterFile;
  readonly #results: readonly Value[];
  readonly #table = new Map<number, Value>();
  readonly #nonce: Value = { uses: [], register: undefined, memory: { type: 'nonce' } };
  readonly #steps: Step[] = [];
  /** By register, the value that is in it. */
  readonly #held: (Value | undefined)[];
  readonly #freeSlots: number[] = [];
  #slots = 0;

  constructor(instructions: readonly Instruction[], file: RegisterFile) {
    this.#instructions = instructions;
    this.#file = file;
    this.#results = instructions.map(() => ({ uses: [], register: undefined, memory: undefined }));
    this.#held = Array.from({ length: file.registers }, () => undefined);
    for (const [i, { operands }] of instructions.entries()) {
      for (const operand of operands) this.#valueOf(operand).uses.push(i);
    }
  }

  run(): Allocation {
    let resultRegister = 0;
    for (const [i, { operator, operands, amount }] of this.#instructions.entries()) {
      const values = operands.map((operand) => this.#valueOf(operand));
      const direct = this.#file.takesMemory(operator) ? chooseDirect(values) : undefined;
      for (const value of values) if (value !== direct && value.register === undefined) this.#load(value);
      const places = values.map(placeOf);
      for (const value of values) this.#endUse(value);
      resultRegister = this.#registerForResult(places);
      this.#steps.push({ type: 'compute', operator, operands: places, amount, register: resultRegister });
      const result = assertPresent(this.#results[i], 'every instruction has a result');
      result.register = resultRegister;
      this.#held[resultRegister] = result;
    }
    return { steps: this.#steps, slots: this.#slots, resultRegister };
  }

  #valueOf(operand: Operand): Value {
    switch (operand.type) {
      case 'nonce':
        return this.#nonce;
      case 'result':
        return assertPresent(this.#results[operand.index], 'an operand is the result of an instruction');
      case 'table': {
        const known = this.#table.get(operand.index);
        if (known !== undefined) return known;
        const value: Value = { uses: [], register: undefined, memory: operand };
        this.#table.set(operand.index, value);
        return value;
      }
      default:
        return assertNever(operand);
    }
  }

  #load(value: Value): void {
    const place = assertPresent(value.memory, 'a value that is in no register is in memory');
    const register = this.#emptyRegister();
    this.#steps.push({ type: 'load', register, place });
    value.register = register;
    this.#held[register] = value;
  }

  /** One instruction less takes `value`. What no other one takes makes room. */
  #endUse(value: Value): void {
    value.uses.shift();
    if (value.uses.length > 0) return;
    if (value.register !== undefined) this.#held[value.register] = undefined;
    if (value.memory?.type === 'slot') this.#freeSlots.push(value.memory.index);
    value.memory = undefined;
  }

  /** The register of an operand that nothing else takes, if there is one. */
  #registerForResult(operands: readonly Place[]): number {
    for (const operand of operands) {
      if (operand.type === 'register' && this.#held[operand.register] === undefined) return operand.register;
    }
    return this.#emptyRegister();
  }

  /** A register that is free, or that of the value which is needed last: never one that the next step takes. */
  #emptyRegister(): number {
    const free = this.#held.indexOf(undefined);
    if (free >= 0) return free;
    const nextUses = this.#held.map((value) => value?.uses[0] ?? Infinity);
    const register = nextUses.indexOf(Math.max(...nextUses));
    this.#evict(assertPresent(this.#held[register], 'the register is taken'), register);
    return register;
  }

  /** What is in memory already does not change there, and is not written twice. */
  #evict(value: Value, register: number): void {
    if (value.memory === undefined) {
      const slot = this.#freeSlots.pop() ?? this.#slots++;
      this.#steps.push({ type: 'store', register, slot });
      value.memory = { type: 'slot', index: slot };
    }
    value.register = undefined;
    this.#held[register] = undefined;
  }
}

/** Of `values`, one that is in memory alone and stands there once; of several, the one not needed again for longest. */
function chooseDirect(values: readonly Value[]): Value | undefined {
  const nextUse = ({ uses }: Value): number => uses[1] ?? Infinity;
  let chosen: Value | undefined;
  for (const value of values) {
    const isCandidate = value.register === undefined && values.indexOf(value) === values.lastIndexOf(value);
    if (isCandidate && (chosen === undefined || nextUse(value) > nextUse(chosen))) chosen = value;
  }
  return chosen;
}

function placeOf({ register, memory }: Value): Place {
  if (register !== undefined) return { type: 'register', register };
  return assertPresent(memory, 'a value is in a register or in memory');
}
