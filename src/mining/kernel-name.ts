/** The names of the kernels, apart from the kernels: to read a flag, none of them has to be loaded. */

/** All there are, those first that are expected to be the fastest. */
export const KERNEL_NAMES = [
  'avx512',
  'sha-ni',
  'avx2',
  'wasm-packed',
  'wasm-simd',
  'wasm-scalar',
  'node-crypto',
] as const;

export type KernelName = (typeof KERNEL_NAMES)[number];
