export const m = new WebAssembly.Module(new Uint8Array());
