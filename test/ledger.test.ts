import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Hash } from '../src/core/hash.ts';
import { genesisPoint } from '../src/core/validation.ts';
import type { Answer, Commit, Effect, PooledEntry } from '../src/protocol/effects.ts';
import { type CommitOutcome, Ledger } from '../src/protocol/ledger.ts';
import {
  FOUND_AT_ONCE_MAX,
  PENDING_ENTRIES_MAX,
  REORGANISATION_ALARM_BLOCKS,
  SIDE_ENTRIES_MAX,
} from '../src/protocol/limits.ts';
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
  ledger.submit(1, [entryOf('1')], 0);
  const change = commitIn(ledger.startCommit(0));
  assert.deepEqual([change.blocks, change.activate], [[], undefined]);
  ledger.submit(2, [entryOf('2')], 0);
  assert.deepEqual(ledger.startCommit(0), []);
  ledger.committed(await store.commit(change), 0);
  assert.deepEqual(idsOf(commitIn(ledger.startCommit(0)).pendingAdded), idsOf([entryOf('2')]));
});

test('a submission is answered when its entries are durable, those that waited already included', async () => {
  const world = ledgerOf();
  assert.deepEqual(world.ledger.submit(1, [entryOf('1'), entryOf('1'), entryOf('2')], 0), []);
  assert.deepEqual(world.ledger.submit(2, [entryOf('2')], 0), []);
  const { effects, pending } = await commit(world);
  assert.deepEqual(idsOf(pending), idsOf([entryOf('1'), entryOf('2')]));
  const answers = effects.flatMap((effect) => (effect.type === 'answer' ? [[effect.request, effect.answer]] : []));
  const one = { id: entryOf('1').id, status: 'pending' };
  const two = { id: entryOf('2').id, status: 'pending' };
  assert.deepEqual(answers, [
    [1, { type: 'entries-pending', entries: [one, { ...one, status: 'already-pending' }, two] }],
    [2, { type: 'entries-pending', entries: [{ ...two, status: 'already-pending' }] }],
  ]);
  const again = world.ledger.submit(3, [entryOf('1')], 0);
  assert.equal(again[0]?.type, 'answer', 'at once where everything is durable already');
});

test('what is handed in to be recorded once is looked up first, beside no commit, and left out where it is in the chain', async () => {
  const world = ledgerOf();
  const { ledger } = world;
  take(ledger, CHAIN.blocks.slice(0, 1));
  const change = commitIn(ledger.startCommit(0));
  assert.deepEqual(ledger.submitOnce(1, [entryOf('"a1"'), entryOf('1'), entryOf('1')]), []);
  assert.deepEqual(ledger.startCommit(0), [], 'a commit is on its way');
  ledger.committed(await world.store.commit(change), 0);
  const ids = idsIn(ledger.startCommit(0));
  assert.deepEqual(ids, idsOf([entryOf('"a1"'), entryOf('1'), entryOf('1')]));
  take(ledger, CHAIN.blocks.slice(1, 2));
  assert.deepEqual(ledger.startCommit(0), [], 'a question is on its way');
  assert.deepEqual(await found(world, ids), []);
  const { effects } = await commit(world);
  const place = { height: 1, hash: CHAIN.blocks[0]?.hash, index: 0 };
  const one = { id: entryOf('1').id, status: 'pending' };
  assert.deepEqual(answersIn(effects), [
    [
      1,
      {
        type: 'entries-pending',
        entries: [{ id: entryOf('"a1"').id, status: 'in-block', place }, one, { ...one, status: 'already-pending' }],
      },
    ],
  ]);
});

test('places that a switch of branches takes away are looked up again before anybody is told of them', async () => {
  const world = ledgerOf();
  const { ledger } = world;
  take(ledger, CHAIN.blocks.slice(0, 2));
  await commit(world);
  ledger.submitOnce(1, ['"a1"', '"shared"', '1'].map(entryOf));
  await found(world, idsIn(ledger.startCommit(0)));
  take(ledger, RIVAL.blocks.slice(0, 3));
  assert.deepEqual(answersIn((await commit(world)).effects), []);
  const effects = await found(world, idsIn(ledger.startCommit(0)));
  const shared = { height: 2, hash: RIVAL.blocks[1]?.hash, index: 1 };
  assert.deepEqual(answersIn(effects), [
    [
      1,
      {
        type: 'entries-pending',
        entries: [
          { id: entryOf('"a1"').id, status: 'already-pending' },
          { id: entryOf('"shared"').id, status: 'in-block', place: shared },
          { id: entryOf('1').id, status: 'pending' },
        ],
      },
    ],
  ]);
});

test('where the index is behind, what it cannot tell of is refused, and what waits already is not', async () => {
  const world = ledgerOf([entryOf('"waits"')]);
  const { ledger } = world;
  take(ledger, CHAIN.blocks.slice(0, 2));
  await commit(world);
  ledger.submitOnce(1, [entryOf('"waits"')]);
  ledger.submitOnce(2, [entryOf('"waits"'), entryOf('1')]);
  const ids = idsIn(ledger.startCommit(0));
  assert.equal(ids.length, 3, 'both are asked about at once');
  const [first, second] = answersIn(
    ledger.entriesFound(
      ids.map(() => undefined),
      1,
      0,
    ),
  );
  const waits = { id: entryOf('"waits"').id, status: 'already-pending' };
  assert.deepEqual(first, [1, { type: 'entries-pending', entries: [waits] }]);
  assert.deepEqual(second, [2, { type: 'refused', fault: { code: 'entry-index-busy', indexedTo: 1, height: 2 } }]);
});

test('who hands in more than one question takes waits for the next, which goes out with the commit of what the first has brought', async () => {
  const world = ledgerOf();
  const { ledger } = world;
  const large = [entriesOf('x', FOUND_AT_ONCE_MAX - 1), [entryOf('1'), entryOf('2')], [entryOf('3')]];
  for (const [i, entries] of large.entries()) ledger.submitOnce(i, entries);
  const first = idsIn(ledger.startCommit(0));
  assert.deepEqual(first, idsOf(large[0] ?? []));
  await found(world, first);
  const [stored, question] = ledger.startCommit(0);
  const second = idsIn([question]);
  assert.deepEqual(second, idsOf([entryOf('1'), entryOf('2'), entryOf('3')]));
  const answered = answersIn(ledger.committed(await world.store.commit(commitIn([stored])), 0).effects);
  assert.deepEqual(
    answered.map(([request]) => request),
    [0],
  );
  assert.deepEqual(ledger.startCommit(0), [], 'the question is still on its way');
  await found(world, second);
  assert.deepEqual(idsOf(commitIn(ledger.startCommit(0)).pendingAdded), second);
});

test('what the commit puts into a block that goes with the question is found there, and not recorded again', async () => {
  const world = ledgerOf([entryOf('"a1"')]);
  const { ledger, store } = world;
  take(ledger, CHAIN.blocks.slice(0, 1));
  ledger.submitOnce(1, [entryOf('"a1"')]);
  const [change, question] = ledger.startCommit(0);
  ledger.committed(await store.commit(commitIn([change])), 0);
  assert.equal(ledger.pool.has(entryOf('"a1"').id), false);
  const place = { height: 1, hash: CHAIN.blocks[0]?.hash, index: 0 };
  assert.deepEqual(answersIn(await found(world, idsIn([question]))), [
    [1, { type: 'entries-pending', entries: [{ id: entryOf('"a1"').id, status: 'in-block', place }] }],
  ]);
  assert.deepEqual(ledger.startCommit(0), []);
});

test('where the disk fills up, of what is refused nothing is recorded, however the commits are cut', async () => {
  const world = ledgerOf();
  const { ledger, store } = world;
  const submissions = Array.from({ length: 6 }, (_, request) =>
    Array.from({ length: 15 }, (_, i) => entryOf(JSON.stringify(`${request} ${i}`.padEnd(64 * 1024 - 2)))),
  );
  ledger.takeEntry(entryOf('"of a peer"'), 'p', 0);
  for (const [request, entries] of submissions.entries()) ledger.submit(request, entries, 0);
  const { effects } = await commit(world);
  const answered = answersIn(effects).map(([request]) => request);
  assert.ok(answered.length > 2 && answered.length < submissions.length);
  commitIn(ledger.startCommit(0));
  const refused = answersIn(ledger.commitFailed(0)).map(([request]) => request);
  assert.deepEqual([...answered, ...refused], [...submissions.keys()]);
  const { entries } = await store.pending({ entriesMax: 1_000, bytesMax: 2 ** 30 });
  assert.deepEqual(idsOf(entries.slice(1)), idsOf(answered.flatMap((request) => submissions[request] ?? [])));
});

test('an entry that is recorded once is not left waiting where its block was stored long ago and joins the chain', async () => {
  const world = ledgerOf();
  const { ledger, store } = world;
  // Beside the chain, the block with the entry first, and then more than is remembered of such blocks.
  const wanted = entryOf('"wanted"');
  const rest = Math.ceil(SIDE_ENTRIES_MAX / 4_096) + 1;
  const side = buildChain(TEST_PARAMS, GENESIS, rest, (height) =>
    height === 1 ? bodyOf('"wanted"') : bodyOf(...Array.from({ length: 4_096 }, (_, i) => `${height * 4_096 + i}`)),
  );
  const main = buildChain(TEST_PARAMS, GENESIS, rest + 1, () => bodyOf());
  take(ledger, main.blocks);
  await commit(world);
  take(ledger, side.blocks);
  for (let asked = ledger.startCommit(0); asked.length > 0; asked = ledger.startCommit(0)) {
    ledger.committed(await store.commit(commitIn(asked)), 0);
  }
  const backlog = Array.from({ length: 150 }, (_, i) => entryOf(JSON.stringify(String(i).padEnd(64 * 1024 - 2))));
  for (const entry of backlog) ledger.takeEntry(entry, 'p', 0);
  ledger.submitOnce(1, [wanted]);
  // Of the backlog there is more than the commit takes that goes with the question.
  const [stored, question] = ledger.startCommit(0);
  ledger.committed(await store.commit(commitIn([stored])), 0);
  await found(world, idsIn([question]));
  const tip = side.points.at(-1) ?? GENESIS;
  take(ledger, buildChain(TEST_PARAMS, tip, 2, () => bodyOf()).blocks);
  for (let asked = ledger.startCommit(0); asked.length > 0; asked = ledger.startCommit(0)) {
    ledger.committed(await store.commit(commitIn(asked)), 0);
  }
  assert.equal((await store.entryPlaces(wanted.id, 9)).places.length, 1);
  assert.equal(ledger.pool.has(wanted.id), false);
  assert.equal((await store.entryPlaces(wanted.id, 9)).pending, undefined);
});

test('a disk that is full refuses those that are being looked up, too, and those that wait for it', async () => {
  const { ledger } = ledgerOf();
  ledger.submit(1, [entryOf('1')], 0);
  ledger.submitOnce(2, [entryOf('2')]);
  commitIn(ledger.startCommit(0));
  ledger.submitOnce(3, [entryOf('3')]);
  const codes = (effects: readonly Effect[]) =>
    answersIn(effects).map(([request, answer]) => [request, answer.type === 'refused' && answer.fault.code]);
  assert.deepEqual(codes(ledger.commitFailed(0)), [
    [1, 'store-full'],
    [2, 'store-full'],
    [3, 'store-full'],
  ]);
  assert.deepEqual(codes(ledger.submitOnce(4, [entryOf('4')])), [[4, 'store-full']]);
  assert.deepEqual(ledger.entriesFound([undefined], 0, 0), [], 'the answer comes all the same');
  assert.equal(ledger.pool.count, 0);
});

test('a submission that does not fit the pool is refused as a whole', () => {
  const { ledger } = ledgerOf(entriesOf('full', PENDING_ENTRIES_MAX - 1));
  const [answer] = ledger.submit(1, [entryOf('1'), entryOf('2')], 0);
  assert.ok(answer?.type === 'answer' && answer.answer.type === 'refused');
  assert.equal(answer.answer.fault.code, 'pool-full');
  assert.equal(ledger.pool.count, PENDING_ENTRIES_MAX - 1);
});

test('an entry that is in a block of the same commit is answered, and is not pending', async () => {
  const world = ledgerOf();
  const { ledger } = world;
  ledger.submit(1, [entryOf('"a1"')], 0);
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
  const { effects, pending } = ledger.committed(await world.store.commit(change), 0);
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
  world.ledger.takeEntry(entryOf('"a1"'), 'p', 0);
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
  return ledger.committed(await store.commit(commitIn(ledger.startCommit(0))), 0);
}

/** The store answers what it was asked of `ids`. */
async function found({ ledger, store }: World, ids: readonly Hash[]): Promise<Effect[]> {
  const { places, indexedTo } = await store.firstPlaces(ids);
  return ledger.entriesFound(places, indexedTo, 0);
}

function idsIn([effect]: readonly (Effect | undefined)[]): readonly Hash[] {
  assert.ok(effect?.type === 'find-entries');
  return effect.ids;
}

function answersIn(effects: readonly Effect[]): [number, Answer][] {
  return effects.flatMap((effect) => (effect.type === 'answer' ? [[effect.request, effect.answer]] : []));
}

function take(ledger: Ledger, blocks: typeof CHAIN.blocks): void {
  for (const block of blocks) assert.equal(ledger.takeBlock(block), undefined);
}

function commitIn([effect]: readonly (Effect | undefined)[]): Commit {
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
