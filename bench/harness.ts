/**
 * Measures things side by side: the variants of a comparison take turns within one run, so that what slows the machine
 * slows them alike, and what is told of them is their ratio, round by round.
 */
import { assert, assertPresent } from '../src/core/assert.ts';

/** What variants are expected to do. Written down before measuring. */
export interface Expectation {
  /** Units a second. */
  readonly expectedPerSecond?: number;
  /** How many times as fast as this one the first variant is expected to be. */
  readonly expectedRatio?: number;
  /** How many times as fast as the first baseline this one ought to be. */
  readonly aim?: number;
}

/** One way of doing the work of a comparison. */
export interface Variant extends Expectation {
  readonly name: string;
  /** Works for about as long as it is told, and answers how many units of work it did a second. */
  measure(durationMs: number): number | Promise<number>;
}

/** What all variants are told as multiples of: the fastest of some of them, in every round anew. */
export interface Baseline {
  readonly name: string;
  /** Their names. */
  readonly variants: readonly string[];
}

/**
 * The variants of one piece of work. The first is ours, the others are what it is held against; where there are
 * baselines, those are what every variant is held against.
 */
export interface Comparison {
  /** Has the sizes in it: `validate 2000 headers`. */
  readonly name: string;
  /** What is counted, in the plural: `headers`. */
  readonly unit: string;
  /** The bytes of one unit, where a rate in MB/s says something. */
  readonly unitBytes?: number;
  readonly variants: readonly Variant[];
  readonly baselines?: readonly Baseline[];
  /** Throws where a variant does its work wrong. Asked before anything is measured, and again afterwards. */
  verify?(): void;
  /** Ends what the variants have running. */
  close?(): Promise<void>;
}

/** How much is measured. */
export interface Effort {
  readonly rounds: number;
  readonly warmUpMs: number;
  readonly roundMs: number;
}

export const FULL_EFFORT: Effort = { rounds: 9, warmUpMs: 1000, roundMs: 300 };

/** To see that a benchmark runs, not how fast. */
export const QUICK_EFFORT: Effort = { rounds: 2, warmUpMs: 1, roundMs: 5 };

/** The middle of several measurements, and how far they lie apart. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export interface VariantResult extends Expectation {
  readonly name: string;
  readonly perSecond: Spread;
  /** How many times as fast the first variant was in the same round; absent for the first, and beside baselines. */
  readonly ratio?: Spread;
  /** How many times as fast it was as each baseline in the same round. */
  readonly multiples?: readonly Multiple[];
}

export interface Multiple {
  readonly baseline: string;
  readonly times: Spread;
}

export interface ComparisonResult {
  readonly name: string;
  readonly unit: string;
  readonly unitBytes?: number;
  readonly variants: readonly VariantResult[];
}

/** What time is measured by. */
export interface Clock {
  readonly name: string;
  nowMs(): number;
}

/**
 * The time the processor spent on us, garbage collection and all threads included: what others have it do meanwhile says
 * nothing about the work.
 */
export const PROCESSOR_CLOCK: Clock = {
  name: 'processor time',
  nowMs: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  },
};

export const WALL_CLOCK: Clock = { name: 'the clock on the wall', nowMs: () => performance.now() };

/** A variant that calls `work` again and again; one call does `units` units of work. By processor time unless told. */
export function repeated(
  name: string,
  units: number,
  work: () => unknown,
  options: Expectation & { readonly clock?: Clock } = {},
): Variant {
  const { clock = PROCESSOR_CLOCK, ...expectation } = options;
  return {
    name,
    ...expectation,
    measure: (durationMs) => {
      let callsAtOnce = 1;
      let calls = 0;
      let elapsedMs = 0;
      const startMs = clock.nowMs();
      while (elapsedMs < durationMs) {
        for (let i = 0; i < callsAtOnce; i++) work();
        calls += callsAtOnce;
        elapsedMs = clock.nowMs() - startMs;
        // Seldom enough to look at the clock that looking takes no time.
        if (elapsedMs < durationMs / 20) callsAtOnce *= 2;
      }
      return (1000 * calls * units) / elapsedMs;
    },
  };
}

/** Measures all variants of `comparison`, in every round in another order. */
export async function compare(comparison: Comparison, effort: Effort): Promise<ComparisonResult> {
  const { variants, name, unit, unitBytes } = comparison;
  const rates: number[][] = variants.map(() => []);
  comparison.verify?.();
  for (const variant of variants) await variant.measure(effort.warmUpMs);
  for (let round = 0; round < effort.rounds; round++) {
    for (let turn = 0; turn < variants.length; turn++) {
      const chosen = (round + turn) % variants.length;
      const rate = await assertPresent(variants[chosen], 'the choice is modulo their number').measure(effort.roundMs);
      rates[chosen]?.push(rate);
    }
  }
  // Once more, because by now the engine may have replaced the code that it began with.
  comparison.verify?.();
  return {
    name,
    unit,
    ...(unitBytes === undefined ? {} : { unitBytes }),
    variants: variants.map(({ measure: _, ...told }, i) => ({
      ...told,
      perSecond: spread(assertPresent(rates[i], 'every variant has its rates')),
      ...relations(comparison, rates, i),
    })),
  };
}

/** How the variant at `place` did beside the others, round by round. */
function relations(
  { variants, baselines }: Comparison,
  rates: readonly (readonly number[])[],
  place: number,
): Pick<VariantResult, 'ratio' | 'multiples'> {
  const own = assertPresent(rates[place], 'every variant has its rates');
  if (baselines === undefined) {
    const ours = assertPresent(rates[0], 'there is a variant to measure');
    return place === 0 ? {} : { ratio: spread(own.map((rate, round) => (ours[round] ?? 0) / rate)) };
  }
  const multiples = baselines.flatMap((baseline) => {
    // What is its own baseline has nothing to be held against.
    if (baseline.variants.join() === variants[place]?.name) return [];
    const base = rates.filter((_, i) => baseline.variants.includes(variants[i]?.name ?? ''));
    assert(base.length === baseline.variants.length, 'a baseline is made of variants of its comparison');
    const times = own.map((rate, round) => rate / Math.max(...base.map((others) => others[round] ?? 0)));
    return [{ baseline: baseline.name, times: spread(times) }];
  });
  return { multiples };
}

function spread(values: readonly number[]): Spread {
  assert(values.length > 0, 'a round has been measured');
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  const lower = sorted.length % 2 === 1 ? upper : (sorted[middle - 1] ?? 0);
  return { median: (lower + upper) / 2, min: sorted[0] ?? 0, max: sorted.at(-1) ?? 0 };
}
