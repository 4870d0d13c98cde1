import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, describe, test } from 'node:test';
import { TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { signedEntry } from '../../test/support/signers.ts';
import { ALL_PENDING, NO_CHANGE, pendingEntry } from '../../test/support/store-change.ts';
import type { StoredChain } from './chain-store.ts';
import { openThreadedStore } from './threaded-store.ts';

const root = mkdtempSync(join(tmpdir(), 'cairn-judge-'));
after(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;

const signed = Buffer.from(signedEntry('{"a":1}', { params: TEST_PARAMS }).bytes).toString();
const GOOD = ['1', '{"proof":"of nothing"}', signed, '"DataIntegrityProof"'].map(pendingEntry);
const CHANGED = pendingEntry(signed.replace('"a":1', '"a":2'));
const HALF = pendingEntry('{"proof":{"type":"DataIntegrityProof"}}');

describe('what waits in a folder', () => {
  test('that is older than a rule is judged by it, once, and nothing else is lost', async () => {
    const folder = await folderWith([CHANGED, ...GOOD.slice(0, 2), HALF, ...GOOD.slice(2)]);
    forgetMark(folder);
    const { pending, broken } = await loaded(folder);
    assert.deepEqual(
      pending.entries.map(({ id }) => id),
      GOOD.map(({ id }) => id),
    );
    assert.deepEqual(broken, [
      { id: CHANGED.id, code: 'proof-signature-wrong' },
      { id: HALF.id, code: 'proof-member-invalid' },
    ]);
    const again = await loaded(folder);
    assert.deepEqual([again.pending.entries.length, again.broken], [GOOD.length, []]);
  });

  test('that was written by these rules was judged when it came', async () => {
    const { pending, broken } = await loaded(await folderWith([CHANGED]));
    assert.deepEqual([pending.entries.length, broken], [1, []]);
  });
});

async function folderWith(pendingAdded: readonly ReturnType<typeof pendingEntry>[]): Promise<string> {
  const folder = join(root, `${folders++}`);
  const store = await open(folder);
  await store.commit({ ...NO_CHANGE, pendingAdded });
  await store.close();
  return folder;
}

/** As if the folder were of a version that knew no rules for entries. */
function forgetMark(folder: string): void {
  const database = new DatabaseSync(join(folder, 'chain.sqlite'));
  database.exec("DELETE FROM meta WHERE key = 'entry_rules'");
  database.close();
}

async function loaded(folder: string): Promise<StoredChain> {
  const store = await open(folder);
  try {
    return await store.load({ windowLength: 1, milestoneInterval: 1, pending: ALL_PENDING });
  } finally {
    await store.close();
  }
}

function open(folder: string) {
  return openThreadedStore({ folder, params: TEST_PARAMS, onFailure: (error) => assert.fail(error) });
}
