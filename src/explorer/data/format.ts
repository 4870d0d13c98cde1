/** How numbers, hashes, sizes and times are written for people. */

/** The first and the last digits of a hash, as it is told apart at a glance. */
export function shortHash(hash: string, digits = 8): string {
  return hash.length <= 2 * digits ? hash : `${hash.slice(0, digits)}…${hash.slice(-digits / 2)}`;
}

/** `12,345`, in the same way everywhere. */
export function formatCount(count: number): string {
  return COUNTS.format(count);
}

/** `1 block`, `2 blocks`: with the plural that is told, or an `s`. */
export function countOf(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** Bytes in units of 1,024: `512 B`, `1.2 KiB`. */
export function formatBytes(bytes: number): string {
  return scaled(bytes, 1_024, BYTE_UNITS);
}

/** `850 H/s`, `31 MH/s`. */
export function formatRate(hashesPerSecond: number): string {
  return scaled(hashesPerSecond, 1_000, RATE_UNITS);
}

/** Work, which is beyond what a number holds, as `1.23 × 10⁹`; small ones whole. */
export function formatWork(work: string): string {
  if (work.length <= 6) return formatCount(Number(work));
  const [first = '', ...rest] = work.slice(0, 3);
  const power = [...String(work.length - 1)].map((digit) => SUPERSCRIPTS[Number(digit)]).join('');
  return `${first}.${rest.join('')} × 10${power}`;
}

/** A span of seconds in its largest one or two units: `0.4 s`, `42 s`, `3 min 5 s`, `2 h 10 min`, `5 days`. */
export function formatSpan(seconds: number): string {
  if (!Number.isFinite(seconds)) return 'for ever';
  if (seconds < 0.000_95) return `${Math.max(1, Math.round(seconds * 1e6))} µs`;
  if (seconds < 0.095) return `${round(seconds * 1_000)} ms`;
  if (seconds < 9.95) return `${round(seconds)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3_600) return joined(Math.floor(whole / 60), 'min', whole % 60, 's');
  const minutes = Math.round(seconds / 60);
  if (minutes < 1_440) return joined(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
  const hours = Math.round(seconds / 3_600);
  if (hours < 24 * 60) return countOf(Math.round(hours / 24), 'day');
  const days = hours / 24;
  return days < 730 ? countOf(Math.round(days / 30.4), 'month') : countOf(Math.round(days / 365.25), 'year');
}

/** How long ago, in one unit: `just now`, `42 s ago`, `3 min ago`. Clocks differ, so that the near future is now. */
export function formatAge(timeMs: number, nowMs: number): string {
  const seconds = (nowMs - timeMs) / 1_000;
  if (seconds < -2) return `in ${formatSpan(largestUnit(-seconds))}`;
  return seconds < 2 ? 'just now' : `${formatSpan(largestUnit(seconds))} ago`;
}

/** `22 Nov 2026, 14:03:09` of the visitor's own clock. */
export function formatTime(timeMs: number): string {
  return TIMES.format(timeMs);
}

/** The same in UTC: `2026-11-22 14:03:09 UTC`. */
export function formatUtc(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** `5001`, `5001 and 5002`, `5001, 5002 and 5003`. */
export function listOf(items: readonly (string | number)[]): string {
  const texts = items.map(String);
  const last = texts.pop() ?? '';
  return texts.length === 0 ? last : `${texts.join(', ')} and ${last}`;
}

/** Whole minutes of what has minutes, whole hours of what has hours. */
function largestUnit(seconds: number): number {
  const unit = seconds < 60 ? 1 : seconds < 3_600 ? 60 : 3_600;
  return Math.floor(seconds / unit) * unit;
}

function scaled(value: number, base: number, units: readonly string[]): string {
  let amount = value;
  let unit = 0;
  while (amount >= base * 0.9995 && unit < units.length - 1) {
    amount /= base;
    unit += 1;
  }
  return `${unit === 0 ? Math.round(amount) : round(amount)} ${units[unit]}`;
}

/** To two or three digits. */
function round(value: number): string {
  return value < 9.95 ? String(Math.round(value * 10) / 10) : String(Math.round(value));
}

function joined(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

const COUNTS = new Intl.NumberFormat('en');
const TIMES = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });
const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
const RATE_UNITS = ['H/s', 'kH/s', 'MH/s', 'GH/s', 'TH/s', 'PH/s'];
const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹';
