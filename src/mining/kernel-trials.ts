/** How every kernel does on this machine. */
import type { KernelTrial } from './miner.ts';
import { createProcessMiner } from './process-miner.ts';
import { MiningError } from './worker-miner.ts';

/** Tries and times all kernels in a process of their own, which takes about a second. Rejects with a `MiningError`. */
export async function trialKernels(): Promise<readonly KernelTrial[]> {
  const { promise, resolve, reject } = Promise.withResolvers<readonly KernelTrial[]>();
  const miner = createProcessMiner({
    kernel: 'auto',
    share: { threads: 1, dutyCycle: 1 },
    isThorough: true,
    onEvent: (event) => {
      if (event.type === 'kernel-chosen') resolve(event.choice.trials);
      if (event.type === 'interrupted' && event.pauseMs > 0) reject(new MiningError(event.reason));
    },
    onFailure: reject,
  });
  try {
    return await promise;
  } finally {
    await miner.close();
  }
}
