import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Hash } from '../core/hash.ts';
import { DEFAULT_PARAMS } from '../core/params.ts';
import { genesisPoint } from '../core/validation.ts';
import { ReorganisationLog } from './reorganisation-log.ts';
import type { RuntimeEvent } from './runtime.ts';

const NOW_MS = 1_767_225_600_000;

test('a chain that grows is no reorganisation', () => {
  const log = new ReorganisationLog(() => NOW_MS);
  log.told(added(1));
  log.told({ type: 'entry-pending', id: hashOf(2) });
  assert.deepEqual(log.entries, []);
});

test('a reorganisation is what leaves and what joins in one go, and nothing that comes later', async () => {
  const log = new ReorganisationLog(() => NOW_MS);
  for (const event of [removed(9, 109), removed(8, 108), added(208), added(209), added(210)]) log.told(event);
  await undefined;
  log.told(added(211));
  assert.deepEqual(log.entries, [
    {
      at: '2026-01-01T00:00:00Z',
      fork_height: 7,
      removed_count: 2,
      removed: [hashOf(109), hashOf(108)],
      added_count: 3,
      added: [hashOf(208), hashOf(209), hashOf(210)],
    },
  ]);
});

test('the latest reorganisations are remembered, and of a deep one the first hashes', async () => {
  const log = new ReorganisationLog(() => NOW_MS);
  for (let round = 0; round < 70; round++) {
    for (let i = 0; i < 100; i++) log.told(removed(1_000 + round - i, i));
    for (let i = 0; i < 101; i++) log.told(added(i));
    await undefined;
  }
  assert.equal(log.entries.length, 64);
  const [latest] = log.entries;
  assert.deepEqual([latest?.fork_height, latest?.removed_count, latest?.added_count], [969, 100, 101]);
  assert.deepEqual([latest?.removed.length, latest?.added.length], [32, 32]);
});

function hashOf(value: number): Hash {
  return value.toString(16).padStart(64, '0') as Hash;
}

function removed(height: number, value: number): RuntimeEvent {
  return { type: 'block-removed', height, hash: hashOf(value) };
}

function added(value: number): RuntimeEvent {
  return { type: 'block-added', hash: hashOf(value), header: genesisPoint(DEFAULT_PARAMS).header, entries: 1 };
}
