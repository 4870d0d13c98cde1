/**
 * Machine code as an add-on of Node: the code itself, and around it the little that makes it a function of JavaScript.
 *
 * That part speaks Node-API (https://nodejs.org/docs/latest-v24.x/api/n-api.html), which is stable, so the image loads in
 * every version of Node. It is machine code too, since nothing here compiles C: arguments go in rdi, rsi, rdx, rcx, r8,
 * r9 and then on the stack, results come in rax, and the stack is aligned to 16 bytes at a call (System V ABI for
 * x86-64, §3.2).
 */
import { assert } from '../core/assert.ts';
import { ByteWriter } from './byte-writer.ts';
import { CODE_ADDRESS, encodeLibrary, importSlotAddress } from './elf-library.ts';

/** What to make callable. */
export interface NativeCode {
  /** A function `void f(uint32_t *memory)` of the System V ABI, which begins with the first byte. */
  readonly code: Uint8Array;
  /** How many words of its memory the function may touch. */
  readonly memoryWords: number;
}

/**
 * A shared object for Linux on x86-64 that Node loads as an add-on. What the add-on exports is a function that takes a
 * `Uint32Array` and runs the code on it. Given anything else, or fewer than `memoryWords` words, it throws a
 * `TypeError`, and nothing was touched.
 */
export function createSharedObject({ code, memoryWords }: NativeCode): Uint8Array {
  assert(memoryWords >= 0 && memoryWords < 2 ** 31, 'the words of the memory are counted in 31 bits');
  const glue = new GlueWriter(code);
  const message = glue.address;
  glue.out.terminated(`The machine code takes one Uint32Array, of ${memoryWords} words or more.`);
  const refuse = writeRefusal(glue, message);
  const callback = writeCallback(glue, { refuse, memoryWords });
  const address = writeRegistration(glue, callback);
  return encodeLibrary({
    imports: IMPORTS,
    exported: { name: 'napi_register_module_v1', address },
    code: glue.out.toBytes(),
  });
}

/** Machine code that follows other machine code and refers to it. */
class GlueWriter {
  readonly out: ByteWriter;

  constructor(code: Uint8Array) {
    this.out = new ByteWriter().block(code).alignTo(16, TRAP);
  }

  get address(): number {
    return CODE_ADDRESS + this.out.length;
  }

  /** The beginning of an instruction whose last operand is the place `address`, and that operand. */
  referring(address: number, ...opcode: readonly number[]): void {
    this.out.bytes(...opcode);
    // It counts from where the next instruction begins.
    this.out.int32(address - (this.address + 4));
  }

  /** call [rip + slot] */
  callImport(name: Import): void {
    this.referring(importSlotAddress(IMPORTS.indexOf(name)), 0xff, 0x15);
  }
}

/**
 * `napi_value napi_register_module_v1(napi_env env, napi_value exports)`: makes the function, and answers it in the
 * place of the exports.
 */
function writeRegistration(glue: GlueWriter, callback: number): number {
  const { address, out } = glue;
  out.bytes(0x48, 0x83, 0xec, 0x18); // sub rsp, 24
  out.bytes(0x48, 0xc7, 0x44, 0x24, 0x08).uint32(0); // mov qword [rsp + 8], 0: no result yet
  // napi_create_function(env, name: NULL, length: 0, callback, data: NULL, &result)
  out.bytes(0x31, 0xf6); // xor esi, esi
  out.bytes(0x31, 0xd2); // xor edx, edx
  glue.referring(callback, 0x48, 0x8d, 0x0d); // lea rcx, [rip + callback]
  out.bytes(0x45, 0x31, 0xc0); // xor r8d, r8d
  out.bytes(0x4c, 0x8d, 0x4c, 0x24, 0x08); // lea r9, [rsp + 8]
  glue.callImport('napi_create_function');
  out.bytes(0x48, 0x8b, 0x44, 0x24, 0x08); // mov rax, [rsp + 8]
  out.bytes(0x48, 0x83, 0xc4, 0x18); // add rsp, 24
  out.bytes(0xc3); // ret
  return address;
}

/**
 * `napi_value callback(napi_env env, napi_callback_info info)`: what runs when the function is called. Its frame has
 * the number of arguments at 16, which later is the array's type, the argument at 24, the array's length at 32 and its
 * data at 40.
 */
function writeCallback(glue: GlueWriter, { refuse, memoryWords }: { refuse: number; memoryWords: number }): number {
  const { address, out } = glue;
  out.bytes(0x53); // push rbx
  out.bytes(0x48, 0x83, 0xec, FRAME_BYTES); // sub rsp, 48
  out.bytes(0x48, 0x89, 0xfb); // mov rbx, rdi: env, kept over the calls
  out.bytes(0x48, 0xc7, 0x44, 0x24, 0x10).uint32(1); // mov qword [rsp + 16], 1: how many arguments there is room for
  // napi_get_cb_info(env, info, &count, arguments, this: NULL, data: NULL)
  out.bytes(0x48, 0x8d, 0x54, 0x24, 0x10); // lea rdx, [rsp + 16]
  out.bytes(0x48, 0x8d, 0x4c, 0x24, 0x18); // lea rcx, [rsp + 24]
  out.bytes(0x45, 0x31, 0xc0); // xor r8d, r8d
  out.bytes(0x45, 0x31, 0xc9); // xor r9d, r9d
  glue.callImport('napi_get_cb_info');
  out.bytes(0x85, 0xc0); // test eax, eax: 0 is napi_ok
  glue.referring(refuse, 0x0f, 0x85); // jne refuse
  // napi_get_typedarray_info(env, argument, &type, &length, &data, buffer: NULL, offset: NULL)
  out.bytes(0x48, 0x89, 0xdf); // mov rdi, rbx
  out.bytes(0x48, 0x8b, 0x74, 0x24, 0x18); // mov rsi, [rsp + 24]
  out.bytes(0x48, 0x8d, 0x54, 0x24, 0x10); // lea rdx, [rsp + 16]
  out.bytes(0x48, 0x8d, 0x4c, 0x24, 0x20); // lea rcx, [rsp + 32]
  out.bytes(0x4c, 0x8d, 0x44, 0x24, 0x28); // lea r8, [rsp + 40]
  out.bytes(0x45, 0x31, 0xc9); // xor r9d, r9d
  out.bytes(0x48, 0xc7, 0x04, 0x24).uint32(0); // mov qword [rsp], 0
  glue.callImport('napi_get_typedarray_info');
  out.bytes(0x85, 0xc0); // test eax, eax: it is not napi_ok if the argument is no typed array
  glue.referring(refuse, 0x0f, 0x85); // jne refuse
  out.bytes(0x83, 0x7c, 0x24, 0x10, NAPI_UINT32_ARRAY); // cmp dword [rsp + 16], napi_uint32_array
  glue.referring(refuse, 0x0f, 0x85); // jne refuse
  out.bytes(0x48, 0x81, 0x7c, 0x24, 0x20).uint32(memoryWords); // cmp qword [rsp + 32], memoryWords
  glue.referring(refuse, 0x0f, 0x82); // jb refuse
  out.bytes(0x48, 0x8b, 0x7c, 0x24, 0x28); // mov rdi, [rsp + 40]
  glue.referring(CODE_ADDRESS, 0xe8); // call code
  writeReturn(out);
  return address;
}

/** Where the callback goes on if the argument is not what it should be. */
function writeRefusal(glue: GlueWriter, message: number): number {
  const { address, out } = glue;
  // napi_throw_type_error(env, code: NULL, message)
  out.bytes(0x48, 0x89, 0xdf); // mov rdi, rbx
  out.bytes(0x31, 0xf6); // xor esi, esi
  glue.referring(message, 0x48, 0x8d, 0x15); // lea rdx, [rip + message]
  glue.callImport('napi_throw_type_error');
  writeReturn(out);
  return address;
}

/** Ends the callback. To answer NULL is to answer undefined. */
function writeReturn(out: ByteWriter): void {
  out.bytes(0x31, 0xc0); // xor eax, eax
  out.bytes(0x48, 0x83, 0xc4, FRAME_BYTES); // add rsp, 48
  out.bytes(0x5b); // pop rbx
  out.bytes(0xc3); // ret
}

const IMPORTS = [
  'napi_create_function',
  'napi_get_cb_info',
  'napi_get_typedarray_info',
  'napi_throw_type_error',
] as const;
type Import = (typeof IMPORTS)[number];

/** Of the callback. With the address to return to and rbx, which are above it, a multiple of 16. */
const FRAME_BYTES = 48;
/** Of `napi_typedarray_type`. */
const NAPI_UINT32_ARRAY = 6;
/** int3: stops the process, should anything ever jump between two functions. */
const TRAP = 0xcc;
