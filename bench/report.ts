/** What a run of a benchmark tells: a table for people and, as the last line, everything as JSON. */
import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';
import type { ComparisonResult, Effort, Spread, VariantResult } from './harness.ts';
import type { Waiting } from './waiting.ts';

/** Everything that a run measured, and where. */
export interface Report {
  readonly benchmark: string;
  /** `-dirty` is added where files differ from it; null outside a clone. */
  readonly commit: string | null;
  readonly node: string;
  readonly cpu: string;
  readonly platform: string;
  readonly date: string;
  readonly effort: Effort;
  readonly results: readonly (ComparisonResult | Waiting)[];
}

export function createReport(
  benchmark: string,
  effort: Effort,
  results: readonly (ComparisonResult | Waiting)[],
): Report {
  return {
    benchmark,
    commit: commit(),
    node: process.version,
    cpu: `${cpus()[0]?.model.trim() ?? 'unknown'}, ${cpus().length} cores`,
    platform: `${process.platform}-${process.arch}`,
    date: new Date().toISOString(),
    effort,
    results,
  };
}

/** The lines of one comparison. Medians, in brackets the least and the most of all rounds. */
export function formatComparison(result: ComparisonResult): string {
  const width = Math.max(...result.variants.map(({ name }) => name.length));
  const lines = result.variants.map((variant) => {
    const { perSecond } = variant;
    const cells = [
      variant.name.padEnd(width),
      `${count(perSecond.median).padStart(9)} /s (${count(perSecond.min)}-${count(perSecond.max)})`.padEnd(34),
      result.unitBytes === undefined
        ? ''
        : `${((perSecond.median * result.unitBytes) / 1e6).toFixed(1)} MB/s`.padStart(12),
      variant.ratio === undefined ? expectation(result) : ratio(variant, variant.ratio),
    ];
    return `  ${cells.join('  ').trimEnd()}`;
  });
  return [`${result.name} (${result.unit})`, ...lines].join('\n');
}

/** The median of what was waited, and in brackets the shortest and the longest. */
export function formatWaiting({ name, aimSeconds, samples }: Waiting): string {
  const sorted = samples.toSorted((a, b) => a - b);
  const [least, median, most] = [sorted[0], sorted[sorted.length >> 1], sorted.at(-1)].map((s = 0) => s.toFixed(3));
  return `${name}\n  ${median} s (${least}-${most}) in ${samples.length} samples, aim ${aimSeconds} s`;
}

function expectation({ expectedPerSecond }: ComparisonResult): string {
  return `expected ${count(expectedPerSecond)} /s`;
}

function ratio(variant: VariantResult, { median, min, max }: Spread): string {
  const expected = variant.expectedRatio === undefined ? '' : `, expected ${variant.expectedRatio}x`;
  return `ours: ${times(median)}x (${times(min)}-${times(max)})${expected}`;
}

function times(ratio: number): string {
  return ratio < 0.995 ? ratio.toPrecision(2) : ratio.toFixed(2);
}

function count(perSecond: number): string {
  return Math.round(perSecond).toLocaleString('en');
}

function commit(): string | null {
  const git = (...args: string[]) =>
    execFileSync('git', args, {
      cwd: import.meta.dirname,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  try {
    return git('rev-parse', 'HEAD') + (git('status', '--porcelain', '--untracked-files=no') === '' ? '' : '-dirty');
  } catch {
    return null;
  }
}
