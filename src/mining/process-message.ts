/** What a node says to the process that mines for it, and hears from it. */
import type { KernelName } from './kernel-name.ts';
import type { MachineShare } from './machine-share.ts';
import type { KernelTrial, MiningEvent, MiningJob } from './miner.ts';

export type ProcessRequest =
  /** Comes first, and once. */
  | {
      readonly type: 'start';
      readonly kernel: KernelName | 'auto';
      readonly share: MachineShare;
      readonly isThorough: boolean;
      readonly refused: readonly KernelTrial[];
    }
  /** The job's id is one that no other job has had. */
  | { readonly type: 'mine'; readonly job: MiningJob }
  | { readonly type: 'cancel' };

export type ProcessReply =
  /** Said before a kernel is tried: if the process ends, it was that one's fault. */
  | { readonly type: 'trying'; readonly kernel: KernelName }
  | { readonly type: 'event'; readonly event: MiningEvent }
  /** Mining has come to an end, and would again. The `cause` is that of the miner's error. */
  | { readonly type: 'failed'; readonly cause: unknown };
