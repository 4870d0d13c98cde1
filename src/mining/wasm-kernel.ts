/** Search kernels of WebAssembly: they run wherever JavaScript does, in Node and in browsers. */
import { createWasmSearch, type WasmShape } from '../codegen/wasm-search.ts';
import { assert } from '../core/assert.ts';
import type { SearchKernel } from './kernel.ts';
import { KernelError } from './kernel-error.ts';
import { createLaneKernel } from './lane-kernel.ts';

/**
 * Writes the search in `shape` and loads it into this thread.
 *
 * V8 begins with quick code, at two fifths of the speed or less; some 20 ms of searching later its best code is ready. Other
 * threads of the process that load the same shape have that at once.
 * Throws a `KernelError`, `platform-unsupported`, where WebAssembly is missing or has no vectors.
 */
export function loadWasmKernel(shape: WasmShape): SearchKernel {
  const { module, lanes, program } = createWasmSearch(shape);
  const { memory, search } = instantiate(module);
  assert(memory instanceof WebAssembly.Memory && typeof search === 'function', 'the module exports both');
  return createLaneKernel({
    name: `wasm-${shape}`,
    table: program.table,
    code: {
      lanes,
      table: new Uint32Array(memory.buffer, 0, program.table.length),
      // To JavaScript a word of WebAssembly is signed.
      search: (nonceWord, groups, threshold) => Number(search(nonceWord, groups, threshold)) >>> 0,
    },
  });
}

/** What the module exports, by name. It imports nothing. */
function instantiate(module: Uint8Array): Readonly<Record<string, unknown>> {
  if (typeof WebAssembly === 'undefined') {
    throw new KernelError('platform-unsupported', 'There is no WebAssembly here: use another kernel.');
  }
  try {
    return new WebAssembly.Instance(new WebAssembly.Module(module)).exports;
  } catch (cause) {
    if (!(cause instanceof WebAssembly.CompileError)) throw cause;
    const message = `WebAssembly cannot do what this kernel needs (${cause.message}): use another kernel.`;
    throw new KernelError('platform-unsupported', message, { cause });
  }
}

/** What is used of the WebAssembly JavaScript Interface: TypeScript has it among the types of browsers alone. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: Readonly<Record<string, unknown>> };
  readonly Memory: new (size: { readonly initial: number }) => { readonly buffer: ArrayBuffer };
  readonly CompileError: ErrorConstructor;
};
