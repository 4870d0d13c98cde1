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
 * How many nonces `kernel` tries a second, once it is warm: the best of several short windows, because all that can
 * happen to a window on a busy machine is to be longer.
 */
function hashRate(kernel: SearchKernel, nowMs: () => number): number {
  const range = { headerBytes: new Uint8Array(HEADER_BYTES), targetBytes: new Uint8Array(HASH_BYTES), firstNonce: 0 };
  let count = 2 ** 10;
  let best = 0;
  const endMs = nowMs() + TRIAL_MS;
  for (let startMs = nowMs(); startMs < endMs; ) {
    kernel.search({ ...range, count });
    const now = nowMs();
    const elapsedMs = now - startMs;
    if (elapsedMs >= WINDOW_MS / 2) best = Math.max(best, (1000 * count) / elapsedMs);
    if (elapsedMs < WINDOW_MS) count *= 2;
    startMs = now;
  }
  return best;
}

/** Long enough for V8 to have its best code ready, and still be timed some ten times. */
const TRIAL_MS = 40;
const WINDOW_MS = 2;
