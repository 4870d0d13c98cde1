/** What can be said of a search for a block: it has no memory, so there is no progress, only chance. */
import { bitsToTarget, targetToWork } from '../../core/target.ts';

/** How many tries a block with `bits`, eight hex digits, takes on average. Undefined where they stand for no target. */
export function expectedTries(bits: string): number | undefined {
  const target = bitsToTarget(Number.parseInt(bits, 16));
  return target === undefined ? undefined : Number(targetToWork(target));
}

/** The chance, from 0 to 1, that so many tries, or fewer, find a block. */
export function chanceOf(tries: number, expected: number): number {
  // Exactly 1 - (1 - p)^tries, as nearly as a double tells.
  return -Math.expm1(tries * Math.log1p(-1 / Math.max(1, expected)));
}
