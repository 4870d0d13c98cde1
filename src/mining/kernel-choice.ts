/** Which kernel is to search: the fastest of those that are right. */
import type { KernelSelfTest } from './kernel-self-test.ts';
import { tryKernel } from './kernel-trial.ts';
import type { KernelSource } from './kernels.ts';
import type { KernelTrial } from './miner.ts';

export interface ChoiceOptions<Name extends string> {
  /** What there is to choose from, those first that are expected to be the fastest. */
  readonly sources: readonly KernelSource<Name>[];
  /** The only one to be tried, or `auto` for the best. */
  readonly demanded: Name | 'auto';
  /** Whether also those are timed that cannot be the fastest. */
  readonly isThorough: boolean;
  /** Trials that went wrong already: these are not tried again. */
  readonly refused: readonly KernelTrial[];
  readonly selfTest: KernelSelfTest;
  /** Called before each trial, and waited for: a trial of machine code can end the process. */
  readonly beforeTrial: (kernel: Name) => Promise<void>;
  readonly nowMs: () => number;
}

/** Tries kernels. The choice is undefined only where none of those that may be chosen can be used. */
export async function chooseKernel<Name extends string>(
  options: ChoiceOptions<Name>,
): Promise<{ readonly kernel: Name | undefined; readonly trials: readonly KernelTrial[] }> {
  const { sources, demanded, isThorough, refused, selfTest, beforeTrial, nowMs } = options;
  const trials: KernelTrial[] = [];
  let best: { readonly name: Name; readonly hashesPerSecond: number } | undefined;
  for (const { name, load, isFallback } of sources) {
    const isNeeded = demanded === 'auto' ? isThorough || !isFallback || best === undefined : demanded === name;
    const failed = refused.find(({ kernel }) => kernel === name);
    if (!isNeeded || failed !== undefined) {
      trials.push(failed ?? { kernel: name, outcome: 'skipped' });
      continue;
    }
    await beforeTrial(name);
    const trial = tryKernel({ name, load, selfTest, nowMs });
    trials.push(trial);
    if (trial.outcome !== 'passed' || trial.hashesPerSecond <= (best?.hashesPerSecond ?? 0)) continue;
    best = { name, hashesPerSecond: trial.hashesPerSecond };
  }
  return { kernel: best?.name, trials };
}
