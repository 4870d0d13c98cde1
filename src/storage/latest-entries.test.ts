import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { type BuiltChain, bodyOf, buildChain, TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import {
  chainPart,
  growth,
  hashesOf,
  lastPoint,
  NO_CHANGE,
  pendingEntry,
  switchTo,
} from '../../test/support/store-change.ts';
import { assertPresent } from '../core/assert.ts';
import type { ChainPoint } from '../core/validation.ts';
import { genesisPoint } from '../core/validation.ts';
import { LatestEntries } from './latest-entries.ts';
import { createMemoryStore } from './memory-store.ts';
import { openSqliteStore } from './sqlite-store.ts';

const folder = mkdtempSync(join(tmpdir(), 'cairn-latest-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const idOf = (text: string) => pendingEntry(text).id;
/** Blocks with these entries, one above the other. */
const chainOf = (bodies: readonly (readonly string[])[], parent: ChainPoint = genesisPoint(TEST_PARAMS)): BuiltChain =>
  buildChain(TEST_PARAMS, parent, bodies.length, (height) =>
    bodyOf(...assertPresent(bodies[height - parent.header.height - 1], 'each block has a body')),
  );

test('an entry is found at the lowest of its places in the blocks that are held', () => {
  const latest = new LatestEntries();
  const { blocks } = chainOf([['1', '2', '2'], ['2', '3'], ['1']]);
  latest.switched(0, blocks);
  const [hash] = hashesOf({ blocks, points: [] });
  assert.deepEqual(latest.find(idOf('2')), { height: 1, hash, index: 1 });
  assert.deepEqual(
    ['1', '2', '3', '4'].map((text) => latest.find(idOf(text))?.height),
    [1, 1, 2, undefined],
  );
  assert.deepEqual([latest.isWholeFrom(1), latest.isWholeFrom(0), latest.count], [true, false, 6]);
  assert.equal(latest.at(2)?.hash, blocks[1]?.hash);
  assert.deepEqual([latest.at(0), latest.at(4)], [undefined, undefined]);
  latest.forgetUpTo(1);
  assert.deepEqual(
    ['1', '2', '3'].map((text) => latest.find(idOf(text))?.height),
    [3, 2, 2],
  );
  assert.deepEqual([latest.isWholeFrom(1), latest.isWholeFrom(2), latest.count], [false, true, 3]);
});

test('blocks that leave the chain are not held, and those that are not at hand, or many at once, begin anew', () => {
  const latest = new LatestEntries();
  const main = chainOf([['1'], ['2'], ['3']]);
  latest.switched(0, main.blocks);
  latest.switched(1, chainOf([['4'], ['5'], ['6']], assertPresent(main.points[0], 'it has three blocks')).blocks);
  assert.deepEqual(
    ['1', '2', '4', '6'].map((text) => latest.find(idOf(text))?.height),
    [1, undefined, 2, 4],
  );
  latest.switched(4, undefined);
  assert.deepEqual([latest.isWholeFrom(4), latest.count], [false, 0]);
  latest.switched(0, chainOf(Array.from({ length: 9 }, () => ['1'])).blocks);
  assert.equal(latest.count, 0);
});

test('of more entries than there is room for the latest are held', () => {
  const latest = new LatestEntries();
  const bodies = Array.from({ length: 20 }, (_, block) =>
    Array.from({ length: 4_000 }, (_, i) => `${block * 4_000 + i}`),
  );
  const { blocks } = chainOf(bodies);
  for (const [i, block] of blocks.entries()) {
    latest.switched(i, [block]);
    assert.ok(latest.count <= 32_768 && latest.isWholeFrom(i + 1));
  }
  assert.deepEqual([latest.find(idOf('0')), latest.find(idOf('79999'))?.height], [undefined, 20]);
});

test('however the chain moves, a store finds entries where a plain one does', async () => {
  let stores = 0;
  const texts = Array.from({ length: 12 }, (_, i) => `"entry ${i}"`);
  const entries = fc.array(fc.constantFrom(...texts), { maxLength: 4 });
  const step = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        type: fc.constant('growth' as const),
        bodies: fc.array(entries, { minLength: 1, maxLength: 12 }),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        type: fc.constant('switch' as const),
        depth: fc.nat(6),
        bodies: fc.array(entries, { minLength: 1, maxLength: 4 }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        type: fc.constant('back' as const),
        bodies: fc.array(entries, { minLength: 1, maxLength: 3 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('reopened' as const), bodies: fc.constant([]) }) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
      const path = join(folder, `${stores++}`);
      const options = { folder: path, params: TEST_PARAMS };
      let store = await openSqliteStore(options);
      const plain = createMemoryStore(TEST_PARAMS);
      let active = chainOf([]);
      let left: { readonly forkHeight: number; readonly side: BuiltChain } | undefined;
      for (const { type, bodies, ...more } of steps) {
        let change = NO_CHANGE;
        if (type === 'growth') {
          const grown = chainOf(bodies, lastPoint(active));
          change = growth(grown);
          active = joined(active, grown);
        } else if (type === 'switch' && 'depth' in more) {
          const forkHeight = Math.max(0, active.blocks.length - more.depth);
          const below = chainPart(active, 0, forkHeight);
          const side = chainOf(bodies, lastPoint(below));
          change = switchTo(forkHeight, side);
          left = { forkHeight, side: chainPart(active, forkHeight, active.blocks.length) };
          active = joined(below, side);
        } else if (type === 'back' && left !== undefined && left.side.blocks.length > 0) {
          const { forkHeight, side } = left;
          const grown = chainOf(bodies, lastPoint(side));
          change = { ...growth(grown), activate: { forkHeight, added: [...hashesOf(side), ...hashesOf(grown)] } };
          active = joined(chainPart(active, 0, forkHeight), joined(side, grown));
          left = undefined;
        } else if (type === 'reopened') {
          await store.close();
          store = await openSqliteStore(options);
          await nextTurn();
        }
        if (change.activate !== undefined) await Promise.all([store.commit(change), plain.commit(change)]);
        const ids = [...texts, '"nowhere"'].map(idOf);
        assert.deepEqual(await store.firstPlaces(ids), await plain.firstPlaces(ids));
      }
      await store.close();
    }),
    { seed: 20261122, numRuns: 40 },
  );
});

function joined(below: BuiltChain, above: BuiltChain): BuiltChain {
  return { blocks: [...below.blocks, ...above.blocks], points: [...below.points, ...above.points] };
}
