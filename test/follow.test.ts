/** `cairn follow` as people use it: real processes, a node that comes and goes, and a branch that takes the place of another. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeWorld, runCairn, startNodeProcess, type World } from './support/cairn-process.ts';

/** What the lines of a run tell, in a form that is easy on the eyes. */
function told(stdout: string): string[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const { type, record } = JSON.parse(line);
      return `${type} ${record.height}:${record.index} ${JSON.stringify(record.data)}`;
    });
}

async function mine(world: World, port: number, ...values: readonly string[]): Promise<void> {
  for (const value of values) {
    const { exitCode, stderr } = await runCairn(world, ['mine', String(port), value]);
    assert.equal(exitCode, 0, stderr);
  }
}

test('cairn follow goes on where its cursor file says, over restarts and reorganisations', async (t) => {
  const world = await makeWorld(t);
  const other = await makeWorld(t);
  // So that what a branch loses waits, and is not in the next block at once.
  const { node, port } = await startNodeProcess(t, world, ['--mine', 'demand']);
  const rival = await startNodeProcess(t, other);
  const file = join(world.home, 'seen.cursor');
  const follow = (...args: readonly string[]) => runCairn(world, ['follow', String(port), '--once', ...args]);

  await mine(world, port, '[1,2]', '"three"');
  const first = await follow('--after', 'start', '--cursor-file', file);
  assert.deepEqual([first.exitCode, first.stderr], [0, '']);
  assert.deepEqual(told(first.stdout), ['added 1:0 1', 'added 1:1 2', 'added 2:0 "three"']);
  const lastLine = JSON.parse(first.stdout.trim().split('\n').at(-1) ?? '');
  assert.equal(await readFile(file, 'utf8'), `${lastLine.cursor}\n`);

  await t.test('with nothing new it prints nothing', async () => {
    assert.deepEqual(await follow('--cursor-file', file), { exitCode: 0, stdout: '', stderr: '' });
  });

  await t.test('what a better branch takes away comes first, then what it brings', async () => {
    await mine(other, rival.port, '"other"', '{"n":5}', '6');
    const chain = await runCairn(other, ['export', String(rival.port), '-', '--ndjson']);
    const imported = await runCairn(world, ['import', String(port)], chain.stdout);
    assert.equal(imported.exitCode, 0, imported.stderr);
    const { stdout } = await follow('--cursor-file', file);
    assert.deepEqual(told(stdout), [
      'removed 2:0 "three"',
      'removed 1:1 2',
      'removed 1:0 1',
      'added 1:0 "other"',
      'added 2:0 {"n":5}',
      'added 3:0 6',
    ]);
  });

  await t.test('a filter lets some pass', async () => {
    const { stdout } = await follow('--after', 'start', '--where', '/n>=5');
    assert.deepEqual(told(stdout), ['added 2:0 {"n":5}']);
    assert.deepEqual(told((await follow('--after', 'start', '--text', 'OTHER')).stdout), ['added 1:0 "other"']);
  });

  await t.test('where no node runs it says so, and the cursor stays where it was', async () => {
    const before = await readFile(file, 'utf8');
    await mine(world, port, '[7,8]');
    await runCairn(world, ['shutdown', String(port)]);
    assert.equal(await node.exited, 0);
    const gone = await follow('--cursor-file', file);
    assert.equal(gone.exitCode, 69);
    assert.equal(await readFile(file, 'utf8'), before);
  });

  await t.test('a file without a cursor is refused, and so is a cursor that is none', async () => {
    const bad = join(world.home, 'bad.cursor');
    await writeFile(bad, 'yesterday\n');
    const refused = await follow('--cursor-file', bad);
    assert.equal(refused.exitCode, 2);
    assert.match(refused.stderr, /holds no cursor/);
    assert.equal((await follow('--after', 'yesterday')).exitCode, 2);
    assert.equal((await follow('--where', 'total')).exitCode, 2);
  });
});
