/** What a run of `npm run reliability` tells: a line for each figure, a page to keep, and everything as JSON. */
import type { Origin } from '../bench/origin.ts';
import type { Aim, Effort, Figure, Outcome } from './part.ts';

/** What came of one part. */
export interface PartResult extends Outcome {
  readonly name: string;
  readonly about: string;
  readonly seconds: number;
}

export interface Report {
  readonly origin: Origin;
  readonly effort: Effort;
  readonly results: readonly PartResult[];
}

/** One line: `1,204 cycles  kill -9 (aim: at least 100)`. */
export function formatFigure(figure: Figure): string {
  const { name, value, unit, aim } = figure;
  const remark = aim === undefined ? '' : ` (${formatAim(aim)}${isMet(figure) ? '' : ': missed'})`;
  return `${formatNumber(value)} ${unit}  ${name}${remark}`;
}

/** The whole run as a page. */
export function formatPage({ origin, effort, results }: Report): string {
  const amounts = `${effort.share} of the column \`${effort.column}\``;
  const lines = [
    '# The latest run that was kept',
    '',
    'Written by `npm run reliability`; [README.md](README.md) says what is done, and what was found.',
    '',
    '| | |',
    '| --- | --- |',
    `| Commit | \`${origin.commit?.slice(0, 7) ?? 'unknown'}\` |`,
    `| Machine | ${origin.cpu}, ${origin.platform}, Node ${origin.node} |`,
    `| Date | ${origin.date.slice(0, 10)} |`,
    `| Amounts | ${amounts}, seed ${effort.seed} |`,
    `| Time | ${formatNumber(results.reduce((sum, { seconds }) => sum + seconds, 0) / 60)} min |`,
    `| Failures | ${results.reduce((sum, { failures }) => sum + failures.length, 0)} |`,
  ];
  for (const { name, about, seconds, figures, failures } of results) {
    lines.push('', `## ${name}`, '', `${capitalised(about)}. ${formatNumber(seconds)} s.`, '');
    if (figures.length > 0) lines.push('| what | figure | aim |', '| --- | --- | --- |');
    for (const figure of figures) {
      const aim = figure.aim === undefined ? '' : `${formatAim(figure.aim)}${isMet(figure) ? '' : ', missed'}`;
      lines.push(`| ${figure.name} | ${formatNumber(figure.value)} ${figure.unit} | ${aim} |`);
    }
    for (const failure of failures) lines.push('', `Failed: ${failure}`);
  }
  return `${lines.join('\n')}\n`;
}

/** Whether the figure is what it is to be; true where there is no aim. */
function isMet({ value, aim }: Figure): boolean {
  if (aim === undefined) return true;
  return 'atLeast' in aim ? value >= aim.atLeast : value <= aim.atMost;
}

function formatAim(aim: Aim): string {
  return 'atLeast' in aim ? `at least ${formatNumber(aim.atLeast)}` : `at most ${formatNumber(aim.atMost)}`;
}

/** Three digits that say something; whole numbers in full. */
function formatNumber(value: number): string {
  const digits = Number.isInteger(value) || Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
