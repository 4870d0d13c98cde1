import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  type BuiltChain,
  bodyOf,
  buildChain,
  reforge,
  singleBody,
  TEST_PARAMS,
} from '../../test/support/chain-fixture.ts';
import { signedEntry } from '../../test/support/signers.ts';
import { chainPart } from '../../test/support/store-change.ts';
import { type Block, createBlock } from '../core/block.ts';
import { createGenesis } from '../core/genesis.ts';
import { hashBytes, hashToNumber } from '../core/hash.ts';
import { createParams } from '../core/params.ts';
import { bitsToTarget } from '../core/target.ts';
import { genesisPoint } from '../core/validation.ts';
import { checkChain } from './chain-check.ts';
import type { ChainCheck } from './chain-store.ts';
import { blockDamaged, StoreError } from './store-error.ts';

const LENGTH = 12;
const chain = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), LENGTH - 1, (height) => bodyOf(`{"at":${height}}`));
const OTHER_HASH = hashBytes(Buffer.from('other'));

/** The first nonce whose hash does not meet the target. */
function withoutWork(block: Block): Block {
  for (let nonce = 0; ; nonce++) {
    const unworked = createBlock({ ...block.header, nonce }, block.body);
    if (hashToNumber(unworked.hash) > (bitsToTarget(block.header.bits) ?? 0n)) return unworked;
  }
}

/** Checks a store that hands out, in the place of each block of `built`, what `change` makes of it, if anything. */
async function check(
  built: BuiltChain,
  change: (block: Block) => Block | undefined = (block) => block,
  options: { onProgress?: (blocks: number, of: number) => void; signal?: AbortSignal } = {},
): Promise<ChainCheck> {
  const { onProgress = () => undefined, signal = new AbortController().signal } = options;
  const whole = [GENESIS, ...built.blocks];
  async function* read(): AsyncGenerator<Block, void, undefined> {
    for (const stored of whole) {
      const block = change(stored);
      if (block !== undefined) yield block;
    }
  }
  const { hash } = whole.at(-1) ?? GENESIS;
  return checkChain({ blocks: read(), tip: hash, length: whole.length, params: TEST_PARAMS, onProgress, signal });
}

describe('judging', () => {
  test('a chain that follows the rules is valid, be it the genesis alone', async () => {
    assert.deepEqual(await check(chain), { blocks: LENGTH, fault: undefined });
    assert.deepEqual(await check(chainPart(chain, 0, 0)), { blocks: 1, fault: undefined });
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
      const { blocks, fault } = await check(chain, change);
      assert.deepEqual([blocks, fault?.height, fault?.code, fault?.block], [height, height, code, undefined]);
      assert.match(fault?.message ?? '', /\w{3}/);
    });
  }
});

test('a chain of the genesis of which nothing can be read is not valid, nor one of which only the genesis can be', async () => {
  const nothing = await check(chainPart(chain, 0, 0), () => undefined);
  assert.equal(nothing.fault?.code, 'chain-incomplete');
  const genesis = await check(chain, (block) => (block.header.height === 0 ? block : undefined));
  assert.equal(genesis.fault?.code, 'chain-incomplete');
});

describe('reading', () => {
  const failing = (error: unknown) =>
    check(chain, (block) => {
      if (block.header.height === 4) throw error;
      return block;
    });

  test('a damaged block is an answer: the chain is not valid from there on, and the block is named', async () => {
    const place = { hash: OTHER_HASH, height: 4 };
    const { blocks, fault } = await failing(blockDamaged(place, 'a test'));
    assert.deepEqual([blocks, fault?.height, fault?.code, fault?.block], [4, 4, 'block-damaged', place]);
    assert.match(fault?.message ?? '', /a test/);
  });

  test('other damage is an answer, too', async () => {
    const { blocks, fault } = await failing(new StoreError('store-damaged', 'a test'));
    const expected = { height: 4, code: 'store-damaged', message: 'a test', block: undefined };
    assert.deepEqual([blocks, fault], [4, expected]);
  });

  for (const code of ['store-io', 'store-closed'] as const) {
    test(`${code} says nothing of the chain, and is thrown`, async () => {
      await assert.rejects(failing(new StoreError(code, 'a test')), { code });
    });
  }

  test('a mistake of ours is thrown', async () => {
    await assert.rejects(failing(new TypeError('a test')), TypeError);
  });

  test('whoever has gone is not worked for', async () => {
    const asker = new AbortController();
    const leaveAtFour = (block: Block): Block => {
      if (block.header.height === 4) asker.abort(new Error('gone'));
      assert.ok(block.header.height <= 4);
      return block;
    };
    await assert.rejects(check(chain, leaveAtFour, { signal: asker.signal }), /gone/);
  });

  test('progress is told every 1,000 blocks', async () => {
    const long = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 2_100, () => bodyOf());
    const told: unknown[] = [];
    const onProgress = (...progress: readonly number[]) => told.push(progress);
    assert.deepEqual(await check(long, undefined, { onProgress }), { blocks: 2101, fault: undefined });
    assert.deepEqual(told, [
      [1000, 2101],
      [2000, 2101],
    ]);
  });
});

const GENESIS = createGenesis(TEST_PARAMS);

describe('a body of signatures', () => {
  const SIGNED = Array.from({ length: 200 }, (_, i) => {
    return Buffer.from(signedEntry(`{"n":${i}}`, { params: TEST_PARAMS }).bytes).toString();
  });
  const signedChain = (entries: readonly string[]) =>
    buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 1, () => bodyOf(...entries));

  test('is judged with turns for others in between, and can be left in the middle', async () => {
    let turns = 0;
    const count = () => {
      turns++;
      waiting = setImmediate(count);
    };
    let waiting = setImmediate(count);
    try {
      assert.deepEqual(await check(signedChain(SIGNED)), { blocks: 2, fault: undefined });
      assert.ok(turns >= 5, `${turns} turns`);
    } finally {
      clearImmediate(waiting);
    }
    const leaving = new AbortController();
    const checked = check(signedChain(SIGNED), undefined, { signal: leaving.signal });
    setImmediate(() => leaving.abort(new Error('enough')));
    await assert.rejects(checked, /enough/);
  });

  test('with one that is forged is named with the place of the entry', async () => {
    const forged = SIGNED.with(7, (SIGNED[7] ?? '').replace('"n":7', '"n":8'));
    const { blocks, fault } = await check(signedChain(forged));
    assert.deepEqual([blocks, fault?.height, fault?.code], [1, 1, 'proof-signature-wrong']);
    assert.match(fault?.message ?? '', /^entry 7 /);
  });
});
