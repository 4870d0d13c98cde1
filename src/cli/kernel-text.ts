/** How a node searches for nonces, in words: which kernel, on how much of the machine, and how the others did. */
import type { KernelTrialView, NodeStatus } from '../api/shapes.ts';
import { formatRate } from './table.ts';

/** The kernel in use on the first line; how each one did on the second, where any was tried. */
export function kernelLines(
  mining: Pick<NodeStatus['mining'], 'kernel' | 'threads' | 'duty_cycle' | 'trials'>,
): string[] {
  const { kernel, threads, duty_cycle: dutyCycle, trials } = mining;
  if (kernel === null || threads === null || dutyCycle === null) return ['not chosen yet'];
  const share = dutyCycle === 1 ? '' : `, ${Math.round(100 * dutyCycle)} % of the time`;
  const inUse = `${kernel} on ${threads} ${threads === 1 ? 'thread' : 'threads'}${share}`;
  const tried = describeTrials(trials);
  return tried === '' ? [inUse] : [inUse, tried];
}

/** The fastest first, then those that cannot be used, each with its reason. */
function describeTrials(trials: readonly KernelTrialView[]): string {
  const passed = trials.filter((trial) => trial.outcome === 'passed');
  const rates = passed
    .toSorted((a, b) => b.hashes_per_second - a.hashes_per_second)
    .map(({ kernel, hashes_per_second: rate }) => `${kernel} ${formatRate(rate)}`);
  const refusals = trials.flatMap((trial) =>
    trial.outcome === 'refused' ? [`${trial.kernel} refused: ${trial.reason} (${trial.code})`] : [],
  );
  return [...(rates.length === 0 ? [] : [`a thread: ${rates.join(', ')}`]), ...refusals].join('; ');
}
