/** That a store does not hand out a proof that its damaged disk has made false: who gives one is taken for a liar. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { bodyOf, buildChain, TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { growth, lastPoint, pendingEntry } from '../../test/support/store-change.ts';
import { historyNodeCount } from '../core/history.ts';
import { genesisPoint } from '../core/validation.ts';
import type { ChainStore } from './chain-store.ts';
import { openSqliteStore } from './sqlite-store.ts';

const CHAIN = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 2_600, (height) => bodyOf(`${height}`));
const TIP = lastPoint(CHAIN).hash;

const folder = mkdtempSync(join(tmpdir(), 'cairn-proofs-'));
after(() => rmSync(folder, { recursive: true, force: true }));

test('where nodes of the history are damaged, a proof that needs one is an error, and others are made', async () => {
  const first = await open();
  await first.commit(growth(CHAIN));
  await first.close();
  damageNodes(1_024);
  const store = await open();
  try {
    const { id } = pendingEntry('503');
    while ((await store.entryPlaces(id, 1)).indexedTo < CHAIN.blocks.length) await nextTurn();
    const damaged = { code: 'store-damaged', message: /history root of height 2600/ };
    await assert.rejects(store.chainProof(), damaged);
    await assert.rejects(store.headerProof({ tip: TIP, heights: [1_500] }), damaged);
    await assert.rejects(store.entryProof({ tip: TIP, id }), damaged);
    assert.ok((await store.headerProof({ tip: TIP, heights: [2_590] })).ok);
    assert.ok((await store.entryProof({ tip: TIP, id: pendingEntry('2590').id })).ok);
  } finally {
    await store.close();
  }
});

function open(): Promise<ChainStore> {
  return openSqliteStore({ folder, params: TEST_PARAMS });
}

/** Puts zeros into all nodes over the first headers but the leaves, which are looked at whenever a header is read. */
function damageNodes(headerCount: number): void {
  const leaves = new Set(Array.from({ length: headerCount }, (_, height) => historyNodeCount(height)));
  const database = new DatabaseSync(join(folder, 'chain.sqlite'));
  const damage = database.prepare('UPDATE history SET hash = zeroblob(32) WHERE position = ?');
  database.exec('BEGIN');
  for (let position = 0; position < historyNodeCount(headerCount); position++) {
    if (!leaves.has(position)) damage.run(position);
  }
  database.exec('COMMIT');
  database.close();
}
