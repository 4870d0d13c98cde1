/** What every ChainStore does when it is asked where something is, or for many blocks: part of chain-store.contract.ts. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { bodyOf, buildChain, TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import {
  ALL_PENDING,
  chainPart,
  entriesOf,
  gather,
  growth,
  hashesOf,
  kept,
  lastPoint,
  mixedBody,
  NO_CHANGE,
  pendingEntry,
  plainBytes,
  switchTo,
} from '../../test/support/store-change.ts';
import type { Block } from '../core/block.ts';
import { encodeBlockJson } from '../core/block-json.ts';
import { createGenesis } from '../core/genesis.ts';
import { type Hash, ZERO_HASH } from '../core/hash.ts';
import { encodeHeader } from '../core/header.ts';
import { genesisPoint } from '../core/validation.ts';
import { type ChainStore, RETURNED_LIMITS } from './chain-store.ts';

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
        assert.deepEqual((await store.entryPlaces(id, 100)).places, expected);
        assert.deepEqual((await store.entryPlaces(id, 3)).places, expected.slice(0, 3));
        assert.deepEqual((await store.entryPlaces(id, 0)).places, []);
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
        assert.deepEqual((await store.entryPlaces(pendingEntry('"a"').id, 9)).places, [
          { height: 1, hash: trunk.blocks[0]?.hash, index: 0 },
          { height: 2, hash: side.blocks[0]?.hash, index: 1 },
        ]);
        assert.deepEqual((await store.entryPlaces(pendingEntry('"main"').id, 9)).places, []);
        await store.commit({ ...switchTo(1, main), blocks: [] });
        assert.equal((await store.entryPlaces(pendingEntry('"main"').id, 9)).places.length, 2);
      });
    });
  });

  describe('first places of many entries', () => {
    test('are the lowest of each, in the order of the question', async () => {
      await withStore(async (store) => {
        const { blocks, points } = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 4, (height) =>
          height === 2 ? bodyOf('"x"') : bodyOf(`${height}`, '"a"', '"a"'),
        );
        await store.commit(growth({ blocks, points }));
        const ids = ['"nowhere"', '"a"', '4', '"x"', '"a"'].map((text) => pendingEntry(text).id);
        const a = { height: 1, hash: blocks[0]?.hash, index: 1 };
        const four = { height: 4, hash: blocks[3]?.hash, index: 0 };
        const x = { height: 2, hash: blocks[1]?.hash, index: 0 };
        assert.deepEqual(await store.firstPlaces(ids), { places: [undefined, a, four, x, a], indexedTo: 4 });
        assert.deepEqual(await store.firstPlaces([]), { places: [], indexedTo: 4 });
      });
    });

    test('are those of the chain that is active now', async () => {
      await withStore(async (store) => {
        const main = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 3, () => bodyOf('"main"'));
        const side = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 2, () => bodyOf('"side"'));
        const ids = ['"main"', '"side"'].map((text) => pendingEntry(text).id);
        const heights = async () => (await store.firstPlaces(ids)).places.map((place) => place?.height);
        await store.commit(growth(main));
        assert.deepEqual(await heights(), [1, undefined]);
        await store.commit(switchTo(0, side));
        assert.deepEqual(await heights(), [undefined, 1]);
      });
    });

    test('are those after a commit that was given before the question, and the commit is answered first', async () => {
      await withStore(async (store) => {
        const main = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 1, () => bodyOf('"main"'));
        const order: string[] = [];
        const [, { places, indexedTo }] = await Promise.all([
          store.commit(growth(main)).finally(() => order.push('commit')),
          store.firstPlaces([pendingEntry('"main"').id]).finally(() => order.push('places')),
        ]);
        assert.deepEqual([places[0]?.height, indexedTo, order], [1, 1, ['commit', 'places']]);
      });
    });
  });

  describe('an entry that waits', () => {
    test('is told of with its places, until a block takes it and again when the block is abandoned', async () => {
      await withStore(async (store) => {
        const entry = pendingEntry('"main"');
        const standing = async () => {
          const { places, pending } = await store.entryPlaces(entry.id, 9);
          return { heights: places.map(({ height }) => height), pending: pending && plainBytes(pending) };
        };
        const waits = { heights: [], pending: plainBytes(entry.bytes) };
        assert.deepEqual(await standing(), { heights: [], pending: undefined });
        await store.commit({ ...NO_CHANGE, pendingAdded: [pendingEntry('"other"'), entry] });
        assert.deepEqual(await standing(), waits);
        await store.commit(growth(buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 1, () => bodyOf('"main"'))));
        assert.deepEqual(await standing(), { heights: [1], pending: undefined });
        const side = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 2, () => bodyOf('"side"'));
        await store.commit(switchTo(0, side));
        assert.deepEqual(await standing(), waits);
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
          assert.deepEqual(
            plainBytes(await store.headersAfter(locator, max)),
            plainBytes(Buffer.concat(expected)),
            name,
          );
        }
      });
    });
  });

  describe('hashes of the active chain', () => {
    test('are those from a height up, as many as there are and are asked for', async () => {
      await withStore(async (store) => {
        const chain = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 8, mixedBody);
        await store.commit(growth(chain));
        const all = [GENESIS.hash, ...hashesOf(chain)];
        assert.deepEqual(await store.activeHashes(0, 100), all);
        assert.deepEqual(await store.activeHashes(3, 4), all.slice(3, 7));
        assert.deepEqual(await store.activeHashes(8, 4), all.slice(8));
        assert.deepEqual(await store.activeHashes(9, 4), []);
        assert.deepEqual(await store.activeHashes(0, 0), []);
      });
    });
  });

  describe('parts of the chain', () => {
    const part = async (store: ChainStore, from: number, blocksMax: number, bytesMax: number) => {
      const bytes = await store.chainPartJson(from, { blocksMax, bytesMax });
      return Buffer.from(bytes).toString();
    };
    const jsonOf = (blocks: readonly Block[]) =>
      `[${blocks.map((block) => Buffer.from(encodeBlockJson(block)).toString()).join(',')}]`;

    test('are whole blocks from a height up: as many as the limits allow, and at least one', async () => {
      await withStore(async (store) => {
        const { blocks, points } = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 6, mixedBody);
        await store.commit(growth({ blocks, points }));
        const all = [createGenesis(TEST_PARAMS), ...blocks];
        assert.equal(await part(store, 0, 100, 1_000_000), jsonOf(all));
        assert.equal(await part(store, 2, 3, 1_000_000), jsonOf(all.slice(2, 5)));
        assert.equal(await part(store, 6, 3, 1_000_000), jsonOf(all.slice(6)));
        assert.equal(await part(store, 7, 3, 1_000_000), '[]');
        assert.equal(await part(store, 1, 0, 1_000_000), '[]');
        const { length } = jsonOf(all.slice(1, 4));
        const sizeBytes = Buffer.byteLength(jsonOf(all.slice(1, 4)));
        assert.ok(length < sizeBytes, 'characters of several bytes are counted as bytes');
        assert.equal(await part(store, 1, 100, sizeBytes), jsonOf(all.slice(1, 4)));
        assert.equal(await part(store, 1, 100, sizeBytes - 1), jsonOf(all.slice(1, 3)));
        assert.equal(await part(store, 1, 100, 0), jsonOf(all.slice(1, 2)));
      });
    });

    test('are of the chain that is active now', async () => {
      await withStore(async (store) => {
        const main = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 3, mixedBody);
        const side = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 2, () => bodyOf('"side"'));
        await store.commit(growth(main));
        await store.commit(switchTo(0, side));
        assert.equal(await part(store, 1, 100, 1_000_000), jsonOf(side.blocks));
      });
    });
  });

  describe('bodies', () => {
    const chain = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 5, () => bodyOf(`"${'x'.repeat(96)}"`));
    const side = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 1, () => bodyOf('"side"'));

    test('are the bytes that were stored, of any branch, in the order that was asked for', async () => {
      await withStore(async (store) => {
        await store.commit(growth(chain));
        await store.commit(kept(side));
        const blocks = [chain.blocks[3], side.blocks[0], GENESIS, chain.blocks[0]].map((block) => block ?? GENESIS);
        const wanted = [...blocks.map(({ hash }) => hash), ZERO_HASH];
        const read = await store.bodies(wanted, 1_000);
        assert.deepEqual(
          read.map(({ hash, bytes }) => ({ hash, bytes: bytes && plainBytes(bytes) })),
          [
            ...blocks.map(({ hash, body }) => ({ hash, bytes: plainBytes(body.bytes) })),
            { hash: ZERO_HASH, bytes: undefined },
          ],
        );
        assert.deepEqual(await store.bodies([], 1_000), []);
      });
    });

    for (const { bytesMax, count } of [
      { bytesMax: 0, count: 1 },
      { bytesMax: 199, count: 1 },
      { bytesMax: 200, count: 2 },
      { bytesMax: 500, count: 5 },
    ]) {
      test(`of 100 bytes: ${count} where ${bytesMax} bytes are wanted`, async () => {
        await withStore(async (store) => {
          await store.commit(growth(chain));
          assert.equal((await store.bodies(hashesOf(chain), bytesMax)).length, count);
        });
      });
    }
  });

  describe('the oldest pending entries', () => {
    const entries = Array.from({ length: 6 }, (_, i) => pendingEntry(`"${i}${'x'.repeat(97)}"`));
    for (const { entriesMax, bytesMax, count } of [
      { entriesMax: 9, bytesMax: 999, count: 6 },
      { entriesMax: 6, bytesMax: 600, count: 6 },
      { entriesMax: 5, bytesMax: 999, count: 5 },
      { entriesMax: 9, bytesMax: 599, count: 5 },
      { entriesMax: 9, bytesMax: 10, count: 1 },
      { entriesMax: 0, bytesMax: 999, count: 1 },
    ]) {
      test(`are ${count} of six of 100 bytes, within ${entriesMax} entries and ${bytesMax} bytes`, async () => {
        await withStore(async (store) => {
          await store.commit({ ...NO_CHANGE, pendingAdded: entries });
          const limits = { entriesMax, bytesMax };
          const { pending } = await store.load({ windowLength: 1, milestoneInterval: 1, pending: limits });
          for (const batch of [pending, await store.pending(limits)]) {
            assert.equal(batch.isAll, count === 6);
            assert.deepEqual(
              batch.entries.map(({ id, bytes }) => ({ id, bytes: plainBytes(bytes) })),
              entries.slice(0, count),
            );
          }
        });
      });
    }

    test('that returned from a deep branch are handed back in part, and the others wait', async () => {
      await withStore(async (store) => {
        const { entriesMax } = RETURNED_LIMITS;
        const bodyLength = 4_096;
        const main = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 5, (height) =>
          bodyOf(...Array.from({ length: bodyLength }, (_, i) => `${height * bodyLength + i}`)),
        );
        const side = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 6, () => bodyOf());
        await store.commit(growth(main));
        const { returned, isAllReturned } = await store.commit(switchTo(0, side));
        assert.deepEqual([returned.length, isAllReturned], [entriesMax, false]);
        const { entries: all, isAll } = await store.pending(ALL_PENDING);
        assert.deepEqual([all.length, isAll], [5 * bodyLength, true]);
        const ids = main.blocks.flatMap(({ body }) => entriesOf(body)).map(({ id }) => id);
        assert.deepEqual(
          all.map(({ id }) => id),
          ids,
        );
        assert.deepEqual(
          returned.map(({ id }) => id),
          ids.slice(0, entriesMax),
        );
        const back = await store.commit({ ...switchTo(0, main), blocks: [] });
        assert.equal(back.included.length, 5 * bodyLength);
        assert.deepEqual(await store.pending(ALL_PENDING), { entries: [], isAll: true });
      });
    });
  });

  describe('the chain as JSON', () => {
    const main = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 600, mixedBody);
    const textOf = (blocks: readonly Block[]): string =>
      `[${blocks.map((block) => Buffer.from(encodeBlockJson(block)).toString()).join(',')}]`;

    test('is the blocks up to the tip, of the size that is said', async () => {
      await withStore(async (store) => {
        await store.commit(growth(main));
        const { sizeBytes, chunks } = await store.chainJson();
        const text = Buffer.concat(await gather(chunks())).toString();
        assert.equal(text, textOf([GENESIS, ...main.blocks]));
        assert.equal(sizeBytes, Buffer.byteLength(text));
      });
    });

    test('goes on along the same blocks while the active chain moves away and away again', async () => {
      await withStore(async (store) => {
        await store.commit(growth(main));
        const { chunks } = await store.chainJson();
        const pieces: Uint8Array[] = [];
        const forks = [180, 100, 20];
        for await (const piece of chunks()) {
          pieces.push(piece);
          const forkHeight = forks.shift();
          if (forkHeight === undefined) continue;
          const other = buildChain(TEST_PARAMS, lastPoint(chainPart(main, 0, forkHeight)), 3, () =>
            bodyOf(`"fork at ${forkHeight}"`),
          );
          await store.commit(switchTo(forkHeight, other));
        }
        assert.equal(Buffer.concat(pieces).toString(), textOf([GENESIS, ...main.blocks]));
      });
    });
  });

  describe('checking', () => {
    test('finds that a chain follows every rule, and says how far it is', async () => {
      await withStore(async (store) => {
        await store.commit(growth(buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 1_200, () => bodyOf())));
        const told: unknown[] = [];
        const onProgress = (...progress: readonly number[]) => told.push(progress);
        const { signal } = new AbortController();
        assert.deepEqual(await store.check({ onProgress, signal }), { blocks: 1_201, fault: undefined });
        assert.deepEqual(told, [[1_000, 1_201]]);
      });
    });

    test('ends when its asker has gone', async () => {
      await withStore(async (store) => {
        const signal = AbortSignal.abort(new Error('gone'));
        await assert.rejects(store.check({ onProgress: () => undefined, signal }), /gone/);
      });
    });
  });
}

const GENESIS = createGenesis(TEST_PARAMS);
