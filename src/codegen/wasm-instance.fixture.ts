/** Runs a module that exports one function and its memory. */
import { assert } from '../core/assert.ts';

export interface WasmInstance {
  /** Calls the exported function, which answers a word. */
  readonly call: (...parameters: readonly number[]) => number;
  readonly memory: Uint32Array;
}

export function instantiate(module: Uint8Array, name: string): WasmInstance {
  const compiled = new WebAssembly.Module(module);
  assert(WebAssembly.Module.imports(compiled).length === 0, 'the module needs nothing from outside');
  const { exports } = new WebAssembly.Instance(compiled);
  assert(Object.keys(exports).length === 2, 'the module exports two things');
  const { memory, [name]: run } = exports;
  assert(memory instanceof WebAssembly.Memory && typeof run === 'function', 'they are its memory and its function');
  return { call: (...parameters) => Number(run(...parameters)) >>> 0, memory: new Uint32Array(memory.buffer) };
}

declare const WebAssembly: {
  readonly Module: {
    new (bytes: Uint8Array): object;
    imports(module: object): readonly unknown[];
  };
  readonly Instance: new (module: object) => { readonly exports: Readonly<Record<string, unknown>> };
  readonly Memory: new (size: { readonly initial: number }) => { readonly buffer: ArrayBuffer };
};
