/**
 * The search for a nonce in WebAssembly: each instruction of a `SearchProgram` becomes one of WebAssembly's.
 *
 * V8 compiles them one by one, in the order in which they come. In the shape `packed` it does more, where it was
 * started with `--experimental-wasm-revectorize` on an x64 with AVX2: of every two instructions on 128 bits it makes
 * one on 256. It begins at two stores side by side and works its way back from what they store, for as long as both
 * have come about in the same way. So two vectors go through the program in step, and what the hashes are compared to
 * is stored before it is looked at. Without the flag the shape is right all the same, but takes a third longer than
 * `simd`: the values of two vectors do not fit into the registers.
 */
import { assertPresent } from '../core/assert.ts';
import type { InstructionSet, Operator } from './expression.ts';
import {
  createSearchProgram,
  type Instruction,
  NONCE_STEP,
  type Operand,
  type SearchProgram,
} from './search-program.ts';
import {
  encodeModule,
  type LoadInstruction,
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
  readonly load: LoadInstruction;
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
  readonly #assignment: Assignment;
  readonly #code = new WasmCode();

  constructor(options: { readonly kind: ValueKind; readonly values: number; readonly program: SearchProgram }) {
    this.#kind = options.kind;
    this.#values = Array.from({ length: options.values }, (_, value) => value);
    this.#program = options.program;
    this.#assignment = assignVariables(options.program);
  }

  get locals(): WasmFunction['locals'] {
    const variables = FIRST_RESULT + this.#assignment.count;
    return [
      { count: 1, type: 'i32' },
      { count: variables * this.#values.length, type: this.#kind.type },
    ];
  }

  /** A loop over groups, which is left at the first that has a candidate. */
  write(): WasmCode {
    const code = this.#code;
    const step = this.#values.length * this.#kind.lanes * NONCE_STEP;
    code.block(() => {
      code.loop(() => {
        code.get(PASSED).get(GROUPS).do('i32.ge_u').branchIf(1);
        this.#writeNonces();
        for (const [i, instruction] of this.#program.instructions.entries()) this.#writeInstruction(instruction, i);
        this.#writeHasCandidate();
        code.branchIf(1);
        code.get(FIRST_NONCE_WORD).constant(step).do('i32.add').set(FIRST_NONCE_WORD);
        code.get(PASSED).constant(1).do('i32.add').set(PASSED);
        code.branch(0);
      });
    });
    return code.get(PASSED);
  }

  /** Lane after lane, the words with consecutive nonces. */
  #writeNonces(): void {
    for (const value of this.#values) {
      this.#writeInEveryLane(FIRST_NONCE_WORD);
      if (this.#kind === VECTOR) {
        const steps = [0, 1, 2, 3].map((lane) => (4 * value + lane) * NONCE_STEP);
        this.#code.constants(steps).do('i32x4.add');
      }
      this.#code.set(this.#local(NONCE_WORDS, value));
    }
  }

  #writeInstruction({ operator, operands, amount }: Instruction, index: number): void {
    const instruction = assertPresent(this.#kind.operators[operator], 'a program keeps to the instructions there are');
    for (const value of this.#values) {
      for (const operand of operands) this.#writeOperand(operand, value);
      if (SHIFTS.includes(operator)) this.#code.constant(amount);
      this.#code.do(instruction).set(this.#result(index, value));
    }
  }

  #writeOperand(operand: Operand, value: number): void {
    const code = this.#code;
    const common = this.#local(COMMON, 0);
    if (operand.type === 'nonce') code.get(this.#local(NONCE_WORDS, value));
    else if (operand.type === 'result') code.get(this.#result(operand.index, value));
    else if (value > 0) code.get(common);
    // No instruction takes two words of the table: it would have been done in advance.
    else code.load(this.#kind.load, WORD_BYTES * operand.index).tee(common);
  }

  /** Pushes a word that is not 0 if the first word of some hash is at most the threshold. */
  #writeHasCandidate(): void {
    const code = this.#code;
    const last = this.#program.instructions.length - 1;
    this.#writeInEveryLane(THRESHOLD);
    code.set(this.#local(COMMON, 0));
    for (const value of this.#values) {
      const result = this.#result(last, value);
      code.get(result).get(this.#local(COMMON, 0)).do(this.#kind.atMost).set(result);
    }
    if (this.#values.length === 1) code.get(this.#result(last, 0));
    else this.#writeEither(last);
    if (this.#kind === VECTOR) code.do('v128.any_true');
  }

  /** Pushes the two vectors that the instruction `index` has led to as one, by OR. The stores are what V8 looks for. */
  #writeEither(index: number): void {
    const code = this.#code;
    const tableBytes = WORD_BYTES * this.#program.table.length;
    const address = (value: number): number => tableBytes - (tableBytes % 32) + 32 + 16 * value;
    for (const value of this.#values) code.storeVector(address(value), this.#result(index, value));
    for (const value of this.#values) code.load('v128.load', address(value));
    code.do('v128.or');
  }

  /** Pushes the word that is in `parameter`, in every lane. */
  #writeInEveryLane(parameter: number): void {
    this.#code.get(parameter);
    if (this.#kind === VECTOR) this.#code.do('i32x4.splat');
  }

  #result(index: number, value: number): number {
    const variable = assertPresent(this.#assignment.variables[index], 'results that are needed have a variable');
    return this.#local(FIRST_RESULT + variable, value);
  }

  /** A variable is as many locals as there are values. */
  #local(variable: number, value: number): number {
    return FIRST_VARIABLE + variable * this.#values.length + value;
  }
}

interface Assignment {
  /** By instruction. */
  readonly variables: readonly (number | undefined)[];
  readonly count: number;
}

/**
 * A variable for the result of each instruction, from 0 to `count - 1`. One whose value is needed no more serves again.
 *
 * V8's best compiler would not care, but its quick one takes 20 ms over thousands of variables, and 1 over dozens.
 */
function assignVariables({ instructions }: SearchProgram): Assignment {
  const variables: (number | undefined)[] = instructions.map(() => undefined);
  const free: number[] = [];
  let count = 0;
  // Backwards, a value is first met where it is needed last, and not needed any more from where it is computed.
  for (const [back, { operands }] of instructions.toReversed().entries()) {
    const i = instructions.length - 1 - back;
    variables[i] ??= count++;
    free.push(variables[i]);
    for (const operand of operands) {
      if (operand.type === 'result') variables[operand.index] ??= free.pop() ?? count++;
    }
  }
  return { variables, count };
}

const PARAMETERS = ['i32', 'i32', 'i32'] as const;

/** The locals that are words: the parameters, of which the first is counted up, then the groups without a candidate. */
const FIRST_NONCE_WORD = 0;
const GROUPS = 1;
const THRESHOLD = 2;
const PASSED = 3;

/** The locals after them are variables: as many locals each as there are values that go in step. */
const FIRST_VARIABLE = 4;
/** The variable with the words of a group's nonces. */
const NONCE_WORDS = 0;
/** The variable for what all values take: the threshold, or the last word that was loaded from the table. */
const COMMON = 1;
const FIRST_RESULT = 2;

const SHIFTS: readonly Operator[] = ['rotr', 'shl', 'shr'];
const WORD_BYTES = 4;
