import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { noChromiumReason } from '../test/browser/chromium.ts';

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
  for (const part of ['with unsorted keys', 'already canonical', 'headers', 'blocks of 1000', 'append']) {
    assert.ok(
      names.some((name) => name.includes(part) && /\d/.test(name)),
      `${part} is measured, with its sizes`,
    );
  }
  for (const { name, variants } of report.results) {
    assert.ok(variants.length >= 2, `${name} has something beside it`);
    assert.ok(variants[0].expectedPerSecond > 0, name);
    for (const [i, { perSecond, ratio }] of variants.entries()) {
      assertSpread(perSecond, name);
      assert.equal(ratio === undefined, i === 0, 'all but the first are compared with the first');
    }
  }
});

test('the mining benchmark holds kernels, threads and whole miners against what they are multiples of', async () => {
  const { stdout } = await bench('mining', '--quick');
  const { results } = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
  const [search] = results;
  for (const peer of ['node-crypto', 'createHash', 'crypto.hash', '@noble/hashes', 'hash-wasm']) {
    assert.ok(
      search.variants.some(({ name }: { name: string }) => name.startsWith(peer)),
      `${peer} is measured`,
    );
  }
  const aims: number[] = [];
  for (const { name, variants } of results) {
    assert.ok(
      variants.some(({ multiples }: { multiples: unknown[] }) => multiples.length > 0),
      `${name} has a baseline`,
    );
    for (const { perSecond, multiples, expectedPerSecond, aim } of variants) {
      assertSpread(perSecond, name);
      for (const { times } of multiples) assertSpread(times, name);
      assert.ok(expectedPerSecond > 0, name);
      if (aim !== undefined) aims.push(aim);
    }
  }
  assert.ok(aims.includes(1.9) && aims.includes(0.9), 'threads and whole miners have their aims');
});

function assertSpread({ min, median, max }: Record<'min' | 'median' | 'max', number>, name: string): void {
  assert.ok(min > 0 && min <= median && median <= max, name);
}

test('the convergence benchmark gives every sample of what is waited for', async () => {
  const { stdout } = await bench('convergence', '--quick');
  const { results } = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
  assert.equal(results.length, 3);
  for (const { name, aimSeconds, samples } of results) assert.ok(aimSeconds > 0 && samples.length > 0, name);
});

/** Two parts are left to longer runs: another sync, and the appending that `core` measures as well. */
const SCALE_PARTS = [
  { parts: ['headers', 'open', 'lookups', 'disk', 'mined-block'], aims: ['500 ms', '200 MB', '1.2 x'] },
  { parts: ['sync-entries', 'validate', 'relay'], aims: ['100000 entries/s', '50 ms', '300 ms'] },
];

for (const { parts, aims } of SCALE_PARTS) {
  test(`the scale benchmark measures ${parts.join(', ')}, and holds figures against aims`, async () => {
    const { stdout } = await bench('scale', ...parts, '--quick');
    const { results } = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
    assert.equal(results.length, parts.length, 'what was named is measured, and nothing else');
    const told = new Set<string>();
    for (const { name, figures, variants } of results) {
      assert.ok((figures ?? variants).length > 0, name);
      for (const figure of figures ?? []) {
        assert.ok(Number.isFinite(figure.value) && figure.value >= 0, `${name}: ${figure.name}`);
        if (figure.aim !== undefined) told.add(`${figure.aim} ${figure.unit}`);
      }
    }
    for (const aim of aims) assert.ok(told.has(aim), aim);
  });
}

test('the light benchmark measures a chain with all its headers in the proof, and one without', async () => {
  const { stdout } = await bench('light', '--quick');
  const { results } = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
  assert.equal(results.length, 2);
  for (const { name, figures } of results) {
    for (const { value } of figures) assert.ok(Number.isFinite(value) && value > 0, name);
    const aims = figures.flatMap((figure: { aim?: number; unit: string }) =>
      figure.aim === undefined ? [] : [`${figure.aim} ${figure.unit}`],
    );
    assert.deepEqual(aims, ['500 kB', '1000 ms']);
    const names = new Set(figures.map((figure: { name: string }) => figure.name));
    assert.equal(names.size, figures.length, 'each figure has a name of its own');
  }
});

test('the records benchmark holds appending with a table against appending without, and answers against their aim', async () => {
  const { stdout } = await bench('records', '--quick');
  const { results } = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
  assert.equal(results.length, 1);
  const [{ figures }] = results;
  for (const { name, value } of figures) assert.ok(Number.isFinite(value) && value >= 0, name);
  const aims = figures.flatMap((figure: { aim?: number; unit: string }) =>
    figure.aim === undefined ? [] : [`${figure.aim} ${figure.unit}`],
  );
  assert.deepEqual(aims, ['70 %', '10 ms', '10 ms', '50 ms']);
});

test('the streams benchmark has every kind of consumer catch up, over small blocks and larger ones', async () => {
  const { stdout } = await bench('streams', '--quick');
  const { results } = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
  assert.equal(results.length, 2);
  for (const { name, figures } of results) {
    const rates = figures.filter(({ unit }: { unit: string }) => unit === 'records/s');
    assert.equal(rates.length, 6, name);
    for (const { value } of rates) assert.ok(value > 0, name);
  }
});

test('the storage benchmark gives every engine at hand as a multiple of the first', async () => {
  const { stdout } = await bench('storage', '--quick');
  const { results } = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
  assert.equal(results.length, 12, 'six tables for small blocks, and six for large ones');
  for (const { name, figures } of results) {
    assert.equal(figures[0].timesFirst, 1);
    for (const { value, timesFirst } of figures) assert.ok(value > 0 && timesFirst > 0, name);
  }
});

test('the explorer benchmark measures the first view, scrolling and proofs in a real browser', {
  skip: noChromiumReason(),
}, async () => {
  const { stdout } = await bench('explorer', '--quick');
  const { results } = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
  assert.equal(results.length, 3);
  const aims = new Set<string>();
  for (const { name, figures } of results) {
    for (const { value, aim, unit } of figures) {
      assert.ok(value > 0, name);
      if (aim !== undefined) aims.add(`${aim} ${unit}`);
    }
  }
  for (const aim of ['100 kB', '250 kB', '1000 ms', '500 kB']) assert.ok(aims.has(aim), aim);
});

test('without a name, or with an unknown one, the benchmarks are listed', async () => {
  assert.match((await bench()).stdout, /^ {2}core /m);
  await assert.rejects(bench('speed'), (error: { code: number; stdout: string; stderr: string }) => {
    assert.equal(error.code, 2);
    assert.match(error.stderr, /"speed"/);
    assert.match(error.stdout, /^ {2}core /m);
    return true;
  });
  await assert.rejects(bench('scale', 'speed'), { code: 2 });
});

test('the HTTP benchmark loads a gateway and a plain table alike, and nothing is refused', async () => {
  const { stdout } = await bench('http', '--quick');
  const { results } = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
  assert.equal(results.length, 2);
  for (const { name, figures, remarks } of results) {
    assert.equal(figures.length, 6, name);
    for (const { value, unit } of figures) assert.ok(value > 0, `${name}: ${value} ${unit}`);
    assert.deepEqual(remarks, [], name);
  }
});
