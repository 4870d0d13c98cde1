/** What a run of a benchmark tells: a table for people and, as the last line, everything as JSON. */
import type { ComparisonResult, Effort, Spread, VariantResult } from './harness.ts';
import type { Measurement } from './measurement.ts';
import { type Origin, readOrigin } from './origin.ts';
import type { Waiting } from './waiting.ts';

/** Everything that a run measured, and where. */
export interface Report extends Origin {
  readonly benchmark: string;
  readonly effort: Effort;
  readonly results: readonly (ComparisonResult | Waiting | Measurement)[];
}

export function createReport(
  benchmark: string,
  effort: Effort,
  results: readonly (ComparisonResult | Waiting | Measurement)[],
): Report {
  return { benchmark, ...readOrigin(), effort, results };
}

/** The lines of one comparison. Medians, in brackets the least and the most of all rounds. */
export function formatComparison(result: ComparisonResult): string {
  const rows = result.variants.map((variant) => cells(variant, result));
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const lines = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  return [`${result.name} (${result.unit})`, ...lines.map((line) => `  ${line.trimEnd()}`)].join('\n');
}

/** The median of what was waited, and in brackets the shortest and the longest. */
export function formatWaiting({ name, aimSeconds, samples }: Waiting): string {
  const sorted = samples.toSorted((a, b) => a - b);
  const [least, median, most] = [sorted[0], sorted[sorted.length >> 1], sorted.at(-1)].map((s = 0) => s.toFixed(3));
  return `${name}\n  ${median} s (${least}-${most}) in ${samples.length} samples, aim ${aimSeconds} s`;
}

function cells(variant: VariantResult, { unitBytes }: ComparisonResult): string[] {
  const { name, perSecond, ratio, multiples = [], expectedPerSecond, expectedRatio, aim } = variant;
  const remarks = [
    ...(ratio === undefined ? [] : [`ours: ${times(ratio)}`]),
    ...(expectedRatio === undefined ? [] : [`expected ${expectedRatio}x`]),
    ...multiples.map(({ baseline, times: multiple }) => `${times(multiple)} ${baseline}`),
    ...(aim === undefined ? [] : [`aim ${aim}x`]),
    ...(expectedPerSecond === undefined ? [] : [`expected ${count(expectedPerSecond)} /s`]),
  ];
  return [
    name,
    `${count(perSecond.median).padStart(10)} /s (${count(perSecond.min)}-${count(perSecond.max)})`,
    ...(unitBytes === undefined ? [] : [`${((perSecond.median * unitBytes) / 1e6).toFixed(1).padStart(7)} MB/s`]),
    remarks.join(', '),
  ];
}

function times({ median, min, max }: Spread): string {
  return `${factor(median)}x (${factor(min)}-${factor(max)})`;
}

function factor(ratio: number): string {
  return ratio < 0.995 ? ratio.toPrecision(2) : ratio.toFixed(ratio < 10 ? 2 : 1);
}

function count(perSecond: number): string {
  return Math.round(perSecond).toLocaleString('en');
}
