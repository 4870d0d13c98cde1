/** What every ChainStore does when it is asked where something is, or for many blocks: part of chain-store.contract.ts. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { bodyOf, buildChain, TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import {
  assertBlock,
  chainPart,
  gather,
  growth,
  hashesOf,
  kept,
  lastPoint,
  mixedBody,
  pendingEntry,
  plainBytes,
  switchTo,
} from '../../test/support/store-change.ts';
import { type Hash, ZERO_HASH } from '../core/hash.ts';
import { encodeHeader } from '../core/header.ts';
import { createGenesis, genesisPoint } from '../core/validation.ts';
import type { ChainStore } from './chain-store.ts';

/** Runs the suite. `withStore` runs its argument on a new store of TEST_PARAMS. */
export function testChainReading(withStore: (work: (store: ChainStore) => Promise<void>) => Promise<void>): void {
  describe('places of entries', () => {
    test('are all those on the active chain, lowest first, as many as are asked for', async () => {
      await withStore(async (store) => {
        const { blocks, points } = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 4, (height) =>
          height === 2 ? bodyOf('"x"') : bodyOf('"a"', `${height}`, '"a"'),
        );
        await store.commit(growth({ blocks, points }));
        const { id } = pendingEntry('"a"');
        const expected = [1, 3, 4].flatMap((height) =>
          [0, 2].map((index) => ({ height, hash: blocks[height - 1]?.hash, index })),
        );
        assert.deepEqual(await store.entryPlaces(id, 100), expected);
        assert.deepEqual(await store.entryPlaces(id, 3), expected.slice(0, 3));
        assert.deepEqual(await store.entryPlaces(id, 0), []);
      });
    });

    test('follow the active chain through a switch of branches', async () => {
      await withStore(async (store) => {
        const trunk = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 1, () => bodyOf('"a"'));
        const main = buildChain(TEST_PARAMS, lastPoint(trunk), 2, () => bodyOf('"a"', '"main"'));
        const side = buildChain(TEST_PARAMS, lastPoint(trunk), 1, () => bodyOf('"side"', '"a"'));
        await store.commit(growth(trunk));
        await store.commit(switchTo(1, main));
        await store.commit(switchTo(1, side));
        assert.deepEqual(await store.entryPlaces(pendingEntry('"a"').id, 9), [
          { height: 1, hash: trunk.blocks[0]?.hash, index: 0 },
          { height: 2, hash: side.blocks[0]?.hash, index: 1 },
        ]);
        assert.deepEqual(await store.entryPlaces(pendingEntry('"main"').id, 9), []);
        await store.commit({ ...switchTo(1, main), blocks: [] });
        assert.equal((await store.entryPlaces(pendingEntry('"main"').id, 9)).length, 2);
      });
    });
  });

  describe('headers after a locator', () => {
    test('begin after the first hash of it that is active', async () => {
      await withStore(async (store) => {
        const main = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 8, mixedBody);
        const side = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 3, () => bodyOf('"side"'));
        await store.commit(growth(main));
        await store.commit(kept(side));
        const hashes = hashesOf(main);
        const headers = main.blocks.map((block) => encodeHeader(block.header));
        const sideTip = hashesOf(side)[2] ?? ZERO_HASH;
        const at = (height: number): Hash => hashes[height - 1] ?? ZERO_HASH;
        const cases: { name: string; locator: Hash[]; max: number; expected: Uint8Array[] }[] = [
          { name: 'none', locator: [], max: 100, expected: headers },
          { name: 'the genesis', locator: [GENESIS.hash], max: 100, expected: headers },
          { name: 'one in the middle', locator: [at(3)], max: 100, expected: headers.slice(3) },
          { name: 'no more than asked for', locator: [at(3)], max: 2, expected: headers.slice(3, 5) },
          { name: 'the tip', locator: [at(8)], max: 100, expected: [] },
          { name: 'unknown first', locator: [ZERO_HASH, at(5), at(1)], max: 100, expected: headers.slice(5) },
          { name: 'a side branch first', locator: [sideTip, at(2)], max: 100, expected: headers.slice(2) },
          { name: 'unknown only', locator: [ZERO_HASH], max: 100, expected: headers },
          { name: 'none wanted', locator: [], max: 0, expected: [] },
        ];
        for (const { name, locator, max, expected } of cases) {
          assert.deepEqual((await store.headersAfter(locator, max)).map(plainBytes), expected.map(plainBytes), name);
        }
      });
    });
  });

  describe('reading a chain', () => {
    test('gives its blocks from the height that is asked for up to the tip that is named', async () => {
      await withStore(async (store) => {
        const chain = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 150, mixedBody);
        await store.commit(growth(chain));
        const all = [GENESIS.hash, ...hashesOf(chain)];
        const read = async (tip: Hash, from: number): Promise<Hash[]> =>
          (await gather(store.readChain({ tip, from }))).map((stored) => stored.block.hash);
        assert.deepEqual(await read(all[150] ?? ZERO_HASH, 0), all);
        assert.deepEqual(await read(all[150] ?? ZERO_HASH, 149), all.slice(149));
        assert.deepEqual(await read(all[90] ?? ZERO_HASH, 17), all.slice(17, 91));
        assert.deepEqual(await read(all[90] ?? ZERO_HASH, 91), []);
      });
    });

    test('goes on along the same blocks while the active chain moves away and away again', async () => {
      await withStore(async (store) => {
        const main = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 200, mixedBody);
        await store.commit(growth(main));
        const reader = store.readChain({ tip: lastPoint(main).hash, from: 0 })[Symbol.asyncIterator]();
        const hashes: Hash[] = [];
        const next = async (): Promise<boolean> => {
          const step = await reader.next();
          if (step.done !== true) hashes.push(step.value.block.hash);
          return step.done !== true;
        };
        const forks = new Map([
          [5, 180],
          [70, 100],
          [80, 20],
        ]);
        for (let read = 0; await next(); read++) {
          const forkHeight = forks.get(read);
          if (forkHeight === undefined) continue;
          const other = buildChain(TEST_PARAMS, lastPoint(chainPart(main, 0, forkHeight)), 3, () =>
            bodyOf(`"fork at ${forkHeight}"`),
          );
          await store.commit(switchTo(forkHeight, other));
        }
        assert.deepEqual(hashes, [GENESIS.hash, ...hashesOf(main)]);
      });
    });

    test('reads a side branch down to where it leaves the active chain, and below', async () => {
      await withStore(async (store) => {
        const main = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 10, mixedBody);
        const side = buildChain(TEST_PARAMS, lastPoint(chainPart(main, 0, 4)), 3, () => bodyOf('"side"'));
        await store.commit(growth(main));
        await store.commit(kept(side));
        const read = await gather(store.readChain({ tip: lastPoint(side).hash, from: 3 }));
        assert.deepEqual(
          read.map((stored) => [stored.block.hash, stored.isActive]),
          [[main.blocks[2]?.hash, true], [main.blocks[3]?.hash, true], ...hashesOf(side).map((hash) => [hash, false])],
        );
        const above = await gather(store.readChain({ tip: lastPoint(side).hash, from: 6 }));
        assert.deepEqual(
          above.map((stored) => stored.block.hash),
          hashesOf(side).slice(1),
        );
      });
    });

    test('can be left before its end', async () => {
      await withStore(async (store) => {
        const chain = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 10, mixedBody);
        await store.commit(growth(chain));
        for await (const stored of store.readChain({ tip: lastPoint(chain).hash, from: 4 })) {
          assertBlock(stored, chain.blocks[3] ?? GENESIS, true);
          break;
        }
      });
    });
  });
}

const GENESIS = createGenesis(TEST_PARAMS);
