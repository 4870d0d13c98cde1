import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { describeSearchKernel } from './kernel.contract.ts';
import { KernelError } from './kernel-error.ts';
import { loadWasmKernel } from './wasm-kernel.ts';

for (const shape of ['scalar', 'simd', 'packed'] as const) describeSearchKernel(loadWasmKernel(shape));

test('the packed shape is right as well where V8 packs it', () => {
  const load = `import { describeSearchKernel } from '${new URL('kernel.contract.ts', import.meta.url)}';
    import { loadWasmKernel } from '${new URL('wasm-kernel.ts', import.meta.url)}';
    const kernel = loadWasmKernel('packed');
    const targetBytes = new Uint8Array(32);
    kernel.search({ headerBytes: new Uint8Array(118), targetBytes, firstNonce: 0, count: 2 ** 16 });
    describeSearchKernel(kernel);`;
  // Without V8's quick compiler, the code that is tried is what the better one makes.
  const flags = ['--experimental-wasm-revectorize', '--no-liftoff', '--input-type=module', '--eval', load];
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, flags, { encoding: 'utf8', env });
  assert.equal(status, 0, `${stdout}${stderr}`);
  assert.match(stdout, /pass 12/);
});

test('without WebAssembly there is no kernel, and the refusal says so', (context) => {
  const webAssembly = Reflect.get(globalThis, 'WebAssembly');
  Reflect.deleteProperty(globalThis, 'WebAssembly');
  context.after(() => Reflect.set(globalThis, 'WebAssembly', webAssembly));
  assert.throws(() => loadWasmKernel('simd'), hasCode('platform-unsupported'));
});

test('where WebAssembly has no vectors, only the scalar shape loads', () => {
  const source = `import { loadWasmKernel } from '${new URL('wasm-kernel.ts', import.meta.url)}';
    loadWasmKernel('scalar');
    try { loadWasmKernel('simd'); } catch (error) { console.log(error.code, error.message); }`;
  const flags = ['--no-enable-sse4-1', '--no-enable-ssse3', '--input-type=module', '--eval', source];
  const { stdout, stderr } = spawnSync(process.execPath, flags, { encoding: 'utf8' });
  assert.match(stdout, /^platform-unsupported .*SIMD.*: use another kernel\.$/m, stderr);
});

function hasCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof KernelError && error.code === code;
}
