/**
 * WebAssembly's binary format, as far as the search for a nonce needs it: a module of one function and one memory.
 *
 * Sections (§) are those of the WebAssembly Core Specification, version 2.0.
 */
import { assert } from '../core/assert.ts';
import { ByteWriter } from './byte-writer.ts';

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

/** The module that exports `definition` as `name`, and one page of memory (64 KiB) as `memory`. */
export function encodeModule(name: string, { parameters, locals, body }: WasmFunction): Uint8Array {
  const signature = [FUNCTION_TYPE, ...list(parameters.map(encodeType)), ...list([encodeType('i32')])];
  const variables = list(locals.map(({ count, type }) => [...encodeUnsigned(count), ...encodeType(type)]));
  const code = join(variables, body.toBytes(), [END]);
  // §5.5.16. There is one of each, so its index is 0.
  return join(
    [0x00, 0x61, 0x73, 0x6d],
    [0x01, 0x00, 0x00, 0x00],
    section(1, [signature]),
    section(3, [[0]]),
    section(5, [[AT_LEAST, 1]]),
    section(7, [
      [...encodeName('memory'), EXPORTS_MEMORY, 0],
      [...encodeName(name), EXPORTS_FUNCTION, 0],
    ]),
    section(10, [join(encodeUnsigned(code.length), code)]),
  );
}

/** Instructions that take what they need from the stack, and nothing else (§5.4.6 to §5.4.8). */
export type StackInstruction = keyof typeof STACK_INSTRUCTIONS;

/** Instructions that read memory (§5.4.6, §5.4.8). */
export type LoadInstruction = keyof typeof LOAD_INSTRUCTIONS;

/** A function's instructions, one after the other. Every method answers the code itself, so that a line may go on. */
export class WasmCode {
  readonly #writer = new ByteWriter();

  toBytes(): Uint8Array {
    return this.#writer.toBytes();
  }

  do(instruction: StackInstruction): this {
    return this.#write(STACK_INSTRUCTIONS[instruction]);
  }

  /** Pushes a word. */
  constant(value: number): this {
    return this.#write([0x41], encodeSigned(value));
  }

  /** Pushes four words. */
  constants(words: readonly number[]): this {
    assert(words.length === 4, 'a vector has four words');
    return this.#write(
      simd(12),
      words.flatMap((word) => [0, 8, 16, 24].map((bits) => (word >>> bits) & 0xff)),
    );
  }

  /** Pushes the variable `local`. */
  get(local: number): this {
    return this.#write([0x20], encodeUnsigned(local));
  }

  /** Pops into the variable `local`. */
  set(local: number): this {
    return this.#write([0x21], encodeUnsigned(local));
  }

  /** Writes the variable `local`, and leaves the value where it is. */
  tee(local: number): this {
    return this.#write([0x22], encodeUnsigned(local));
  }

  /** Pushes what is at `address`. */
  load(instruction: LoadInstruction, address: number): this {
    const { opcode, alignment } = LOAD_INSTRUCTIONS[instruction];
    return this.constant(0).#write(opcode, encodeUnsigned(alignment), encodeUnsigned(address));
  }

  /** Stores the vector that is in the variable `local` at `address`, which is a multiple of 16. */
  storeVector(address: number, local: number): this {
    return this.constant(0).get(local).#write(simd(11), encodeUnsigned(4), encodeUnsigned(address));
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
    return this.#write([0x0c], encodeUnsigned(depth));
  }

  /** Pops a word, and branches unless it is 0. */
  branchIf(depth: number): this {
    return this.#write([0x0d], encodeUnsigned(depth));
  }

  #nest(opcode: number, write: () => void): this {
    this.#write([opcode, NO_VALUES]);
    write();
    return this.#write([END]);
  }

  #write(...parts: readonly (readonly number[])[]): this {
    for (const part of parts) this.#writer.block(part);
    return this;
  }
}

/** An unsigned number of 32 bits in LEB128: seven bits a byte, the lowest first (§5.2.2). */
export function encodeUnsigned(value: number): number[] {
  assert(Number.isInteger(value) && value >= 0 && value < 2 ** 32, 'the number fits into 32 bits');
  const rest = value >>> 7;
  return rest === 0 ? [value] : [(value & 0x7f) | 0x80, ...encodeUnsigned(rest)];
}

/** A word in signed LEB128: the highest bit that is written stands for all above it (§5.2.2). */
export function encodeSigned(value: number): number[] {
  const rest = value >> 7;
  const isLast = rest === 0 ? (value & 0x40) === 0 : rest === -1 && (value & 0x40) !== 0;
  return isLast ? [value & 0x7f] : [(value & 0x7f) | 0x80, ...encodeSigned(rest)];
}

/** §5.5.2. */
function section(id: number, items: readonly ArrayLike<number>[]): Uint8Array {
  const content = list(items);
  return join([id], encodeUnsigned(content.length), content);
}

/** What the specification calls a vector (§5.1.3). */
function list(items: readonly ArrayLike<number>[]): Uint8Array {
  return join(encodeUnsigned(items.length), ...items);
}

function join(...parts: readonly ArrayLike<number>[]): Uint8Array {
  const writer = new ByteWriter();
  for (const part of parts) writer.block(part);
  return writer.toBytes();
}

/** §5.2.4, for ASCII. */
function encodeName(name: string): Uint8Array {
  return list(Array.from(name, (character) => [character.charCodeAt(0)]));
}

/** §5.3.1, §5.3.2. */
function encodeType(type: ValueType): number[] {
  return [type === 'i32' ? 0x7f : 0x7b];
}

/** An opcode of those that have a byte in common (§5.4.8). */
function simd(opcode: number): number[] {
  return [0xfd, ...encodeUnsigned(opcode)];
}

const STACK_INSTRUCTIONS = {
  'i32.le_u': [0x4d],
  'i32.ge_u': [0x4f],
  'i32.add': [0x6a],
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
