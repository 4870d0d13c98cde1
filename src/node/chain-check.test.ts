import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, type TestContext, test } from 'node:test';
import { bodyOf, buildChain, singleBody, TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { chainPart, growth } from '../../test/support/store-change.ts';
import { overlay } from '../../test/support/store-overlay.ts';
import { EASY_PARAMS, makeHome, TestNode } from '../../test/support/test-node.ts';
import type { Validation } from '../api/shapes.ts';
import { type Block, createBlock } from '../core/block.ts';
import { encodeBlockJson } from '../core/block-json.ts';
import { type Body, dataRoot, entryIds } from '../core/body.ts';
import { hashBytes, hashToNumber } from '../core/hash.ts';
import { encodeHeader, type Header } from '../core/header.ts';
import { createParams } from '../core/params.ts';
import { bitsToTarget } from '../core/target.ts';
import { createGenesis, genesisPoint, hashedHeader } from '../core/validation.ts';
import type { CairnHome } from '../probe/cairn-home.ts';
import type { ChainStore, StoredBlock } from '../storage/chain-store.ts';
import { createMemoryStore } from '../storage/memory-store.ts';
import { StoreError } from '../storage/store-error.ts';
import { checkChain } from './chain-check.ts';

const LENGTH = 12;
const chain = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), LENGTH - 1, (height) => bodyOf(`{"at":${height}}`));
const OTHER_HASH = hashBytes(Buffer.from('other'));

/** `block` with another header, mined again; with another body where one is given. */
function reforge(block: Block, change: Partial<Header>, body: Body = block.body): Block {
  const header = { ...block.header, dataRoot: dataRoot(body.shape, entryIds(body)), ...change };
  const target = bitsToTarget(block.header.bits) ?? 0n;
  for (let nonce = 0; ; nonce++) {
    const { hash, header: tried } = hashedHeader({ ...header, nonce });
    if (hashToNumber(hash) <= target) return { hash, header: tried, body };
  }
}

/** The first nonce whose hash does not meet the target. */
function withoutWork(block: Block): Block {
  for (let nonce = 0; ; nonce++) {
    const unworked = createBlock({ ...block.header, nonce }, block.body);
    if (hashToNumber(unworked.hash) > (bitsToTarget(block.header.bits) ?? 0n)) return unworked;
  }
}

async function check(
  store: ChainStore,
  options: { onProgress?: (blocks: number, of: number) => void; signal?: AbortSignal } = {},
) {
  const { onProgress = () => undefined, signal = new AbortController().signal } = options;
  const damages: StoreError[] = [];
  const validation = await checkChain({
    store,
    params: TEST_PARAMS,
    onProgress,
    onDamage: (error) => damages.push(error),
    signal,
  });
  return { ...validation, damages };
}

const VALID = { valid: true, fault: null, damages: [] };

async function storeOf(blocks = chain): Promise<ChainStore> {
  const store = createMemoryStore(TEST_PARAMS);
  if (blocks.blocks.length > 0) await store.commit(growth(blocks));
  return store;
}

/** A store that hands out, in the place of each block, what `change` makes of it: undefined where there is none. */
async function storeThatReads(change: (block: Block) => Block | undefined, blocks = chain): Promise<ChainStore> {
  const store = await storeOf(blocks);
  return overlay(store, {
    async *readChain(options): AsyncGenerator<StoredBlock, void, undefined> {
      for await (const stored of store.readChain(options)) {
        const block = change(stored.block);
        if (block !== undefined) yield { ...stored, block };
      }
    },
  });
}

describe('judging', () => {
  test('a chain that follows the rules is valid, be it the genesis alone', async () => {
    assert.deepEqual(await check(await storeOf()), { ...VALID, blocks: LENGTH });
    assert.deepEqual(await check(await storeOf(chainPart(chain, 0, 0))), { ...VALID, blocks: 1 });
  });

  const at = (height: number, change: (block: Block) => Block | undefined) => (block: Block) =>
    block.header.height === height ? change(block) : block;
  const { timestamp } = chain.blocks[3]?.header ?? { timestamp: 0 };
  const stranger = createGenesis(createParams({ ...TEST_PARAMS, name: 'other' }));

  const FAULTS: readonly (readonly [
    what: string,
    change: (block: Block) => Block | undefined,
    height: number,
    code: string,
  ])[] = [
    ['another genesis', at(0, () => stranger), 0, 'genesis-other'],
    ['no genesis', at(0, () => undefined), 0, 'genesis-other'],
    ['a block less', at(5, () => undefined), 5, 'parent-unknown'],
    ['no tip', at(LENGTH - 1, () => undefined), LENGTH - 1, 'chain-incomplete'],
    ['no blocks', () => undefined, 0, 'chain-incomplete'],
    ['another parent', at(5, (block) => reforge(block, { previousHash: OTHER_HASH })), 5, 'parent-unknown'],
    ['another height', at(5, (block) => reforge(block, { height: 6 })), 5, 'height-wrong'],
    ['an earlier time', at(5, (block) => reforge(block, { timestamp: timestamp - 1 })), 5, 'timestamp-before-parent'],
    ['other bits', at(5, (block) => reforge(block, { bits: 0x2100ffff })), 5, 'bits-wrong'],
    ['a hash without work', at(5, withoutWork), 5, 'work-too-low'],
    ['another history', at(5, (block) => reforge(block, { historyRoot: OTHER_HASH })), 5, 'history-root-wrong'],
    ['other data', at(5, (block) => ({ ...block, body: bodyOf('1') })), 5, 'data-root-wrong'],
    ['other data, mined', at(5, (block) => reforge(block, {}, bodyOf('1'))), 6, 'parent-unknown'],
    [
      'other data at the tip, mined',
      at(LENGTH - 1, (block) => reforge(block, {}, bodyOf('1'))),
      LENGTH,
      'chain-incomplete',
    ],
    ['data that are not canonical', at(5, (block) => ({ ...block, body: singleBody('1.0') })), 5, 'json-not-canonical'],
  ];
  for (const [what, change, height, code] of FAULTS) {
    test(`${what}: not valid, ${code} at height ${height}`, async () => {
      const { valid, blocks, fault } = await check(await storeThatReads(change));
      assert.deepEqual([valid, blocks, fault?.height, fault?.code], [false, height, height, code]);
      assert.match(fault?.message ?? '', /\w{3}/);
    });
  }
});

test('a chain of the genesis of which nothing can be read is not valid, nor one of which only the genesis can be', async () => {
  const nothing = await storeThatReads(() => undefined, chainPart(chain, 0, 0));
  assert.equal((await check(nothing)).fault?.code, 'chain-incomplete');
  const genesis = await storeThatReads((block) => (block.header.height === 0 ? block : undefined));
  assert.equal((await check(genesis)).fault?.code, 'chain-incomplete');
});

describe('reading', () => {
  const failing = (error: unknown) =>
    storeThatReads((block) => {
      if (block.header.height === 4) throw error;
      return block;
    });

  for (const code of ['block-damaged', 'store-damaged'] as const) {
    test(`${code} is an answer: the chain is not valid from there on`, async () => {
      const error = new StoreError(code, 'a test');
      const { valid, blocks, fault, damages } = await check(await failing(error));
      assert.deepEqual([valid, blocks, fault], [false, 4, { height: 4, code, message: 'a test' }]);
      assert.deepEqual(damages, [error]);
    });
  }

  for (const code of ['store-io', 'store-closed'] as const) {
    test(`${code} says nothing of the chain, and is thrown`, async () => {
      await assert.rejects(check(await failing(new StoreError(code, 'a test'))), { code });
    });
  }

  test('a mistake of ours is thrown', async () => {
    await assert.rejects(check(await failing(new TypeError('a test'))), TypeError);
  });

  test('whoever has gone is not worked for', async () => {
    const asker = new AbortController();
    const store = await storeThatReads((block) => {
      if (block.header.height === 4) asker.abort(new Error('gone'));
      assert.ok(block.header.height <= 4);
      return block;
    });
    await assert.rejects(check(store, { signal: asker.signal }), /gone/);
  });

  test('progress is told every 1,000 blocks', async () => {
    const long = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 2_100, () => bodyOf());
    const told: unknown[] = [];
    const store = await storeOf(long);
    const onProgress = (...progress: readonly number[]) => told.push(progress);
    assert.deepEqual(await check(store, { onProgress }), { ...VALID, blocks: 2101 });
    assert.deepEqual(told, [
      [1000, 2101],
      [2000, 2101],
    ]);
  });
});

/** What somebody with access to the disk of a stopped node may do to the block at height 5. */
const BODY_DAMAGES: Readonly<Record<string, string>> = {
  'an entry is another': `UPDATE blocks SET body = CAST('[{"at":6}]' AS BLOB) WHERE ${atHeight(5)}`,
  'an entry more is there': `UPDATE blocks SET body = CAST('[{"at":5},1]' AS BLOB) WHERE ${atHeight(5)}`,
  'the array is a value': `UPDATE blocks SET body = CAST('{"at":5}' AS BLOB) WHERE ${atHeight(5)}`,
  'the data are no JSON': `UPDATE blocks SET body = zeroblob(9) WHERE ${atHeight(5)}`,
  'the data are gone': `UPDATE blocks SET body = zeroblob(0) WHERE ${atHeight(5)}`,
};

function atHeight(height: number): string {
  return `id = (SELECT block FROM chain WHERE height = ${height})`;
}

describe('on disk', () => {
  const [five] = chain.blocks.slice(4);
  assert.ok(five !== undefined);

  /** A home with a stopped node that holds the chain, in whose database `sql` has been run. */
  async function damagedHome(t: TestContext, sql: string, values: readonly Uint8Array[] = []): Promise<CairnHome> {
    const home = await makeHome(t);
    const node = await TestNode.start(t, { home });
    const blocks = [createGenesis(EASY_PARAMS), ...chain.blocks];
    const text = `[${blocks.map((block) => Buffer.from(encodeBlockJson(block)).toString()).join(',')}]`;
    assert.equal(await node.client.send(text), 'BLOCKCHAIN ACCEPTED');
    assert.deepEqual(await node.call('validate'), { valid: true, blocks: LENGTH, fault: null });
    await node.stop();
    const database = new DatabaseSync(join(home.root, 'node', 'chain.sqlite'));
    assert.equal(database.prepare(sql).run(...values).changes, 1);
    database.close();
    return home;
  }

  for (const [what, sql] of Object.entries(BODY_DAMAGES)) {
    test(`${what}: the chain is not valid from there on, and the node runs`, async (t) => {
      const node = await TestNode.start(t, { home: await damagedHome(t, sql) });
      const { valid, blocks, fault } = (await node.call('validate')) as Validation;
      assert.deepEqual([valid, blocks, fault?.height, fault?.code], [false, 5, 5, 'block-damaged']);
      assert.equal((await node.status()).length, LENGTH);
      assert.equal((await node.mine('"goes on"')).index, LENGTH);
    });
  }

  test('another block, mined and whole, in the place of one: the node does not start on it', async (t) => {
    const forged = reforge(five, {}, bodyOf('{"at":"forged"}'));
    const hash48 = Number.parseInt(forged.hash.slice(0, 12), 16);
    const sql = `UPDATE blocks SET hash = ?, hash48 = ${hash48}, header = ?, body = ? WHERE ${atHeight(5)}`;
    const values = [Buffer.from(forged.hash, 'hex'), encodeHeader(forged.header), forged.body.bytes];
    const home = await damagedHome(t, sql, values);
    await assert.rejects(TestNode.start(t, { home }), { code: 'block-damaged', message: /height 5/ });
  });

  test('a block that is gone: the node does not start without it', async (t) => {
    const home = await damagedHome(t, `DELETE FROM blocks WHERE ${atHeight(5)}`);
    await assert.rejects(TestNode.start(t, { home }), { code: 'block-damaged', message: /height 5/ });
  });
});
