import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { constants, getPriority } from 'node:os';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import type { Worker } from 'node:worker_threads';
import { AssertionError } from '../core/assert.ts';
import { NONCE_MAX } from '../core/header.ts';
import { TARGET_MAX } from '../core/target.ts';
import type { MiningJob } from './miner.ts';
import { MinerBench, spin } from './miner-bench.fixture.ts';
import { jobOf, meetsTarget, plainHash } from './mining-job.fixture.ts';
import { createWorkerMiner, type WorkerMinerOptions } from './worker-miner.ts';

const HARD = 1n;
const EASY = TARGET_MAX >> 10n;
const DEFAULTS = { kernel: 'node-crypto', dutyCycle: 1 } as const;

test('a nonce is found, and the hash with it meets the target', async (t) => {
  const bench = await startBench(t, { threads: 1 });
  const job = jobOf(5, EASY);
  bench.miner.mine(job);
  assert.ok(meetsTarget(job, await bench.nextNonce()));
});

test('two threads that both hit at once report one nonce for each job', async (t) => {
  const bench = await startBench(t, { threads: 2 });
  for (let id = 1; id <= 100; id++) {
    bench.miner.mine(jobOf(id, TARGET_MAX));
    await bench.nextNonce();
  }
  // Replies come in order, so by the time each worker is through with one more job, all earlier ones are in.
  bench.miner.mine(jobOf(101, EASY));
  await bench.nextNonce();
  assert.deepEqual(
    bench.events.filter((event) => event.type === 'found').map((event) => event.jobId),
    Array.from({ length: 101 }, (_, i) => i + 1),
  );
});

test('after many quick switches only the last job is reported', async (t) => {
  const bench = await startBench(t, { threads: 2 });
  const warmUp = jobOf(0, EASY);
  bench.miner.mine(warmUp);
  await bench.nextNonce();
  for (let round = 1; round <= 50; round++) {
    // Every one of these is found at its first nonce, so a stale hit is on its way at most switches.
    for (let i = 1; i < 20; i++) {
      bench.miner.mine(jobOf(1000 * round + i, TARGET_MAX));
      // Lets workers take up the job and reply; the reply is read at the earliest after the next switch.
      if (i % 4 === 0) spin(100);
    }
    const last = jobOf(1000 * round, EASY);
    bench.miner.mine(last);
    assert.ok(meetsTarget(last, await bench.nextNonce()));
  }
  assert.deepEqual(
    bench.jobIds,
    Array.from({ length: 51 }, (_, round) => 1000 * round),
  );
});

test('a job that gives up its place to another with the same id is not mistaken for it', async (t) => {
  const bench = await startBench(t, { threads: 1 });
  bench.miner.mine(jobOf(0, EASY));
  await bench.nextNonce();
  for (let id = 1; id <= 20; id++) {
    bench.miner.mine({ ...jobOf(id, TARGET_MAX), id: 1 });
    spin(300);
    const other: MiningJob = { ...jobOf(100 + id, EASY), id: 1 };
    bench.miner.mine(other);
    assert.ok(meetsTarget(other, await bench.nextNonce()));
  }
  assert.deepEqual(bench.failures, []);
});

test('a hopeless search makes way for a new job', async (t) => {
  const bench = await startBench(t, { threads: 2 });
  bench.miner.mine(jobOf(1, HARD));
  await bench.next('progress');
  bench.miner.mine(jobOf(2, TARGET_MAX));
  await bench.nextNonce();
  assert.deepEqual(
    bench.events.filter((event) => event.type === 'found').map((event) => event.jobId),
    [2],
  );
});

test('a hit that is on its way when the search is cancelled is not reported, and the workers stay ready', async (t) => {
  const bench = await startBench(t, { threads: 2 });
  bench.miner.mine(jobOf(1, EASY));
  await bench.nextNonce();
  for (let id = 2; id < 100; id++) {
    bench.miner.mine(jobOf(id, TARGET_MAX));
    spin(50);
    bench.miner.cancel();
  }
  bench.miner.mine(jobOf(100, EASY));
  await bench.nextNonce();
  assert.deepEqual(bench.jobIds, [1, 100]);
});

test('the same job can be mined again after it was found and after it was cancelled, and gets new nonces', async (t) => {
  const bench = await startBench(t, { threads: 2 });
  const job = jobOf(1, EASY);
  const nonces = new Set<number>();
  for (let round = 0; round < 20; round++) {
    bench.miner.mine(job);
    if (round % 3 === 0) bench.miner.cancel();
    bench.miner.mine(job);
    const nonce = await bench.nextNonce();
    assert.ok(meetsTarget(job, nonce));
    nonces.add(nonce);
  }
  assert.equal(nonces.size, 20);
});

test('each search goes on where the last one stood, beyond the largest nonce from 0 on', async (t) => {
  const bench = await startBench(t, { threads: 1, firstNonce: NONCE_MAX - 299 });
  const nonces: number[] = [];
  for (let id = 1; id <= 4; id++) {
    bench.miner.mine(jobOf(id, TARGET_MAX));
    nonces.push(await bench.nextNonce());
  }
  // The first slice of a search is 256 nonces, and 44 where the largest comes before.
  assert.deepEqual(nonces, [NONCE_MAX - 299, NONCE_MAX - 43, 0, 256]);
});

test('two miners that are told nothing begin with different nonces', async (t) => {
  const job = jobOf(1, TARGET_MAX);
  const nonces: number[] = [];
  for (let i = 0; i < 2; i++) {
    const bench = await startBench(t, { threads: 1 });
    bench.miner.mine(job);
    nonces.push(await bench.nextNonce());
  }
  assert.notEqual(nonces[0], nonces[1]);
});

const noTasks = process.platform === 'linux' ? false : 'only Linux has a priority for each thread';
test('workers let everything else go first, and this thread keeps its priority', { skip: noTasks }, async (t) => {
  const before = getPriority();
  const bench = await startBench(t, { threads: 2 });
  bench.miner.mine(jobOf(1, EASY));
  await bench.nextNonce();
  assert.equal(getPriority(), before);
  const priorities = readdirSync('/proc/self/task').flatMap(priorityOf);
  const lowered = priorities.filter((priority) => priority >= constants.priority.PRIORITY_BELOW_NORMAL);
  assert.ok(lowered.length >= 1, `${priorities}`);
});

test('workers that rest wake up for a new job', async (t) => {
  // After its first slice a worker would rest for minutes.
  const bench = await startBench(t, { threads: 2, dutyCycle: 1e-6 });
  for (let id = 1; id <= 5; id++) {
    bench.miner.mine(jobOf(id, HARD));
    await bench.next('progress');
    bench.miner.mine(jobOf(100 + id, TARGET_MAX));
    await bench.nextNonce();
  }
});

test('workers that rest are ended by close', async (t) => {
  const bench = await startBench(t, { threads: 2, dutyCycle: 1e-6 });
  const exits = bench.workers.map(exitOf);
  bench.miner.mine(jobOf(1, HARD));
  await bench.next('progress');
  await bench.miner.close();
  await Promise.all(exits);
});

test('the rate is known from the first block on, however soon it was found', async (t) => {
  const bench = await startBench(t, { threads: 1 });
  bench.miner.mine(jobOf(1, EASY));
  await bench.nextNonce();
  const progress = bench.events.findLast(({ type }) => type === 'progress');
  assert.ok(progress?.type === 'progress' && progress.hashes > 0 && progress.hashesPerSecond > 0);
});

test('what a search has tried is reported while it goes on', async (t) => {
  const bench = await startBench(t, { threads: 2 });
  bench.miner.mine(jobOf(9, HARD));
  const first = await bench.next('progress');
  assert.equal(first.jobId, 9);
  // Workers go last: where others have the processors, nothing may have been tried between two reports.
  let later = first;
  while (later.hashes === first.hashes) later = await bench.next('progress');
  assert.equal(later.jobId, 9);
  assert.ok(later.hashes > first.hashes, `${first.hashes}, then ${later.hashes}`);
  assert.ok(later.hashesPerSecond > 0);
});

test('a job for which every nonce fails is exhausted, once, with each nonce counted once', async (t) => {
  const bench = await startBench(t, { threads: 3, nonceCount: 100_003 });
  for (let id = 1; id <= 10; id++) {
    bench.miner.mine(jobOf(id, HARD));
    assert.deepEqual(await bench.next('exhausted'), { type: 'exhausted', jobId: id });
    const progress = bench.events.findLast(({ type }) => type === 'progress');
    assert.ok(progress?.type === 'progress');
    assert.deepEqual([progress.jobId, progress.hashes, progress.hashesTotal], [id, 100_003, id * 100_003]);
  }
  bench.miner.mine(jobOf(11, TARGET_MAX));
  await bench.nextNonce();
  assert.deepEqual(
    bench.events.filter((event) => event.type === 'exhausted').map((event) => event.jobId),
    Array.from({ length: 10 }, (_, i) => i + 1),
  );
});

test('the workers share the nonces out: the only one that fits is found wherever it is', async (t) => {
  const bench = await startBench(t, { threads: 3, nonceCount: 300 });
  for (let nonce = 0; nonce < 300; nonce += 23) {
    // The smallest hash of all 300 nonces may be anywhere; a header is taken that has it near `nonce`.
    const job = jobOf(nonce, HARD);
    const hashes = Array.from({ length: 300 }, (_, i) => plainHash(job.headerBytes, i));
    const smallest = hashes.reduce((a, b) => (a < b ? a : b));
    bench.miner.mine({ ...job, target: smallest });
    assert.equal(await bench.nextNonce(), hashes.indexOf(smallest));
  }
});

test('the bytes of a job may change once it was handed over', async (t) => {
  const bench = await startBench(t, { threads: 1 });
  const job = jobOf(3, EASY);
  const bytes = Uint8Array.from(job.headerBytes);
  bench.miner.mine({ ...job, headerBytes: bytes });
  bytes.fill(0);
  assert.ok(meetsTarget(job, await bench.nextNonce()));
});

test('close leaves no worker behind, also in the middle of a search', async (t) => {
  const bench = await startBench(t, { threads: 2 });
  const exits = bench.workers.map(exitOf);
  bench.miner.mine(jobOf(1, HARD));
  await bench.next('progress');
  await bench.miner.close();
  await Promise.all(exits);
  assert.deepEqual(bench.failures, []);
  const eventsBefore = bench.events.length;
  bench.miner.mine(jobOf(2, TARGET_MAX));
  await bench.miner.close();
  assert.equal(bench.events.length, eventsBefore);
});

test('a process whose miner was closed in the middle of a search ends by itself', async () => {
  const program = `import(${JSON.stringify(new URL('./worker-miner.ts', import.meta.url).href)}).then((module) => {
    const miner = module.createWorkerMiner({
      kernel: 'node-crypto',
      threads: 2,
      dutyCycle: 1,
      onFailure: (error) => { throw error; },
      onEvent: () => { void miner.close(); console.log('closed'); },
    });
    miner.mine({ id: 1, headerBytes: new Uint8Array(118), target: 1n });
  });`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--eval', program]);
  assert.equal(stdout, 'closed\n');
});

test('a worker that throws is one failure, with its cause, and the others are ended', async (t) => {
  const bench = await startBench(t, { threads: 2 });
  const exits = bench.workers.map(exitOf);
  bench.miner.mine(jobOf(1, EASY));
  await bench.nextNonce();
  bench.workers[0]?.postMessage('not a request');
  await Promise.all(exits);
  assert.equal(bench.failures.length, 1);
  assert.equal(bench.failures[0]?.code, 'mining-failed');
  assert.ok(bench.failures[0].cause instanceof Error);
  assert.match(bench.failures[0].cause.message, /undefined/);
});

test('a worker that is gone without a word is one failure too', async (t) => {
  const bench = await startBench(t, { threads: 2 });
  const exits = bench.workers.map(exitOf);
  const [, worker] = bench.workers;
  assert.ok(worker !== undefined);
  // One that is ended before it has begun has another exit code.
  await once(worker, 'message');
  bench.miner.mine(jobOf(1, HARD));
  await worker.terminate();
  await Promise.all(exits);
  assert.equal(bench.failures.length, 1);
  assert.equal(bench.failures[0]?.message, 'mining has stopped: mining worker 1 exited with code 1');
});

test('a nonce that does not fit is never passed on, but is a failure', async (t) => {
  const bench = await startBench(t, { threads: 1 });
  bench.miner.mine(jobOf(1, HARD));
  bench.workers[0]?.emit('message', { type: 'found', search: 1, nonce: 4 });
  assert.deepEqual(bench.events, []);
  assert.equal(bench.failures.length, 1);
  await bench.miner.close();
});

test('a header of another size and a target of 0 are mistakes of the caller', async (t) => {
  const bench = await startBench(t, { threads: 1 });
  const job = jobOf(1, EASY);
  assert.throws(() => bench.miner.mine({ ...job, headerBytes: new Uint8Array(117) }), AssertionError);
  assert.throws(() => bench.miner.mine({ ...job, target: 0n }), AssertionError);
  assert.throws(() => bench.miner.mine({ ...job, target: TARGET_MAX + 1n }), AssertionError);
});

for (const [what, mistake] of Object.entries({
  'no threads': { threads: 0 },
  'no time to search': { dutyCycle: 0 },
  'more time than there is': { dutyCycle: 1.1 },
  'no nonces': { nonceCount: 0 },
  'more nonces than there are': { nonceCount: 2 * NONCE_MAX },
  'a first nonce that is none of those to try': { firstNonce: 100, nonceCount: 100 },
})) {
  test(`a miner with ${what} is a mistake of the caller`, () => {
    const callbacks = { onEvent: () => undefined, onFailure: () => undefined };
    assert.throws(() => createWorkerMiner({ threads: 1, ...DEFAULTS, ...mistake, ...callbacks }), AssertionError);
  });
}

/** None where the thread has ended meanwhile. */
function priorityOf(thread: string): readonly number[] {
  try {
    return [getPriority(Number(thread))];
  } catch {
    return [];
  }
}

/** A miner in a test, and the workers that it has started. */
async function startBench(t: TestContext, options: Partial<WorkerMinerOptions> & { readonly threads: number }) {
  const started = nextWorkers(options.threads);
  const bench = new MinerBench(t, (reports) => createWorkerMiner({ ...DEFAULTS, ...options, ...reports }));
  return Object.assign(bench, { workers: await started });
}

/** The next `count` workers that this process starts. */
function nextWorkers(count: number): Promise<readonly Worker[]> {
  const workers: Worker[] = [];
  return new Promise((resolve) => {
    const note = (worker: Worker) => {
      workers.push(worker);
      if (workers.length < count) return;
      process.off('worker', note);
      resolve(workers);
    };
    process.on('worker', note);
  });
}

/** Unlike `once(worker, 'exit')` this does not mind an error before it. */
function exitOf(worker: Worker): Promise<unknown> {
  return new Promise((resolve) => worker.once('exit', resolve));
}
