import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { requirePlatform, requireProcessorFeatures } from './machine-support.ts';

const isSupported = process.platform === 'linux' && process.arch === 'x64';
const skip = isSupported ? false : 'machine code is for Linux on x64';

test('this platform is one if it is Linux on x64', () => {
  if (isSupported) requirePlatform();
  else assert.throws(requirePlatform, { code: 'platform-unsupported' });
});

test('a feature that every processor of the platform has is found', { skip }, () => {
  requireProcessorFeatures(['sse2']);
});

test('a feature that the processor has not is refused by name, and part of a name is no name', { skip }, () => {
  for (const feature of ['avx1024', 'se2', 'flags']) {
    assert.throws(() => requireProcessorFeatures([feature]), {
      name: 'KernelError',
      code: 'processor-unsupported',
      message: `This processor has no ${feature} (/proc/cpuinfo does not list it among the flags): use another kernel.`,
    });
  }
});

test('of several features, those that are missing are named', { skip }, () => {
  assert.throws(() => requireProcessorFeatures(['avx1024', 'sse2', 'avx2048']), {
    message: /^This processor has no avx1024 and no avx2048 \(/,
  });
});

test('what the processor has cannot be told where Node may not read it', { skip }, () => {
  const folder = fileURLToPath(new URL('../..', import.meta.url));
  const script = `
    import { requireProcessorFeatures } from ${JSON.stringify(new URL('machine-support.ts', import.meta.url))};
    try {
      requireProcessorFeatures(['sse2']);
    } catch ({ code, message }) {
      console.log(code, message);
    }`;
  const flags = ['--permission', `--allow-fs-read=${folder}`, '--input-type=module', '--eval'];
  const output = execFileSync(process.execPath, [...flags, script], { encoding: 'utf8' });
  assert.match(output, /^not-permitted .*--allow-fs-read=\/proc\/cpuinfo/);
});
