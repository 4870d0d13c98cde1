/** How long messages travel: distributions to choose from. All times in milliseconds. */
import type { PeerId } from '../protocol/effects.ts';
import type { Random } from './random.ts';

/** How long the next message from the one to the other is on its way. */
export type DelayModel = (from: PeerId, to: PeerId) => number;

/** Anything from 1 to `maxMs`, each as likely. */
export function evenDelays(random: Random, maxMs: number): DelayModel {
  return () => random.integer(1, Math.max(1, maxMs));
}

/**
 * Each pair has a distance of its own, the same both ways, between `minMs` and `maxMs`; each message takes that and up to
 * `jitter` times as much more.
 */
export function distanceDelays(
  random: Random,
  options: { readonly minMs: number; readonly maxMs: number; readonly jitter: number },
): DelayModel {
  const { minMs, maxMs, jitter } = options;
  const distances = new Map<string, number>();
  return (from, to) => {
    const pair = from < to ? `${from} ${to}` : `${to} ${from}`;
    const known = distances.get(pair);
    // As many short ones as long ones, by their ratio.
    const distance = known ?? random.stream(pair).between(minMs, maxMs);
    if (known === undefined) distances.set(pair, distance);
    return Math.round(distance * (1 + random.fraction() * jitter));
  };
}

/** Mostly about `medianMs`, now and then many times that, up to `maxMs`: a network that stutters. */
export function stutteringDelays(
  random: Random,
  options: { readonly medianMs: number; readonly maxMs: number },
): DelayModel {
  return () => {
    const stretch = (1 - random.fraction()) ** -0.7 / 2 ** 0.7;
    return Math.round(Math.min(options.maxMs, Math.max(1, options.medianMs * stretch)));
  };
}
