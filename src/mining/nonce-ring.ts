/** The order in which a search takes the nonces: from one on to the last, then from 0 to where it began. */
import { NONCE_MAX } from '../core/header.ts';

/** All nonces below `nonceCount`, from `firstNonce` on. */
export interface NonceRing {
  /** Below `nonceCount`. */
  readonly firstNonce: number;
  readonly nonceCount: number;
}

/** `count` nonces, one after the other. */
export interface NonceRun {
  readonly firstNonce: number;
  readonly count: number;
}

/** How many nonces a header can have. */
export const NONCE_COUNT = NONCE_MAX + 1;

/**
 * What comes after the first `taken` nonces of `ring`: `countMax` of them, or fewer where the ring leaps back to 0 or
 * ends. Nothing if all are taken.
 */
export function nextRun(ring: NonceRing, taken: number, countMax: number): NonceRun | undefined {
  if (taken === ring.nonceCount) return undefined;
  // The sum of two nonces may be more than a number can hold, so this never adds any.
  const beforeLeap = ring.nonceCount - ring.firstNonce;
  return taken < beforeLeap
    ? { firstNonce: ring.firstNonce + taken, count: Math.min(countMax, beforeLeap - taken) }
    : { firstNonce: taken - beforeLeap, count: Math.min(countMax, ring.nonceCount - taken) };
}

/** All nonces once more, from the one on that comes after the first `taken` of `ring`. */
export function ringFrom(ring: NonceRing, taken: number): NonceRing {
  const next = nextRun(ring, taken, 1);
  return next === undefined ? ring : { ...ring, firstNonce: next.firstNonce };
}
