/** Which of two valid chains a node follows (docs/spec/fork-choice.md). */
import type { Hash } from './hash.ts';

export interface Tip {
  readonly hash: Hash;
  /** The work of the whole chain up to and including this block. */
  readonly work: bigint;
}

/**
 * Whether `challenger` is to be followed instead of `current`: it has more work, or as much and the lower hash. So
 * the choice does not depend on which was seen first, and two quiet nodes always agree.
 */
export function isBetterTip(challenger: Tip, current: Tip): boolean {
  return challenger.work > current.work || (challenger.work === current.work && challenger.hash < current.hash);
}
