import { describeSearchKernel } from './kernel.contract.ts';
import { loadWasmKernel } from './wasm-kernel.ts';

for (const shape of ['scalar', 'simd', 'packed'] as const) describeSearchKernel(loadWasmKernel(shape));
