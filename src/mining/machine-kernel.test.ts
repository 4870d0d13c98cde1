import { test } from 'node:test';
import { describeSearchKernel } from './kernel.contract.ts';
import { KernelError } from './kernel-error.ts';
import { loadMachineKernel } from './machine-kernel.ts';

for (const target of ['avx512', 'avx2'] as const) {
  try {
    describeSearchKernel(loadMachineKernel(target));
  } catch (error) {
    // Anywhere else the kernel has to load.
    const isUnsupported = error instanceof KernelError && error.code.endsWith('-unsupported');
    if (!isUnsupported) throw error;
    test(`search kernel ${target}`, { skip: error.message }, () => undefined);
  }
}
