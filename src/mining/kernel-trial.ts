/** Tries a kernel: whether it can be used here, whether it is right, and how fast it is. */
import { HASH_BYTES } from '../core/hash.ts';
import { HEADER_BYTES } from '../core/header.ts';
import type { SearchKernel } from './kernel.ts';
import { KernelError } from './kernel-error.ts';
import type { KernelSelfTest } from './kernel-self-test.ts';
import type { KernelTrial } from './miner.ts';

/** Tries the kernel `name`, which `load` makes. */
export function tryKernel(options: {
  readonly name: string;
  readonly load: () => SearchKernel;
  readonly selfTest: KernelSelfTest;
  readonly nowMs: () => number;
}): KernelTrial {
  const { name, load, selfTest, nowMs } = options;
  let kernel: SearchKernel;
  try {
    kernel = load();
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    return { kernel: name, outcome: 'refused', code: error.code, reason: error.message };
  }
  const fault = selfTest.findFault(kernel);
  if (fault !== undefined) return { kernel: name, outcome: 'refused', code: 'self-test-failed', reason: fault };
  return { kernel: name, outcome: 'passed', hashesPerSecond: hashRate(kernel, nowMs) };
}

/**
 * How many nonces `kernel` tries a second, once it is warm: the best of many short windows, because all that can happen
 * to a window on a busy machine is to be longer. V8 has its best code ready some 20 ms after the first call, later if the
 * machine is busy, so the trial goes on until there has been nothing better for a while.
 */
function hashRate(kernel: SearchKernel, nowMs: () => number): number {
  // No hash is 0, so every search goes to its end.
  const range = { headerBytes: new Uint8Array(HEADER_BYTES), targetBytes: new Uint8Array(HASH_BYTES), firstNonce: 0 };
  const startMs = nowMs();
  let count = 2 ** 10;
  let best = 0;
  /** The best when it was last better by so much that the trial had to go on. */
  let improved = 0;
  let improvedMs = startMs;
  for (
    let windowStartMs = startMs;
    windowStartMs - improvedMs < STEADY_MS && windowStartMs - startMs < TRIAL_MS_MAX;
  ) {
    kernel.search({ ...range, count });
    const windowEndMs = nowMs();
    const elapsedMs = windowEndMs - windowStartMs;
    // A shorter window says more of the clock than of the kernel.
    const rate = elapsedMs < WINDOW_MS / 2 ? 0 : (1000 * count) / elapsedMs;
    if (rate > improved * NOTABLE) [improved, improvedMs] = [rate, windowEndMs];
    best = Math.max(best, rate);
    if (elapsedMs < WINDOW_MS) count *= 2;
    windowStartMs = windowEndMs;
  }
  return best;
}

/** Long enough for V8 to have had its best code ready, on a machine that is not very busy. */
const STEADY_MS = 40;
const TRIAL_MS_MAX = 250;
const WINDOW_MS = 2;
/** A rate that is better by less than a tenth may have been luck. */
const NOTABLE = 1.1;
