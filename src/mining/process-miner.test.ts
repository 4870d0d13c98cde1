import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, watch } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { HEADER_BYTES } from '../core/header.ts';
import { TARGET_MAX } from '../core/target.ts';
import type { KernelName } from './kernel-name.ts';
import { MACHINE_KERNELS } from './kernels.ts';
import { requirePlatform, requireProcessorFeatures } from './machine-support.ts';
import { MinerBench } from './miner-bench.fixture.ts';
import { jobOf, meetsTarget } from './mining-job.fixture.ts';
import { createProcessMiner, PACKING_FLAGS } from './process-miner.ts';

/** What is tried here, as a script in another process names it. */
const MODULE = JSON.stringify(new URL('./process-miner.ts', import.meta.url).href);
const HOPELESS = 1n;
const EASY = TARGET_MAX >> 12n;
const ONE_THREAD = { threads: 1, dutyCycle: 1 };
const skip = reasonToSkip();

test('the choice of the kernel is told first, then what is found', async (t) => {
  const bench = startBench(t, 'auto');
  const job = jobOf(7, EASY);
  bench.miner.mine(job);
  const { choice } = await bench.next('kernel-chosen');
  assert.notEqual(choice.pid, process.pid);
  assert.equal(choice.threads, 1);
  const chosen = choice.trials.find(({ kernel }) => kernel === choice.kernel);
  assert.equal(chosen?.outcome, 'passed');
  const found = await bench.next('found');
  assert.equal(found.jobId, 7);
  assert.ok(meetsTarget(job, found.nonce));
});

test('what a superseded job with the same id would have found is not reported', async (t) => {
  const bench = startBench(t, 'node-crypto');
  for (let round = 0; round < 100; round++) {
    bench.miner.mine({ ...jobOf(round, TARGET_MAX), id: 1 });
    // Now and then the answer is on its way already.
    if (round % 3 === 0) await bench.nextNonce();
    if (round % 5 === 0) bench.miner.cancel();
    const job = { ...jobOf(1000 + round, EASY), id: 1 };
    bench.miner.mine(job);
    assert.ok(meetsTarget(job, await bench.nextNonce()));
  }
});

test('when the process is killed, another one goes on with the job', async (t) => {
  const bench = startBench(t, 'node-crypto');
  bench.miner.mine(jobOf(1, HOPELESS));
  const { choice: first } = await bench.next('kernel-chosen');
  assert.equal((await bench.next('progress')).jobId, 1);
  process.kill(first.pid, 'SIGKILL');
  const { choice: second } = await bench.next('kernel-chosen');
  assert.notEqual(second.pid, first.pid);
  assert.equal(second.kernel, 'node-crypto');
  assert.equal((await bench.next('progress')).jobId, 1);
  const job = jobOf(2, EASY);
  bench.miner.mine(job);
  assert.ok(meetsTarget(job, await bench.nextNonce()));
  assert.deepEqual(bench.failures, []);
});

test('a kernel that ends its process is not used again, and the last one that is left goes on', async (t) => {
  const bench = startBench(t, 'auto');
  const crashed: string[] = [];
  for (;;) {
    const { choice } = await bench.next('kernel-chosen');
    const refusals = choice.trials.filter((trial) => trial.outcome === 'refused' && trial.code === 'crashed');
    assert.deepEqual(refusals.map(({ kernel }) => kernel).toSorted(), crashed.toSorted());
    if (choice.kernel === 'node-crypto') break;
    crashed.push(choice.kernel);
    process.kill(choice.pid, 'SIGSEGV');
  }
  assert.ok(crashed.includes('wasm-scalar'), `${crashed}`);
  const job = jobOf(1, EASY);
  bench.miner.mine(job);
  assert.ok(meetsTarget(job, await bench.nextNonce()));
});

test('where the one kernel that was asked for ends its process, mining ends with the reason', async (t) => {
  const bench = startBench(t, 'wasm-scalar');
  process.kill((await bench.next('kernel-chosen')).choice.pid, 'SIGSEGV');
  const { cause } = await bench.failed;
  assert.match(
    String(cause),
    /^Error: no kernel can be used here \(wasm-scalar: the process that ran it ended by SIGSEGV\)/,
  );
});

test('a process that ends again and again is started again after a pause, which closing does not wait for', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let starts = 0;
  const noteStart = () => void starts++;
  subscribe('child_process', noteStart);
  t.after(() => unsubscribe('child_process', noteStart));
  const bench = startBench(t, 'node-crypto');
  const pauses: number[] = [];
  for (let ends = 1; ends <= 7; ends++) {
    process.kill((await bench.next('kernel-chosen')).choice.pid, 'SIGKILL');
    const { reason, pauseMs } = await bench.next('interrupted');
    assert.equal(reason, 'the process that mines ended by SIGKILL');
    pauses.push(pauseMs);
    if (ends < 7) t.mock.timers.tick(pauseMs);
  }
  assert.deepEqual(pauses, [0, 0, 0, 0, 0, 60_000, 60_000]);
  await bench.miner.close();
  t.mock.timers.tick(60_000);
  assert.equal(starts, 7);
  assert.deepEqual(bench.failures, []);
});

test('a process that cannot be started is a failure, with the reason', async (t) => {
  useNode(t, join(tmpdir(), 'there-is-no-such-file'));
  const bench = startBench(t, 'auto');
  bench.miner.mine(jobOf(1, EASY));
  assert.match((await bench.failed).message, /ENOENT/);
  await bench.miner.close();
  assert.equal(bench.failures.length, 1);
});

const noPacking = PACKING_FLAGS.length === 0 && 'lanes are packed on x64 alone';
const noScripts = process.platform === 'win32' && 'a script is no program here';
test('a Node that does not know the flag for packing is started without it', {
  skip: noPacking || noScripts,
}, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'cairn-process-miner-'));
  t.after(() => rm(folder, { recursive: true }));
  const node = join(folder, 'node');
  const script = `#!/bin/sh\ncase "$*" in *${PACKING_FLAGS.join(' ')}*) exit 9;; esac\nexec '${process.execPath}' "$@"\n`;
  await writeFile(node, script, { mode: 0o700 });
  useNode(t, node);
  const bench = startBench(t, 'auto');
  const job = jobOf(1, EASY);
  bench.miner.mine(job);
  assert.ok(meetsTarget(job, await bench.nextNonce()));
});

test('after closing, the process is gone', async (t) => {
  const bench = startBench(t, 'node-crypto');
  bench.miner.mine(jobOf(1, HOPELESS));
  const { pid } = (await bench.next('kernel-chosen')).choice;
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

test('where Node is told to load no add-ons, the process that mines loads none either', async () => {
  const script = `
    const { createProcessMiner } = await import(${MODULE});
    const miner = createProcessMiner({
      kernel: 'auto',
      share: { threads: 1, dutyCycle: 1 },
      onEvent: ({ choice }) => {
        console.log(JSON.stringify(choice));
        void miner.close();
      },
      onFailure: (error) => { throw error; },
    });`;
  const node = spawn(process.execPath, ['--no-addons', '--eval', inModule(script)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(node, 'exit');
  const choice = JSON.parse(await text(node.stdout));
  for (const kernel of MACHINE_KERNELS) {
    const trial = choice.trials.find((candidate: { kernel: string }) => candidate.kernel === kernel);
    assert.equal(trial.outcome, 'refused', kernel);
  }
  assert.deepEqual(await ended, [0, null]);
});

test('a miner that is closed while its threads load machine code leaves no file behind', { skip }, async (t) => {
  // A process that takes too long to end is killed, and then leaves what it has: on a busy machine that says nothing.
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const folder = mkdtempSync(join(tmpdir(), 'cairn-close-test-'));
  const temporaryFolder = process.env['TMPDIR'];
  process.env['TMPDIR'] = folder;
  t.after(() => {
    if (temporaryFolder === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = temporaryFolder;
    rmSync(folder, { recursive: true });
  });
  for (let round = 0; round < 5; round++) {
    const bench = new MinerBench(t, (reports) =>
      createProcessMiner({ ...reports, kernel: 'avx2', share: { threads: 2, dutyCycle: 1 } }),
    );
    await bench.next('kernel-chosen');
    const watcher = watch(folder);
    bench.miner.mine(jobOf(round, EASY));
    // A nonce is found after the threads have loaded their code, should we have looked too late to see that.
    await Promise.race([once(watcher, 'change'), bench.nextNonce()]);
    watcher.close();
    await bench.miner.close();
    assert.deepEqual(readdirSync(folder), []);
  }
});

/** Why there is no machine code of AVX2 here; false if there is. */
function reasonToSkip(): string | false {
  try {
    requirePlatform();
    requireProcessorFeatures(['avx2']);
    return false;
  } catch (error) {
    return String(error);
  }
}

function startBench(t: TestContext, kernel: KernelName | 'auto'): MinerBench {
  return new MinerBench(t, (reports) => createProcessMiner({ ...reports, kernel, share: ONE_THREAD }));
}

/** Has processes started from the file `path` until the end of the test. */
function useNode(t: TestContext, path: string): void {
  const { execPath } = process;
  process.execPath = path;
  t.after(() => {
    process.execPath = execPath;
  });
}

/** A script in which one can await. Said by a flag, it would be said to the worker threads, too. */
function inModule(script: string): string {
  return `(async () => {${script}})()`;
}

function fail(error: Error): void {
  throw error;
}
