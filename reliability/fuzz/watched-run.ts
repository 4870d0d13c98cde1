/**
 * Fuzzes in a thread with bounded memory, and watches it: an input that does not come to its end, or takes all memory, is a
 * failure like any other.
 */
import { Worker } from 'node:worker_threads';
import type { FuzzFailure } from './fuzzer.ts';

/** So many inputs for one target. */
export interface FuzzJob {
  readonly name: string;
  readonly inputs: number;
}

/** What the thread is started with. */
export interface FuzzOrder {
  readonly jobs: readonly FuzzJob[];
  readonly seed: number;
  /** Whether inputs that reach new parts of the program are kept and gone on from. */
  readonly isGuided: boolean;
  /** Shared: how many inputs were tried, the size of the last one, and its bytes. */
  readonly lastInput: SharedArrayBuffer;
}

/** What the thread says. */
export type FuzzReply =
  | { readonly type: 'begun'; readonly name: string }
  | {
      readonly type: 'ended';
      readonly name: string;
      readonly tried: number;
      readonly found: readonly Uint8Array[];
      readonly failure: FuzzFailure | undefined;
    };

export interface FuzzRun {
  /** Inputs, those that were kept among them. */
  readonly tried: number;
  readonly failures: readonly FuzzFailure[];
  /** Those that led somewhere new, by target. */
  readonly found: ReadonlyMap<string, readonly Uint8Array[]>;
}

/** Does all jobs; what one of them meets does not keep the others from being done. */
export async function runWatched(
  jobs: readonly FuzzJob[],
  options: { readonly seed: number; readonly isGuided: boolean; readonly tell: (line: string) => void },
): Promise<FuzzRun> {
  const found = new Map<string, readonly Uint8Array[]>();
  const failures: FuzzFailure[] = [];
  let tried = 0;
  let left = jobs;
  while (left.length > 0) {
    const watch = new Watch({ jobs: left, seed: options.seed, isGuided: options.isGuided }, (reply) => {
      left = left.filter(({ name }) => name !== reply.name);
      tried += reply.tried;
      found.set(reply.name, reply.found);
      options.tell(
        `${reply.name}: ${reply.tried} inputs${reply.failure === undefined ? '' : ', and one that breaks it'}`,
      );
      if (reply.failure !== undefined) failures.push(reply.failure);
    });
    const end = await watch.ended;
    if (end === undefined) break;
    failures.push(end);
    left = left.filter(({ name }) => name !== end.target);
  }
  return { tried, failures, found };
}

/** One thread, from its start until it has done all or an input has ended it. */
class Watch {
  readonly ended: Promise<FuzzFailure | undefined>;
  readonly #lastInput = new SharedArrayBuffer(8 + INPUT_BYTES_SHOWN_MAX);
  #target = '';

  constructor(
    order: Omit<FuzzOrder, 'lastInput'>,
    onEnded: (reply: Extract<FuzzReply, { readonly type: 'ended' }>) => void,
  ) {
    const worker = new Worker(new URL('./fuzz-child.ts', import.meta.url), {
      name: 'cairn-fuzz',
      workerData: { ...order, lastInput: this.#lastInput } satisfies FuzzOrder,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
    });
    worker.on('message', (reply: FuzzReply) => {
      if (reply.type === 'begun') this.#target = reply.name;
      else onEnded(reply);
    });
    this.ended = new Promise((resolve) => {
      const watch = this.#watchCount(() => {
        resolve(this.#failure(`it does not come to its end within ${HANG_MS / 1000} s`));
        void worker.terminate();
      });
      worker.once('error', (error) => resolve(this.#failure(`${error.name}: ${error.message}`)));
      worker.once('exit', () => {
        clearInterval(watch);
        resolve(undefined);
      });
    });
  }

  /** Calls back when no input was begun for so long. */
  #watchCount(onHang: () => void): NodeJS.Timeout {
    const count = new Int32Array(this.#lastInput, 0, 1);
    let last = -1;
    return setInterval(() => {
      const now = Atomics.load(count, 0);
      if (now === last && this.#target !== '') onHang();
      last = now;
    }, HANG_MS);
  }

  #failure(message: string): FuzzFailure {
    const [size = 0] = new Int32Array(this.#lastInput, 4, 1);
    return { target: this.#target, input: new Uint8Array(this.#lastInput, 8, size).slice(), message };
  }
}

/** Far longer than any input takes, reading what was reached included, on a machine that is busy. */
const HANG_MS = 60_000;
/** Enough for the largest of inputs and all that is compared with it, many times over. */
const HEAP_MB = 512;
const INPUT_BYTES_SHOWN_MAX = 131_072;
