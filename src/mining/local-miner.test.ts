import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { TARGET_MAX } from '../core/target.ts';
import { createLocalMiner } from './local-miner.ts';
import { MinerBench } from './miner-bench.fixture.ts';
import { jobOf } from './mining-job.fixture.ts';

const EASY = TARGET_MAX >> 12n;
const OPTIONS = {
  kernel: 'node-crypto',
  share: { threads: 1, dutyCycle: 1 },
  isThorough: false,
  refused: [],
} as const;

test('a kernel that is asked for and cannot be used ends mining with the reason', async (t) => {
  const refused = [
    { kernel: 'node-crypto', outcome: 'refused', code: 'crashed', reason: 'it ended the process' },
  ] as const;
  const bench = new MinerBench(t, (reports) =>
    createLocalMiner({ ...reports, ...OPTIONS, refused, beforeTrial: () => Promise.resolve() }),
  );
  const { cause } = await bench.failed;
  assert.match(String(cause), /no kernel can be used here \(node-crypto: it ended the process\); ask for another one/);
});

for (const moment of ['is about to see a kernel tried', 'hears of its choice'] as const) {
  test(`a miner that is closed by who ${moment} leaves no thread behind`, async (t) => {
    const workers: Worker[] = [];
    const note = (worker: Worker) => workers.push(worker);
    process.on('worker', note);
    t.after(() => process.off('worker', note));
    const closed = Promise.withResolvers<void>();
    const closeAt = (now: typeof moment) => {
      if (now === moment) closed.resolve(miner.close());
    };
    const miner = createLocalMiner({
      ...OPTIONS,
      beforeTrial: async () => {
        await setImmediate();
        closeAt('is about to see a kernel tried');
      },
      onEvent: () => closeAt('hears of its choice'),
      onFailure: (error) => {
        throw error;
      },
    });
    await closed.promise;
    // Time enough for what goes on after a trial.
    for (let turn = 0; turn < 10; turn++) await setImmediate();
    assert.equal(workers.length, moment === 'hears of its choice' ? 1 : 0);
    assert.ok(workers.every(({ threadId }) => threadId === -1));
  });
}

test('what was cancelled before there was a choice is not mined after it', async (t) => {
  const start = () =>
    new MinerBench(t, (reports) => createLocalMiner({ ...reports, ...OPTIONS, beforeTrial: () => Promise.resolve() }));
  const bench = start();
  bench.miner.mine(jobOf(1, TARGET_MAX));
  bench.miner.cancel();
  await bench.next('kernel-chosen');
  // By the time that another miner has found something, this one would have long ago.
  const other = start();
  other.miner.mine(jobOf(2, EASY));
  await other.nextNonce();
  assert.deepEqual(bench.jobIds, []);
  bench.miner.mine(jobOf(3, EASY));
  await bench.nextNonce();
  assert.deepEqual(bench.jobIds, [3]);
});
