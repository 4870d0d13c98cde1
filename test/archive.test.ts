/** Archives by real processes: out of one node, checked with no node at all, and into others, one after the other. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeWorld, runCairn, startNodeProcess, type World } from './support/cairn-process.ts';

async function done(world: World, args: readonly string[], stdin?: string | Uint8Array): Promise<string> {
  const outcome = await runCairn(world, args, stdin);
  assert.equal(outcome.exitCode, 0, outcome.stderr);
  return outcome.stdout;
}

test('blocks of a chain are exported, proven to somebody who has nothing else, and taken over piece by piece', async (t) => {
  const world = await makeWorld(t);
  const { port } = await startNodeProcess(t, world, ['--mine', 'demand']);
  const at = String(port);
  for (let i = 1; i <= 7; i++) await done(world, ['mine', at, `[{"__proto__":${i}},"€ ${i}"]`]);
  const file = (name: string) => join(world.home, name);
  for (const [name, from, to] of [
    ['first', '0', '2'],
    ['middle', '3', '5'],
    ['last', '6', '7'],
  ] as const) {
    const told = await done(world, ['export', at, file(name), '--from', from, '--to', to, '--proof']);
    assert.match(told, new RegExp(`${name}: ${Number(to) + 1 - Number(from)} blocks, `));
  }
  const { network } = JSON.parse(await done(world, ['status', at, '--json']));
  const genesis = ['--genesis', network.genesis];
  const nowhere = await makeWorld(t);

  await t.test('each is proven by itself, from a file or a pipe', async () => {
    const told = await done(nowhere, ['verify', file('first'), file('middle'), file('last'), ...genesis]);
    assert.match(told, /middle: on record\.\n {2}blocks {3}3 to 5, with 6 entries\n(?:.*\n)*? {2}on top {3}2 blocks/);
    const [proven] = (await done(nowhere, ['verify', '-', '--json', ...genesis], await readFile(file('middle'))))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.deepEqual([proven.valid, proven.kind, proven.from, proven.to], [true, 'archive', 3, 5]);
    assert.deepEqual([proven.entries, proven.depth], [6, 2]);
    assert.match(proven.time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.match(
      await done(nowhere, ['verify', '--steps', file('last'), ...genesis]),
      /The beginning: The two blocks before/,
    );
  });

  await t.test('one of another network, one that was changed and one that was cut prove nothing', async () => {
    const right = await readFile(file('middle'), 'utf8');
    await writeFile(file('changed'), right.replace('€ 4', '€ 5'));
    await writeFile(file('cut'), right.slice(0, -300));
    await writeFile(file('short'), right.split('\n').slice(0, 3).join('\n'));
    await writeFile(file('longer'), `${right}{}\n`);
    await writeFile(file('latin'), Buffer.from(right.replace('€ 4', 'é 4'), 'latin1'));
    const outcome = await runCairn(nowhere, [
      'verify',
      ...['changed', 'cut', 'short', 'longer', 'latin'].map(file),
      ...genesis,
    ]);
    assert.equal(outcome.exitCode, 1);
    assert.deepEqual(
      outcome.stdout
        .trim()
        .split('\n')
        .map((line) => /\(([a-z-]+)\)$/.exec(line)?.[1]),
      [
        'archive-block-invalid',
        'archive-not-json',
        'archive-length-wrong',
        'archive-length-wrong',
        'archive-line-unreadable',
      ],
    );
    const other = await runCairn(nowhere, ['verify', file('middle')]);
    assert.equal(other.exitCode, 1);
    assert.match(other.stdout, /It is of another network, "test".*\(archive-network-other\)/);
  });

  await t.test('another node takes them over in order, and none that does not hold', async (t) => {
    const elsewhere = await makeWorld(t);
    const other = String((await startNodeProcess(t, elsewhere, ['--mine', 'demand'])).port);
    const early = await runCairn(elsewhere, ['import', other, file('middle')]);
    assert.deepEqual([early.exitCode, early.stdout], [1, 'BLOCKCHAIN REJECTED\n']);
    assert.match(
      early.stderr,
      /At height 3: .*\(parent-unknown\)\nImport what comes before it first: the blocks up to height 2/,
    );
    assert.equal(await done(elsewhere, ['import', other, file('first')]), 'BLOCKCHAIN ACCEPTED\n');
    for (const name of ['changed', 'cut', 'short', 'longer']) {
      const outcome = await runCairn(elsewhere, ['import', other, file(name)]);
      assert.equal(outcome.exitCode, 1);
      assert.match(outcome.stderr, /Nothing was taken over\./);
    }
    assert.equal(JSON.parse(await done(elsewhere, ['status', other, '--json'])).length, 3);
    const offer = JSON.parse(await done(elsewhere, ['import', other, '--json'], await readFile(file('middle'))));
    assert.deepEqual(offer, { verdict: 'accepted', blocks: 3, fault: null });
    assert.equal(await done(elsewhere, ['import', other, file('last')]), 'BLOCKCHAIN ACCEPTED\n');
    assert.equal(await done(elsewhere, ['chain', other]), await done(world, ['chain', at]));
  });

  await t.test('a node of another network takes nothing, and it is said which is which', async (t) => {
    const abroad = await makeWorld(t, { name: 'abroad' });
    const stranger = String((await startNodeProcess(t, abroad, ['--mine', 'demand'])).port);
    const outcome = await runCairn(abroad, ['import', stranger, file('first')]);
    assert.equal(outcome.exitCode, 1);
    assert.match(
      outcome.stderr,
      /Nothing was taken over\. It is of the network "test" .*, and the node is of "abroad" /,
    );
    assert.doesNotMatch(outcome.stderr, /--genesis/);
  });

  await t.test('blocks that are not there make no archive', async () => {
    const outcome = await runCairn(world, ['export', at, file('none'), '--from', '5', '--to', '9', '--proof']);
    assert.equal(outcome.exitCode, 1);
    assert.ok(!existsSync(file('none')));
  });
});
