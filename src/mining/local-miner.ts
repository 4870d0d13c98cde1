/** A miner in this process: chooses its kernel, then searches with it in worker threads. */
import { randomBytes } from 'node:crypto';
import { chooseKernel } from './kernel-choice.ts';
import type { KernelName } from './kernel-name.ts';
import { KernelSelfTest } from './kernel-self-test.ts';
import { KERNELS } from './kernels.ts';
import type { MachineShare } from './machine-share.ts';
import type { KernelTrial, Miner, MiningEvent, MiningJob } from './miner.ts';
import { createWorkerMiner, MiningError } from './worker-miner.ts';

export interface LocalMinerOptions {
  readonly kernel: KernelName | 'auto';
  readonly share: MachineShare;
  /** Whether also kernels are timed that cannot be the fastest. */
  readonly isThorough: boolean;
  /** Kernels that are known not to work here. */
  readonly refused: readonly KernelTrial[];
  /** Called before each trial, and waited for. */
  readonly beforeTrial: (kernel: KernelName) => Promise<void>;
  readonly onEvent: (event: MiningEvent) => void;
  /** Called at most once. The miner has closed itself by then. */
  readonly onFailure: (error: MiningError) => void;
}

/** A miner that begins with choosing, which keeps this thread busy for some tenths of a second. */
export function createLocalMiner(options: LocalMinerOptions): Miner {
  return new LocalMiner(options);
}

class LocalMiner implements Miner {
  readonly #options: LocalMinerOptions;
  #miner: Miner | undefined;
  /** What was asked for before there was a miner. */
  #waiting: MiningJob | undefined;
  #isClosed = false;

  constructor(options: LocalMinerOptions) {
    this.#options = options;
    this.#start().catch((error: unknown) => this.#fail(error));
  }

  mine(job: MiningJob): void {
    if (this.#miner === undefined) this.#waiting = job;
    else this.#miner.mine(job);
  }

  cancel(): void {
    this.#waiting = undefined;
    this.#miner?.cancel();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#miner?.close();
  }

  async #start(): Promise<void> {
    const { kernel: demanded, share, isThorough, refused, beforeTrial, onEvent, onFailure } = this.#options;
    const { kernel, trials } = await chooseKernel({
      sources: KERNELS,
      demanded,
      isThorough,
      refused,
      selfTest: new KernelSelfTest(randomBytes),
      beforeTrial,
      nowMs: () => performance.now(),
    });
    if (this.#isClosed) return;
    if (kernel === undefined) throw new Error(describeRefusals(trials));
    this.#miner = createWorkerMiner({ kernel, ...share, onEvent, onFailure });
    if (this.#waiting !== undefined) this.#miner.mine(this.#waiting);
    // Last, because whoever hears of it may give a job, or close. Nothing comes from the threads until later.
    onEvent({ type: 'kernel-chosen', choice: { kernel, pid: process.pid, ...share, trials } });
  }

  #fail(error: unknown): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#options.onFailure(new MiningError(error));
  }
}

function describeRefusals(trials: readonly KernelTrial[]): string {
  const refusals = trials.flatMap((trial) => (trial.outcome === 'refused' ? [`${trial.kernel}: ${trial.reason}`] : []));
  return `no kernel can be used here (${refusals.join('; ')}); ask for another one, or for "auto"`;
}
