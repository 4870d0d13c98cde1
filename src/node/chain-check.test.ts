import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, type TestContext, test } from 'node:test';
import { bodyOf, buildChain, reforge, TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { growth } from '../../test/support/store-change.ts';
import { overlay } from '../../test/support/store-overlay.ts';
import { EASY_PARAMS, makeHome, TestNode } from '../../test/support/test-node.ts';
import type { Validation } from '../api/shapes.ts';
import { encodeBlockJson } from '../core/block-json.ts';
import { createGenesis } from '../core/genesis.ts';
import { hashBytes } from '../core/hash.ts';
import { encodeHeader } from '../core/header.ts';
import { genesisPoint } from '../core/validation.ts';
import type { CairnHome } from '../probe/cairn-home.ts';
import { createMemoryStore } from '../storage/memory-store.ts';
import type { StoreError } from '../storage/store-error.ts';
import { checkChain } from './chain-check.ts';

const LENGTH = 12;
const chain = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), LENGTH - 1, (height) => bodyOf(`{"at":${height}}`));

describe('what the store finds', () => {
  const { signal } = new AbortController();
  const onProgress = (): void => undefined;

  test('is told as it is, and damage is told besides, with the block', async () => {
    const store = createMemoryStore(TEST_PARAMS);
    await store.commit(growth(chain));
    const damages: StoreError[] = [];
    const onDamage = (error: StoreError) => damages.push(error);
    assert.deepEqual(await checkChain({ store, onProgress, onDamage, signal }), {
      valid: true,
      blocks: LENGTH,
      fault: null,
    });
    const block = { hash: hashBytes(Buffer.from('it')), height: 4 };
    for (const { code, isDamage } of [
      { code: 'block-damaged', isDamage: true },
      { code: 'store-damaged', isDamage: true },
      { code: 'work-too-low', isDamage: false },
    ]) {
      const told = { height: 4, code, message: 'a test' };
      const failing = overlay(store, { check: async () => ({ blocks: 4, fault: { ...told, block } }) });
      damages.length = 0;
      assert.deepEqual(await checkChain({ store: failing, onProgress, onDamage, signal }), {
        valid: false,
        blocks: 4,
        fault: told,
      });
      assert.deepEqual(
        damages.map((error) => [error.code, error.message, error.block]),
        isDamage ? [[code, 'a test', block]] : [],
      );
    }
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
