import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { bodyOf, buildChain, singleBody, TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import {
  assertBlock,
  entriesOf,
  growth,
  hashesOf,
  kept,
  mixedBody,
  NO_CHANGE,
} from '../../test/support/store-change.ts';
import { AssertionError } from '../core/assert.ts';
import { createGenesis } from '../core/genesis.ts';
import { genesisPoint } from '../core/validation.ts';
import type { ChainChange, ChainCheck } from './chain-store.ts';
import {
  readBodies,
  readChainCheck,
  readChange,
  readPoint,
  readStoredBlock,
  readStoredChain,
  writeBodies,
  writeChainCheck,
  writeChange,
  writePoint,
  writeStoredBlock,
  writeStoredChain,
} from './store-codec.ts';
import { type ByteReader, type ByteSink, pack, unpack } from './store-codec-bytes.ts';

const CHAIN = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 9, mixedBody);
const GENESIS = createGenesis(TEST_PARAMS);

/** `value` after its way from one thread to the other. */
function crossed<Value>(
  value: Value,
  write: (sink: ByteSink, value: Value) => void,
  read: (source: ByteReader) => Value,
): Value {
  const packed = pack((sink) => write(sink, value));
  return unpack(structuredClone(packed, { transfer: [packed] }), read);
}

describe('what crosses comes out as it went in', () => {
  const pendingAdded = entriesOf(bodyOf('"a"', '{"é":"€𝄞"}'));
  const changes: readonly { readonly name: string; readonly change: ChainChange }[] = [
    { name: 'a change of nothing', change: NO_CHANGE },
    { name: 'a growth with bodies of all kinds', change: growth(CHAIN) },
    { name: 'blocks that join no chain, and pending entries', change: { ...kept(CHAIN), pendingAdded } },
    { name: 'a cut', change: { ...NO_CHANGE, activate: { forkHeight: 3, added: [] } } },
  ];
  for (const { name, change } of changes) {
    test(name, () => {
      const { blocks, ...rest } = crossed(change, writeChange, readChange);
      assert.deepEqual(rest, { pendingAdded: change.pendingAdded, activate: change.activate });
      assert.equal(blocks.length, change.blocks.length);
      for (const [i, { block, work }] of change.blocks.entries()) {
        assertBlock(blocks[i] === undefined ? undefined : { ...blocks[i], isActive: true }, block, true);
        assert.equal(blocks[i]?.work, work);
      }
    });
  }

  test('the genesis block, and one whose work has 256 bits', () => {
    const largest = { block: GENESIS, work: 2n ** 256n - 1n, isActive: true };
    const stored = crossed(largest, writeStoredBlock, readStoredBlock);
    assertBlock(stored, GENESIS, true);
    assert.equal(stored.work, largest.work);
  });

  test('places, at the genesis and above, alone and in a window', () => {
    const points = [genesisPoint(TEST_PARAMS), ...CHAIN.points];
    for (const point of points) assert.deepEqual(crossed(point, writePoint, readPoint), point);
    const state = {
      window: points.slice(4),
      milestones: hashesOf(CHAIN),
      pending: { entries: pendingAdded, isAll: false },
      broken: pendingAdded.map(({ id }) => ({ id, code: 'proof-signature-wrong' })),
      isJudged: false,
    };
    assert.deepEqual(crossed(state, writeStoredChain, readStoredChain), state);
  });

  test('bodies, present and missing, beside the hashes that were asked for', () => {
    const [first, second, third] = CHAIN.blocks;
    assert.ok(first !== undefined && second !== undefined && third !== undefined);
    const bodies = [
      { hash: first.hash, bytes: new Uint8Array(first.body.bytes) },
      { hash: second.hash, bytes: undefined },
    ];
    const asked = [first.hash, second.hash, third.hash];
    assert.deepEqual(
      crossed(bodies, writeBodies, (source) => readBodies(source, asked)),
      bodies,
    );
  });

  for (const { name, block } of [
    { name: 'no block', block: undefined },
    { name: 'a block of unknown hash', block: { hash: undefined, height: 7 } },
    { name: 'a block at an unknown height', block: { hash: GENESIS.hash, height: undefined } },
  ]) {
    test(`a check that found ${name} damaged`, () => {
      const check: ChainCheck = { blocks: 7, fault: { height: 7, code: 'block-damaged', message: 'höhe 7', block } };
      assert.deepEqual(crossed(check, writeChainCheck, readChainCheck), check);
    });
  }
});

describe('bytes that are not what was written', () => {
  const packed = pack((sink) => writeChange(sink, growth(CHAIN)));

  test('are our mistake where there are too few or too many of them', () => {
    for (const [name, bytes] of [
      ['too few', packed.slice(0, -8)],
      ['too many', packed.slice(0).transfer(packed.byteLength + 8)],
    ] as const) {
      assert.throws(() => unpack(bytes, readChange), AssertionError, name);
    }
  });

  test('are our mistake where they are read as something else', () => {
    assert.throws(() => unpack(packed, readStoredBlock), AssertionError);
    const block = pack((sink) => writeStoredBlock(sink, { block: GENESIS, work: 1n, isActive: true }));
    assert.throws(() => unpack(block, readChange), AssertionError);
  });
});

test('a body is copied, however large the memory that it is a view of', () => {
  const memory = new Uint8Array(1_000_000);
  const body = singleBody('"kept"');
  memory.set(body.bytes, 500_000);
  const view = memory.subarray(500_000, 500_000 + body.bytes.length);
  const block = { ...GENESIS, body: { ...body, bytes: view } };
  const packed = pack((sink) => writeStoredBlock(sink, { block, work: 1n, isActive: false }));
  assert.ok(packed.byteLength < 1_000);
  assert.equal(memory.byteLength, 1_000_000, 'the memory stays where it was');
});
