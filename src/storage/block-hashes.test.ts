import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type Hash, hashBytes } from '../core/hash.ts';
import { BLOCK_HASH_TABLES, BlockHashes } from './block-hashes.ts';
import { Database } from './sqlite-database.ts';

const root = mkdtempSync(join(tmpdir(), 'cairn-hashes-'));
const database = new Database(join(root, 'hashes.sqlite'));
after(() => {
  database.close();
  rmSync(root, { recursive: true, force: true });
});
database.exec(BLOCK_HASH_TABLES);
const hashOf = (block: number): Hash => hashBytes(Buffer.from(`${block}`));
const rowsOf = (table: string): number => database.integer(`SELECT count(*) FROM ${table}`);

test('hashes are found while they stand in the small table, once they are merged, and by whoever opens the store again', () => {
  const hashes = new BlockHashes(database);
  database.transaction(() => {
    for (let block = 0; block < 32_767; block++) hashes.add(hashOf(block), block);
  });
  assert.deepEqual([rowsOf('new_hashes'), rowsOf('hashes')], [32_767, 0]);
  assert.throws(
    () =>
      database.transaction(() => {
        for (let block = 32_767; block < 32_800; block++) hashes.add(hashOf(block), block);
        throw new Error('rolled back');
      }),
    /rolled back/,
  );
  hashes.discard();
  assert.deepEqual([rowsOf('new_hashes'), rowsOf('hashes')], [32_767, 0]);
  const again = new BlockHashes(database);
  database.transaction(() => {
    for (let block = 32_767; block < 32_800; block++) again.add(hashOf(block), block);
  });
  assert.deepEqual([rowsOf('new_hashes'), rowsOf('hashes')], [32, 32_768]);
  for (let block = 0; block < 32_800; block += 7) assert.deepEqual(again.candidates(hashOf(block)), [block]);
  assert.deepEqual(again.candidates(hashOf(40_000)), []);
});

test('of hashes that begin alike all blocks are named, wherever they stand', () => {
  const hashes = new BlockHashes(database);
  const alike = (last: string): Hash => `${hashOf(1).slice(0, 12)}${last.repeat(52)}` as Hash;
  database.transaction(() => {
    hashes.add(alike('a'), 50_001);
    hashes.add(alike('b'), 50_002);
  });
  assert.deepEqual(
    hashes.candidates(alike('c')).toSorted((a, b) => a - b),
    [1, 50_001, 50_002],
  );
});
