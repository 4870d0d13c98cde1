/** A miner that searches in worker threads, so that the thread that calls it stays free. */
import { Worker } from 'node:worker_threads';
import { assert, assertNever } from '../core/assert.ts';
import { HASH_BYTES, hashToNumber } from '../core/hash.ts';
import { HEADER_BYTES, hashHeader, NONCE_MAX, NONCE_OFFSET } from '../core/header.ts';
import { TARGET_MAX } from '../core/target.ts';
import type { Miner, MiningEvent, MiningJob } from './miner.ts';
import { MiningRate } from './mining-rate.ts';
import { partitionNonces } from './nonce-partition.ts';
import { SearchControl } from './search-control.ts';
import type { SearchReply, SearchRequest } from './search-message.ts';

export interface WorkerMinerOptions {
  /** How many workers, at least 1. */
  readonly threads: number;
  readonly onEvent: (event: MiningEvent) => void;
  /** Called at most once, when a worker died or a search went wrong. The miner has closed itself by then. */
  readonly onFailure: (error: MiningError) => void;
  /** Only nonces below this are tried: all of them unless told. */
  readonly nonceCount?: number;
}

/** A worker died, or answered with a nonce that does not fit: the `cause` says which. */
export class MiningError extends Error {
  override readonly name = 'MiningError';
  readonly code = 'mining-failed';

  constructor(cause: unknown) {
    super('the search for a nonce broke down; mining has stopped', { cause });
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
  /** How many workers have not yet run out of nonces. */
  workersSearching: number;
}

class WorkerMiner implements Miner {
  readonly #options: WorkerMinerOptions;
  readonly #workers: readonly Worker[];
  readonly #rate = new MiningRate();
  #search: Search | undefined;
  #searchesBegun = 0;
  #closed: Promise<void> | undefined;

  constructor(options: WorkerMinerOptions) {
    assert(Number.isInteger(options.threads) && options.threads >= 1, 'a miner has at least one thread');
    this.#options = options;
    this.#workers = Array.from({ length: options.threads }, (_, thread) => this.#startWorker(thread));
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
      control: new SearchControl(),
      progressTimer: setInterval(() => this.#reportProgress(search), PROGRESS_MS),
      workersSearching: this.#workers.length,
    };
    this.#search = search;
    this.#rate.begin(performance.now());
    this.#requestSearch(search);
  }

  cancel(): void {
    if (this.#search === undefined) return;
    this.#search.control.end();
    clearInterval(this.#search.progressTimer);
    this.#search = undefined;
  }

  close(): Promise<void> {
    this.cancel();
    this.#closed ??= Promise.all(this.#workers.map((worker) => worker.terminate())).then(() => undefined);
    return this.#closed;
  }

  #startWorker(thread: number): Worker {
    const worker = new Worker(new URL('./search-worker.ts', import.meta.url), { name: `cairn-mining-${thread}` });
    worker.on('message', (reply: SearchReply) => this.#handleReply(reply));
    worker.on('messageerror', (error) => this.#fail(error));
    worker.on('error', (error) => this.#fail(error));
    worker.on('exit', (exitCode) => this.#fail(new Error(`mining worker ${thread} exited with code ${exitCode}`)));
    return worker;
  }

  #requestSearch(search: Search): void {
    const targetHex = search.job.target.toString(16).padStart(2 * HASH_BYTES, '0');
    const parts = partitionNonces(this.#options.nonceCount ?? NONCE_MAX + 1, this.#workers.length);
    for (const [thread, worker] of this.#workers.entries()) {
      const part = parts[thread];
      assert(part !== undefined, 'every thread has its part of the nonces');
      const request: SearchRequest = {
        search: search.number,
        headerBytes: search.job.headerBytes,
        targetBytes: Uint8Array.from(Buffer.from(targetHex, 'hex')),
        ...part,
        control: search.control.memory,
      };
      worker.postMessage(request);
    }
  }

  #handleReply(reply: SearchReply): void {
    const search = this.#search;
    // The answer may have been on its way when its search was given up.
    if (search === undefined || search.number !== reply.search) return;
    switch (reply.type) {
      case 'found':
        this.#finishFound(search, reply.nonce);
        return;
      case 'exhausted':
        search.workersSearching--;
        if (search.workersSearching > 0) return;
        this.cancel();
        this.#options.onEvent({ type: 'exhausted', jobId: search.job.id });
        return;
      default:
        assertNever(reply);
    }
  }

  #finishFound(search: Search, nonce: number): void {
    this.cancel();
    if (meetsTarget(search.job, nonce)) {
      // Easy blocks are found before the first regular report is due, and the rate would stay unknown.
      this.#reportProgress(search);
      this.#options.onEvent({ type: 'found', jobId: search.job.id, nonce });
    } else {
      this.#fail(new Error(`the nonce ${nonce} was reported as found, but its hash does not meet the target`));
    }
  }

  #reportProgress(search: Search): void {
    const hashes = search.control.hashes;
    const hashesPerSecond = this.#rate.sample(hashes, performance.now());
    this.#options.onEvent({ type: 'progress', jobId: search.job.id, hashes, hashesPerSecond });
  }

  #fail(cause: unknown): void {
    // Closing makes every worker exit, and a broken one says so twice: 'error', then 'exit'.
    if (this.#closed !== undefined) return;
    void this.close();
    this.#options.onFailure(new MiningError(cause));
  }
}

/** Whether `nonce` does for `job`, by the same functions that every node judges the block with. */
function meetsTarget(job: MiningJob, nonce: number): boolean {
  const header = Uint8Array.from(job.headerBytes);
  new DataView(header.buffer).setBigUint64(NONCE_OFFSET, BigInt(nonce));
  return hashToNumber(hashHeader(header)) <= job.target;
}

const PROGRESS_MS = 250;
