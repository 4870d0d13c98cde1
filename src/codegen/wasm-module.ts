/**
 * WebAssembly's binary format, as far as SHA-256 needs it: a module of one function and one memory.
 *
 * Sections (§) are those of the WebAssembly Core Specification, version 2.0.
 */
import { assert } from '../core/assert.ts';

/** A word of 32 bits, or four of them side by side. */
export type ValueType = 'i32' | 'v128';

/** A function that answers an i32. */
export interface WasmFunction {
  readonly parameters: readonly ValueType[];
  /** Variables, numbered on from the parameters. */
  readonly locals: readonly { readonly count: number; readonly type: ValueType }[];
  /** Leaves the answer on the stack. */
  readonly body: WasmCode;
}

/** What is in memory from the start. */
export interface WasmData {
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** The module that exports `definition` as `name`, and one page of memory (64 KiB) with `data` as `memory`. */
export function encodeModule(name: string, definition: WasmFunction, data?: WasmData): Uint8Array {
  const { parameters, locals, body } = definition;
  const signature = [FUNCTION_TYPE, ...list(parameters.map(encodeType)), ...list([encodeType('i32')])];
  const variables = list(locals.map(({ count, type }) => [...encodeUnsigned(count), ...encodeType(type)]));
  const code = variables.concat(body.bytes, END);
  // §5.5.16. There is one of each, so its index is 0.
  return Uint8Array.from(
    [0x00, 0x61, 0x73, 0x6d].concat(
      [0x01, 0x00, 0x00, 0x00],
      section(1, [signature]),
      section(3, [[0]]),
      section(5, [[AT_LEAST, 1]]),
      section(7, [
        [...encodeName('memory'), EXPORTS_MEMORY, 0],
        [...encodeName(name), EXPORTS_FUNCTION, 0],
      ]),
      section(10, [encodeUnsigned(code.length).concat(code)]),
      data === undefined ? [] : section(11, [encodeData(data)]),
    ),
  );
}

/** Instructions that take what they need from the stack, and nothing else (§5.4.6 to §5.4.8). */
export type StackInstruction = keyof typeof STACK_INSTRUCTIONS;

/** Instructions that read memory (§5.4.6, §5.4.8). */
export type LoadInstruction = keyof typeof LOAD_INSTRUCTIONS;

/** A function's instructions, one after the other. Every method answers the code itself, so that a line may go on. */
export class WasmCode {
  readonly #bytes: number[] = [];

  get bytes(): readonly number[] {
    return this.#bytes;
  }

  do(instruction: StackInstruction): this {
    this.#bytes.push(...STACK_INSTRUCTIONS[instruction]);
    return this;
  }

  /** Pushes a word. */
  constant(value: number): this {
    this.#bytes.push(0x41);
    encodeSigned(value, this.#bytes);
    return this;
  }

  /** Pushes a vector of four words. */
  constants(words: readonly number[]): this {
    assert(words.length === 4, 'a vector has four words');
    this.#bytes.push(...simd(12), ...words.flatMap((word) => [0, 8, 16, 24].map((bits) => (word >>> bits) & 0xff)));
    return this;
  }

  /** Pushes the variable `local`. */
  get(local: number): this {
    return this.#write(0x20, local);
  }

  /** Pops into the variable `local`. */
  set(local: number): this {
    return this.#write(0x21, local);
  }

  /** Writes the variable `local`, and leaves the value where it is. */
  tee(local: number): this {
    return this.#write(0x22, local);
  }

  /** Pushes what is at `address`. */
  load(instruction: LoadInstruction, address: number): this {
    const { opcode, alignment } = LOAD_INSTRUCTIONS[instruction];
    this.constant(0).#bytes.push(...opcode, alignment);
    encodeUnsigned(address, this.#bytes);
    return this;
  }

  /** Stores the vector that is in the variable `local` at `address`, which is a multiple of 16. */
  storeVector(address: number, local: number): this {
    this.constant(0)
      .get(local)
      .#bytes.push(...simd(11), 4);
    encodeUnsigned(address, this.#bytes);
    return this;
  }

  /** Pops an address, and pushes the vector that is `offset` bytes behind it. Any address will do. */
  loadVectorAt(offset: number): this {
    this.#bytes.push(...simd(0), 0);
    encodeUnsigned(offset, this.#bytes);
    return this;
  }

  /** Pops an address, and pushes the word that is `offset` bytes behind it, in every lane. */
  loadSplatAt(offset: number): this {
    this.#bytes.push(...simd(9), 2);
    encodeUnsigned(offset, this.#bytes);
    return this;
  }

  /** Pops a vector and the address below it, and stores it `offset` bytes behind that. Any address will do. */
  storeVectorAt(offset: number): this {
    this.#bytes.push(...simd(11), 0);
    encodeUnsigned(offset, this.#bytes);
    return this;
  }

  /** Pops two vectors, and pushes one of their bytes: from 0 those of the lower one, from 16 those of the upper one. */
  shuffle(bytes: readonly number[]): this {
    assert(bytes.length === 16 && bytes.every((byte) => byte >= 0 && byte < 32), 'sixteen bytes of two vectors');
    this.#bytes.push(...simd(13), ...bytes);
    return this;
  }

  /** What `write` writes; branches lead to its end. */
  block(write: () => void): this {
    return this.#nest(0x02, write);
  }

  /** What `write` writes; branches lead back to its beginning. */
  loop(write: () => void): this {
    return this.#nest(0x03, write);
  }

  /** Branches to the block or loop that is `depth` levels out from the innermost. */
  branch(depth: number): this {
    return this.#write(0x0c, depth);
  }

  /** Pops a word, and branches unless it is 0. */
  branchIf(depth: number): this {
    return this.#write(0x0d, depth);
  }

  #nest(opcode: number, write: () => void): this {
    this.#bytes.push(opcode, NO_VALUES);
    write();
    this.#bytes.push(END);
    return this;
  }

  #write(opcode: number, index: number): this {
    this.#bytes.push(opcode);
    encodeUnsigned(index, this.#bytes);
    return this;
  }
}

/** Appends an unsigned number of 32 bits to `bytes` in LEB128: seven bits a byte, the lowest first (§5.2.2). */
export function encodeUnsigned(value: number, bytes: number[] = []): number[] {
  assert(Number.isInteger(value) && value >= 0 && value < 2 ** 32, 'the number fits into 32 bits');
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  bytes.push(rest);
  return bytes;
}

/** Appends a word to `bytes` in signed LEB128: the highest bit that is written stands for all above it (§5.2.2). */
export function encodeSigned(value: number, bytes: number[] = []): number[] {
  let rest = value | 0;
  for (; rest < -0x40 || rest > 0x3f; rest >>= 7) bytes.push((rest & 0x7f) | 0x80);
  bytes.push(rest & 0x7f);
  return bytes;
}

/** §5.5.2. */
function section(id: number, items: readonly (readonly number[])[]): number[] {
  const content = list(items);
  return [id].concat(encodeUnsigned(content.length), content);
}

/** What the specification calls a vector (§5.1.3). */
function list(items: readonly (readonly number[])[]): number[] {
  return encodeUnsigned(items.length).concat(...items);
}

/** §5.2.4, for ASCII. */
function encodeName(name: string): number[] {
  return list(Array.from(name, (character) => [character.charCodeAt(0)]));
}

/** §5.3.1, §5.3.2. */
function encodeType(type: ValueType): number[] {
  return [type === 'i32' ? 0x7f : 0x7b];
}

/** §5.5.14: into the only memory, at a constant address. */
function encodeData({ address, bytes }: WasmData): number[] {
  return [0, ...new WasmCode().constant(address).bytes, END, ...encodeUnsigned(bytes.length), ...bytes];
}

/** An opcode of those that have a byte in common (§5.4.8). */
function simd(opcode: number): number[] {
  return [0xfd, ...encodeUnsigned(opcode)];
}

const STACK_INSTRUCTIONS = {
  'i32.lt_u': [0x49],
  'i32.le_u': [0x4d],
  'i32.ge_u': [0x4f],
  'i32.add': [0x6a],
  'i32.sub': [0x6b],
  'i32.mul': [0x6c],
  'i32.and': [0x71],
  'i32.or': [0x72],
  'i32.xor': [0x73],
  'i32.shl': [0x74],
  'i32.shr_u': [0x76],
  'i32.rotr': [0x78],
  'i32x4.splat': simd(17),
  'i32x4.le_u': simd(62),
  'v128.and': simd(78),
  'v128.or': simd(80),
  'v128.xor': simd(81),
  'v128.any_true': simd(83),
  'i32x4.shl': simd(171),
  'i32x4.shr_u': simd(173),
  'i32x4.add': simd(174),
} as const;

/** Alignments are exponents of two: a hint, and no more. */
const LOAD_INSTRUCTIONS = {
  'i32.load': { opcode: [0x28], alignment: 2 },
  'v128.load': { opcode: simd(0), alignment: 4 },
  'v128.load32_splat': { opcode: simd(9), alignment: 2 },
} as const;

/** §5.3.6. */
const FUNCTION_TYPE = 0x60;
/** Limits without a largest size (§5.3.7). */
const AT_LEAST = 0x00;
/** §5.5.10. */
const EXPORTS_FUNCTION = 0x00;
const EXPORTS_MEMORY = 0x02;
/** The type of a block that leaves nothing on the stack, and the end of blocks and functions (§5.4.1). */
const NO_VALUES = 0x40;
const END = 0x0b;
