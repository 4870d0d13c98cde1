import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));

function bench(...args: readonly string[]): Promise<{ readonly stdout: string; readonly stderr: string }> {
  return promisify(execFile)(process.execPath, [MAIN, ...args]);
}

test('the core benchmark measures every comparison, and its last line tells everything as JSON', async () => {
  const { stdout } = await bench('core', '--quick');
  const report = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
  assert.equal(report.benchmark, 'core');
  assert.equal(report.node, process.version);
  assert.ok('commit' in report && 'cpu' in report);
  const names: string[] = report.results.map(({ name }: { name: string }) => name);
  for (const part of ['with unsorted keys', 'already canonical', 'headers', 'blocks of 1000', 'nonces', 'append']) {
    assert.ok(
      names.some((name) => name.includes(part) && /\d/.test(name)),
      `${part} is measured, with its sizes`,
    );
  }
  for (const { name, expectedPerSecond, variants } of report.results) {
    assert.ok(expectedPerSecond > 0, name);
    assert.ok(variants.length >= 2, `${name} has something beside it`);
    for (const [i, { perSecond, ratio }] of variants.entries()) {
      assert.ok(perSecond.min > 0 && perSecond.min <= perSecond.median && perSecond.median <= perSecond.max, name);
      assert.equal(ratio === undefined, i === 0, 'all but the first are compared with the first');
    }
  }
});

test('the convergence benchmark gives every sample of what is waited for', async () => {
  const { stdout } = await bench('convergence', '--quick');
  const { results } = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
  assert.equal(results.length, 3);
  for (const { name, aimSeconds, samples } of results) assert.ok(aimSeconds > 0 && samples.length > 0, name);
});

test('without a name, or with an unknown one, the benchmarks are listed', async () => {
  assert.match((await bench()).stdout, /^ {2}core /m);
  await assert.rejects(bench('speed'), (error: { code: number; stdout: string; stderr: string }) => {
    assert.equal(error.code, 2);
    assert.match(error.stderr, /"speed"/);
    assert.match(error.stdout, /^ {2}core /m);
    return true;
  });
});
