/** What every ChainStore does. Each implementation runs this suite. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { bodyOf, buildChain, singleBody, TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import {
  ALL_PENDING,
  assertBlock,
  chainPart,
  entriesOf,
  growth,
  hashesOf,
  kept,
  lastPoint,
  mixedBody,
  NO_CHANGE,
  pendingEntry,
  plainBytes,
  readAll,
  switchTo,
} from '../../test/support/store-change.ts';
import type { Block } from '../core/block.ts';
import { encodeBlockJson } from '../core/block-json.ts';
import { entryIds } from '../core/body.ts';
import { createGenesis } from '../core/genesis.ts';
import { type Hash, ZERO_HASH } from '../core/hash.ts';
import { genesisPoint } from '../core/validation.ts';
import { testChainReading } from './chain-reading.contract.ts';
import type { ChainChange, ChainStore, PendingEntry } from './chain-store.ts';
import { testStoredProofs } from './stored-proofs.contract.ts';

/** Runs the suite. `open` answers a new store of TEST_PARAMS each time; the suite closes it. */
export function testChainStore(open: () => Promise<ChainStore>): void {
  async function withStore(work: (store: ChainStore) => Promise<void>): Promise<void> {
    const store = await open();
    try {
      await work(store);
    } finally {
      await store.close();
    }
  }

  describe('growing', () => {
    test('a new store holds the genesis block and nothing else', async () => {
      await withStore(async (store) => {
        const { window, milestones, pending } = await store.load({
          windowLength: 10,
          milestoneInterval: 5,
          pending: ALL_PENDING,
        });
        assert.deepEqual(window, [genesisPoint(TEST_PARAMS)]);
        assert.deepEqual(milestones, [GENESIS.hash]);
        assert.deepEqual(pending, { entries: [], isAll: true });
        assertBlock(await store.blockAt(0), GENESIS, true);
        assert.equal((await store.blockAt(0))?.work, genesisPoint(TEST_PARAMS).work);
      });
    });

    test('blocks are found by hash and by height, byte for byte, with their work', async () => {
      await withStore(async (store) => {
        const { blocks, points } = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 6, mixedBody);
        await store.commit(growth({ blocks, points }));
        for (const [i, block] of blocks.entries()) {
          assertBlock(await store.blockAt(i + 1), block, true);
          assertBlock(await store.blockByHash(block.hash), block, true);
          assert.equal((await store.blockAt(i + 1))?.work, points[i]?.work);
        }
        assert.equal(await store.blockAt(7), undefined);
        assert.equal(await store.blockAt(-1), undefined);
      });
    });

    test('a place is the one that validation came to', async () => {
      await withStore(async (store) => {
        const chain = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 20, mixedBody);
        await store.commit(growth(chain));
        for (const point of [genesisPoint(TEST_PARAMS), ...chain.points]) {
          assert.deepEqual(await store.pointOf(point.hash), point);
        }
      });
    });

    for (const { windowLength, first } of [
      { windowLength: 1, first: 20 },
      { windowLength: 7, first: 14 },
      { windowLength: 21, first: 0 },
      { windowLength: 1_000, first: 0 },
    ]) {
      test(`a window of ${windowLength} over 21 places begins at height ${first}`, async () => {
        await withStore(async (store) => {
          const chain = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 20, mixedBody);
          await store.commit(growth(chain));
          const { window } = await store.load({ windowLength, milestoneInterval: 8, pending: ALL_PENDING });
          assert.deepEqual(window, [genesisPoint(TEST_PARAMS), ...chain.points].slice(first));
        });
      });
    }

    test('the milestones are the hashes at every multiple of the interval', async () => {
      await withStore(async (store) => {
        const { blocks, points } = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 20, mixedBody);
        await store.commit(growth({ blocks, points }));
        const { milestones } = await store.load({ windowLength: 1, milestoneInterval: 10, pending: ALL_PENDING });
        assert.deepEqual(milestones, [GENESIS.hash, blocks[9]?.hash, blocks[19]?.hash]);
      });
    });

    test('the size of the JSON form is the size of what is written', async () => {
      await withStore(async (store) => {
        const chain = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 12, mixedBody);
        const fork = chainPart(chain, 0, 4);
        assert.deepEqual(await measuresOf(store), jsonOf([GENESIS]));
        await store.commit(growth(chain));
        assert.deepEqual(await measuresOf(store), jsonOf([GENESIS, ...chain.blocks]));
        const other = buildChain(TEST_PARAMS, lastPoint(fork), 3, () => bodyOf('"other"'));
        await store.commit(switchTo(4, other));
        assert.deepEqual(await measuresOf(store), jsonOf([GENESIS, ...fork.blocks, ...other.blocks]));
      });
    });

    test('a block that is there already stays as it is', async () => {
      await withStore(async (store) => {
        const chain = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 2, mixedBody);
        await store.commit(growth(chain));
        await store.commit(kept(chain));
        assert.deepEqual(await activeHashes(store), [GENESIS.hash, ...hashesOf(chain)]);
      });
    });
  });

  describe('unknown hashes', () => {
    test('are on no chain', async () => {
      await withStore(async (store) => {
        assert.equal(await store.blockByHash(ZERO_HASH), undefined);
        assert.equal(await store.pointOf(ZERO_HASH), undefined);
        assert.deepEqual((await store.entryPlaces(ZERO_HASH, 10)).places, []);
      });
    });

    test('cannot be activated, and the attempt leaves nothing behind', async () => {
      await withStore(async (store) => {
        const main = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 3, () => bodyOf('"main"'));
        const side = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 2, () => bodyOf('"side"'));
        const waiting = pendingEntry('"side"');
        await store.commit({ ...growth(main), pendingAdded: [waiting] });
        const impossible: ChainChange = {
          ...kept(side),
          pendingAdded: [pendingEntry('"more"')],
          activate: { forkHeight: 0, added: [...hashesOf(side), ZERO_HASH] },
        };
        await assert.rejects(store.commit(impossible));
        assert.deepEqual(await activeHashes(store), [GENESIS.hash, ...hashesOf(main)]);
        assert.deepEqual(await pendingOf(store), [waiting]);
        assert.equal(await store.blockByHash(hashesOf(side)[0] ?? ZERO_HASH), undefined);
        const { included, returned } = await store.commit(switchTo(0, side));
        assert.deepEqual(included, [waiting.id]);
        assert.deepEqual(returned, [pendingEntry('"main"')]);
      });
    });
  });

  describe('side branches', () => {
    test('are kept, are not active, and have no place', async () => {
      await withStore(async (store) => {
        const main = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 3, mixedBody);
        const side = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 2, () => bodyOf('"side"'));
        await store.commit(growth(main));
        await store.commit(kept(side));
        for (const block of side.blocks) {
          assertBlock(await store.blockByHash(block.hash), block, false);
          assert.equal(await store.pointOf(block.hash), undefined);
        }
        assert.deepEqual((await store.entryPlaces(entryIds(bodyOf('"side"'))[0] ?? ZERO_HASH, 10)).places, []);
        assert.deepEqual(await activeHashes(store), [GENESIS.hash, ...hashesOf(main)]);
      });
    });

    test('become active without being handed in again', async () => {
      await withStore(async (store) => {
        const main = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 3, mixedBody);
        const side = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 4, () => bodyOf('"side"'));
        await store.commit(growth(main));
        await store.commit(kept(side));
        const { removed } = await store.commit({ ...switchTo(0, side), blocks: [] });
        assert.deepEqual(removed, hashesOf(main).reverse());
        assert.deepEqual(await activeHashes(store), [GENESIS.hash, ...hashesOf(side)]);
        for (const point of side.points) assert.deepEqual(await store.pointOf(point.hash), point);
        assertBlock(await store.blockByHash(main.blocks[2]?.hash ?? ZERO_HASH), main.blocks[2] ?? GENESIS, false);
      });
    });

    test('a switch 200 blocks deep and back again ends where it began', async () => {
      await withStore(async (store) => {
        const trunk = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 3, mixedBody);
        const main = buildChain(TEST_PARAMS, lastPoint(trunk), 200, (height) => bodyOf(`"main ${height}"`));
        const side = buildChain(TEST_PARAMS, lastPoint(trunk), 201, (height) => bodyOf(`"side ${height}"`));
        await store.commit(growth(trunk));
        await store.commit({ ...growth(main), activate: { forkHeight: 3, added: hashesOf(main) } });
        const before = await store.load({ windowLength: 300, milestoneInterval: 50, pending: ALL_PENDING });
        const there = await store.commit(switchTo(3, side));
        assert.deepEqual(there.removed, hashesOf(main).reverse());
        assert.deepEqual(
          there.returned,
          main.blocks.flatMap((block) => entriesOf(block.body)),
        );
        const back = await store.commit({ ...switchTo(3, main), blocks: [] });
        assert.deepEqual(
          back.returned,
          side.blocks.flatMap((block) => entriesOf(block.body)),
        );
        const after = await store.load({ windowLength: 300, milestoneInterval: 50, pending: ALL_PENDING });
        assert.deepEqual(after, { ...before, pending: { entries: back.returned, isAll: true } });
        assert.deepEqual(await activeHashes(store), [GENESIS.hash, ...hashesOf(trunk), ...hashesOf(main)]);
      });
    });
  });

  describe('pending entries', () => {
    test('keep the order in which they became pending, each once', async () => {
      await withStore(async (store) => {
        const [a, b, c] = [pendingEntry('"a"'), pendingEntry('"b"'), pendingEntry('"c"')];
        await store.commit({ ...NO_CHANGE, pendingAdded: [b, a, b] });
        await store.commit({ ...NO_CHANGE, pendingAdded: [a, c] });
        assert.deepEqual(await pendingOf(store), [b, a, c]);
        assert.deepEqual(await pendingOf(store), [b, a, c]);
      });
    });

    test('that were in a block and return wait at the end', async () => {
      await withStore(async (store) => {
        const [a, b] = [pendingEntry('"a"'), pendingEntry('"b"')];
        const main = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 1, () => bodyOf('"a"'));
        await store.commit({ ...NO_CHANGE, pendingAdded: [a, b] });
        await store.commit(growth(main));
        await store.commit({ ...NO_CHANGE, activate: { forkHeight: 0, added: [] } });
        assert.deepEqual(await pendingOf(store), [b, a]);
      });
    });

    test('that a block takes from their midst, in any order and one of them twice, leave the others in order', async () => {
      await withStore(async (store) => {
        const texts = Array.from({ length: 12 }, (_, i) => `"${i}"`);
        const entries = texts.map((text) => pendingEntry(text));
        const taken = [7, 1, 2, 9, 3, 1, 0, 8];
        const chain = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 1, () =>
          bodyOf('"never waited"', ...taken.map((i) => `"${i}"`)),
        );
        await store.commit({ ...NO_CHANGE, pendingAdded: entries });
        const { included } = await store.commit(growth(chain));
        assert.deepEqual(
          included,
          [7, 1, 2, 9, 3, 0, 8].map((i) => entries[i]?.id),
        );
        const left = [4, 5, 6, 10, 11].map((i) => entries[i]);
        assert.deepEqual(await pendingOf(store), left);
        await store.commit({ ...NO_CHANGE, pendingAdded: entries });
        const back = [0, 1, 2, 3, 7, 8, 9].map((i) => entries[i]);
        assert.deepEqual(await pendingOf(store), [...left, ...back]);
      });
    });

    test('are not kept where the same change puts them in a block', async () => {
      await withStore(async (store) => {
        const [a, b] = [pendingEntry('"a"'), pendingEntry('"b"')];
        const chain = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 1, () => bodyOf('"a"', '"never waited"'));
        const { included } = await store.commit({ ...growth(chain), pendingAdded: [a, b] });
        assert.deepEqual(included, [a.id]);
        assert.deepEqual(await pendingOf(store), [b]);
      });
    });

    test('stop waiting when a block that holds them becomes active, not when it is kept', async () => {
      await withStore(async (store) => {
        const [a, b] = [pendingEntry('"a"'), pendingEntry('"b"')];
        const chain = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 1, () => bodyOf('"a"'));
        await store.commit({ ...NO_CHANGE, pendingAdded: [a, b] });
        assert.deepEqual((await store.commit(kept(chain))).included, []);
        assert.deepEqual(await pendingOf(store), [a, b]);
        const { included } = await store.commit({ ...growth(chain), blocks: [] });
        assert.deepEqual(included, [a.id]);
        assert.deepEqual(await pendingOf(store), [b]);
      });
    });

    test('of abandoned blocks return in chain order, but for those the new branch holds or that wait already', async () => {
      await withStore(async (store) => {
        const bodies = [bodyOf('"a"', '"b"'), singleBody('{"k":1}'), bodyOf('"c"', '"a"', '"d"')];
        const main = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 3, (height) => bodies[height - 1] ?? bodyOf());
        const side = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 2, (height) => bodyOf('"b"', `${height}`));
        const d = pendingEntry('"d"');
        await store.commit(growth(main));
        await store.commit({ ...NO_CHANGE, pendingAdded: [d] });
        const { returned } = await store.commit(switchTo(0, side));
        const expected = ['"a"', '{"k":1}', '"c"'].map(pendingEntry);
        assert.deepEqual(returned, expected);
        assert.deepEqual(await pendingOf(store), [d, ...expected]);
      });
    });
  });

  testChainReading(withStore);
  testStoredProofs(withStore);
}

function jsonOf(blocks: readonly Block[]): { tip: Hash | undefined; length: number; sizeBytes: number } {
  const text = `[${blocks.map((block) => new TextDecoder().decode(encodeBlockJson(block))).join(',')}]`;
  return { tip: blocks.at(-1)?.hash, length: blocks.length, sizeBytes: new TextEncoder().encode(text).length };
}

async function pendingOf(store: ChainStore): Promise<PendingEntry[]> {
  const { pending } = await store.load({ windowLength: 1, milestoneInterval: 1_000, pending: ALL_PENDING });
  return pending.entries.map(({ id, bytes }) => ({ id, bytes: plainBytes(bytes) }));
}

async function activeHashes(store: ChainStore): Promise<Hash[]> {
  const { length } = await store.chainJson();
  const hashes = await store.activeHashes(0, length);
  assert.deepEqual(hashes, await readAll(store));
  return [...hashes];
}

async function measuresOf(store: ChainStore): Promise<{ tip: Hash; length: number; sizeBytes: number }> {
  const { tip, length, sizeBytes } = await store.chainJson();
  return { tip, length, sizeBytes };
}

const GENESIS = createGenesis(TEST_PARAMS);
