/** Chains in files: exported, imported, backed up, and the folders they come from put in order; with real processes. */
import assert from 'node:assert/strict';
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeWorld, type Outcome, runCairn, startNodeProcess, type World } from './support/cairn-process.ts';

/** What the command prints, which must be done. */
async function done(world: World, args: readonly string[], stdin?: string): Promise<string> {
  const outcome = await runCairn(world, args, stdin);
  assert.equal(outcome.exitCode, 0, outcome.stderr);
  return outcome.stdout;
}

test('a chain goes out of one node and into others by files and pipes, whole or in parts', async (t) => {
  const world = await makeWorld(t);
  const elsewhere = await makeWorld(t);
  const { port } = await startNodeProcess(t, world, ['--mine', 'demand']);
  const at = String(port);
  for (const data of ['"first"', '{"__proto__":[1,2]}', '["three","entries","€"]'])
    await done(world, ['mine', at, data]);
  const chain = (await done(world, ['chain', at])).trimEnd();
  const blocks: readonly { readonly index: number }[] = JSON.parse(chain);
  const file = (name: string) => join(world.home, name);

  await t.test('as a JSON array it is the answer to GET CHAIN', async () => {
    assert.match(await done(world, ['export', at, file('chain.json')]), /^.*chain\.json: the chain, [0-9.]+ KiB\n$/);
    assert.equal(await readFile(file('chain.json'), 'utf8'), `${chain}\n`);
    assert.equal(await done(world, ['export', at]), `${chain}\n`);
  });

  await t.test('one block a line it is the same blocks, byte for byte', async () => {
    assert.match(await done(world, ['export', at, file('chain.ndjson')]), /chain\.ndjson: 4 blocks, /);
    const lines = (await readFile(file('chain.ndjson'), 'utf8')).trimEnd().split('\n');
    assert.equal(`[${lines.join(',')}]`, chain);
    assert.equal(await done(world, ['export', at, '--ndjson']), `${lines.join('\n')}\n`);
    const part = await done(world, ['export', at, '--from', '1', '--to', '2']);
    assert.equal(part, `${lines.slice(1, 3).join('\n')}\n`);
    const told = JSON.parse(await done(world, ['export', at, file('part.ndjson'), '--from', '3', '--json']));
    assert.deepEqual([told.blocks, told.bytes], [1, Buffer.byteLength(`${lines[3]}\n`)]);
  });

  await t.test('a part that is not there is refused, and no file is left', async () => {
    const outcome = await runCairn(world, ['export', at, file('none.ndjson'), '--to', '9']);
    assert.equal(outcome.exitCode, 1);
    assert.match(outcome.stderr, /not all blocks from height 0 to 9: its chain ends at height 3/);
    assert.deepEqual(
      (await readdir(world.home)).filter((name) => name.startsWith('none')),
      [],
    );
  });

  await t.test('another node takes it from a file, and says why it does not take it twice', async (t) => {
    const other = String((await startNodeProcess(t, elsewhere, ['--mine', 'demand'])).port);
    const offer = (name: string): Promise<Outcome> => runCairn(elsewhere, ['import', other, file(name)]);
    const torn = chain.slice(0, -40);
    await writeFile(file('torn.json'), torn);
    await writeFile(file('forged.json'), chain.replace('first', 'forged'));
    await writeFile(file('swapped.json'), JSON.stringify([blocks[0], blocks[2]]));
    await writeFile(file('text.json'), 'no chain');
    await writeFile(file('empty.json'), '');
    for (const [name, stdout, stderr] of [
      ['torn.json', '', /it ends in the middle of the chain/],
      ['text.json', '', /what should be block 0 is no JSON/],
      ['empty.json', '', /there is nothing in it/],
      ['forged.json', 'BLOCKCHAIN REJECTED\n', /At height 1: .*\(data-root-wrong\)/],
      ['swapped.json', 'BLOCKCHAIN REJECTED\n', /At height 1: .*\(parent-unknown\)/],
      ['part.ndjson', 'BLOCKCHAIN REJECTED\n', /At height 3: .*\(parent-unknown\)\nImport what comes before it first/],
    ] as const) {
      const outcome = await offer(name);
      assert.deepEqual([outcome.exitCode, outcome.stdout], [1, stdout], name);
      assert.match(outcome.stderr, stderr);
    }
    assert.equal((await offer('chain.ndjson')).stdout, 'BLOCKCHAIN ACCEPTED\n');
    assert.equal((await done(elsewhere, ['chain', other])).trimEnd(), chain);
    const again = await runCairn(elsewhere, ['import', other, '-', '--json'], chain);
    assert.equal(again.exitCode, 1);
    const { verdict, blocks: valid, fault } = JSON.parse(again.stdout);
    assert.deepEqual([verdict, valid, fault.height, fault.code], ['rejected', 4, 3, 'chain-not-better']);
  });
});

test('a backup of a running node is a store, and a stopped one can be reindexed and compacted', async (t) => {
  const world = await makeWorld(t);
  const { port, node } = await startNodeProcess(t, world, ['--mine', 'demand']);
  const at = String(port);
  await done(world, ['mine', at, '["a","b"]']);
  const copy = join(world.home, 'copy.sqlite');
  assert.equal(await done(world, ['backup', at, copy]), `${copy}\n`);
  const again = await runCairn(world, ['backup', at, copy]);
  assert.equal(again.exitCode, 1, 'it never writes over a file');
  assert.match(again.stderr, /copy\.sqlite/);

  const busy = await runCairn(world, ['compact', at, '--network', world.networkFile]);
  assert.equal(busy.exitCode, 1, 'its node runs');
  await done(world, ['shutdown', at]);
  await node.exited;

  const restored = join(world.home, 'restored');
  await mkdir(restored);
  await copyFile(copy, join(restored, 'chain.sqlite'));
  for (const folder of [restored, at]) {
    const inOrder = ['--network', world.networkFile];
    assert.match(await done(world, ['reindex', folder, ...inOrder]), /its 2 blocks was made anew/);
    assert.match(await done(world, ['compact', folder, ...inOrder]), / had .* and has .*\n$/);
    const { whole, blockCount } = JSON.parse(await done(world, ['fsck', folder, '--json', ...inOrder]));
    assert.deepEqual([whole, blockCount], [true, 2]);
  }
});
