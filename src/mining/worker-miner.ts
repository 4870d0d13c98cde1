/** A miner that searches in worker threads, so that the thread that calls it stays free. */
import { randomBytes } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import { assert, assertNever } from '../core/assert.ts';
import { HASH_BYTES, hashToNumber } from '../core/hash.ts';
import { HEADER_BYTES, hashHeader, NONCE_OFFSET } from '../core/header.ts';
import { TARGET_MAX } from '../core/target.ts';
import type { KernelName } from './kernel-name.ts';
import type { MachineShare } from './machine-share.ts';
import type { Miner, MiningEvent, MiningJob } from './miner.ts';
import { MiningRate } from './mining-rate.ts';
import { NONCE_COUNT, type NonceRing } from './nonce-ring.ts';
import { SearchControl } from './search-control.ts';
import type { SearchReply, SearchRequest, WorkerSettings } from './search-message.ts';

export interface WorkerMinerOptions extends MachineShare {
  /** How each worker searches. */
  readonly kernel: KernelName;
  readonly onEvent: (event: MiningEvent) => void;
  /** Called at most once, when a worker died or a search went wrong. The miner has closed itself by then. */
  readonly onFailure: (error: MiningError) => void;
  /** Only nonces below this are tried: all of them unless told. */
  readonly nonceCount?: number;
  /**
   * Where the first search begins; each further one goes on where the last one stood, so that nothing is tried twice
   * even if two jobs have the same header. Random unless told: nodes with the same pool and the same clock mine the
   * same header, and would all try the same nonces.
   */
  readonly firstNonce?: number;
}

/** No kernel can be used, a worker or the process died, or a nonce did not fit: the `cause` says which. */
export class MiningError extends Error {
  override readonly name = 'MiningError';
  readonly code = 'mining-failed';

  constructor(cause: unknown) {
    super(`mining has stopped: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** A miner with `options.threads` workers, which start now and stay until it is closed. */
export function createWorkerMiner(options: WorkerMinerOptions): Miner {
  return new WorkerMiner(options);
}

/** What is being searched for. */
interface Search {
  readonly number: number;
  readonly job: MiningJob;
  readonly control: SearchControl;
  readonly progressTimer: NodeJS.Timeout;
}

class WorkerMiner implements Miner {
  readonly #options: WorkerMinerOptions;
  readonly #workers: readonly Worker[];
  /** Resolves when every worker has loaded its kernel, or has ended. */
  readonly #loaded: Promise<unknown>;
  readonly #rate = new MiningRate();
  /** The nonces for the next search. */
  #ring: NonceRing;
  #search: Search | undefined;
  #searchesBegun = 0;
  /** In all searches that have ended. */
  #hashesBefore = 0;
  #closed: Promise<void> | undefined;

  constructor(options: WorkerMinerOptions) {
    const { kernel, threads, dutyCycle, nonceCount = NONCE_COUNT } = options;
    assert(Number.isInteger(threads) && threads >= 1, 'a miner has at least one thread');
    assert(dutyCycle > 0 && dutyCycle <= 1, 'a miner searches some of the time, and at most all of it');
    assert(Number.isInteger(nonceCount) && nonceCount >= 1 && nonceCount <= NONCE_COUNT, 'there are nonces to try');
    const firstNonce = options.firstNonce ?? randomBelow(nonceCount);
    assert(Number.isInteger(firstNonce) && firstNonce >= 0 && firstNonce < nonceCount, 'the first nonce is one to try');
    this.#options = options;
    this.#ring = { firstNonce, nonceCount };
    this.#workers = Array.from({ length: threads }, (_, thread) => this.#startWorker(thread, { kernel, dutyCycle }));
    this.#loaded = Promise.all(this.#workers.map(firstWord));
  }

  mine(job: MiningJob): void {
    assert(job.headerBytes.length === HEADER_BYTES, 'a header to mine has 118 bytes');
    assert(job.target >= 1n && job.target <= TARGET_MAX, 'a target to mine for is from 1 to 2^256-1');
    this.cancel();
    if (this.#closed !== undefined) return;
    this.#searchesBegun++;
    const search: Search = {
      number: this.#searchesBegun,
      // A copy, because the caller's bytes may change, and be a small view of large memory that would be sent along.
      job: { ...job, headerBytes: Uint8Array.from(job.headerBytes) },
      control: new SearchControl(this.#ring),
      progressTimer: setInterval(() => this.#reportProgress(search), PROGRESS_MS),
    };
    this.#search = search;
    this.#rate.begin(performance.now());
    this.#requestSearch(search);
  }

  cancel(): void {
    const search = this.#search;
    if (search === undefined) return;
    search.control.end();
    this.#ring = search.control.nextRing;
    clearInterval(search.progressTimer);
    const hashes = search.control.tried;
    this.#rate.sample(hashes, performance.now());
    this.#hashesBefore += hashes;
    this.#search = undefined;
  }

  close(): Promise<void> {
    this.cancel();
    this.#closed ??= this.#endWorkers();
    return this.#closed;
  }

  /** Not while one loads machine code: what it has in a file is removed by itself alone. */
  async #endWorkers(): Promise<void> {
    await this.#loaded;
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  #startWorker(thread: number, workerData: WorkerSettings): Worker {
    const name = `cairn-mining-${thread}`;
    const worker = new Worker(new URL('./search-worker.ts', import.meta.url), { name, workerData });
    worker.on('message', (reply: SearchReply) => this.#handleReply(reply));
    worker.on('messageerror', (error) => this.#fail(error));
    worker.on('error', (error) => this.#fail(error));
    worker.on('exit', (exitCode) => this.#fail(new Error(`mining worker ${thread} exited with code ${exitCode}`)));
    return worker;
  }

  #requestSearch(search: Search): void {
    const targetHex = search.job.target.toString(16).padStart(2 * HASH_BYTES, '0');
    const request: SearchRequest = {
      search: search.number,
      headerBytes: search.job.headerBytes,
      targetBytes: Uint8Array.from(Buffer.from(targetHex, 'hex')),
      ring: this.#ring,
      control: search.control.memory,
    };
    for (const worker of this.#workers) worker.postMessage(request);
  }

  #handleReply(reply: SearchReply): void {
    if (reply.type === 'ready') return;
    const search = this.#search;
    // The answer may have been on its way when its search was given up.
    if (search === undefined || search.number !== reply.search) return;
    this.cancel();
    switch (reply.type) {
      case 'found':
        if (meetsTarget(search.job, reply.nonce)) {
          // Easy blocks are found before the first regular report is due, and the rate would stay unknown.
          this.#reportProgress(search);
          this.#options.onEvent({ type: 'found', jobId: search.job.id, nonce: reply.nonce });
        } else {
          this.#fail(new Error(`the nonce ${reply.nonce} was said to fit, but its hash does not meet the target`));
        }
        return;
      case 'exhausted':
        this.#reportProgress(search);
        this.#options.onEvent({ type: 'exhausted', jobId: search.job.id });
        return;
      default:
        assertNever(reply);
    }
  }

  #reportProgress(search: Search): void {
    const hashes = search.control.tried;
    const hashesPerSecond = this.#rate.sample(hashes, performance.now());
    const hashesTotal = this.#hashesBefore + (this.#search === search ? hashes : 0);
    this.#options.onEvent({ type: 'progress', jobId: search.job.id, hashes, hashesTotal, hashesPerSecond });
  }

  #fail(cause: unknown): void {
    // Closing makes every worker exit, and a broken one says so twice: 'error', then 'exit'.
    if (this.#closed !== undefined) return;
    void this.close();
    this.#options.onFailure(new MiningError(cause));
  }
}

/** Resolves when `worker` says something, or ends. */
function firstWord(worker: Worker): Promise<unknown> {
  return new Promise((resolve) => {
    worker.once('message', resolve);
    worker.once('exit', resolve);
  });
}

/** Whether `nonce` does for `job`, by the same functions that every node judges the block with. */
function meetsTarget(job: MiningJob, nonce: number): boolean {
  const header = Uint8Array.from(job.headerBytes);
  new DataView(header.buffer).setBigUint64(NONCE_OFFSET, BigInt(nonce));
  return hashToNumber(hashHeader(header)) <= job.target;
}

/** Chance is good enough here where it is a little uneven. */
function randomBelow(count: number): number {
  return Number(randomBytes(8).readBigUInt64BE() % BigInt(count));
}

const PROGRESS_MS = 250;
