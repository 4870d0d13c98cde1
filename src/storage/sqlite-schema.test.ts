import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { openDatabase } from './sqlite-schema.ts';

/** `FULL` in the table of https://sqlite.org/pragma.html#pragma_synchronous. */
const FULL = 2;

for (const [claim, create] of [
  ['a new store flushes the disk at every commit', true],
  ['and so does one that is opened again', false],
] as const) {
  test(`${claim}: a killed process cannot show it, a lost power supply would`, (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'cairn-schema-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    let database = openDatabase({ folder, params: TEST_PARAMS, create: true });
    if (!create) {
      database.close();
      database = openDatabase({ folder, params: TEST_PARAMS, create: false });
    }
    t.after(() => database.close());
    assert.equal(database.integer('PRAGMA synchronous'), FULL);
  });
}
