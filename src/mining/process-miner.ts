/**
 * A miner that works in a process of its own (see `miner-process.ts`). Should that process end, another one goes on with
 * the same job; a kernel that ended it is not used again.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { assertNever } from '../core/assert.ts';
import type { KernelName } from './kernel-name.ts';
import { KERNELS, MACHINE_KERNELS } from './kernels.ts';
import { createLocalMiner } from './local-miner.ts';
import type { MachineShare } from './machine-share.ts';
import type { KernelRefusal, KernelTrial, Miner, MiningEvent, MiningJob } from './miner.ts';
import type { ProcessReply, ProcessRequest } from './process-message.ts';
import { MiningError } from './worker-miner.ts';

export interface ProcessMinerOptions {
  /** The kernel to search with, or `auto` for the fastest that works. */
  readonly kernel: KernelName | 'auto';
  readonly share: MachineShare;
  /** Whether also kernels are timed that cannot be the fastest; no unless told. */
  readonly isThorough?: boolean;
  readonly onEvent: (event: MiningEvent) => void;
  /** Called at most once, when mining cannot go on. The miner has closed itself by then. */
  readonly onFailure: (error: MiningError) => void;
}

/** A miner whose process starts now. Where no process may be started, it works in threads of this one. */
export function createProcessMiner(options: ProcessMinerOptions): Miner {
  try {
    return new ProcessMiner(options);
  } catch (error) {
    if (!isAccessDenied(error)) throw error;
    return createLocalMiner({
      ...options,
      isThorough: options.isThorough ?? false,
      refused: MACHINE_KERNELS.map((kernel) => refusal(kernel, 'not-permitted', NO_PROCESS)),
      beforeTrial: () => Promise.resolve(),
    });
  }
}

class ProcessMiner implements Miner {
  readonly #options: ProcessMinerOptions;
  readonly #refused: KernelTrial[] = [];
  #child: ChildProcess;
  #flags: readonly string[] = PACKING_FLAGS;
  /** The kernel that is tried, and after that, the one that is used. */
  #kernel: KernelName | undefined;
  #hasSpoken = false;
  #startedMs = 0;
  /** That came soon one after the other. */
  #endings = 0;
  /** The number tells apart what was mined under one id. */
  #task: { readonly number: number; readonly job: MiningJob } | undefined;
  #taskCount = 0;
  #pause: NodeJS.Timeout | undefined;
  #closed: Promise<void> | undefined;

  constructor(options: ProcessMinerOptions) {
    this.#options = options;
    this.#child = this.#startProcess();
    this.#sendStart();
  }

  mine(job: MiningJob): void {
    this.#taskCount++;
    // A copy, because the process may have to be told again, and the caller's bytes may have changed by then.
    this.#task = { number: this.#taskCount, job: { ...job, headerBytes: Uint8Array.from(job.headerBytes) } };
    this.#sendTask();
  }

  cancel(): void {
    if (this.#task === undefined) return;
    this.#task = undefined;
    this.#send({ type: 'cancel' });
  }

  close(): Promise<void> {
    this.#task = undefined;
    clearTimeout(this.#pause);
    this.#closed ??= this.#endProcess();
    return this.#closed;
  }

  #startProcess(): ChildProcess {
    const child = fork(new URL('./miner-process.ts', import.meta.url), {
      // What this process may not do, that one may not either. Node hands on its permission model by itself.
      execArgv: [...process.execArgv.filter((flag) => flag === NO_ADD_ONS), ...this.#flags],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#hasSpoken = false;
    this.#kernel = undefined;
    this.#startedMs = performance.now();
    child.on('message', (reply: ProcessReply) => this.#handleReply(reply));
    child.on('error', (error) => this.#fail(error));
    // Unlike 'exit', this comes after all that the process has said.
    child.once('close', (exitCode, signal) => this.#handleEnd(exitCode, signal));
    return child;
  }

  /** Lets go of the process, which then ends by itself; if it does not, it is ended. */
  async #endProcess(): Promise<void> {
    const child = this.#child;
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    child.once('exit', () => resolve());
    const deadline = setTimeout(() => child.kill('SIGKILL'), END_MS_MAX);
    if (child.connected) child.disconnect();
    await ended;
    clearTimeout(deadline);
  }

  #handleReply(reply: ProcessReply): void {
    if (this.#closed !== undefined) return;
    this.#hasSpoken = true;
    switch (reply.type) {
      case 'trying':
        this.#kernel = reply.kernel;
        return;
      case 'event':
        return this.#handleEvent(reply.event);
      case 'failed':
        return this.#fail(reply.cause);
      default:
        assertNever(reply);
    }
  }

  #handleEvent(event: MiningEvent): void {
    if (event.type === 'kernel-chosen') this.#kernel = KERNELS.find(({ name }) => name === event.choice.kernel)?.name;
    if (!('jobId' in event)) return this.#options.onEvent(event);
    // What it says of an earlier task may have been on its way.
    if (this.#task === undefined || event.jobId !== this.#task.number) return;
    const { job } = this.#task;
    if (event.type !== 'progress') this.#task = undefined;
    this.#options.onEvent({ ...event, jobId: job.id });
  }

  #handleEnd(exitCode: number | null, signal: NodeJS.Signals | null): void {
    if (this.#closed !== undefined) return;
    const how = signal === null ? `ended with code ${exitCode}` : `ended by ${signal}`;
    // Another Node may not know the flag any more, and refuses to start.
    if (!this.#hasSpoken) this.#flags = [];
    const culprit = isCrash(signal) && this.#kernel !== LAST_KERNEL ? this.#kernel : undefined;
    if (culprit !== undefined) this.#refused.push(refusal(culprit, 'crashed', `the process that ran it ${how}`));
    // With a kernel less to end it, the next process has a better chance.
    const pauseMs = culprit === undefined && this.#hasEndedTooOften() ? PAUSE_MS : 0;
    this.#pause = setTimeout(() => this.#startAgain(), pauseMs);
    this.#options.onEvent({ type: 'interrupted', reason: `the process that mines ${how}`, pauseMs });
  }

  #hasEndedTooOften(): boolean {
    if (performance.now() - this.#startedMs > STEADY_MS) this.#endings = 0;
    this.#endings++;
    return this.#endings > ENDINGS_MAX;
  }

  #startAgain(): void {
    try {
      this.#child = this.#startProcess();
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#sendStart();
    this.#sendTask();
  }

  #sendStart(): void {
    const { kernel, share, isThorough = false } = this.#options;
    this.#send({ type: 'start', kernel, share, isThorough, refused: this.#refused });
  }

  #sendTask(): void {
    if (this.#task === undefined) return;
    const { number, job } = this.#task;
    this.#send({ type: 'mine', job: { ...job, id: number } });
  }

  /** A process that is about to end hears nothing any more; the next one will be told. */
  #send(request: ProcessRequest): void {
    if (this.#child.connected) this.#child.send(request, () => undefined);
  }

  #fail(cause: unknown): void {
    if (this.#closed !== undefined) return;
    void this.close();
    this.#options.onFailure(new MiningError(cause));
  }
}

function refusal(kernel: KernelName, code: KernelRefusal, reason: string): KernelTrial {
  return { kernel, outcome: 'refused', code, reason };
}

/** Whether Node's permission model is what stood in the way. */
function isAccessDenied(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_ACCESS_DENIED';
}

/** Whether `signal` is what the system sends to a process that does what it must not. */
function isCrash(signal: NodeJS.Signals | null): boolean {
  return signal !== null && CRASH_SIGNALS.includes(signal);
}

/** What Node itself brings is not blamed for a crash: there has to be something to go on with. */
const LAST_KERNEL: KernelName = 'node-crypto';
const CRASH_SIGNALS: readonly NodeJS.Signals[] = ['SIGILL', 'SIGSEGV', 'SIGBUS', 'SIGFPE'];
const NO_ADD_ONS = '--no-addons';
const NO_PROCESS = 'Node is not permitted to start a process here, and machine code that is wrong would end this one';
/** Have V8 make one operation on 256 bits of two on 128: in Node since 22, on x86-64 only, and off by default. */
export const PACKING_FLAGS = process.arch === 'x64' ? ['--experimental-wasm-revectorize'] : [];
/** A process that has lived so long is not one that cannot start. */
const STEADY_MS = 60_000;
/** So many times another process is started at once, and then after a pause. */
const ENDINGS_MAX = 5;
const PAUSE_MS = 60_000;
/** A trial keeps the process from hearing that it is to end, for some tenths of a second; a node has 5 s to stop. */
const END_MS_MAX = 2000;
