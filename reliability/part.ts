/** What one part of `npm run reliability` is: something done to the real program so many times, and what came of it. */

export interface Part {
  readonly name: string;
  /** One line, for people who choose. */
  readonly about: string;
  /** Does it, and tells now and then how far it is. Rejects only where the part itself could not run. */
  run(effort: Effort, tell: (line: string) => void): Promise<Outcome>;
}

/** How much is done. */
export interface Effort {
  /** Which column of amounts: what every change is held against, or what a night is for. */
  readonly column: 'pull-request' | 'nightly';
  /** Of the column: 1 is all of it. */
  readonly share: number;
  /** Everything that is drawn by chance follows from it. */
  readonly seed: number;
}

export interface Outcome {
  readonly figures: readonly Figure[];
  /** What broke, each with the command that repeats it; none: all held. */
  readonly failures: readonly string[];
}

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What it is to reach, where there is an aim. */
  readonly aim?: Aim;
}

export type Aim = { readonly atLeast: number } | { readonly atMost: number };

/** How often something is done: the column's amount times the share, and once at least. */
export function amount(effort: Effort, amounts: { readonly pullRequest: number; readonly nightly: number }): number {
  const whole = effort.column === 'pull-request' ? amounts.pullRequest : amounts.nightly;
  return Math.max(1, Math.round(whole * effort.share));
}

/** The command that does a part again, with everything drawn as this time. */
export function commandFor(part: string, { column, share, seed }: Effort): string {
  const flags = [column === 'nightly' ? ' --nightly' : '', share === 1 ? '' : ` --share ${share}`];
  return `npm run reliability -- ${part} --seed ${seed}${flags.join('')}`;
}
