/** Small tables and amounts for people. */

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

/** The lines of a table, the titles first. Every row has a cell for each column. */
export function tableLines(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const lines = [columns.map(({ title }) => title), ...rows];
  const widths = columns.map((_, i) => Math.max(...lines.map((cells) => cells[i]?.length ?? 0)));
  return lines.map((cells) =>
    columns
      .map(({ align = 'left' }, i) => {
        const cell = cells[i] ?? '';
        const width = widths[i] ?? 0;
        return align === 'right' ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd(),
  );
}

/** A count with its digits in groups: `65,536`. */
export function formatCount(count: number): string {
  return Math.round(count).toLocaleString('en');
}

/** Bytes in the unit in which they are easy to read: `1.5 KiB`. */
export function formatBytes(bytes: number): string {
  let amount = bytes;
  for (const unit of ['bytes', 'KiB', 'MiB']) {
    if (amount < 1_024) return `${trimmed(amount)} ${unit}`;
    amount /= 1_024;
  }
  return `${trimmed(amount)} GiB`;
}

/** Hashes a second in the unit in which they are easy to read: `950 H/s`, `1.7 MH/s`, `63 MH/s`. */
export function formatRate(hashesPerSecond: number): string {
  let amount = hashesPerSecond;
  for (const unit of ['H/s', 'kH/s', 'MH/s', 'GH/s']) {
    if (amount < 999.5) return `${trimmed(amount)} ${unit}`;
    amount /= 1_000;
  }
  return `${formatCount(amount)} TH/s`;
}

/** A time in the unit in which it is easy to read: `350 ms`, `12 s`, `3 min`, `5 h`, `40 days`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 0.001) return 'under 1 ms';
  if (seconds < 1) return `${Math.round(seconds * 1_000)} ms`;
  let amount = seconds;
  for (const [unit, size] of TIME_UNITS) {
    if (amount < 2 * size) return `${trimmed(amount)} ${unit}`;
    amount /= size;
  }
  return `${formatCount(amount)} days`;
}

/** A time that is no more than expected: `about 12 s`. */
export function formatExpected(seconds: number): string {
  return seconds < 0.001 ? formatSeconds(seconds) : `about ${formatSeconds(seconds)}`;
}

/** Two significant digits below ten, whole numbers above. */
function trimmed(amount: number): string {
  return amount < 10 ? String(Math.round(amount * 10) / 10) : formatCount(amount);
}

/** Each with how many of it make the next. */
const TIME_UNITS = [
  ['s', 60],
  ['min', 60],
  ['h', 24],
] as const;
