/**
 * The search for a nonce in WebAssembly: each instruction of a `SearchProgram` becomes one of WebAssembly's.
 *
 * V8 compiles them one by one, in the order in which they come. In the shape `packed` it does more, where it was
 * started with `--experimental-wasm-revectorize` on an x64 with AVX2: of every two instructions on 128 bits it makes
 * one on 256. It begins at two stores side by side and works its way back from what they store, for as long as both
 * have come about in the same way. So two vectors go through the program in step, and what the hashes are compared to
 * is stored before it is looked at. Without the flag the shape is right all the same, but takes half as long again as
 * `simd`: the values of two vectors do not fit into the registers.
 */
import { assertPresent } from '../core/assert.ts';
import type { InstructionSet, Operator } from './expression.ts';
import { createSearchProgram, type Instruction, type Operand, type SearchProgram } from './search-program.ts';
import {
  encodeModule,
  type MemoryInstruction,
  type StackInstruction,
  type ValueType,
  WasmCode,
  type WasmFunction,
} from './wasm-module.ts';

/** A word at a time, a vector of four words, or two vectors. */
export type WasmShape = 'scalar' | 'simd' | 'packed';

/** The search in one shape. */
export interface WasmSearch {
  /** Exports `memory`, where the program's table is at the beginning, and `search`, as in `LaneSearch`. */
  readonly module: Uint8Array;
  readonly lanes: number;
  readonly program: SearchProgram;
}

/** Writes the search in `shape`. */
export function createWasmSearch(shape: WasmShape): WasmSearch {
  const { kind, values } = SHAPES[shape];
  const program = createSearchProgram(kind.instructions);
  const writer = new SearchWriter({ kind, values, program });
  const module = encodeModule('search', { parameters: PARAMETERS, locals: writer.locals, body: writer.write() });
  return { module, lanes: values * kind.lanes, program };
}

/** What the program computes with: words, or vectors of words. */
interface ValueKind {
  readonly type: ValueType;
  readonly lanes: number;
  readonly instructions: InstructionSet;
  readonly operators: Readonly<Partial<Record<Operator, StackInstruction>>>;
  /** All ones, or just 1, where a word is at most another. */
  readonly atMost: StackInstruction;
  /** Loads a word of the table, into every lane. */
  readonly load: MemoryInstruction;
}

const WORD: ValueKind = {
  type: 'i32',
  lanes: 1,
  instructions: { hasRotate: true, hasTernary: false },
  operators: {
    add: 'i32.add',
    and: 'i32.and',
    or: 'i32.or',
    xor: 'i32.xor',
    rotr: 'i32.rotr',
    shl: 'i32.shl',
    shr: 'i32.shr_u',
  },
  atMost: 'i32.le_u',
  load: 'i32.load',
};

const VECTOR: ValueKind = {
  type: 'v128',
  lanes: 4,
  instructions: { hasRotate: false, hasTernary: false },
  operators: {
    add: 'i32x4.add',
    and: 'v128.and',
    or: 'v128.or',
    xor: 'v128.xor',
    shl: 'i32x4.shl',
    shr: 'i32x4.shr_u',
  },
  atMost: 'i32x4.le_u',
  load: 'v128.load32_splat',
};

/** How many values of which kind go through the program in step. */
const SHAPES: Readonly<Record<WasmShape, { readonly kind: ValueKind; readonly values: 1 | 2 }>> = {
  scalar: { kind: WORD, values: 1 },
  simd: { kind: VECTOR, values: 1 },
  packed: { kind: VECTOR, values: 2 },
};

/** Writes the function `search` (see `LaneSearch`). */
class SearchWriter {
  readonly #kind: ValueKind;
  /** The numbers of the values that go through the program in step, from 0. */
  readonly #values: readonly number[];
  readonly #program: SearchProgram;
  /** By instruction, the variable that takes the result for value 0; those for further values come right after it. */
  readonly #results: readonly number[];
  readonly #code = new WasmCode();

  constructor(options: { readonly kind: ValueKind; readonly values: number; readonly program: SearchProgram }) {
    this.#kind = options.kind;
    this.#values = Array.from({ length: options.values }, (_, value) => value);
    this.#program = options.program;
    const firstResult = this.#spread + 1;
    this.#results = assignVariables(options.program).map((place) => firstResult + place * options.values);
  }

  /** One word, then all those that are values. */
  get locals(): WasmFunction['locals'] {
    const values = Math.max(...this.#results) + this.#values.length - FIRST_NONCE;
    return [
      { count: 1, type: 'i32' },
      { count: values, type: this.#kind.type },
    ];
  }

  /** A loop over groups, which is left at the first that has a candidate. */
  write(): WasmCode {
    const code = this.#code;
    const lanes = this.#values.length * this.#kind.lanes;
    return code
      .block(() => {
        code.loop(() => {
          code.get(PASSED).get(GROUPS).do('i32.ge_u').branchIf(1);
          this.#writeNonces();
          for (const [i, instruction] of this.#program.instructions.entries()) this.#writeInstruction(instruction, i);
          this.#writeHasCandidate();
          code.branchIf(1);
          code
            .get(NONCE_WORD)
            .constant(lanes * NONCE_STEP)
            .do('i32.add')
            .set(NONCE_WORD);
          code.get(PASSED).constant(1).do('i32.add').set(PASSED);
          code.branch(0);
        });
      })
      .get(PASSED);
  }

  /** Lane after lane, the words with consecutive nonces. */
  #writeNonces(): void {
    for (const value of this.#values) {
      this.#writeSpread(NONCE_WORD);
      if (this.#kind === VECTOR) {
        const first = value * VECTOR.lanes;
        this.#code.constants([first, first + 1, first + 2, first + 3].map((lane) => lane * NONCE_STEP));
        this.#code.do('i32x4.add');
      }
      this.#code.set(FIRST_NONCE + value);
    }
  }

  #writeInstruction({ operator, operands, amount }: Instruction, index: number): void {
    const instruction = assertPresent(
      this.#kind.operators[operator],
      'the program keeps to what there are instructions for',
    );
    for (const value of this.#values) {
      for (const operand of operands) this.#writeOperand(operand, value);
      if (SHIFTS.includes(operator)) this.#code.constant(amount);
      this.#code.do(instruction).set(this.#result(index, value));
    }
  }

  #writeOperand(operand: Operand, value: number): void {
    const code = this.#code;
    if (operand.type === 'nonce') code.get(FIRST_NONCE + value);
    else if (operand.type === 'result') code.get(this.#result(operand.index, value));
    else if (value > 0) code.get(this.#spread);
    else
      code
        .constant(0)
        .memory(this.#kind.load, WORD_BYTES * operand.index)
        .tee(this.#spread);
  }

  /** Pushes a word that is not 0 if a hash's first word is at most the threshold. */
  #writeHasCandidate(): void {
    const code = this.#code;
    const last = this.#program.instructions.length - 1;
    this.#writeSpread(THRESHOLD);
    code.set(this.#spread);
    for (const value of this.#values) {
      const result = this.#result(last, value);
      code.get(result).get(this.#spread).do(this.#kind.atMost).set(result);
    }
    if (this.#values.length === 1) {
      code.get(this.#result(last, 0));
    } else {
      // Behind the table, at the beginning of 32 bytes.
      const address = Math.ceil((WORD_BYTES * this.#program.table.length) / 32) * 32;
      for (const value of this.#values) {
        code
          .constant(0)
          .get(this.#result(last, value))
          .memory('v128.store', address + VECTOR_BYTES * value);
      }
      for (const value of this.#values) code.constant(0).memory('v128.load', address + VECTOR_BYTES * value);
      code.do('v128.or');
    }
    if (this.#kind === VECTOR) code.do('v128.any_true');
  }

  /** Pushes the word that is in `local`, in every lane. */
  #writeSpread(local: number): void {
    this.#code.get(local);
    if (this.#kind === VECTOR) this.#code.do('i32x4.splat');
  }

  /** A word that all values have in common. */
  get #spread(): number {
    return FIRST_NONCE + this.#values.length;
  }

  #result(index: number, value: number): number {
    return assertPresent(this.#results[index], 'a result comes before its use') + value;
  }
}

/**
 * A variable for the result of each instruction, from 0; one that is no longer needed is taken again.
 *
 * To V8's best compiler that makes no difference, but its first one, which has to be quick, would take 20 ms over
 * thousands of variables instead of 1.
 */
function assignVariables({ instructions }: SearchProgram): number[] {
  const uses = instructions.map(
    ({ operands }) => new Set(operands.filter((operand) => operand.type === 'result').map(({ index }) => index)),
  );
  const lastUse = new Map<number, number>();
  for (const [i, used] of uses.entries()) for (const index of used) lastUse.set(index, i);
  const variables: number[] = [];
  const free: number[] = [];
  let count = 0;
  for (const [i, used] of uses.entries()) {
    for (const index of used) if (lastUse.get(index) === i) free.push(variables[index] ?? 0);
    variables.push(free.pop() ?? count++);
  }
  return variables;
}

const PARAMETERS = ['i32', 'i32', 'i32'] as const;
const NONCE_WORD = 0;
const GROUPS = 1;
const THRESHOLD = 2;
/** How many groups were tried. */
const PASSED = 3;
/** The nonces' words, a value each; then a value for what all have in common; then the results. */
const FIRST_NONCE = 4;
const NONCE_STEP = 2 ** 16;
const SHIFTS: readonly Operator[] = ['rotr', 'shl', 'shr'];
const WORD_BYTES = 4;
const VECTOR_BYTES = 16;
