/** Blocks and entries as a gateway may show them, held against a chain that a light client has followed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeUtf8 } from '#host';
import { bodyOf, buildChain, reforge, TEST_PARAMS } from '../../../test/support/chain-fixture.ts';
import { bookOf, LoneClient } from '../../../test/support/lone-client.ts';
import { ALICE, BOB, signedEntry } from '../../../test/support/signers.ts';
import { assertPresent } from '../../core/assert.ts';
import type { Block } from '../../core/block.ts';
import { encodeBlockJson } from '../../core/block-json.ts';
import { entryIds } from '../../core/body.ts';
import { createGenesis } from '../../core/genesis.ts';
import { hashToNumber } from '../../core/hash.ts';
import { hashLeaf } from '../../core/merkle.ts';
import { bitsToTarget } from '../../core/target.ts';
import { genesisPoint, hashedHeader } from '../../core/validation.ts';
import { checkAuthors } from './authors-check.ts';
import { checkBlock } from './block-check.ts';
import type { CheckedChain } from './checked-chain.ts';
import { checkEntry } from './entry-check.ts';
import type { Verdict } from './verdict.ts';
import type { ShownBlock } from './verifier.ts';

const GENESIS = genesisPoint(TEST_PARAMS);
const BEST = buildChain(TEST_PARAMS, GENESIS, 12, (height) => bodyOf(`{"best":${height}}`, '{"both":1}'));
const BRANCH = buildChain(TEST_PARAMS, GENESIS, 3, (height) => bodyOf(`{"branch":${height}}`));

/** A light client to which one node has shown `BEST` and another `BRANCH`. */
function followed(): CheckedChain {
  const lone = new LoneClient();
  lone.join('best', bookOf(BEST));
  lone.join('branch', bookOf(BRANCH));
  return {
    params: TEST_PARAMS,
    tip: lone.client.tip,
    find: (hash) => lone.client.find(hash),
    ask: async (question) => {
      const effects = lone.feed({ type: 'asked', request: 1, question });
      const answered = effects.find((effect) => effect.type === 'answered');
      return assertPresent(answered, 'a node that is played answers at once').result;
    },
  };
}

function blockAt(blocks: readonly Block[], height: number): Block {
  return assertPresent(blocks[height - 1], `there is a block ${height}`);
}

function shown(block: Block): ShownBlock {
  return { height: block.header.height, hash: block.hash, text: decodeUtf8(encodeBlockJson(block)) ?? '' };
}

function outcomeOf({ outcome, steps }: Verdict): readonly (string | undefined)[] {
  return [outcome, steps.at(-1)?.code];
}

test('every block of the chain is verified, the genesis and the tip included', async () => {
  const chain = followed();
  for (const block of [createGenesis(TEST_PARAMS), blockAt(BEST.blocks, 1), blockAt(BEST.blocks, 12)]) {
    const verdict = await checkBlock(chain, shown(block));
    assert.equal(verdict.outcome, 'verified', verdict.text);
    assert.deepEqual(verdict.place?.hash, block.hash);
  }
});

test('a block of a branch that a node has shown is valid, and does not count', async () => {
  const verdict = await checkBlock(followed(), shown(blockAt(BRANCH.blocks, 2)));
  assert.deepEqual(outcomeOf(verdict), ['unchecked', 'block-on-branch']);
});

test('a block that was made up is refuted, though its work was done', async () => {
  const forged = reforge(blockAt(BEST.blocks, 4), {}, bodyOf('{"forged":true}'));
  assert.deepEqual(outcomeOf(await checkBlock(followed(), shown(forged))), ['refuted', 'block-not-on-chain']);
});

test('a block whose work was not done is refuted for that', async () => {
  const { header, body } = blockAt(BEST.blocks, 12);
  const target = assertPresent(bitsToTarget(header.bits), 'the bits are those of a target');
  let lazy = hashedHeader({ ...header, nonce: 1 });
  while (hashToNumber(lazy.hash) <= target) lazy = hashedHeader({ ...lazy.header, nonce: lazy.header.nonce + 1 });
  const verdict = await checkBlock(followed(), shown({ hash: lazy.hash, header: lazy.header, body }));
  assert.deepEqual(outcomeOf(verdict), ['refuted', 'work-too-low']);
});

test('bits that are those of no target are no work', async () => {
  const { header, body } = blockAt(BEST.blocks, 12);
  const strange = hashedHeader({ ...header, bits: 0xff00_0001 });
  const verdict = await checkBlock(followed(), shown({ hash: strange.hash, header: strange.header, body }));
  assert.deepEqual(outcomeOf(verdict), ['refuted', 'work-too-low']);
});

test('a genesis with data is refuted', async () => {
  const genesis = shown(createGenesis(TEST_PARAMS));
  const verdict = await checkBlock(followed(), {
    ...genesis,
    text: genesis.text.replace('"data":{}', '"data":{"a":1}'),
  });
  assert.equal(verdict.outcome, 'refuted');
});

test('an entry is verified at each place where it stands, and at no other', async () => {
  const chain = followed();
  const block = blockAt(BEST.blocks, 5);
  const [own, both] = entryIds(block.body);
  const place = { height: 5, hash: block.hash };
  const entry = (id: string | undefined, text: string, index: number) =>
    checkEntry(chain, { id: id ?? '', text, place: { ...place, index } });
  assert.equal((await entry(own, '{"best":5}', 0)).outcome, 'verified');
  assert.equal((await entry(own, '{ "best" : 5.0 }', 0)).outcome, 'verified', 'the spelling does not matter');
  assert.equal((await entry(both, '{"both":1}', 1)).place?.height, 5, 'it stands in every block');
  assert.deepEqual(outcomeOf(await entry(both, '{"both":1}', 0)), ['refuted', 'entry-not-in-block']);
  assert.deepEqual(outcomeOf(await entry(own, '{"best":6}', 0)), ['refuted', 'entry-id']);
  assert.deepEqual(outcomeOf(await entry(own, '{"best":', 0)), ['refuted', 'entry-id']);
  assert.deepEqual(outcomeOf(await entry('what', '{"best":5}', 0)), ['refuted', 'entry-id']);
});

test('an entry of a branch is valid and does not count, and one that nobody shows stays unchecked', async () => {
  const chain = followed();
  const block = blockAt(BRANCH.blocks, 2);
  const id = assertPresent(entryIds(block.body)[0], 'it has an entry');
  const text = '{"branch":2}';
  const there = await checkEntry(chain, { id, text, place: { height: 2, hash: block.hash, index: 0 } });
  assert.deepEqual(outcomeOf(there), ['unchecked', 'block-on-branch']);
  assert.deepEqual(outcomeOf(await checkEntry(chain, { id, text, place: undefined })), [
    'unchecked',
    'entry-not-shown',
  ]);
});

test('what is above the tip cannot be told yet', async () => {
  const next = buildChain(TEST_PARAMS, assertPresent(BEST.points.at(-1), 'there is a tip'), 1, () => bodyOf('1'));
  const verdict = await checkBlock(followed(), shown(blockAt(next.blocks, 1)));
  assert.deepEqual(outcomeOf(verdict), ['unchecked', 'height-not-on-chain']);
});

test('the authors of an entry are those whose signatures are right, in the chain and out of it', async () => {
  const one = signedEntry('{"deed":1}', { params: TEST_PARAMS });
  const both = signedEntry(textOf(one.bytes), { params: TEST_PARAMS, signer: BOB });
  const shownOf = ({ id, bytes }: typeof one) => ({ id, text: textOf(bytes) });
  const names = (verdict: Verdict) => verdict.authors.map(({ author }) => author);
  assert.deepEqual(names(checkAuthors(TEST_PARAMS, shownOf(one))), [ALICE.author]);
  assert.deepEqual(names(checkAuthors(TEST_PARAMS, shownOf(both))), [ALICE.author, BOB.author]);
  const plain = checkAuthors(TEST_PARAMS, { id: hashLeaf(new TextEncoder().encode('1')), text: '1' });
  assert.deepEqual([plain.outcome, plain.authors], ['verified', []]);
  assert.equal(checkAuthors(undefined, shownOf(one)).outcome, 'unchecked');
});

test('an entry whose proof is forged is refuted for that, whatever its id, and so is a block that holds it', async () => {
  const { bytes } = signedEntry('{"total":1}', { params: TEST_PARAMS });
  const text = textOf(bytes).replace('"total":1', '"total":9');
  const id = hashLeaf(new TextEncoder().encode(text));
  const verdict = checkAuthors(TEST_PARAMS, { id, text });
  assert.deepEqual(outcomeOf(verdict), ['refuted', 'proof-signature-wrong']);
  assert.deepEqual(verdict.authors, []);
  const chain = followed();
  assert.deepEqual(outcomeOf(await checkEntry(chain, { id, text, place: undefined })), [
    'refuted',
    'proof-signature-wrong',
  ]);
  const forged = reforge(blockAt(BEST.blocks, 4), {}, bodyOf('1', text));
  assert.deepEqual(outcomeOf(await checkBlock(chain, shown(forged))), ['refuted', 'proof-signature-wrong']);
});

test('an entry that was signed for another network is refuted', () => {
  const { id, bytes } = signedEntry('{"total":1}');
  assert.deepEqual(outcomeOf(checkAuthors(TEST_PARAMS, { id, text: textOf(bytes) })), [
    'refuted',
    'proof-domain-other',
  ]);
});

function textOf(bytes: Uint8Array): string {
  return decodeUtf8(bytes) ?? '';
}
