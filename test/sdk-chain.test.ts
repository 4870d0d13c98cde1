/** How the library follows a chain that grows, is reorganised, and is shown otherwise than before. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Ledger } from '../src/sdk/ledger.ts';
import { fetchThrough, SdkWorld } from './support/sdk-world.ts';
import { makeHome, TestNode } from './support/test-node.ts';

test('a chain that is far ahead is shown at once, and then block by block', async (t) => {
  const world = await SdkWorld.start(t);
  const { ledger, asked } = await connectWatched(world);
  for (let n = 0; n < 12; n++) await world.node.mine(`[${n}]`);
  assert.equal((await entryOf(ledger, world, 12)).depth, 0);
  assert.deepEqual([asked('chain-proof'), asked('canonical'), ledger.shownTip.height], [1, 0, 12]);

  for (let n = 12; n < 15; n++) await world.node.mine(`[${n}]`);
  assert.equal((await entryOf(ledger, world, 13)).depth, 2);
  assert.deepEqual([asked('chain-proof'), asked('canonical'), ledger.shownTip.height], [1, 3, 15]);
  assert.equal((await entryOf(ledger, world, 1)).depth, 14);
  assert.deepEqual([asked('chain-proof'), asked('canonical')], [1, 3]);
});

test('a better branch is shown by its work, and the entries of the other one are not on record any more', async (t) => {
  const world = await SdkWorld.start(t);
  await world.node.mine('["one"]');
  await world.node.mine('["two"]');
  const { ledger, asked } = await connectWatched(world);
  const before = await entryOf(ledger, world, 1);
  assert.equal(before.status, 'in-block');

  const other = await branch(t, world, ['three', 'four', 'five']);
  await world.node.call('connect', { address: String((await other.status()).addresses[0]) });
  await world.node.statusWhen(({ tip }) => tip.height === 3);
  assert.equal((await entryOf(ledger, world, 3)).data, 'five');
  assert.ok(asked('chain-proof') >= 1);
  const after = await ledger.entry(before.id);
  assert.deepEqual([after.status, after.place, after.checked], ['returned', undefined, ['id', 'rules']]);
});

test('a node that shows less work than before is not followed', async (t) => {
  const world = await SdkWorld.start(t);
  for (const n of [1, 2, 3]) await world.node.mine(`[${n}]`);
  const lesser = await SdkWorld.start(t);
  await lesser.node.mine('["other"]');
  let isLesser = false;
  const ledger = await world.connect({
    fetch: (input, init) => {
      const { pathname, search } = new URL(String(input));
      const path = pathname.replace(/(\/nodes\/)\d+/, `$1${lesser.node.node.port}`);
      return isLesser ? fetch(`${lesser.url}${path}${search}`, init) : fetch(input, init);
    },
  });
  await entryOf(ledger, world, 3);
  isLesser = true;
  await assert.rejects(entryOf(ledger, lesser, 1), { code: 'chain-lost-work' });
});

/** A node of the same network, in a world of its own, with a block for each of these entries. */
async function branch(t: TestContext, { params }: SdkWorld, entries: readonly string[]): Promise<TestNode> {
  const node = await TestNode.start(t, { home: await makeHome(t), params, name: 'branch' });
  for (const entry of entries) await node.mine(JSON.stringify([entry]));
  return node;
}

/** The first entry of the block at a height, as the library gives it. */
async function entryOf(ledger: Ledger, world: SdkWorld, height: number) {
  const view = (await world.node.call('block', { height })) as { readonly entry_ids: readonly string[] };
  return ledger.entry(String(view.entry_ids[0]));
}

async function connectWatched(world: SdkWorld) {
  const paths: string[] = [];
  const ledger = await world.connect({
    fetch: fetchThrough((path, answer) => {
      paths.push(path);
      return answer;
    }),
  });
  return { ledger, asked: (part: string) => paths.filter((path) => path.includes(part)).length };
}
