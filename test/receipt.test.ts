/** A receipt on its whole way: made by a running node, checked where there is no node any more. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { hashLeaf } from '../src/core/merkle.ts';
import { makeWorld, runCairn, startNodeProcess, type World } from './support/cairn-process.ts';

test('a receipt is written for an entry, and proves it when the node is gone', async (t) => {
  const world = await makeWorld(t);
  const { port } = await startNodeProcess(t, world, ['--mine', 'entries']);
  const at = String(port);
  const file = join(world.home, 'crate.receipt.json');
  const entries = '{"crate":17,"seal":"whole"}\n{"crate":18,"seal":"broken"}\n';
  assert.equal((await runCairn(world, ['append', at, '--wait', '-'], entries)).exitCode, 0);
  const id = await idOf(world, at);

  const made = await runCairn(world, ['receipt', at, id, file]);
  assert.equal(made.exitCode, 0, made.stderr);
  assert.match(made.stdout, /crate\.receipt\.json: entry of block 1, 0 blocks on top, \d/);
  const none = await runCairn(world, ['receipt', at, 'f'.repeat(64), file]);
  assert.deepEqual([none.exitCode, none.stdout], [1, '']);
  assert.match(none.stderr, /No block of the node at port \d+ has this entry, as far as it has looked/);
  assert.equal((await runCairn(world, ['shutdown', at])).exitCode, 0);

  const verify = (...args: string[]) => runCairn(world, ['verify', '--network', world.networkFile, ...args]);
  const verified = await verify('--json', file);
  assert.equal(verified.exitCode, 0, verified.stderr);
  const { valid, id: proved, height } = JSON.parse(verified.stdout);
  assert.deepEqual([valid, proved, height], [true, id, 1]);

  const forged = join(world.home, 'forged.receipt.json');
  await writeFile(forged, (await readFile(file, 'utf8')).replace('"whole"', '"broke"'));
  const refused = await verify(forged);
  assert.equal(refused.exitCode, 1);
  assert.match(refused.stdout, /not proven\. The entry in it was changed/);
});

/** The id of the first entry of block 1. */
async function idOf(world: World, at: string): Promise<string> {
  const { stdout } = await runCairn(world, ['chain', at]);
  const [, block] = JSON.parse(stdout);
  return hashLeaf(Buffer.from(JSON.stringify(Array.isArray(block.data) ? block.data[0] : block.data)));
}
