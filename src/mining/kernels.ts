/** The kernels there are. Which of them serves best on this machine is found out by `kernel-choice.ts`. */
import { hashKernel } from './hash-kernel.ts';
import type { SearchKernel } from './kernel.ts';
import { KERNEL_NAMES, type KernelName } from './kernel-name.ts';
import { loadMachineKernel } from './machine-kernel.ts';
import { loadWasmKernel } from './wasm-kernel.ts';

/** How a kernel comes to be. */
export interface KernelSource<Name extends string> {
  readonly name: Name;
  /** Makes it ready in this thread. Throws a `KernelError` where it cannot be used. */
  readonly load: () => SearchKernel;
  /** Whether it is only there for when no other can be used, so that timing it would be a waste. */
  readonly isFallback: boolean;
}

const SOURCES: Readonly<Record<KernelName, Omit<KernelSource<KernelName>, 'name'>>> = {
  avx512: { load: () => loadMachineKernel('avx512'), isFallback: false },
  'sha-ni': { load: () => loadMachineKernel('sha-ni'), isFallback: false },
  avx2: { load: () => loadMachineKernel('avx2'), isFallback: false },
  'wasm-packed': { load: () => loadWasmKernel('packed'), isFallback: false },
  'wasm-simd': { load: () => loadWasmKernel('simd'), isFallback: false },
  'wasm-scalar': { load: () => loadWasmKernel('scalar'), isFallback: true },
  'node-crypto': { load: () => hashKernel, isFallback: true },
};

/** All kernels, those first that are expected to be the fastest. */
export const KERNELS: readonly KernelSource<KernelName>[] = KERNEL_NAMES.map((name) => ({ name, ...SOURCES[name] }));

/** The kernels that are machine code: if they are wrong, the process can end. */
export const MACHINE_KERNELS: readonly KernelName[] = ['avx512', 'sha-ni', 'avx2'];

/** Makes the kernel `name` ready in this thread. Throws a `KernelError` where it cannot be used. */
export function loadKernel(name: KernelName): SearchKernel {
  return SOURCES[name].load();
}
