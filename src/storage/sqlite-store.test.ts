import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, describe, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { bodyOf, buildChain, TEST_PARAMS } from '../../test/support/chain-fixture.ts';
import {
  growth,
  hashesOf,
  mixedBody,
  NO_CHANGE,
  pendingEntry,
  readAll,
  stateOf,
  switchTo,
} from '../../test/support/store-change.ts';
import { createGenesis } from '../core/genesis.ts';
import { createParams } from '../core/params.ts';
import { type ChainPoint, genesisPoint } from '../core/validation.ts';
import { testChainStore } from './chain-store.contract.ts';
import type { ChainStore } from './chain-store.ts';
import { checkStore } from './fsck.ts';
import { createMemoryStore } from './memory-store.ts';
import { openSqliteStore } from './sqlite-store.ts';

const root = mkdtempSync(join(tmpdir(), 'cairn-store-'));
after(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;
const newFolder = (): string => join(root, `${folders++}`);
const open = (folder: string): Promise<ChainStore> => openSqliteStore({ folder, params: TEST_PARAMS });

testChainStore(() => open(newFolder()));

describe('opening again', () => {
  test('whatever happened to it, the store does as its twin in memory', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { maxLength: 25 }), async (operations) => {
        const folder = newFolder();
        const twin = createMemoryStore(TEST_PARAMS);
        let store = await open(folder);
        let points: readonly ChainPoint[] = [genesisPoint(TEST_PARAMS)];
        for (const { type, depth, count, entries } of operations) {
          if (type === 'open again') {
            await store.close();
            store = await open(folder);
          } else if (type === 'wait') {
            const pendingAdded = entries.map(pendingEntry);
            assert.deepEqual(
              await store.commit({ ...NO_CHANGE, pendingAdded }),
              await twin.commit({ ...NO_CHANGE, pendingAdded }),
            );
          } else {
            const keptPoints = points.slice(0, Math.max(1, points.length - depth));
            const parent = keptPoints.at(-1) ?? genesisPoint(TEST_PARAMS);
            const chain = buildChain(TEST_PARAMS, parent, count, (height) => bodyOf(...entries, `${height % 3}`));
            const change = switchTo(parent.header.height, chain);
            assert.deepEqual(await store.commit(change), await twin.commit(change));
            points = [...keptPoints, ...chain.points];
          }
          assert.deepEqual(await stateOf(store), await stateOf(twin));
        }
        await store.close();
        const { problems } = await checkStore({ folder, params: TEST_PARAMS });
        assert.deepEqual(problems, []);
      }),
      { seed: 20261122, numRuns: 12 },
    );
  });

  test('the folder is private to its owner', async () => {
    const folder = newFolder();
    await (await open(folder)).close();
    assert.equal(statSync(folder).mode & 0o777, 0o700);
  });

  test('a store whose making was broken off is made anew', async () => {
    const folder = newFolder();
    mkdirSync(folder);
    edit(folder, 'PRAGMA journal_mode = WAL');
    const store = await open(folder);
    assert.equal((await store.chainJson()).length, 1);
    await store.close();
  });
});

describe('a switch of branches while entries are looked up', () => {
  test('takes the places that are no longer on the active chain out of the answer', async () => {
    const store = await open(newFolder());
    const main = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 5, () => bodyOf('"a"'));
    const side = buildChain(TEST_PARAMS, main.points[0] ?? assert.fail(), 1, () => bodyOf('"b"'));
    await store.commit(growth(main));
    const lookUp = store.entryPlaces(pendingEntry('"a"').id, 10);
    for (let turn = 0; turn < 2; turn++) await nextTurn();
    await store.commit(switchTo(1, side));
    assert.deepEqual(
      (await lookUp).places.map(({ height }) => height),
      [1],
    );
    await store.close();
  });
});

describe('a store that is closed', () => {
  test('ends the reading that is under way, and may be closed again', async () => {
    const store = await open(newFolder());
    const chain = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 600, mixedBody);
    await store.commit(growth(chain));
    const { chunks } = await store.chainJson();
    const reading = (async () => {
      for await (const _chunk of chunks()) await store.close();
    })();
    await assert.rejects(reading, { code: 'store-closed' });
    await store.close();
  });
});

describe('a folder that cannot be made', () => {
  test('is said to be so, be it below a file or where the system takes no folders', async () => {
    const folder = newFolder();
    mkdirSync(folder);
    writeFileSync(join(folder, 'file'), '');
    // Node's own recursive mkdir goes on for ever below /proc.
    const impossible = [join(folder, 'file'), join(folder, 'file', 'a', 'b'), '/proc/no-such-place/a'];
    // A mistake of who names it, and no failure of the disk.
    for (const path of impossible) await assert.rejects(open(path), { code: 'store-unwritable' }, path);
  });
});

describe('a folder that is not ours to open', () => {
  test('is refused while this very process has it', async () => {
    const folder = newFolder();
    const store = await open(folder);
    await assert.rejects(open(folder), { code: 'store-in-use' });
    await store.close();
  });

  test('is refused by another network, with both named', async () => {
    const folder = newFolder();
    await (await open(folder)).close();
    const params = createParams({ name: 'other', targetLimit: 0x207fffff });
    await assert.rejects(openSqliteStore({ folder, params }), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'store-network-other');
      for (const word of ['test', 'other', createGenesis(TEST_PARAMS).hash, createGenesis(params).hash]) {
        assert.ok(error.message.includes(word), word);
      }
      return true;
    });
    await (await open(folder)).close();
  });

  for (const { name, code, write } of [
    { name: 'a newer format', code: 'store-format-unknown', write: newerFormat },
    { name: "another program's database", code: 'store-format-unknown', write: otherDatabase },
    { name: 'a file that is no database', code: 'store-damaged', write: noDatabase },
  ]) {
    test(`is refused untouched where it holds ${name}`, async () => {
      const folder = newFolder();
      await write(folder);
      const before = readFileSync(join(folder, 'chain.sqlite'));
      await assert.rejects(open(folder), { code });
      assert.deepEqual(readFileSync(join(folder, 'chain.sqlite')), before);
    });
  }
});

describe('a newer store that a crash has left open', () => {
  test('is refused with its log untouched', async () => {
    const [folder, copy] = [newFolder(), newFolder()];
    const store = await open(folder);
    await store.commit(growth(buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 3, mixedBody)));
    cpSync(folder, copy, { recursive: true });
    await store.close();
    const names = ['chain.sqlite', 'chain.sqlite-wal'];
    const file = readFileSync(join(copy, 'chain.sqlite'));
    // The user version (https://www.sqlite.org/fileformat2.html §1.3).
    file.writeUInt32BE(3, 60);
    writeFileSync(join(copy, 'chain.sqlite'), file);
    const before = names.map((name) => readFileSync(join(copy, name)));
    await assert.rejects(open(copy), { code: 'store-format-unknown' });
    assert.deepEqual(
      names.map((name) => readFileSync(join(copy, name))),
      before,
    );
  });
});

describe('a file whose beginning was torn while the log was moved into it', () => {
  test('is made whole from the log, and refused where there is none', async () => {
    const [folder, copy, bare] = [newFolder(), newFolder(), newFolder()];
    const store = await open(folder);
    // Large enough that the file grows, which its first page says.
    const large = () => bodyOf(JSON.stringify('x'.repeat(60_000)));
    await store.commit(growth(buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 3, large)));
    cpSync(folder, copy, { recursive: true });
    await store.close();
    const path = join(copy, 'chain.sqlite');
    const file = readFileSync(path);
    writeFileSync(path, file.fill(0xaa, 0, 512));
    cpSync(copy, bare, { recursive: true });
    rmSync(join(bare, 'chain.sqlite-wal'));
    const whole = await open(copy);
    assert.equal((await readAll(whole)).length, 4);
    await whole.close();
    await assert.rejects(open(bare), { code: 'store-damaged', message: /is no database/ });
    assert.deepEqual(readFileSync(join(bare, 'chain.sqlite')), file);
  });
});

describe('damage on the disk', () => {
  const chain = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 6, mixedBody);

  for (const { part, column, byte } of [
    { part: 'body', column: 'body', byte: 3 },
    { part: 'header', column: 'header', byte: 80 },
    { part: 'work', column: 'work', byte: 31 },
  ]) {
    test(`one bit of a ${part} is noticed when the block is read, and the block stored again mends it`, async () => {
      const folder = newFolder();
      const store = await open(folder);
      await store.commit(growth(chain));
      await store.close();
      flipBit(folder, { column, id: 4, byte });
      const damaged = await open(folder);
      const hash = hashesOf(chain)[2] ?? assert.fail();
      const noticed = { code: 'block-damaged', block: { hash, height: 3 } };
      await assert.rejects(damaged.blockAt(3), noticed);
      await assert.rejects(damaged.blockByHash(hash), noticed);
      await assert.rejects(readAll(damaged), noticed);
      const part = { blocksMax: 9, bytesMax: 1_000_000 };
      await assert.rejects(damaged.chainPartJson(3, part), noticed);
      const before: readonly unknown[] = JSON.parse(Buffer.from(await damaged.chainPartJson(1, part)).toString());
      assert.equal(before.length, 2);
      assert.ok(await damaged.blockAt(4));
      await damaged.commit({ ...NO_CHANGE, blocks: growth(chain).blocks });
      assert.equal((await damaged.blockAt(3))?.block.hash, hash);
      await readAll(damaged);
      await damaged.close();
    });
  }

  test('one bit of the header of a side block is noticed', async () => {
    const folder = newFolder();
    const store = await open(folder);
    const side = buildChain(TEST_PARAMS, genesisPoint(TEST_PARAMS), 1, () => bodyOf('"side"'));
    await store.commit(growth(chain));
    await store.commit({ ...NO_CHANGE, blocks: growth(side).blocks });
    await store.close();
    flipBit(folder, { column: 'header', id: 8, byte: 117 });
    const damaged = await open(folder);
    const [hash] = hashesOf(side);
    await assert.rejects(damaged.blockByHash(hash ?? assert.fail()), {
      code: 'block-damaged',
      block: { hash, height: undefined },
    });
    await damaged.close();
  });

  test('blocks whose hashes begin alike are told apart', async () => {
    const folder = newFolder();
    const store = await open(folder);
    await store.commit(growth(chain));
    await store.close();
    edit(folder, 'UPDATE new_hashes SET key = (SELECT key FROM new_hashes WHERE block = 4)');
    const alike = await open(folder);
    const hash = hashesOf(chain)[2] ?? assert.fail();
    assert.equal((await alike.blockByHash(hash))?.block.hash, hash);
    await alike.close();
  });

  test('a height that points to another block is noticed', async () => {
    const folder = newFolder();
    const store = await open(folder);
    await store.commit(growth(chain));
    await store.close();
    edit(folder, 'UPDATE chain SET block = (SELECT block FROM chain WHERE height = 4) WHERE height = 3');
    const damaged = await open(folder);
    await assert.rejects(damaged.blockAt(3), { code: 'block-damaged' });
    await assert.rejects(damaged.headersAfter([], 10), { code: 'block-damaged' });
    await damaged.close();
  });

  for (const { name, sql } of [
    { name: 'no block at the tip', sql: 'DELETE FROM blocks WHERE id = (SELECT max(id) FROM blocks)' },
    {
      name: 'a history that is too short',
      sql: 'DELETE FROM history WHERE position = (SELECT max(position) FROM history)',
    },
    { name: 'a peak that is wrong', sql: 'UPDATE history SET hash = zeroblob(32) WHERE position = 9' },
    { name: 'no network', sql: 'DELETE FROM meta' },
  ]) {
    test(`a store with ${name} does not open`, async () => {
      const folder = newFolder();
      const store = await open(folder);
      await store.commit(growth(chain));
      await store.close();
      edit(folder, sql);
      await assert.rejects(open(folder), (error: Error & { code?: string }) => /damaged$/.test(error.code ?? ''));
    });
  }

  test('a log cut off anywhere leaves the store at a commit', async () => {
    const folder = newFolder();
    const store = await open(folder);
    for (const [i] of chain.blocks.entries()) {
      await store.commit(growth({ blocks: chain.blocks.slice(i, i + 1), points: chain.points.slice(i, i + 1) }));
    }
    // As a crash leaves it: the file and its log, copied under the open store.
    const file = readFileSync(join(folder, 'chain.sqlite'));
    const log = readFileSync(join(folder, 'chain.sqlite-wal'));
    await store.close();
    const heights = new Set<number>();
    for (let cut = 0; cut <= 40; cut++) {
      const copy = newFolder();
      mkdirSync(copy);
      writeFileSync(join(copy, 'chain.sqlite'), file);
      writeFileSync(join(copy, 'chain.sqlite-wal'), log.subarray(0, Math.floor((log.length * cut) / 40)));
      const torn = await open(copy);
      const { tip, length } = await torn.chainJson();
      assert.equal(tip, [createGenesis(TEST_PARAMS).hash, ...hashesOf(chain)][length - 1]);
      await readAll(torn);
      await torn.close();
      heights.add(length - 1);
    }
    assert.ok(heights.has(0) && heights.has(3) && heights.has(6), 'the cuts hit different commits');
  });
});

const operation = fc.record({
  type: fc.constantFrom('open again', 'wait', 'switch', 'switch', 'switch'),
  depth: fc.nat({ max: 4 }),
  count: fc.integer({ min: 0, max: 6 }),
  entries: fc.array(fc.constantFrom('"a"', '"b"', '"c"', '1', '{"d":[]}'), { maxLength: 4 }),
});

/** Runs SQL on the file of a closed store. */
function edit(folder: string, sql: string): void {
  const database = new DatabaseSync(join(folder, 'chain.sqlite'));
  database.exec(sql);
  database.close();
}

/** Flips the lowest bit of a byte in a column of a block; ids count from 1 in the order in which blocks were stored. */
function flipBit(folder: string, place: { column: string; id: number; byte: number }): void {
  const database = new DatabaseSync(join(folder, 'chain.sqlite'));
  const where = `WHERE id = ${place.id}`;
  const bytes = database.prepare(`SELECT ${place.column} AS bytes FROM blocks ${where}`).get()?.['bytes'];
  assert.ok(bytes instanceof Uint8Array);
  bytes[place.byte] = (bytes[place.byte] ?? 0) ^ 1;
  database.prepare(`UPDATE blocks SET ${place.column} = ? ${where}`).run(bytes);
  database.close();
}

async function newerFormat(folder: string): Promise<void> {
  await (await open(folder)).close();
  edit(folder, 'PRAGMA user_version = 3');
}

async function otherDatabase(folder: string): Promise<void> {
  mkdirSync(folder);
  edit(folder, 'CREATE TABLE notes (text TEXT)');
}

async function noDatabase(folder: string): Promise<void> {
  mkdirSync(folder);
  writeFileSync(join(folder, 'chain.sqlite'), 'Dear diary, '.repeat(20));
}
