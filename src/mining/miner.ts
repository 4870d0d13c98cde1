/**
 * Mining: finding the nonce that makes a header's hash meet its target (docs/spec/proof-of-work.md).
 *
 * Which block to mine is decided elsewhere; a miner is given a header and says which nonce fits.
 */

/** One header to find a nonce for. */
export interface MiningJob {
  /** The caller's name for the job: it comes back in every event about it. */
  readonly id: number;
  /** The 118 header bytes; the nonce in them is ignored. */
  readonly headerBytes: Uint8Array;
  /** The largest hash that will do, from 1 to 2^256-1. */
  readonly target: bigint;
}

/**
 * What a miner has to say about a job: `progress` about every 250 ms while it searches and once before the end, which is
 * at most one of `found` and `exhausted`. Nothing more comes about it then.
 */
export type JobEvent =
  /** `nonce` makes the header's hash meet the target. This was checked once more, apart from the search. */
  | { readonly type: 'found'; readonly jobId: number; readonly nonce: number }
  /**
   * `hashes` is for this job and `hashesTotal` for all since the miner started; `hashesPerSecond` is smoothed over the
   * last seconds of searching, whatever the job.
   */
  | {
      readonly type: 'progress';
      readonly jobId: number;
      readonly hashes: number;
      readonly hashesTotal: number;
      readonly hashesPerSecond: number;
    }
  /** Every nonce was tried and none fits. */
  | { readonly type: 'exhausted'; readonly jobId: number };

export type MiningEvent =
  | JobEvent
  /** The miner has made its choice. Comes once, before anything else, and again where it had to choose anew. */
  | { readonly type: 'kernel-chosen'; readonly choice: KernelChoice }
  /** The process that searches has ended, for `reason`. Another one goes on with the job after `pauseMs`. */
  | { readonly type: 'interrupted'; readonly reason: string; readonly pauseMs: number };

/** Which kernel searches, how it was found, and on how much of the machine. */
export interface KernelChoice {
  /** The name of the kernel. */
  readonly kernel: string;
  /** The process that searches, which is not the one that asked. */
  readonly pid: number;
  readonly threads: number;
  /** How much of its time each thread searches, above 0 and at most 1. */
  readonly dutyCycle: number;
  /** Every kernel that was thought of, the first choice first. */
  readonly trials: readonly KernelTrial[];
}

/** How one kernel did. */
export type KernelTrial =
  /** It found what it had to find; `hashesPerSecond` is that of one thread. */
  | { readonly kernel: string; readonly outcome: 'passed'; readonly hashesPerSecond: number }
  /** It cannot be used here; `code` is stable, `reason` is a sentence for people. */
  | {
      readonly kernel: string;
      readonly outcome: 'refused';
      readonly code: KernelRefusal;
      readonly reason: string;
    }
  /** Nobody asked: another kernel was demanded, or it is slower than one that passed. */
  | { readonly kernel: string; readonly outcome: 'skipped' };

/** Why a kernel cannot be used: the platform or processor has not what it takes, it may not be loaded, or it is wrong. */
export type KernelRefusal =
  | 'platform-unsupported'
  | 'processor-unsupported'
  | 'not-permitted'
  | 'load-failed'
  | 'self-test-failed'
  | 'crashed';

/** Searches for one job at a time. No event comes from within a call, and none about a job that was given up. */
export interface Miner {
  /** Searches for `job` instead of what was searched before. */
  mine(job: MiningJob): void;
  /** Stops searching; the workers stay ready. */
  cancel(): void;
  /** Ends the workers. What is asked of the miner afterwards is not done. */
  close(): Promise<void>;
}
