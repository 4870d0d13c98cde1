import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { bodyOf, buildChain, reforge, singleBody } from '../../test/support/chain-fixture.ts';
import { signedEntry } from '../../test/support/signers.ts';
import { EASY_PARAMS, makeHome, TestNode } from '../../test/support/test-node.ts';
import type { Block } from '../core/block.ts';
import { encodeBlockJson } from '../core/block-json.ts';
import { createGenesis } from '../core/genesis.ts';
import { hashBytes } from '../core/hash.ts';
import { createParams } from '../core/params.ts';
import { type ChainPoint, genesisPoint } from '../core/validation.ts';
import type { Answer } from '../protocol/effects.ts';
import { createMemoryStore } from '../storage/memory-store.ts';
import { inPieces, offerChain } from './chain-offer.ts';

const TAKEN: Answer = { type: 'blocks-taken' };
const GENESIS = createGenesis(EASY_PARAMS);
const ROOT = genesisPoint(EASY_PARAMS);
const ACCEPTED = 'BLOCKCHAIN ACCEPTED';
const REJECTED = 'BLOCKCHAIN REJECTED';
const OTHER_HASH = hashBytes(Buffer.from('other'));

interface Branch {
  readonly blocks: readonly Block[];
  readonly points: readonly ChainPoint[];
}

/** A branch from the genesis, of `length` blocks after it, with data of its own. */
const branch = (name: string, length: number): Branch =>
  buildChain(EASY_PARAMS, ROOT, length, (height) => bodyOf(JSON.stringify({ [name]: height })));

const jsonOf = (block: Block) => Buffer.from(encodeBlockJson(block)).toString();
const chainText = (blocks: readonly Block[]) => `[${[GENESIS, ...blocks].map(jsonOf).join(',')}]`;

/** A node that follows `own`, and its chain as it tells it. */
async function nodeWith(t: TestContext, own: Branch): Promise<TestNode> {
  const node = await TestNode.start(t, { home: await makeHome(t) });
  if (own.blocks.length > 0) assert.equal(await node.client.send(chainText(own.blocks)), ACCEPTED);
  return node;
}

async function assertFollows(node: TestNode, blocks: readonly Block[]): Promise<void> {
  assert.equal(await node.client.send('GET CHAIN'), chainText(blocks));
}

test('a longer valid chain is taken over, and the entries of the blocks it replaces wait again', async (t) => {
  const own = branch('own', 3);
  const node = await nodeWith(t, own);
  const longer = buildChain(EASY_PARAMS, ROOT, 5, (height) =>
    bodyOf(height === 2 ? '{"own":2}' : `{"their":${height}}`),
  );
  assert.equal(await node.client.send(chainText(longer.blocks)), ACCEPTED);
  await assertFollows(node, longer.blocks);
  const { entries } = (await node.call('pending')) as { entries: { data: unknown }[] };
  assert.deepEqual(
    entries.map(({ data }) => JSON.stringify(data)).toSorted(),
    ['{"own":1}', '{"own":3}'],
    'the second is in the new chain, too',
  );
  assert.deepEqual(await node.call('validate'), { valid: true, blocks: 6, fault: null });
});

test('a chain that leaves ours high up is taken over from there', async (t) => {
  const own = branch('own', 6);
  const node = await nodeWith(t, own);
  const fork = own.points[3];
  assert.ok(fork !== undefined);
  const rest = buildChain(EASY_PARAMS, fork, 4, (height) => singleBody(`{"their":${height}}`));
  const blocks = [...own.blocks.slice(0, 4), ...rest.blocks];
  assert.equal(await node.client.send(chainText(blocks)), ACCEPTED);
  await assertFollows(node, blocks);
  assert.equal((await node.status()).pending.count, 2);
});

test('a continuation of our own chain is taken over', async (t) => {
  const whole = branch('own', 6);
  const node = await nodeWith(t, { ...whole, blocks: whole.blocks.slice(0, 2) });
  assert.equal(await node.client.send(chainText(whole.blocks)), ACCEPTED);
  await assertFollows(node, whole.blocks);
  assert.equal((await node.status()).pending.count, 0);
});

test('of two chains with equal work the one with the lower hash is followed, in whichever order they come', async (t) => {
  const [low, high] = [branch('a', 1), branch('b', 1)].toSorted((a, b) =>
    (a.blocks[0]?.hash ?? '') < (b.blocks[0]?.hash ?? '') ? -1 : 1,
  );
  assert.ok(low !== undefined && high !== undefined);
  assert.equal(low.points[0]?.work, high.points[0]?.work);
  const node = await nodeWith(t, high);
  assert.equal(await node.client.send(chainText(low.blocks)), ACCEPTED);
  assert.equal(await node.client.send(chainText(high.blocks)), REJECTED);
  await assertFollows(node, low.blocks);
});

test('what is no better chain, no valid one or no chain is rejected, and nothing changes', async (t) => {
  const own = branch('own', 3);
  const node = await nodeWith(t, own);
  await node.call('append', { entries: ['waits'] });
  const before = await node.status();
  const longer = branch('their', 5);
  const [, , third, fourth, last] = longer.blocks;
  assert.ok(third !== undefined && fourth !== undefined && last !== undefined);

  const withThird = (text: string) => chainText(longer.blocks).replace(jsonOf(third), text);
  const withLast = (block: Block) => chainText([...longer.blocks.slice(0, 4), block]);
  const json = jsonOf(third);
  const stranger = createParams({ ...EASY_PARAMS, name: 'other' });
  const strangers = buildChain(stranger, genesisPoint(stranger), 5, () => bodyOf('1')).blocks;
  const aheadBy = (seconds: number) => Math.floor(Date.now() / 1000) + EASY_PARAMS.futureTimeMax + seconds;

  const CASES: readonly (readonly [what: string, candidate: string, answer?: string])[] = [
    ['the same chain', chainText(own.blocks)],
    ['a part of the same chain', chainText(own.blocks.slice(0, 2))],
    ['the genesis alone', chainText([])],
    ['a shorter chain', chainText(branch('their', 2).blocks)],
    ['an empty array', '[]'],
    ['no blocks', '[1,2,3]'],
    ['arrays', '[[],[]]'],
    ['null', 'null'],
    ['a chain without its genesis', `[${longer.blocks.map(jsonOf).join(',')}]`],
    ['a chain with its genesis twice', chainText([GENESIS, ...longer.blocks])],
    ['a chain with a gap', chainText([...longer.blocks.slice(0, 2), ...longer.blocks.slice(3)])],
    ['a chain with a block twice', chainText([...longer.blocks.slice(0, 3), third, fourth, last])],
    ['a chain backwards', chainText(longer.blocks.toReversed())],
    ['a chain of another network', `[${[createGenesis(stranger), ...strangers].map(jsonOf).join(',')}]`],
    ["another network's blocks on our genesis", chainText(strangers)],
    ['a genesis with data', chainText(longer.blocks).replace('"data":{}', '"data":{"x":1}')],
    ['a genesis with an array', chainText(longer.blocks).replace('"data":{}', '"data":[]')],
    ['a genesis that names 64 zeros', chainText(longer.blocks).replace('"0000"', `"${'0'.repeat(64)}"`)],
    ['other bits', withThird(json.replace('"bits":"207fffff"', '"bits":"207ffffe"'))],
    ['other data', withThird(json.replace('{"their":3}', '{"their":4}'))],
    ['data that are no array any more', withThird(json.replace('[{"their":3}]', '{"their":3}'))],
    ['data with a key twice', withThird(json.replace('{"their":3}', '{"their":3,"their":3}'))],
    ['another data root', withThird(json.replace(third.header.dataRoot, OTHER_HASH))],
    ['another hash', withThird(json.replace(third.hash, OTHER_HASH))],
    ['another history root', withThird(json.replace(third.header.historyRoot, OTHER_HASH))],
    ['another index', withThird(json.replace('"index":3', '"index":4'))],
    ['another nonce', withThird(json.replace(/"nonce":\d+/, '"nonce":987654321'))],
    ['another previous hash', withThird(json.replace(third.header.previousHash, OTHER_HASH))],
    ['another time', withThird(json.replace(/:(\d\d)"\}$/, ':59"}'))],
    ['a field less', withThird(json.replace(/"nonce":\d+,/, ''))],
    ['a field more', withThird(json.replace('{', '{"extra":1,'))],
    ['a block that was mined again, and not what is on it', withThird(jsonOf(reforge(third, {}, bodyOf('"changed"'))))],
    ['easier bits that were mined', withLast(reforge(last, { bits: 0x2100ffff }))],
    ['a history that was mined', withLast(reforge(last, { historyRoot: OTHER_HASH }))],
    ['a height that was mined', withLast(reforge(last, { height: 6 }))],
    ['a time before the parent that was mined', withLast(reforge(last, { timestamp: fourth.header.timestamp - 1 }))],
    ['data of other bytes than were mined', withLast({ ...reforge(last, {}, bodyOf('1')), body: bodyOf('2') })],
    ['a block ahead of the clock', withLast(reforge(last, { timestamp: aheadBy(86_400) }))],
    ['a chain that is cut off', chainText(longer.blocks).slice(0, -1), 'INVALID JSON'],
    ['a broken last element', chainText(longer.blocks).replace(/\}\]$/, ']'), 'INVALID JSON'],
    ['a comma too many', chainText(longer.blocks).replace(/\]$/, ',]'), 'INVALID JSON'],
    ['something behind it', `${chainText(longer.blocks)}x`, 'INVALID JSON'],
    ['a second array behind it', `${chainText(longer.blocks)}[]`, 'INVALID JSON'],
  ];
  for (const [what, candidate, answer = REJECTED] of CASES) {
    await t.test(`${what}: ${answer}`, async () => {
      assert.notEqual(candidate, chainText(longer.blocks), 'something is wrong with it');
      assert.equal(await node.client.send(candidate), answer);
      const { tip, pending } = await node.status();
      assert.deepEqual({ tip, pending }, { tip: before.tip, pending: before.pending });
    });
  }
  await assertFollows(node, own.blocks);
  await t.test('and the chain as it was is accepted', async () => {
    assert.equal(await node.client.send(chainText(longer.blocks)), ACCEPTED);
  });
});

test('nothing of a candidate stays in the data folder, whatever became of it', async (t) => {
  const home = await makeHome(t);
  const node = await TestNode.start(t, { home });
  const folder = join(home.root, 'node');
  const before = (await readdir(folder)).toSorted();
  const text = chainText(branch('their', 5).blocks);
  for (const candidate of [text.replace('"their":5', '"their":6'), text.slice(0, -2), text, text]) {
    await node.client.send(candidate);
    assert.deepEqual((await readdir(folder)).toSorted(), before);
  }
});

test('any spelling of the JSON is the same chain', async (t) => {
  const { blocks } = branch('é€', 3);
  const node = await nodeWith(t, branch('own', 1));
  const document: unknown = JSON.parse(chainText(blocks));
  const spelt = JSON.stringify(document, undefined, 2).replace(/[\u0080-\uffff]/g, (unit) => {
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  assert.equal(await node.client.send(` ${spelt}\n`), ACCEPTED);
  await assertFollows(node, blocks);
});

test('of candidates that come at once the best is followed in the end', async (t) => {
  const node = await nodeWith(t, branch('own', 1));
  const lengths = [5, 9, 7, 3];
  const candidates = lengths.map((length) => branch(`candidate ${length}`, length));
  const answers = await Promise.all(candidates.map(({ blocks }) => node.client.send(chainText(blocks))));
  assert.equal(answers[1], ACCEPTED);
  for (const answer of answers) assert.ok(answer === ACCEPTED || answer === REJECTED);
  await assertFollows(node, candidates[1]?.blocks ?? []);
  assert.deepEqual(await node.call('validate'), { valid: true, blocks: 10, fault: null });
});

test('a node that mines meanwhile ends on a valid chain', async (t) => {
  const node = await nodeWith(t, branch('own', 1));
  const { blocks } = branch('their', 40);
  const [answer] = await Promise.all([node.client.send(chainText(blocks)), node.mine('1'), node.mine('2')]);
  assert.equal(answer, ACCEPTED);
  const { valid } = (await node.call('validate')) as { valid: boolean };
  assert.ok(valid);
  assert.ok((await node.status()).tip.height >= 40);
});

test('2,000 blocks are taken over', async (t) => {
  const { blocks } = branch('their', 2_000);
  const node = await nodeWith(t, branch('own', 10));
  assert.equal(await node.client.send(chainText(blocks)), ACCEPTED);
  const { tip, pending } = await node.status();
  assert.deepEqual([tip.hash, pending.count], [blocks.at(-1)?.hash, 10]);
});

test('a chain of many megabytes is taken over in parts, though its first part is no better than ours', async (t) => {
  const large = buildChain(EASY_PARAMS, ROOT, 90, (height) => singleBody(`"${String(height).padEnd(65_000, 'x')}"`));
  const node = await nodeWith(t, branch('own', 75));
  assert.equal(await node.client.send(chainText(large.blocks)), ACCEPTED);
  await assertFollows(node, large.blocks);
  assert.equal((await node.status()).pending.count, 75);
});

test('a chain is taken at the edge of the clock, and not a second beyond', async (t) => {
  const home = await makeHome(t);
  const { blocks } = branch('their', 2);
  const [first, second] = blocks;
  assert.ok(first !== undefined && second !== undefined);
  const offerAt = (clockSeconds: number) =>
    offerChain(
      {
        params: EASY_PARAMS,
        store: createMemoryStore(EASY_PARAMS),
        folder: home.root,
        clockSeconds: () => clockSeconds,
        tip: () => ROOT,
        take: async () => TAKEN,
      },
      texts([GENESIS, ...blocks]),
    );
  const edge = second.header.timestamp - EASY_PARAMS.futureTimeMax;
  assert.deepEqual(await offerAt(edge), { blocks: 3, fault: undefined });
  const { blocks: validBlocks, fault } = await offerAt(edge - 1);
  assert.deepEqual([validBlocks, fault?.height, fault?.code], [2, 2, 'timestamp-ahead']);
  assert.ok(first.header.timestamp < second.header.timestamp);
});

test('of a long chain the first fault is told, with its height, wherever it stands', async (t) => {
  const { root } = await makeHome(t);
  const { blocks } = branch('their', 300);
  const whole = [GENESIS, ...blocks].map(jsonOf);
  const spoilt = {
    json: () => '{"index":',
    header: (_text: string, height: number) =>
      jsonOf(reforge(blocks[height - 1] ?? GENESIS, { historyRoot: OTHER_HASH })),
    data: (text: string) => text.replace('"their"', '"there"'),
    hash: (text: string) => text.replace(/"bits":"[0-9a-f]+"/, '"bits":"20000001"'),
  };
  const codes = {
    json: 'json-syntax',
    header: 'history-root-wrong',
    data: 'data-root-wrong',
    hash: 'block-hash-wrong',
  };
  type Kind = keyof typeof spoilt;
  for (const [first, second, height] of [
    ['json', 'header', 1],
    ['header', 'json', 126],
    ['header', 'data', 127],
    ['data', 'header', 128],
    ['data', 'json', 129],
    ['hash', 'data', 255],
    ['header', 'hash', 256],
    ['data', 'hash', 299],
  ] as readonly (readonly [Kind, Kind, number])[]) {
    const texts = whole.with(height, spoilt[first](whole[height] ?? '', height));
    const both = texts.with(height + 1, spoilt[second](texts[height + 1] ?? '', height + 1));
    const verdict = await offerChain(
      {
        params: EASY_PARAMS,
        store: createMemoryStore(EASY_PARAMS),
        folder: root,
        clockSeconds: () => EASY_PARAMS.genesisTime + 1_000_000,
        tip: () => ROOT,
        take: () => assert.fail('nothing of it is taken'),
      },
      inPieces(ReadableStream.from(both)),
    );
    assert.deepEqual([verdict.blocks, verdict.fault?.height, verdict.fault?.code], [height, height, codes[first]]);
  }
});

test('a chain that the node does not take after all is rejected', async (t) => {
  const { root } = await makeHome(t);
  const parts = { params: EASY_PARAMS, store: createMemoryStore(EASY_PARAMS), folder: root, tip: () => ROOT };
  const clockSeconds = () => EASY_PARAMS.genesisTime + 1_000_000;
  const offer = (take: () => Promise<Answer>) =>
    offerChain({ ...parts, clockSeconds, take }, texts([GENESIS, ...branch('their', 2).blocks]));
  for (const [refusal, code] of [
    [{ code: 'block-refused', reason: 'parent-unknown' }, 'chain-not-taken'],
    [{ code: 'store-full' }, 'store-full'],
  ] as const) {
    const { fault } = await offer(async () => ({ type: 'refused', fault: refusal }));
    assert.deepEqual([fault?.height, fault?.code], [2, code]);
  }
  await assert.rejects(
    offer(() => Promise.reject(new Error('the node has failed'))),
    /the node has failed/,
  );
  assert.deepEqual(await readdir(root), []);
});

test('a chain with a signature that does not fit is rejected at its block', async (t) => {
  const { root } = await makeHome(t);
  const signed = Buffer.from(signedEntry('{"a":1}', { params: EASY_PARAMS }).bytes).toString();
  const forged = signed.replace('"a":1', '"a":2');
  for (const [entry, height, code] of [
    [signed, 3, undefined],
    [forged, 2, 'proof-signature-wrong'],
  ] as const) {
    const { blocks } = buildChain(EASY_PARAMS, ROOT, 3, (at) => bodyOf('1', at === 2 ? entry : '2'));
    const parts = { params: EASY_PARAMS, store: createMemoryStore(EASY_PARAMS), folder: root, tip: () => ROOT };
    const clockSeconds = () => EASY_PARAMS.genesisTime + 1_000_000;
    const { fault } = await offerChain(
      { ...parts, clockSeconds, take: async () => TAKEN },
      texts([GENESIS, ...blocks]),
    );
    assert.deepEqual([fault?.height ?? height, fault?.code], [height, code]);
  }
});

async function* texts(blocks: readonly Block[]): AsyncGenerator<readonly string[], void, undefined> {
  yield blocks.map(jsonOf);
}
