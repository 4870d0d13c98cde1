/** What every ChainStore proves of the chain that it holds: part of chain-store.contract.ts. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { bodyOf, buildChain, singleBody, TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { growth, hashesOf, kept, lastPoint, pendingEntry, switchTo } from '../../test/support/store-change.ts';
import { verifyChainProof } from '../core/chain-proof.ts';
import { verifyEntryProof } from '../core/entry-proof.ts';
import { type Hash, ZERO_HASH } from '../core/hash.ts';
import { verifyHeaderProof } from '../core/header-proof.ts';
import { type ChainPoint, genesisPoint } from '../core/validation.ts';
import type { ChainStore } from './chain-store.ts';

/** Runs the suite. `withStore` runs its argument on a new store of TEST_PARAMS. */
export function testStoredProofs(withStore: (work: (store: ChainStore) => Promise<void>) => Promise<void>): void {
  const genesis = genesisPoint(TEST_PARAMS);
  const main = buildChain(TEST_PARAMS, genesis, 12, (height) =>
    height % 3 === 0 ? singleBody(`"alone ${height}"`) : bodyOf(`"a ${height}"`, '"again"', `"b ${height}"`),
  );
  const side = buildChain(TEST_PARAMS, genesis, 4, () => bodyOf('"side"'));
  const pointAt = (height: number): ChainPoint => main.points[height - 1] ?? genesis;
  const tip = pointAt(12);

  describe('the chain proof', () => {
    test('is of the active chain up to its tip, also where that is the genesis', async () => {
      await withStore(async (store) => {
        await assertProven(store, genesis);
        await store.commit(growth(main));
        await assertProven(store, tip);
        await store.commit(switchTo(0, side));
        await assertProven(store, lastPoint(side));
      });
    });

    test('of a long chain opens some of its headers', async () => {
      const long = longChain();
      await withStore(async (store) => {
        await store.commit(growth(long));
        const proven = await assertProven(store, lastPoint(long));
        assert.ok(proven.drawnHeights.length > 1 && proven.headersOpened < long.points.length);
      });
    });
  });

  describe('a header proof', () => {
    test('shows the headers that were asked for, below any tip of the active chain', async () => {
      await withStore(async (store) => {
        await store.commit(growth(main));
        for (const { tipHeight, heights } of [
          { tipHeight: 12, heights: [0, 5, 11] },
          { tipHeight: 12, heights: [7] },
          { tipHeight: 8, heights: [0, 1, 2, 3, 4, 5, 6, 7] },
          { tipHeight: 5, heights: [] },
        ]) {
          const proof = await store.headerProof({ tip: pointAt(tipHeight).hash, heights });
          assert.ok(proof.ok);
          const shown = verifyHeaderProof(proof.value, pointAt(tipHeight).header);
          assert.ok(shown.ok);
          assert.deepEqual(
            shown.value.map(({ hash, work }) => ({ hash, work })),
            heights.map((height) => pointAt(height)).map(({ hash, work }) => ({ hash, work })),
          );
        }
      });
    });

    test('follows the active chain through a switch of branches', async () => {
      await withStore(async (store) => {
        await store.commit(growth(main));
        await store.commit(switchTo(0, side));
        const sideTip = lastPoint(side);
        const proof = await store.headerProof({ tip: sideTip.hash, heights: [2] });
        assert.ok(proof.ok && verifyHeaderProof(proof.value, sideTip.header).ok);
        const old = await store.headerProof({ tip: tip.hash, heights: [2] });
        assert.deepEqual(old, refusal({ code: 'tip-not-active', tip: tip.hash }));
      });
    });

    test('is refused for a tip that is not active, and for a height that is not below it', async () => {
      await withStore(async (store) => {
        await store.commit(growth(main));
        await store.commit(kept(side));
        for (const hash of [ZERO_HASH, lastPoint(side).hash]) {
          const answer = await store.headerProof({ tip: hash, heights: [0] });
          assert.deepEqual(answer, refusal({ code: 'tip-not-active', tip: hash }));
        }
        for (const height of [6, 2 ** 40]) {
          const answer = await store.headerProof({ tip: pointAt(6).hash, heights: [3, height] });
          assert.deepEqual(answer, refusal({ code: 'height-not-below-tip', height, tipHeight: 6 }));
        }
      });
    });
  });

  describe('an entry proof', () => {
    test('shows where an entry stands, below a tip and in it; of several places, the lowest', async () => {
      await withStore(async (store) => {
        await store.commit(growth(main));
        for (const { text, tipHeight, height, index } of [
          { text: '"b 5"', tipHeight: 12, height: 5, index: 2 },
          { text: '"alone 9"', tipHeight: 12, height: 9, index: 0 },
          { text: '"alone 12"', tipHeight: 12, height: 12, index: 0 },
          { text: '"a 7"', tipHeight: 7, height: 7, index: 0 },
          { text: '"again"', tipHeight: 12, height: 1, index: 1 },
        ]) {
          const { id } = pendingEntry(text);
          const proof = await store.entryProof({ tip: pointAt(tipHeight).hash, id });
          assert.ok(proof.ok, text);
          assert.equal(proof.value.id, id);
          const shown = verifyEntryProof(proof.value, pointAt(tipHeight).header);
          assert.ok(shown.ok);
          assert.deepEqual([shown.value.hash, shown.value.index], [pointAt(height).hash, index]);
        }
      });
    });

    test('is refused for an entry that is not there, stands above the tip, or waits', async () => {
      await withStore(async (store) => {
        await store.commit({ ...growth(main), pendingAdded: [pendingEntry('"waits"')] });
        for (const { text, tipHeight } of [
          { text: '"nowhere"', tipHeight: 12 },
          { text: '"waits"', tipHeight: 12 },
          { text: '"a 8"', tipHeight: 7 },
        ]) {
          const { id } = pendingEntry(text);
          const answer = await store.entryProof({ tip: pointAt(tipHeight).hash, id });
          assert.deepEqual(answer, refusal({ code: 'entry-not-in-chain', id, indexedTo: tipHeight }));
        }
      });
    });

    test('is refused for a tip that is not active', async () => {
      await withStore(async (store) => {
        await store.commit(growth(main));
        await store.commit(switchTo(0, side));
        const { id } = pendingEntry('"side"');
        const answer = await store.entryProof({ tip: tip.hash, id });
        assert.deepEqual(answer, refusal({ code: 'tip-not-active', tip: tip.hash }));
        const found = await store.entryProof({ tip: hashesOf(side)[3] ?? ZERO_HASH, id });
        assert.ok(found.ok && verifyEntryProof(found.value, lastPoint(side).header).ok);
      });
    });
  });
}

/** That the store proves a chain that ends in `expected`. */
async function assertProven(store: ChainStore, expected: ChainPoint) {
  const { tip, bytes } = await store.chainProof();
  assert.equal(tip, expected.hash);
  const proven = verifyChainProof(bytes ?? new Uint8Array(0), TEST_PARAMS);
  assert.ok(proven.ok, proven.ok ? '' : proven.fault.code);
  assert.deepEqual(
    { hash: proven.value.tip.hash, work: proven.value.tip.work, history: proven.value.tip.history },
    { hash: expected.hash, work: expected.work, history: expected.history },
  );
  return proven.value.report;
}

function refusal(fault: { readonly code: string; readonly tip?: Hash; readonly [fact: string]: unknown }) {
  return { ok: false, fault };
}

/** Longer than a proof that has all headers. Built once, for all stores. */
function longChain() {
  built ??= buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 4_000, () => bodyOf());
  return built;
}

let built: ReturnType<typeof buildChain> | undefined;
