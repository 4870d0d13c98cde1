/** How much of a machine searches. */

/** So many threads, each of which searches `dutyCycle` of its time: above 0 and at most 1. */
export interface MachineShare {
  readonly threads: number;
  readonly dutyCycle: number;
}

/** As few threads as it takes to use `share` of `cores`, a number above 0 and at most 1: no core works by halves twice. */
export function shareOfMachine(share: number, cores: number): MachineShare {
  const threads = Math.max(1, Math.ceil(share * cores));
  return { threads, dutyCycle: Math.min(1, (share * cores) / threads) };
}
