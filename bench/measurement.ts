/** What is measured once and at length, as against what variants do in turns: figures, each with what is aimed at. */

/** One number. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  /** What is counted, with `/s` where it is a rate: `blocks/s`, `ms`, `MB`, `x`. */
  readonly unit: string;
  /** What it ought to be: at least that where more is better, at most that where less is. */
  readonly aim?: number;
  readonly better?: 'more' | 'less';
  /** What was expected before the first run. */
  readonly expected?: number;
  /** As a multiple of the first figure. */
  readonly timesFirst?: number;
}

/** Figures of one piece of work, with its sizes in the name: `sync 1000000 blocks of one entry`. */
export interface Measurement {
  readonly name: string;
  readonly figures: readonly Figure[];
  /** What has to be known to read them: what was left out, and why. */
  readonly remarks?: readonly string[];
}

/** Whether the figure is what it ought to be; undefined where nothing is aimed at. */
function meetsAim({ value, aim, better = 'more' }: Figure): boolean | undefined {
  if (aim === undefined) return undefined;
  return better === 'more' ? value >= aim : value <= aim;
}

/** The lines of one measurement. */
export function formatMeasurement({ name, figures, remarks = [] }: Measurement): string {
  const rows = figures.map((figure) => [figure.name, `${number(figure.value)} ${figure.unit}`, remark(figure)]);
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map(([label = '', value = '', said = '']) => {
    return `  ${label.padEnd(widths[0] ?? 0)}  ${value.padStart(widths[1] ?? 0)}  ${said}`.trimEnd();
  });
  return [name, ...lines, ...remarks.map((text) => `  (${text})`)].join('\n');
}

function remark(figure: Figure): string {
  const { aim, better = 'more', expected, timesFirst } = figure;
  const parts = [
    ...(aim === undefined
      ? []
      : [`aim ${better === 'more' ? '>=' : '<='} ${number(aim)}: ${meetsAim(figure) === true ? 'met' : 'missed'}`]),
    ...(timesFirst === undefined ? [] : [`${number(timesFirst)}x`]),
    ...(expected === undefined ? [] : [`expected ${number(expected)}`]),
  ];
  return parts.join(', ');
}

function number(value: number): string {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en');
  return Number(value.toPrecision(3)).toString();
}
