import assert from 'node:assert/strict';
import { test } from 'node:test';
import { genesisPoint } from '../src/core/validation.ts';
import type { Commit, Effect, PooledEntry } from '../src/protocol/effects.ts';
import { type CommitOutcome, Ledger } from '../src/protocol/ledger.ts';
import { PENDING_ENTRIES_MAX, REORGANISATION_ALARM_BLOCKS } from '../src/protocol/limits.ts';
import { createMemoryStore } from '../src/storage/memory-store.ts';
import { bodyOf, buildBlock, buildChain, TEST_PARAMS } from './support/chain-fixture.ts';
import { entriesOf, entryOf } from './support/entry-fixture.ts';

const GENESIS = genesisPoint(TEST_PARAMS);
const CHAIN = buildChain(TEST_PARAMS, GENESIS, 3, (height) => bodyOf(`"a${height}"`, '"shared"'));
const RIVAL = buildChain(TEST_PARAMS, GENESIS, 4, (height) =>
  bodyOf(`"b${height}"`, ...(height === 2 ? ['"shared"'] : [])),
);

test('there is one commit at a time, and none without something to store', async () => {
  const { ledger, store } = ledgerOf();
  assert.deepEqual(ledger.startCommit(0), []);
  ledger.submit(1, [entryOf('1')]);
  const change = commitIn(ledger.startCommit(0));
  assert.deepEqual([change.blocks, change.activate], [[], undefined]);
  ledger.submit(2, [entryOf('2')]);
  assert.deepEqual(ledger.startCommit(0), []);
  ledger.committed(await store.commit(change));
  assert.deepEqual(idsOf(commitIn(ledger.startCommit(0)).pendingAdded), idsOf([entryOf('2')]));
});

test('a submission is answered when its entries are durable, those that waited already included', async () => {
  const world = ledgerOf();
  assert.deepEqual(world.ledger.submit(1, [entryOf('1'), entryOf('1'), entryOf('2')]), []);
  assert.deepEqual(world.ledger.submit(2, [entryOf('2')]), []);
  const { effects, pending } = await commit(world);
  assert.deepEqual(idsOf(pending), idsOf([entryOf('1'), entryOf('2')]));
  const answers = effects.flatMap((effect) => (effect.type === 'answer' ? [[effect.request, effect.answer]] : []));
  const one = { id: entryOf('1').id, status: 'pending' };
  const two = { id: entryOf('2').id, status: 'pending' };
  assert.deepEqual(answers, [
    [1, { type: 'entries-pending', entries: [one, { ...one, status: 'already-pending' }, two] }],
    [2, { type: 'entries-pending', entries: [{ ...two, status: 'already-pending' }] }],
  ]);
  const again = world.ledger.submit(3, [entryOf('1')]);
  assert.equal(again[0]?.type, 'answer', 'at once where everything is durable already');
});

test('a submission that does not fit the pool is refused as a whole', () => {
  const { ledger } = ledgerOf(entriesOf('full', PENDING_ENTRIES_MAX - 1));
  const [answer] = ledger.submit(1, [entryOf('1'), entryOf('2')]);
  assert.ok(answer?.type === 'answer' && answer.answer.type === 'refused');
  assert.equal(answer.answer.fault.code, 'pool-full');
  assert.equal(ledger.pool.count, PENDING_ENTRIES_MAX - 1);
});

test('an entry that is in a block of the same commit is answered, and is not pending', async () => {
  const world = ledgerOf();
  const { ledger } = world;
  ledger.submit(1, [entryOf('"a1"')]);
  take(ledger, CHAIN.blocks.slice(0, 1));
  const { effects, pending } = await commit(world);
  assert.deepEqual(pending, []);
  assert.equal(ledger.pool.count, 0);
  assert.ok(effects.some((effect) => effect.type === 'answer' && effect.request === 1));
});

test('a switch of branches is one commit, told from the old tip down and then up; entries go back unless they stay', async () => {
  const world = ledgerOf();
  const { ledger } = world;
  take(ledger, CHAIN.blocks);
  assert.ok((await commit(world)).hasNewTip);
  take(ledger, RIVAL.blocks);
  const change = commitIn(ledger.startCommit(0));
  assert.deepEqual(change.activate, { forkHeight: 0, added: RIVAL.blocks.map(({ hash }) => hash) });
  const { effects, pending } = ledger.committed(await world.store.commit(change));
  const events = effects.flatMap((effect) => (effect.type === 'notify' ? [effect.event] : []));
  assert.deepEqual(
    events.map((event) => {
      if (event.type === 'block-removed') return [event.type, event.hash, event.height];
      return event.type === 'block-added' ? [event.type, event.hash, event.entries] : event;
    }),
    [
      ...CHAIN.blocks.toReversed().map(({ hash, header }) => ['block-removed', hash, header.height]),
      ...RIVAL.blocks.map(({ hash }, i) => ['block-added', hash, i === 1 ? 2 : 1]),
      ...['"a1"', '"a2"', '"a3"'].map((text) => ({ type: 'entry-pending', id: entryOf(text).id })),
    ],
  );
  assert.deepEqual(idsOf(pending), idsOf(['"a1"', '"a2"', '"a3"'].map(entryOf)));
  assert.ok(ledger.pool.isRecent(entryOf('"shared"').id));
});

test('an entry that only an abandoned branch holds stays pending', async () => {
  const world = ledgerOf([entryOf('"b1"')]);
  take(world.ledger, CHAIN.blocks);
  await commit(world);
  take(world.ledger, RIVAL.blocks.slice(0, 2));
  await commit(world);
  assert.ok(world.ledger.pool.isStored(entryOf('"b1"').id));
});

test('an entry of a peer that is in a recent block is not taken', async () => {
  const world = ledgerOf();
  take(world.ledger, CHAIN.blocks.slice(0, 1));
  await commit(world);
  world.ledger.takeEntry(entryOf('"a1"'), 'p');
  assert.equal(world.ledger.pool.count, 0);
});

test('an offer is answered when its last block is stored, refused at its first fault, or without a place to stand', async () => {
  const world = ledgerOf();
  const { ledger } = world;
  const [, second, third] = CHAIN.blocks;
  assert.ok(second && third);
  assert.deepEqual(ledger.offerBlocks(1, GENESIS, CHAIN.blocks), []);
  const { effects } = await commit(world);
  assert.deepEqual(
    effects.filter(({ type }) => type === 'answer'),
    [{ type: 'answer', request: 1, answer: { type: 'blocks-taken' } }],
  );
  assert.deepEqual(ledger.offerBlocks(2, GENESIS, CHAIN.blocks), [
    { type: 'answer', request: 2, answer: { type: 'blocks-taken' } },
  ]);
  const bad = { ...second, header: { ...second.header, height: 9 } };
  assert.deepEqual(reasonIn(ledger.offerBlocks(3, GENESIS, [bad])), 'height-wrong');
  const [, , elsewhere] = RIVAL.points;
  assert.ok(elsewhere);
  const orphan = buildBlock(TEST_PARAMS, elsewhere, bodyOf('1')).block;
  assert.deepEqual(reasonIn(ledger.offerBlocks(4, elsewhere, [orphan])), 'parent-unknown');
});

test('a reorganisation deeper than the limit raises an alarm, and one that is not does not', async () => {
  for (const depth of [REORGANISATION_ALARM_BLOCKS, REORGANISATION_ALARM_BLOCKS + 1]) {
    const world = ledgerOf();
    take(world.ledger, buildChain(TEST_PARAMS, GENESIS, depth, () => bodyOf('"old"')).blocks);
    await commit(world);
    take(world.ledger, buildChain(TEST_PARAMS, GENESIS, depth + 1, () => bodyOf('"new"')).blocks);
    const { effects } = await commit(world);
    const reports = effects.filter((effect) => effect.type === 'report');
    assert.equal(reports.length, depth > REORGANISATION_ALARM_BLOCKS ? 1 : 0);
    assert.equal(world.ledger.alarm !== undefined, depth > REORGANISATION_ALARM_BLOCKS);
  }
});

interface World {
  readonly ledger: Ledger;
  readonly store: ReturnType<typeof createMemoryStore>;
}

function ledgerOf(pending: readonly PooledEntry[] = []): World {
  const ledger = new Ledger(TEST_PARAMS, {
    window: [GENESIS],
    milestones: [GENESIS.hash],
    pending: { entries: pending, isAll: true },
  });
  return { ledger, store: createMemoryStore(TEST_PARAMS) };
}

async function commit({ ledger, store }: World): Promise<CommitOutcome> {
  return ledger.committed(await store.commit(commitIn(ledger.startCommit(0))));
}

function take(ledger: Ledger, blocks: typeof CHAIN.blocks): void {
  for (const block of blocks) assert.equal(ledger.takeBlock(block), undefined);
}

function commitIn([effect]: readonly Effect[]): Commit {
  assert.ok(effect?.type === 'commit');
  return effect.change;
}

function reasonIn([effect]: readonly Effect[]): string | undefined {
  assert.ok(effect?.type === 'answer' && effect.answer.type === 'refused');
  return effect.answer.fault.code === 'block-refused' ? effect.answer.fault.reason : undefined;
}

function idsOf(entries: readonly PooledEntry[]): string[] {
  return entries.map(({ id }) => id);
}
