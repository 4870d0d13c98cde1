/** What goes between a node's thread and its store's. */
import assert from 'node:assert/strict';
import { hashBytes } from '../../../src/core/hash.ts';
import { genesisPoint } from '../../../src/core/validation.ts';
import { chainJsonPart } from '../../../src/storage/chain-json.ts';
import type { ChainChange } from '../../../src/storage/chain-store.ts';
import {
  readBodies,
  readChange,
  readCommitted,
  readPoint,
  readStoredBlock,
  writeBodies,
  writeChange,
  writeCommitted,
  writePoint,
  writeStoredBlock,
} from '../../../src/storage/store-codec.ts';
import { pack, unpack } from '../../../src/storage/store-codec-bytes.ts';
import { bodyOf, buildChain, singleBody, TEST_PARAMS } from '../../../test/support/chain-fixture.ts';
import { ByteChoices } from '../byte-choices.ts';
import { type FuzzTarget, jsonOf } from '../target.ts';

export const STORE_CODEC: FuzzTarget = {
  name: 'store-codec',
  claim: 'whatever a store is told or tells comes out of the packed bytes as it went in',
  words: ['\x00\x00', '\xff\xff', '\x01'],
  sizeMax: 300,
  weight: 1,
  seeds: () => [Buffer.of(3, 1, 2, 3, 2, 5, 65, 66, 67, 68, 69, 1, 4), Buffer.of(0, 0, 1, 1)],
  check(input) {
    const choices = new ByteChoices(input);
    const change = drawChange(choices);
    assert.deepEqual(
      unpack(
        pack((sink) => writeChange(sink, change)),
        readChange,
      ),
      change,
      'a change',
    );
    const hashes = change.blocks.map(({ block }) => block.hash);
    const committed = {
      removed: hashes,
      returned: change.pendingAdded,
      isAllReturned: choices.flag(),
      included: change.pendingAdded.map(({ id }) => id),
    };
    assert.deepEqual(
      unpack(
        pack((sink) => writeCommitted(sink, committed)),
        readCommitted,
      ),
      committed,
      'what it did',
    );
    const bodies = change.blocks.map(({ block }) => ({
      hash: block.hash,
      bytes: choices.flag() ? block.body.bytes : undefined,
    }));
    assert.deepEqual(
      unpack(
        pack((sink) => writeBodies(sink, bodies)),
        (source) => readBodies(source, hashes),
      ),
      bodies,
      'bodies',
    );
    for (const { block, work } of change.blocks) {
      const stored = { block, work, isActive: choices.flag() };
      assert.deepEqual(
        unpack(
          pack((sink) => writeStoredBlock(sink, stored)),
          readStoredBlock,
        ),
        stored,
        'a block',
      );
    }
    const point = choices.pick(CHAIN.points);
    assert.deepEqual(
      unpack(
        pack((sink) => writePoint(sink, point)),
        readPoint,
      ),
      point,
      'a place',
    );
    const part = chainJsonPart(
      change.blocks.map(({ block }) => block),
      { blocksMax: choices.integer(5), bytesMax: choices.integer(4_000) },
    );
    assert.ok(Array.isArray(jsonOf(Buffer.from(part).toString())), 'a part of a chain is an array');
  },
};

function drawChange(choices: ByteChoices): ChainChange {
  const blocks = Array.from({ length: choices.integer(4) }, () => ({
    block: choices.pick(CHAIN.blocks),
    work: BigInt(`0x${Buffer.from(choices.bytes(32)).toString('hex') || '0'}`),
  }));
  const pendingAdded = Array.from({ length: choices.integer(4) }, () => {
    const bytes = choices.bytes(40);
    return { id: hashBytes(bytes), bytes };
  });
  const activate = choices.flag()
    ? { forkHeight: choices.integer(2 ** 32 - 1), added: blocks.map(({ block }) => block.hash) }
    : undefined;
  return { blocks, pendingAdded, activate };
}

const CHAIN = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 6, (height) =>
  height % 2 === 0 ? singleBody(`{"height":${height}}`) : bodyOf(...Array.from({ length: height }, (_, i) => `${i}`)),
);
