/** A day of a miner's life in some seconds: ten thousand jobs, most of which are given up for the next. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { heldMemory } from '../../test/support/memory.ts';
import { Random } from '../../test/support/random.ts';
import { TARGET_MAX } from '../core/target.ts';
import type { MiningEvent, MiningJob } from './miner.ts';
import { spin } from './miner-bench.fixture.ts';
import { headerFrom, meetsTarget } from './mining-job.fixture.ts';
import { createWorkerMiner } from './worker-miner.ts';

const THREADS = 3;
const SWITCHES = 10_000;
/** By then everything that is made once has been made. */
const SWITCHES_BEFORE_MEASURE = 2000;
const HARD = 1n;
const EASY = TARGET_MAX >> 8n;

test('through ten thousand job switches every nonce is right and new, no worker is lost and no memory', async (t) => {
  const churn = new Churn(t);
  const random = new Random(20261122);
  let memoryBefore: readonly Memory[] = [];
  for (let number = 0; number < SWITCHES; number++) {
    if (number === SWITCHES_BEFORE_MEASURE) memoryBefore = await churn.measureMemory();
    // A few headers and ids come again and again, among new ones.
    const headerBytes = headerFrom(`header ${random.chance(0.3) ? random.integer(1, 5) : number}`);
    const id = random.chance(0.3) ? random.integer(1, 5) : number;
    if (random.chance(0.4)) {
      await churn.find({ id, headerBytes, target: EASY });
      continue;
    }
    churn.mine({ id, headerBytes, target: random.pick([HARD, EASY, TARGET_MAX]) });
    // Workers take the job up, and some reply; or they never hear of it.
    if (random.chance(0.5)) spin(random.integer(1, 60));
    if (random.chance(0.3)) churn.cancel();
    // What they have replied is read, or comes too late.
    if (random.chance(0.3)) await setImmediate();
  }
  const memoryAfter = await churn.measureMemory();
  for (const [place, before] of memoryBefore.entries()) {
    const after = memoryAfter[place];
    assert.ok(after !== undefined);
    const facts = `thread ${place}: ${JSON.stringify({ before, after })}`;
    // If of every search just the request were left, it would be several times as much.
    assert.ok(after.heapBytes - before.heapBytes < 1_000_000, facts);
    assert.ok(after.bufferBytes - before.bufferBytes < 300_000, facts);
  }
  await churn.hearFromEveryWorker();
  assert.equal(churn.exits, 0);
});

/** A miner, and what is right to hear from it at any moment. */
class Churn {
  exits = 0;
  readonly #miner;
  readonly #workers: Worker[] = [];
  /** The job at hand, until it was found or given up. */
  #job: MiningJob | undefined;
  #onFound: (() => void) | undefined;
  #lastNonce = -1;
  readonly #repliers = new Set<Worker>();

  constructor(t: TestContext) {
    const note = (worker: Worker) => {
      this.#workers.push(worker);
      worker.on('message', () => this.#repliers.add(worker));
      worker.on('exit', () => this.exits++);
    };
    process.on('worker', note);
    t.after(() => process.off('worker', note));
    this.#miner = createWorkerMiner({
      kernel: 'node-crypto',
      threads: THREADS,
      dutyCycle: 1,
      firstNonce: 0,
      onEvent: (event) => this.#judge(event),
      onFailure: (error) => {
        throw error;
      },
    });
    t.after(() => this.#miner.close());
  }

  mine(job: MiningJob): void {
    this.#job = job;
    this.#miner.mine(job);
  }

  cancel(): void {
    this.#job = undefined;
    this.#miner.cancel();
  }

  async find(job: MiningJob): Promise<void> {
    const found = new Promise<void>((resolve) => {
      this.#onFound = resolve;
    });
    this.mine(job);
    await found;
  }

  /** Mines on until each worker has been the one to find a nonce. One that is lost fails the test by its timeout. */
  async hearFromEveryWorker(): Promise<void> {
    this.#repliers.clear();
    for (let number = 0; this.#repliers.size < THREADS; number++) {
      await this.find({ id: number, headerBytes: headerFrom(`header ${number}`), target: EASY });
    }
  }

  /** What is left after everything that nobody needs was thrown away: in this thread, then in each worker. */
  async measureMemory(): Promise<readonly Memory[]> {
    // Workers go last, and what one has not taken up yet waits in its memory.
    await this.hearFromEveryWorker();
    const ofWorkers: Memory[] = [];
    for (const worker of this.#workers) {
      // To take a snapshot is the one way to make another thread throw things away.
      (await worker.getHeapSnapshot()).destroy();
      const { used_heap_size, external_memory } = await worker.getHeapStatistics();
      ofWorkers.push({ heapBytes: used_heap_size, bufferBytes: external_memory });
    }
    const { heapUsed, arrayBuffers } = heldMemory();
    return [{ heapBytes: heapUsed, bufferBytes: arrayBuffers }, ...ofWorkers];
  }

  #judge(event: MiningEvent): void {
    if (event.type === 'progress') return;
    assert.ok(event.type === 'found', event.type);
    const job = this.#job;
    assert.ok(job !== undefined, 'a nonce is reported for a job at hand');
    assert.equal(event.jobId, job.id);
    assert.ok(meetsTarget(job, event.nonce), 'the nonce fits');
    // The searches go through the nonces once, all together, so no header meets one of them twice.
    assert.ok(event.nonce > this.#lastNonce, `${event.nonce} comes after ${this.#lastNonce}`);
    this.#lastNonce = event.nonce;
    this.#job = undefined;
    this.#onFound?.();
    this.#onFound = undefined;
  }
}

interface Memory {
  readonly heapBytes: number;
  /** What array buffers hold, those included that threads share. */
  readonly bufferBytes: number;
}
