/**
 * Measures things side by side: the variants of a comparison take turns within one run, so that what slows the machine
 * slows them alike, and what is told of them is their ratio, round by round.
 */
import { assert, assertPresent } from '../src/core/assert.ts';

/** One way of doing the work of a comparison. */
export interface Variant {
  readonly name: string;
  /** What the first variant is expected to be times as fast as this one. Written down before measuring. */
  readonly expectedRatio?: number;
  /** Works for about as long as it is told, and answers how many units of work it did a second. */
  measure(durationMs: number): number | Promise<number>;
}

/** The variants of one piece of work. The first is ours, the others are what it is held against. */
export interface Comparison {
  /** Has the sizes in it: `validate 2000 headers`. */
  readonly name: string;
  /** What is counted, in the plural: `headers`. */
  readonly unit: string;
  /** The bytes of one unit, where a rate in MB/s says something. */
  readonly unitBytes?: number;
  /** Units a second that the first variant is expected to do. Written down before measuring. */
  readonly expectedPerSecond: number;
  readonly variants: readonly Variant[];
  /** Ends what the variants have running. */
  close?(): Promise<void>;
}

/** How much is measured. */
export interface Effort {
  readonly rounds: number;
  readonly warmUpMs: number;
  readonly roundMs: number;
}

export const FULL_EFFORT: Effort = { rounds: 9, warmUpMs: 600, roundMs: 300 };

/** To see that a benchmark runs, not how fast. */
export const QUICK_EFFORT: Effort = { rounds: 2, warmUpMs: 1, roundMs: 5 };

/** The middle of several measurements, and how far they lie apart. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export interface VariantResult {
  readonly name: string;
  readonly perSecond: Spread;
  /** How many times as fast the first variant was in the same round; absent for the first. */
  readonly ratio?: Spread;
  readonly expectedRatio?: number;
}

export interface ComparisonResult {
  readonly name: string;
  readonly unit: string;
  readonly unitBytes?: number;
  readonly expectedPerSecond: number;
  readonly variants: readonly VariantResult[];
}

/**
 * A variant that calls `work` again and again; one call does `units` units of work.
 *
 * Rates are by the time the processor spent on us, garbage collection included, because what others have it do
 * meanwhile says nothing about the work.
 */
export function repeated(
  name: string,
  units: number,
  work: () => unknown,
  options: { readonly expectedRatio?: number } = {},
): Variant {
  return {
    name,
    ...options,
    measure: (durationMs) => {
      let callsAtOnce = 1;
      let calls = 0;
      let elapsedMs = 0;
      const start = process.cpuUsage();
      while (elapsedMs < durationMs) {
        for (let i = 0; i < callsAtOnce; i++) work();
        calls += callsAtOnce;
        const { user, system } = process.cpuUsage(start);
        elapsedMs = (user + system) / 1000;
        // Seldom enough to look at the clock that looking takes no time.
        if (elapsedMs < durationMs / 20) callsAtOnce *= 2;
      }
      return (1000 * calls * units) / elapsedMs;
    },
  };
}

/** Measures all variants of `comparison`, in every round in another order. */
export async function compare(comparison: Comparison, effort: Effort): Promise<ComparisonResult> {
  const { variants, name, unit, unitBytes, expectedPerSecond } = comparison;
  const rates: number[][] = variants.map(() => []);
  for (const variant of variants) await variant.measure(effort.warmUpMs);
  for (let round = 0; round < effort.rounds; round++) {
    for (let turn = 0; turn < variants.length; turn++) {
      const chosen = (round + turn) % variants.length;
      const rate = await assertPresent(variants[chosen], 'the choice is modulo their number').measure(effort.roundMs);
      rates[chosen]?.push(rate);
    }
  }
  const ours = assertPresent(rates[0], 'there is a variant to measure');
  return {
    name,
    unit,
    ...(unitBytes === undefined ? {} : { unitBytes }),
    expectedPerSecond,
    variants: variants.map((variant, i) => {
      const own = assertPresent(rates[i], 'every variant has its rates');
      const ratio = spread(own.map((rate, round) => (ours[round] ?? 0) / rate));
      const { expectedRatio } = variant;
      return {
        name: variant.name,
        perSecond: spread(own),
        ...(i === 0 ? {} : { ratio }),
        ...(expectedRatio === undefined ? {} : { expectedRatio }),
      };
    }),
  };
}

function spread(values: readonly number[]): Spread {
  assert(values.length > 0, 'a round has been measured');
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  const lower = sorted.length % 2 === 1 ? upper : (sorted[middle - 1] ?? 0);
  return { median: (lower + upper) / 2, min: sorted[0] ?? 0, max: sorted.at(-1) ?? 0 };
}
