import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { atEnd } from '../../test/support/lifetime.ts';
import { DiskGauge, type DiskUsage, readUsage } from './disk-gauge.ts';

test('what is taken is the size of the files in the folder, and not below it', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'cairn-disk-'));
  atEnd(t, () => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'chain.sqlite'), new Uint8Array(70_000));
  await writeFile(join(folder, 'chain.sqlite-wal'), new Uint8Array(1_234));
  await mkdir(join(folder, 'aside'));
  await writeFile(join(folder, 'aside', 'chain.sqlite'), new Uint8Array(9_999));
  const { storeBytes, freeBytes } = await readUsage(folder);
  assert.equal(storeBytes, 71_234);
  // Others write to this disk meanwhile, but never as much as it holds.
  const { blocks, bsize } = await statfs(folder);
  assert(freeBytes > 0 && freeBytes < blocks * bsize && freeBytes % bsize === 0, `${freeBytes}`);
});

test('it is looked every five seconds, though not while a look takes longer, and told without one', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const looks: PromiseWithResolvers<DiskUsage>[] = [];
  const gauge = new DiskGauge(() => {
    const look = Promise.withResolvers<DiskUsage>();
    looks.push(look);
    return look.promise;
  });
  atEnd(t, async () => gauge.stop());
  /** What is told, once all has come to pass that follows from what was answered. */
  const told = async (): Promise<DiskUsage | undefined> => {
    await new Promise(setImmediate);
    return gauge.usage;
  };
  assert.deepEqual([await told(), looks.length], [undefined, 1]);
  looks[0]?.resolve({ freeBytes: 7, storeBytes: 1 });
  assert.deepEqual(await told(), { freeBytes: 7, storeBytes: 1 });
  t.mock.timers.tick(4_999);
  assert.equal(looks.length, 1);
  t.mock.timers.tick(1);
  t.mock.timers.tick(5_000);
  assert.equal(looks.length, 2);
  looks[1]?.resolve({ freeBytes: 6, storeBytes: 2 });
  assert.deepEqual(await told(), { freeBytes: 6, storeBytes: 2 });
  t.mock.timers.tick(5_000);
  looks[2]?.reject(new Error('the disk does not say'));
  assert.deepEqual([await told(), looks.length], [undefined, 3]);
  gauge.stop();
  t.mock.timers.tick(5_000);
  assert.equal(looks.length, 3);
});
