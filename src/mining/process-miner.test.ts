import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { HEADER_BYTES, hashHeader, NONCE_OFFSET } from '../core/header.ts';
import { TARGET_MAX } from '../core/target.ts';
import { MACHINE_KERNELS } from './kernels.ts';
import { createLocalMiner } from './local-miner.ts';
import type { KernelChoice, Miner, MiningEvent, MiningJob } from './miner.ts';
import { createProcessMiner } from './process-miner.ts';
import type { MiningError } from './worker-miner.ts';

/** What is tried here, as a script in another process names it. */
const MODULE = JSON.stringify(new URL('./process-miner.ts', import.meta.url).href);
const HOPELESS = 1n;
const EASY = TARGET_MAX >> 12n;
const ONE_THREAD = { threads: 1, dutyCycle: 1 };

test('the choice of the kernel is told first, then what is found', async (t) => {
  const bench = startBench(t, (reports) => createProcessMiner({ ...reports, kernel: 'auto', share: ONE_THREAD }));
  const job = jobOf(7, EASY);
  bench.miner.mine(job);
  const choice = await bench.nextChoice();
  assert.notEqual(choice.pid, process.pid);
  assert.equal(choice.threads, 1);
  const chosen = choice.trials.find(({ kernel }) => kernel === choice.kernel);
  assert.equal(chosen?.outcome, 'passed');
  const found = await bench.nextFound();
  assert.equal(found.jobId, 7);
  assert.ok(meetsTarget(job, found.nonce));
});

test('what a superseded job with the same id would have found is not reported', async (t) => {
  const bench = startBench(t, (reports) =>
    createProcessMiner({ ...reports, kernel: 'node-crypto', share: ONE_THREAD }),
  );
  for (let round = 0; round < 100; round++) {
    bench.miner.mine({ ...jobOf(round, TARGET_MAX), id: 1 });
    // Now and then the answer is on its way already.
    if (round % 3 === 0) await bench.nextFound();
    if (round % 5 === 0) bench.miner.cancel();
    const job = { ...jobOf(1000 + round, EASY), id: 1 };
    bench.miner.mine(job);
    assert.ok(meetsTarget(job, (await bench.nextFound()).nonce));
  }
});

test('when the process is killed, another one goes on with the job', async (t) => {
  const bench = startBench(t, (reports) =>
    createProcessMiner({ ...reports, kernel: 'node-crypto', share: ONE_THREAD }),
  );
  bench.miner.mine(jobOf(1, HOPELESS));
  const first = await bench.nextChoice();
  assert.equal((await bench.next('progress')).jobId, 1);
  process.kill(first.pid, 'SIGKILL');
  const second = await bench.nextChoice();
  assert.notEqual(second.pid, first.pid);
  assert.equal(second.kernel, 'node-crypto');
  assert.equal((await bench.next('progress')).jobId, 1);
  const job = jobOf(2, EASY);
  bench.miner.mine(job);
  assert.ok(meetsTarget(job, (await bench.nextFound()).nonce));
  assert.deepEqual(bench.failures, []);
});

test('a kernel that ends its process is not used again, and the last one that is left goes on', async (t) => {
  const bench = startBench(t, (reports) => createProcessMiner({ ...reports, kernel: 'auto', share: ONE_THREAD }));
  const crashed: string[] = [];
  for (let choice = await bench.nextChoice(); ; choice = await bench.nextChoice()) {
    const refusals = choice.trials.filter((trial) => trial.outcome === 'refused' && trial.code === 'crashed');
    assert.deepEqual(refusals.map(({ kernel }) => kernel).toSorted(), crashed.toSorted());
    if (choice.kernel === 'node-crypto') break;
    crashed.push(choice.kernel);
    process.kill(choice.pid, 'SIGSEGV');
  }
  assert.ok(crashed.includes('wasm-scalar'), `${crashed}`);
  const job = jobOf(1, EASY);
  bench.miner.mine(job);
  assert.ok(meetsTarget(job, (await bench.nextFound()).nonce));
});

test('where the one kernel that was asked for ends its process, mining ends with the reason', async (t) => {
  const bench = startBench(t, (reports) =>
    createProcessMiner({ ...reports, kernel: 'wasm-scalar', share: ONE_THREAD }),
  );
  process.kill((await bench.nextChoice()).pid, 'SIGSEGV');
  const { cause } = await bench.failed;
  assert.match(
    String(cause),
    /^Error: no kernel can be used here \(wasm-scalar: the process that ran it ended by SIGSEGV\)/,
  );
});

test('a process that ends again and again is given up', async (t) => {
  const bench = startBench(t, (reports) =>
    createProcessMiner({ ...reports, kernel: 'node-crypto', share: ONE_THREAD }),
  );
  for (let starts = 1; starts <= 6; starts++) process.kill((await bench.nextChoice()).pid, 'SIGKILL');
  const failure = await bench.failed;
  assert.equal(failure.code, 'mining-failed');
  assert.match(String(failure.cause), /ended by SIGKILL, and not for the first time/);
});

test('after closing, the process is gone', async (t) => {
  const bench = startBench(t, (reports) =>
    createProcessMiner({ ...reports, kernel: 'node-crypto', share: ONE_THREAD }),
  );
  bench.miner.mine(jobOf(1, HOPELESS));
  const { pid } = await bench.nextChoice();
  await bench.miner.close();
  assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
  assert.deepEqual(bench.failures, []);
});

test('a miner that is closed at once leaves nothing behind', async () => {
  const miner = createProcessMiner({ kernel: 'auto', share: ONE_THREAD, onEvent: () => undefined, onFailure: fail });
  await miner.close();
  await miner.close();
});

test('when the node is killed, the process that mines for it ends', async () => {
  const script = `
    const { createProcessMiner } = await import(${MODULE});
    const miner = createProcessMiner({
      kernel: 'node-crypto',
      share: { threads: 1, dutyCycle: 1 },
      onEvent: (event) => { if (event.type === 'kernel-chosen') process.kill(process.pid, 'SIGKILL'); },
      onFailure: (error) => { throw error; },
    });
    miner.mine({ id: 1, headerBytes: new Uint8Array(${HEADER_BYTES}), target: 1n });`;
  const node = spawn(process.execPath, ['--eval', inModule(script)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(node, 'exit');
  // Both hold its other end, so it ends when the last of them does.
  assert.equal(await text(node.stderr), '');
  assert.deepEqual(await ended, [null, 'SIGKILL']);
});

test('where no process may be started it mines in its own, and without machine code', async () => {
  const script = `
    const { createProcessMiner } = await import(${MODULE});
    const miner = createProcessMiner({
      kernel: 'auto',
      share: { threads: 1, dutyCycle: 1 },
      onEvent: (event) => {
        if (event.type === 'kernel-chosen') console.log(JSON.stringify({ own: event.choice.pid === process.pid, ...event.choice }));
        if (event.type === 'found') void miner.close();
      },
      onFailure: (error) => { throw error; },
    });
    miner.mine({ id: 1, headerBytes: new Uint8Array(${HEADER_BYTES}), target: 2n ** 244n });`;
  const flags = ['--permission', '--allow-fs-read=*', '--allow-worker'];
  const node = spawn(process.execPath, [...flags, '--eval', inModule(script)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(node, 'exit');
  const choice = JSON.parse(await text(node.stdout));
  assert.equal(choice.own, true);
  for (const kernel of MACHINE_KERNELS) {
    const trial = choice.trials.find((candidate: { kernel: string }) => candidate.kernel === kernel);
    assert.equal(trial.code, 'not-permitted');
  }
  assert.deepEqual(await ended, [0, null]);
});

test('a kernel that is asked for and cannot be used ends mining with the reason', async (t) => {
  const refused = [
    { kernel: 'node-crypto', outcome: 'refused', code: 'crashed', reason: 'it ended the process' },
  ] as const;
  const bench = startBench(t, (reports) =>
    createLocalMiner({
      ...reports,
      kernel: 'node-crypto',
      share: ONE_THREAD,
      isThorough: false,
      refused,
      beforeTrial: () => Promise.resolve(),
    }),
  );
  const { cause } = await bench.failed;
  assert.match(String(cause), /no kernel can be used here \(node-crypto: it ended the process\); ask for another one/);
});

type Reports = { readonly onEvent: (event: MiningEvent) => void; readonly onFailure: (error: MiningError) => void };
type EventOf<Type extends MiningEvent['type']> = Extract<MiningEvent, { type: Type }>;

function startBench(t: TestContext, create: (reports: Reports) => Miner) {
  const failures: MiningError[] = [];
  const waiting: { readonly type: MiningEvent['type']; readonly resolve: (event: MiningEvent) => void }[] = [];
  const unclaimed: MiningEvent[] = [];
  const failed = Promise.withResolvers<MiningError>();
  const miner = create({
    onEvent: (event) => {
      const place = waiting.findIndex(({ type }) => type === event.type);
      if (place < 0) unclaimed.push(event);
      else for (const { resolve } of waiting.splice(place, 1)) resolve(event);
    },
    onFailure: (error) => {
      failures.push(error);
      failed.resolve(error);
    },
  });
  t.after(() => miner.close());
  const next = async <Type extends MiningEvent['type']>(type: Type): Promise<EventOf<Type>> => {
    const place = type === 'progress' ? -1 : unclaimed.findIndex((event) => event.type === type);
    const [event] = place >= 0 ? unclaimed.splice(place, 1) : [];
    const awaited = () => new Promise<MiningEvent>((resolve) => waiting.push({ type, resolve }));
    return (event ?? (await awaited())) as EventOf<Type>;
  };
  return {
    miner,
    failures,
    failed: failed.promise,
    next,
    nextFound: () => next('found'),
    nextChoice: async () => (await next('kernel-chosen')).choice satisfies KernelChoice,
  };
}

/** A script in which one can await. Said by a flag, it would be said to the worker threads, too. */
function inModule(script: string): string {
  return `(async () => {${script}})()`;
}

/** A job whose header depends on `id`. */
function jobOf(id: number, target: bigint): MiningJob {
  const headerBytes = Uint8Array.from({ length: HEADER_BYTES }, (_, i) => (i * 31 + id * 17 + (id >> 8)) & 0xff);
  return { id, headerBytes, target };
}

function meetsTarget({ headerBytes, target }: MiningJob, nonce: number): boolean {
  const header = Uint8Array.from(headerBytes);
  new DataView(header.buffer).setBigUint64(NONCE_OFFSET, BigInt(nonce));
  return BigInt(`0x${hashHeader(header)}`) <= target;
}

function fail(error: Error): void {
  throw error;
}
