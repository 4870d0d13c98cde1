/** That the machine takes in no entry, and no block, whose proofs are wrong, and says who gave it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bodyOf, buildBlock, TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { entryOf } from '../../test/support/entry-fixture.ts';
import { assertBanned, bodyMessage, headersOf, LoneMachine } from '../../test/support/lone-machine.ts';
import { ALICE, signedEntry } from '../../test/support/signers.ts';
import { bodyFromEntries } from '../core/body.ts';
import { createParams } from '../core/params.ts';
import { genesisPoint } from '../core/validation.ts';
import type { PooledEntry } from './effects.ts';
import type { Message } from './message.ts';

const GOOD = signedEntry('{"a":1}', { params: TEST_PARAMS });
const FORGED = entryOf(Buffer.from(GOOD.bytes).toString().replace('"a":1', '"a":2'));
const GENESIS = genesisPoint(TEST_PARAMS);

test('a signed entry that a peer tells of is taken in, and one that is forged costs it its place', async () => {
  const lone = await greeted();
  lone.receive('p', inventory(GOOD, FORGED));
  lone.receive('p', entries(GOOD));
  await lone.settle();
  assert.deepEqual(
    [...lone.machine.pool.stored()].map(({ id }) => id),
    [GOOD.id],
  );
  assertBanned(lone, lone.receive('p', entries(FORGED)), 'p', 'proof-signature-wrong');
  assert.ok(lone.machine.pool.find(FORGED.id) === undefined);
});

test('a forged entry that nobody has asked for is not even judged', async () => {
  const lone = await greeted();
  assert.deepEqual(lone.receive('p', entries(FORGED)), []);
  assert.ok(lone.machine.pool.find(FORGED.id) === undefined);
});

test('an entry of a stranger is refused where the network names who writes', async () => {
  const params = createParams({ ...TEST_PARAMS, signatures: 'required', writers: [ALICE.author] });
  const mine = signedEntry('{}', { params });
  const lone = await greeted(params);
  const unsigned = entryOf('{}');
  lone.receive('p', inventory(mine, unsigned));
  lone.receive('p', entries(mine));
  assert.ok(lone.machine.pool.find(mine.id) !== undefined);
  assertBanned(lone, lone.receive('p', entries(unsigned)), 'p', 'proof-missing');
});

test('a block with a forged entry is refused, and another peer is believed that its branch is a branch', async () => {
  const lone = await greeted();
  const { block } = buildBlock(TEST_PARAMS, GENESIS, bodyOf('1', textOf(FORGED)));
  lone.receive('p', headersOf([block]));
  assertBanned(lone, lone.receive('p', bodyMessage(block)), 'p', 'proof-signature-wrong');
  await lone.settle();
  assert.equal(lone.machine.tip.hash, GENESIS.hash);
  const honest = buildBlock(TEST_PARAMS, GENESIS, bodyOf('1', textOf(GOOD))).block;
  lone.greet('q');
  lone.receive('q', headersOf([honest]));
  lone.receive('q', bodyMessage(honest));
  await lone.settle();
  assert.equal(lone.machine.tip.hash, honest.hash);
});

test('a forged entry is not let in as the missing piece of a block whose other entries wait here', async () => {
  const lone = await greeted();
  const waiting = entryOf('"waits"');
  lone.receive('p', inventory(waiting));
  lone.receive('p', entries(waiting));
  await lone.settle();
  const { block } = buildBlock(TEST_PARAMS, GENESIS, bodyOf(textOf(waiting), textOf(FORGED)));
  lone.receive('p', headersOf([block]));
  lone.receive('p', { type: 'block-ids', hash: block.hash, shape: 'array', ids: [waiting.id, FORGED.id] });
  const pieces: Message = {
    type: 'block-entries',
    hash: block.hash,
    arrayBytes: bodyFromEntries([FORGED.bytes]).bytes,
  };
  assertBanned(lone, lone.receive('p', pieces), 'p', 'proof-signature-wrong');
});

async function greeted(params = TEST_PARAMS): Promise<LoneMachine> {
  const lone = await LoneMachine.start({ params });
  lone.greet('p');
  await lone.settle();
  return lone;
}

function inventory(...told: readonly PooledEntry[]): Message {
  return { type: 'inventory', ids: told.map(({ id }) => id) };
}

function entries(...given: readonly PooledEntry[]): Message {
  return { type: 'entries', arrayBytes: bodyFromEntries(given.map(({ bytes }) => bytes)).bytes };
}

function textOf({ bytes }: PooledEntry): string {
  return Buffer.from(bytes).toString();
}
