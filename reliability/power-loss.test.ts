/** That nothing sure is lost with the power, and that it would be noticed. */
import assert from 'node:assert/strict';
import { existsSync, rmSync } from 'node:fs';
import { test } from 'node:test';
import { assertPresent } from '../src/core/assert.ts';
import { Random } from '../src/simulator/random.ts';
import type { DiskOperation } from './power-loss/disk-operation.ts';
import { FallibleDisk } from './power-loss/fallible-disk.ts';
import { canRecord, record } from './power-loss/recording.ts';
import { readSystemCalls } from './power-loss/system-calls.ts';
import { WORKLOADS } from './power-loss/workload.ts';
import { losePower } from './power-loss.ts';

const skip = canRecord() ? false : 'this machine lets no process be watched with strace';

for (const workload of WORKLOADS) {
  test(`power that goes at any moment of ${workload.name} takes nothing that was sure`, { skip }, async () => {
    const recording = await record(workload);
    const wrong = await losePower(recording, workload.name === 'commits' ? 30 : 10, new Random(workload.name));
    assert.deepEqual(wrong, []);
  });
}

test('a store that did not wait for its disk would lose something, and be found out', { skip }, async (t) => {
  const commits = assertPresent(WORKLOADS[0], 'there are workloads');
  const { image, operations } = await record(commits);
  const hasty = operations.filter(({ type }, i) => type !== 'sync' || operations[i + 1]?.type !== 'say');
  assert.ok(hasty.length < operations.length - 50, 'what is acknowledged is synced right before');
  const wrong = await losePower({ image, operations: hasty }, 20, new Random('hasty'));
  t.after(() => {
    for (const line of wrong) {
      const [, folder] = /\(kept in (.*)\)$/.exec(line) ?? [];
      if (folder !== undefined && existsSync(folder)) rmSync(folder, { recursive: true });
    }
  });
  assert.ok(wrong.length > 5, wrong.join('\n'));
  assert.match(wrong[0] ?? '', /it holds .*; sure was /);
});

test('what was synced is always there, and of everything else every part may be or not', () => {
  const old = Buffer.alloc(2_048, 'o');
  const disk = new FallibleDisk(new Map([['a', old]]));
  const operations: readonly DiskOperation[] = [
    { type: 'write', file: 0, offset: 0, bytes: Buffer.alloc(512, 's') },
    { type: 'sync', file: 0 },
    { type: 'write', file: 0, offset: 600, bytes: Buffer.alloc(1_000, 'n') },
    { type: 'create', path: 'b', file: 1 },
    { type: 'write', file: 1, offset: 0, bytes: Buffer.from('new') },
    { type: 'sync', file: 1 },
  ];
  for (const operation of operations) disk.apply(operation);
  const random = new Random('losses');
  const left = Array.from({ length: 500 }, () => disk.afterPowerLoss(random));
  const kinds = new Set<string>();
  for (const image of left) {
    const bytes = Buffer.from(image.get('a') ?? []);
    assert.equal(bytes.toString('latin1', 0, 600), 's'.repeat(512) + 'o'.repeat(88), 'synced, and what nobody touched');
    assert.equal(bytes.toString('latin1', 1_600), 'o'.repeat(448));
    const sectors = [bytes.subarray(600, 1_024), bytes.subarray(1_024, 1_536), bytes.subarray(1_536, 1_600)];
    kinds.add(sectors.map((sector) => kindOf(sector)).join(''));
    assert.ok(!image.has('b') || Buffer.from(image.get('b') ?? []).toString() === 'new');
  }
  for (const kind of ['nnn', 'ooo', 'noo', 'ono', 'oon', 'non']) assert.ok(kinds.has(kind), kind);
  assert.ok(
    [...kinds].some((kind) => kind.includes('?')),
    'torn ones, too',
  );
  const names = new Set(left.map((image) => [...image.keys()].join()));
  assert.deepEqual([...names].sort(), ['a', 'a,b'], 'a name is sure once its folder is synced');
  disk.apply({ type: 'sync-names', folder: '' });
  assert.ok(disk.afterPowerLoss(random).has('b'));
});

test('system calls are read as they were made, also where another thread interrupts them', () => {
  const hex = (text: string) =>
    `"${[...Buffer.from(text)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')}"`;
  const trace = [
    `7 openat(AT_FDCWD, ${hex('/elsewhere/file')}, O_RDWR|O_CREAT, 0644) = 3`,
    `7 pwrite64(3, ${hex('none of ours')}, 12, 0) = 12`,
    `7 openat(AT_FDCWD, ${hex('/root/old')}, O_RDWR|O_CLOEXEC) = 4`,
    `7 openat(AT_FDCWD, ${hex('/root/new')}, O_RDWR|O_CREAT, 0644) = 5`,
    `7 openat(AT_FDCWD, ${hex('/root/missing')}, O_RDONLY) = -1 ENOENT (No such file or directory)`,
    `7 pwrite64(4, ${hex('hello')}, 5, 100 <unfinished ...>`,
    `8 write(1, ${hex('said')}, 4) = 4`,
    '7 <... pwrite64 resumed>) = 3',
    '7 fsync(4)                         = 0',
    '7 ftruncate(5, 73728)              = 0',
    '7 close(5)                         = 0',
    `7 rename(${hex('/root/new')}, ${hex('/root/renamed')}) = 0`,
    `7 unlink(${hex('/root/old')}) = 0`,
    `7 openat(AT_FDCWD, ${hex('/root')}, O_RDONLY) = 6`,
    '7 fsync(6)                         = 0',
  ].join('\n');
  const operations = readSystemCalls(trace, '/root', new Map([['old', new Uint8Array()]]));
  assert.deepEqual(operations, [
    { type: 'create', path: 'new', file: 1 },
    { type: 'say', text: 'said' },
    { type: 'write', file: 0, offset: 100, bytes: Buffer.from('hel') },
    { type: 'sync', file: 0 },
    { type: 'truncate', file: 1, sizeBytes: 73_728 },
    { type: 'rename', from: 'new', to: 'renamed' },
    { type: 'remove', path: 'old' },
    { type: 'sync-names', folder: '' },
  ]);
});

function kindOf(sector: Uint8Array): string {
  const [first] = sector;
  if (first === undefined || sector.some((byte) => byte !== first)) return '?';
  return first === 'n'.charCodeAt(0) ? 'n' : first === 'o'.charCodeAt(0) ? 'o' : '?';
}
