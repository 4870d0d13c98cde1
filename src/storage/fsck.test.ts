import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, describe, test } from 'node:test';
import { bodyOf, buildChain, TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import { growth, kept, mixedBody, NO_CHANGE, pendingEntry } from '../../test/support/store-change.ts';
import { createParams } from '../core/params.ts';
import { genesisPoint } from '../core/validation.ts';
import { checkStore } from './fsck.ts';
import type { FsckCode } from './fsck-problem.ts';
import { PROBLEMS_MAX } from './fsck-problem.ts';
import { rebuildStore } from './rebuild.ts';
import { openSqliteStore } from './sqlite-store.ts';

const root = mkdtempSync(join(tmpdir(), 'cairn-fsck-'));
after(() => rmSync(root, { recursive: true, force: true }));

/** 150 active blocks, a side branch of 2 from the genesis, and one pending entry. Tests damage copies of it. */
const whole = join(root, 'whole');
const main = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 150, mixedBody);
const side = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 2, () => bodyOf('"side"'));
const store = await openSqliteStore({ folder: whole, params: TEST_PARAMS });
await store.commit(growth(main));
await store.commit(kept(side));
await store.commit({ ...NO_CHANGE, pendingAdded: [pendingEntry('"waits"')] });
await store.close();
// So that the index reaches the tip.
await rebuildStore({ folder: whole, params: TEST_PARAMS });

describe('a whole store', () => {
  test('has no problems and is counted', async () => {
    const heights: number[] = [];
    const onProgress = (progress: { height: number; tipHeight: number }): void => {
      assert.equal(progress.tipHeight, 150);
      heights.push(progress.height);
    };
    const entryCount = main.blocks.reduce((sum, block) => sum + block.body.spans.length / 2, 0);
    assert.deepEqual(await checkStore({ folder: whole, params: TEST_PARAMS, onProgress }), {
      blockCount: 151,
      entryCount,
      sideBlockCount: 2,
      pendingCount: 1,
      validHeight: 150,
      problems: [],
      problemCount: 0,
    });
    assert.ok(heights.length > 1);
    assert.deepEqual(
      heights,
      heights.toSorted((a, b) => a - b),
    );
  });

  test('is not there: that is an error, and nothing is made', async () => {
    const folder = join(root, 'nowhere');
    await assert.rejects(checkStore({ folder, params: TEST_PARAMS }), { code: 'store-missing' });
    assert.throws(() => readFileSync(join(folder, 'chain.sqlite')), { code: 'ENOENT' });
  });

  test('of another network is an error', async () => {
    const params = createParams({ name: 'other' });
    await assert.rejects(checkStore({ folder: whole, params }), { code: 'store-network-other' });
  });
});

/** SQL that damages a store, and exactly what must be found: code and height of each problem. */
const DAMAGES: readonly {
  readonly name: string;
  readonly sql: string;
  readonly expected: readonly (readonly [FsckCode, number?])[];
  readonly validHeight: number;
}[] = [
  {
    name: 'a body that is another',
    sql: `UPDATE blocks SET body = CAST('["no"]' AS BLOB) WHERE ${atHeight(7)}`,
    expected: [['block-damaged', 7]],
    validHeight: 6,
  },
  {
    name: 'a body that is not canonical',
    sql: `UPDATE blocks SET body = CAST('[ ]' AS BLOB) WHERE ${atHeight(8)}`,
    expected: [['block-damaged', 8]],
    validHeight: 7,
  },
  {
    name: 'a header of zeros',
    sql: `UPDATE blocks SET header = zeroblob(118) WHERE ${atHeight(9)}`,
    expected: [['block-damaged', 9]],
    validHeight: 8,
  },
  {
    name: 'a header that is too short, at the tip',
    sql: `UPDATE blocks SET header = zeroblob(7) WHERE ${atHeight(150)}`,
    expected: [['block-damaged', 150]],
    validHeight: 149,
  },
  {
    name: 'no row for a block',
    sql: `DELETE FROM blocks WHERE ${atHeight(20)}`,
    expected: [['block-damaged', 20], ['block-lost']],
    validHeight: 19,
  },
  {
    name: 'no block at a height',
    sql: 'DELETE FROM chain WHERE height = 20',
    expected: [['height-missing', 20]],
    validHeight: 19,
  },
  {
    name: 'a block far above all others',
    sql: 'INSERT INTO chain VALUES (1000000000000, 1, 1)',
    expected: [['history-wrong'], ['height-missing', 151], ['link-broken', 1_000_000_000_000]],
    validHeight: 150,
  },
  {
    name: 'no chain',
    sql: 'DELETE FROM chain; DELETE FROM history',
    expected: [['height-missing', 0]],
    validHeight: -1,
  },
  {
    name: 'a height that points to a side branch',
    sql: `UPDATE chain SET block = (SELECT max(id) - 1 FROM blocks) WHERE height = 1`,
    expected: [
      ['history-wrong', 1],
      ['json-end-wrong', 1],
      ['link-broken', 2],
      ...[3, 7, 15, 31, 63, 127].map((height) => ['history-wrong', height] as const),
      ['entry-index-wrong', 1],
    ],
    validHeight: 1,
  },
  {
    name: 'a work that is not the sum',
    sql: `UPDATE blocks SET work = zeroblob(32) WHERE ${atHeight(30)}`,
    expected: [['work-wrong', 30]],
    validHeight: 150,
  },
  {
    name: 'a work that is not the sum, on a side branch',
    sql: `UPDATE blocks SET work = zeroblob(32) WHERE id = (SELECT max(id) FROM blocks)`,
    expected: [['work-wrong', 2]],
    validHeight: 150,
  },
  {
    name: 'a side branch that lacks its parent',
    sql: 'DELETE FROM blocks WHERE id = (SELECT max(id) - 1 FROM blocks)',
    expected: [['block-lost', 2], ['block-lost']],
    validHeight: 150,
  },
  {
    name: 'a side block with another body',
    sql: `UPDATE blocks SET body = CAST('["no"]' AS BLOB) WHERE id = (SELECT max(id) FROM blocks)`,
    expected: [['block-damaged', 2]],
    validHeight: 150,
  },
  {
    name: 'a block under a wrong key',
    sql: `UPDATE hashes SET key = key + 1 WHERE block = (SELECT block FROM chain WHERE height = 31)`,
    expected: [['block-lost', 31]],
    validHeight: 150,
  },
  {
    name: 'a block that says another key',
    sql: `UPDATE blocks SET hash48 = hash48 + 1 WHERE ${atHeight(31)}`,
    expected: [['block-lost']],
    validHeight: 150,
  },
  {
    name: 'a key of a block that is not there',
    sql: 'INSERT INTO new_hashes VALUES (5, 1000)',
    expected: [['block-lost']],
    validHeight: 150,
  },
  {
    name: 'a key that stands in both tables',
    sql: 'INSERT INTO new_hashes SELECT * FROM hashes WHERE block = 30',
    expected: [['block-lost']],
    validHeight: 150,
  },
  {
    name: 'a key that is no number of ours',
    sql: 'UPDATE blocks SET hash48 = 9007199254740993 WHERE id = 30',
    expected: [['block-lost']],
    validHeight: 150,
  },
  {
    name: 'a digest of other bytes, on a side branch',
    sql: 'UPDATE blocks SET digest = zeroblob(32) WHERE id = (SELECT max(id) FROM blocks)',
    expected: [['digest-wrong', 2]],
    validHeight: 150,
  },
  {
    name: 'a digest of other bytes',
    sql: `UPDATE blocks SET digest = zeroblob(32) WHERE ${atHeight(32)}`,
    expected: [['digest-wrong', 32]],
    validHeight: 150,
  },
  {
    name: 'a body and its digest that are not those of the header',
    sql: `UPDATE blocks SET (body, digest) = (SELECT body, digest FROM blocks WHERE ${atHeight(34)}) WHERE ${atHeight(33)}`,
    expected: [['block-damaged', 33]],
    validHeight: 32,
  },
  {
    name: 'a wrong node of the history',
    sql: 'UPDATE history SET hash = zeroblob(32) WHERE position = 2',
    expected: [['history-wrong', 1]],
    validHeight: 150,
  },
  {
    name: 'a history that goes on too far',
    sql: 'INSERT INTO history VALUES (1000, zeroblob(32))',
    expected: [['history-wrong']],
    validHeight: 150,
  },
  {
    name: 'a wrong end of the JSON form',
    sql: 'UPDATE chain SET json_end = json_end + 1 WHERE height = 40',
    expected: [
      ['json-end-wrong', 40],
      ['json-end-wrong', 41],
    ],
    validHeight: 150,
  },
  {
    name: 'an index that lacks a block',
    sql: 'DELETE FROM entry_index WHERE rowid = 2',
    expected: [['entry-index-wrong', 2]],
    validHeight: 150,
  },
  {
    name: 'an index that has other entries',
    sql: `DELETE FROM entry_index WHERE rowid = 1; INSERT INTO entry_index (rowid, ids) VALUES (1, '0123456789ab')`,
    expected: [['entry-index-wrong', 1]],
    validHeight: 150,
  },
  {
    name: 'a pending entry with other bytes',
    sql: `UPDATE pending SET bytes = CAST('"no"' AS BLOB)`,
    expected: [['pending-damaged']],
    validHeight: 150,
  },
  {
    name: 'a key of a pending entry that is another',
    sql: 'UPDATE pending SET key = key + 1',
    expected: [['pending-key-wrong']],
    validHeight: 150,
  },
  {
    name: 'a key of a pending entry that is no number of ours',
    sql: 'UPDATE pending SET key = 9007199254740993',
    expected: [['pending-key-wrong']],
    validHeight: 150,
  },
  {
    name: 'a pending entry at a place that is no number of ours',
    sql: 'UPDATE pending SET seq = 9007199254740993',
    expected: [['pending-damaged']],
    validHeight: 150,
  },
  {
    name: 'a pending entry that waits twice',
    sql: 'INSERT INTO pending SELECT seq + 1, key, id, bytes FROM pending',
    expected: [['pending-damaged']],
    validHeight: 150,
  },
];

describe('a damaged store', () => {
  for (const [i, { name, sql, expected, validHeight }] of DAMAGES.entries()) {
    test(`with ${name} is found out`, async () => {
      const folder = copyOf(`damage-${i}`);
      edit(folder, sql);
      const report = await checkStore({ folder, params: TEST_PARAMS });
      const found = report.problems.map(({ code, height }) => (height === undefined ? [code] : [code, height]));
      assert.deepEqual(found, expected, JSON.stringify(report.problems, undefined, 1));
      assert.equal(report.problemCount, expected.length);
      assert.equal(report.validHeight, validHeight);
    });
  }

  test('with blocks that break a rule is found out, hash by hash though they agree', async () => {
    const params = createParams({ name: 'test', targetLimit: 0x207fffff });
    const folder = join(root, 'rule');
    const other = await openSqliteStore({ folder, params });
    // Two blocks whose history leaves out the first of them.
    const [first] = main.points;
    assert.ok(first);
    const forged = buildChain(params, { ...first, history: genesisPoint(params).history }, 1, mixedBody);
    await other.commit(growth({ blocks: main.blocks.slice(0, 1), points: [first] }));
    await other.commit(growth(forged));
    await other.close();
    const { problems, validHeight } = await checkStore({ folder, params });
    assert.deepEqual(
      problems.map(({ code, height }) => [code, height]),
      [['rule-broken', 2]],
    );
    assert.equal(validHeight, 1);
  });

  test('names the first problems and counts them all', async () => {
    const folder = copyOf('many');
    edit(folder, `UPDATE blocks SET body = CAST('0' AS BLOB)`);
    const { problems, problemCount } = await checkStore({ folder, params: TEST_PARAMS });
    assert.equal(problems.length, PROBLEMS_MAX);
    assert.equal(problemCount, 153);
  });

  test('with any of its pages overwritten is found out, unless the page is free', async () => {
    const bytes = readFileSync(join(whole, 'chain.sqlite'));
    // https://www.sqlite.org/fileformat2.html §1.3
    const pageBytes = bytes.readUInt16BE(16);
    const freeCount = bytes.readUInt32BE(36);
    const passed: number[] = [];
    for (let page = 1; page < bytes.length / pageBytes; page++) {
      const folder = copyOf(`page-${page}`);
      writeFileSync(
        join(folder, 'chain.sqlite'),
        Buffer.from(bytes).fill(0x5a, page * pageBytes, (page + 1) * pageBytes),
      );
      const { problemCount } = await checkStore({ folder, params: TEST_PARAMS });
      if (problemCount === 0) passed.push(page);
      rmSync(folder, { recursive: true });
    }
    assert.ok(passed.length <= freeCount, `pages ${passed} of ${bytes.length / pageBytes}, ${freeCount} free`);
  });

  test('that is cut short is found out', async () => {
    const folder = copyOf('short');
    const bytes = readFileSync(join(folder, 'chain.sqlite'));
    writeFileSync(join(folder, 'chain.sqlite'), bytes.subarray(0, bytes.length / 2));
    const { problemCount, problems } = await checkStore({ folder, params: TEST_PARAMS });
    assert.ok(problemCount > 0);
    assert.equal(problems[0]?.code, 'database-damaged');
  });
});

describe('rebuilding', () => {
  const derived = DAMAGES.filter(({ expected }) =>
    expected.every(([code]) => !['block-damaged', 'height-missing', 'link-broken', 'pending-damaged'].includes(code)),
  ).filter(({ name }) => !name.includes('lacks its parent'));

  for (const [i, { name, sql }] of derived.entries()) {
    test(`mends ${name}, row by row`, async () => {
      const folder = copyOf(`rebuild-${i}`);
      edit(folder, sql);
      await rebuildStore({ folder, params: TEST_PARAMS });
      assert.deepEqual((await checkStore({ folder, params: TEST_PARAMS })).problems, []);
      assert.deepEqual(rowsOf(folder), rowsOf(whole));
    });
  }

  for (const { name, sql } of DAMAGES.filter(({ expected }) => expected[0]?.[0] === 'block-damaged').slice(0, 3)) {
    test(`changes nothing where there is ${name}`, async () => {
      const folder = copyOf(`no-rebuild-${name}`);
      edit(folder, sql);
      const before = rowsOf(folder);
      await assert.rejects(rebuildStore({ folder, params: TEST_PARAMS }), { code: 'block-damaged' });
      assert.deepEqual(rowsOf(folder), before);
    });
  }
});

/** Every row of every table that is not the index's own. */
function rowsOf(folder: string): unknown {
  const database = new DatabaseSync(join(folder, 'chain.sqlite'));
  const tables = ['meta', 'blocks', 'hashes', 'new_hashes', 'chain', 'history', 'pending'];
  const rows = tables.map((table) => database.prepare(`SELECT * FROM ${table} ORDER BY 1`).all());
  database.close();
  return rows;
}

function copyOf(name: string): string {
  const folder = join(root, name);
  cpSync(whole, folder, { recursive: true });
  return folder;
}

function edit(folder: string, sql: string): void {
  const database = new DatabaseSync(join(folder, sql.includes('entry_index') ? 'index.sqlite' : 'chain.sqlite'));
  database.exec(sql);
  database.close();
}

/** The condition on `blocks` for the active block at `height`. */
function atHeight(height: number): string {
  return `id = (SELECT block FROM chain WHERE height = ${height})`;
}
